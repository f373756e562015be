"""A suite as another recorder has it: the start of its tests, and its cassettes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import vcr.request
import vcr.serialize
from vcr.serializers import yamlserializer

URL = "http://api.example/v1/chat/completions"
TESTS = """
import httpx, pytest

def ask(question):
    body = {"model": "m", "messages": [{"role": "user", "content": question}]}
    return httpx.post("http://api.example/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"]
"""


def answer(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    body = {"id": "1", "model": "m", "choices": [{"index": 0, "message": message}], "usage": usage}
    headers = {"content-type": ["application/json"]}
    return {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": json.dumps(body).encode()}}


def cassette(path: Path, *pairs: tuple[str, str]) -> None:
    """A cassette as pytest-recording writes it, with questions and answers."""
    requests = []
    for question, _ in pairs:
        asked = {"model": "m", "messages": [{"role": "user", "content": question}]}
        requests.append(vcr.request.Request("POST", URL, json.dumps(asked), {"Content-Type": "application/json"}))
    path.parent.mkdir(parents=True, exist_ok=True)
    calls = {"requests": requests, "responses": [answer(text) for _, text in pairs]}
    path.write_text(vcr.serialize.serialize(calls, yamlserializer))

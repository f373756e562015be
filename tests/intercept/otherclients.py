"""A cassette of another tool, with what clients of several libraries have sent; nothing of it can be reached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

PICTURE = bytes(range(256)) * 300
PICTURE_URL = "https://pictures.test/cat.png"
CHAT_URL = "https://api.openai.com/v1/chat/completions"


def question(text: str = "What is the capital of France?", **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], **more}


def answer(text: str) -> str:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 14, "completion_tokens": 2, "total_tokens": 16}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return json.dumps(
        {"id": "c", "object": "chat.completion", "model": "gpt-4o-mini", "choices": choices, "usage": usage}
    )


def interaction(
    method: str,
    url: str,
    body: str | bytes | None = None,
    *,
    status: int = 200,
    reply: str | bytes = b"",
    headers: Mapping[str, str] | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """An interaction as vcrpy writes it."""
    return {
        "request": {"method": method, "uri": url, "body": body, "headers": {"User-Agent": ["x"]}},
        "response": {
            "status": {"code": status, "message": reason},
            "headers": {name: [value] for name, value in (headers or {}).items()},
            "body": {"string": reply},
        },
    }


def chat(text: str, **more: Any) -> dict[str, Any]:
    return interaction(
        "POST", CHAT_URL, json.dumps(question(**more)), reply=answer(text), headers={"Content-Type": "application/json"}
    )


def write(path: Path, *interactions: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"interactions": list(interactions), "version": 1}), encoding="utf-8")
    return path

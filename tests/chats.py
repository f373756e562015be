"""Recorded chat calls, made without a server."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_samurai import cassette
from pytest_samurai.wire import Chunk, Interaction, Price, Reply, Request

URL = "https://api.test/v1/chat/completions"
PRICE = Price.from_written({"source": "a test", "input_mtok": "1", "output_mtok": "2"})


def chat(question: str | list[dict[str, Any]], answer: str | dict[str, Any] = "Paris.", **asked: Any) -> Interaction:
    """A call recorded on 2026-01-30. `question` is the user's, or all messages."""
    messages = [{"role": "user", "content": question}] if isinstance(question, str) else question
    message = {"role": "assistant", "content": answer} if isinstance(answer, str) else answer
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    reply = {
        "id": "chatcmpl-1",
        "model": "m-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage,
    }
    body = json.dumps({"model": "m-1", "messages": messages, **asked}).encode()
    return Interaction(
        Request("POST", URL, (("content-type", "application/json"),), body),
        Reply(200, "OK", (("content-type", "application/json"),), json.dumps(reply).encode(), duration=1.5),
        recorded_at="2026-01-30T09:14:00.000000Z",
        price=PRICE,
    )


def streamed(question: str, pieces: Iterable[str], *, ending: str = "complete", error: str = "") -> Interaction:
    """A call whose answer is a stream, with the first piece after 0.25 seconds."""
    events = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    chunks = [f"data: {json.dumps(event)}\n\n".encode() for event in events]
    reply = Reply(
        200,
        "OK",
        (("content-type", "text/event-stream"),),
        b"".join(chunks),
        tuple(Chunk(len(chunk), 0.25 + index) for index, chunk in enumerate(chunks)),
        ending=ending,
        error=error,
        duration=2.0,
    )
    return replace(chat(question, stream=True), reply=reply)


def failed(question: str, status: int, body: bytes, reason: str = "Too Many Requests") -> Interaction:
    """A call that got an error."""
    return replace(chat(question), reply=Reply(status, reason, (("content-type", "application/json"),), body))


def foreign(path: Path, *interactions: Interaction) -> Path:
    """A cassette of these calls in vcrpy's layout."""
    import yaml

    calls = [
        {
            "request": {
                "method": call.request.method,
                "uri": call.request.url,
                "headers": {name: [value] for name, value in call.request.headers},
                "body": call.request.body.decode(),
            },
            "response": {
                "status": {"code": call.reply.status, "message": call.reply.reason},
                "headers": {name: [value] for name, value in call.reply.headers},
                "body": {"string": call.reply.body.decode()},
            },
        }
        for call in interactions
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"interactions": calls, "version": 1}), encoding="utf-8")
    return path


def saved(path: Path, *interactions: Interaction) -> Path:
    """A cassette of these calls in our layout."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cassette.save(path, interactions)
    return path

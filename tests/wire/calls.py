"""Chat calls, and their bodies as servers send them."""

from __future__ import annotations

import json
from typing import Any

from pytest_samurai.bill.call import Call
from pytest_samurai.wire.http import Chunk, Reply, Request
from pytest_samurai.wire.interaction import Interaction

Json = Any

USAGE = {"prompt_tokens": 28, "completion_tokens": 22, "total_tokens": 50}
COMPLETION = {
    "id": "x",
    "model": "m-served",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Paris."}, "finish_reason": "stop"}],
    "usage": USAGE,
}


def encoded(value: Json) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def stream(*parts: Json, end: str = "\n\n", done: bool = True) -> bytes:
    data = [*(part if isinstance(part, str) else json.dumps(part) for part in parts), *(["[DONE]"] if done else [])]
    return "".join(f"data: {one}{end}" for one in data).encode()


def chunk(delta: Json = None, index: int = 0, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": index, "delta": {} if delta is None else delta, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion.chunk", "model": "m-served", "choices": [choice], **more}


def call(
    reply: Json = None,
    *,
    request: Json = None,
    status: int = 200,
    number: int = 1,
    url: str = "https://h/chat/completions",
    **more: Any,
) -> Call:
    asked = Request("POST", url, (), encoded({"model": "m"} if request is None else request))
    answer = Reply(status, "", (), encoded(COMPLETION if reply is None else reply), **more)
    return Call(Interaction(asked, answer), number=number, replayed=True)


def streamed(*parts: Json, done: bool = True, **more: Any) -> Call:
    body = stream(*parts, done=done)
    return call(body, chunks=(Chunk(len(body), 0.1),), **more)

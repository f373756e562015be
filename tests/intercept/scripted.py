"""What the tests of requests send, and transports with prepared answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from tests.conftest import KEY

HEADERS = {"Authorization": f"Bearer {KEY}"}
SSE = {"content-type": "text/event-stream"}


def body(content: str = "What is the capital of France?", **changes: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}], **changes}


def ask(url: str, module: Any = httpx, **changes: Any) -> str:
    with module.Client(headers=HEADERS) as client:
        text: str = client.post(url, json=body(**changes)).json()["choices"][0]["message"]["content"]
        return text


class Scripted(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A user's own transport that gives one reply after another."""

    def __init__(self, *replies: httpx.Response) -> None:
        self.replies = list(replies)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        return self.replies.pop(0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self.handle_request(request)


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces. An exception among them is raised when its turn comes."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = pieces
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


def event(content: str | None = None, **fields: Any) -> bytes:
    choices = [] if content is None else [{"index": 0, "delta": {"content": content}}]
    return b"data: " + json.dumps({"choices": choices, **fields}).encode() + b"\n\n"


USAGE_EVENT = event(usage={"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5})
DONE = b"data: [DONE]\n\n"
API = "https://api.test/v1/chat/completions"


def stream_chunks(client: Any, **changes: Any) -> list[bytes]:
    with client.stream("POST", API, json=body(stream=True, **changes)) as response:
        return list(response.iter_raw())

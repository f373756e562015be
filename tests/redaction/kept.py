"""What is kept of requests and replies, and the secrets planted in them."""

from __future__ import annotations

import json
from typing import Any, AnyStr

from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.wire.http import Chunk, Headers, Reply, Request

SECRET = "hunter2-hunter2/é"


KEY = "sk-samurai-0123456789abcdefghij"


URL = "https://www.samuraiapi.in/v1/chat/completions"


def stored(body: bytes, secrets: tuple[str, ...] = (), *, url: str = URL, headers: Headers = ()) -> Request:
    return Redactor(secrets).request(Request("POST", url, headers, body))


def stored_text(text: str, *secrets: str) -> str:
    """The text of a prompt as it is stored."""
    body = stored(json.dumps({"content": text}).encode(), secrets).body
    content: str = json.loads(body)["content"]
    return content


def streamed(pieces: list[bytes], *secrets: str) -> Reply:
    chunks = tuple(Chunk(len(piece), place / 10) for place, piece in enumerate(pieces))
    return Redactor(secrets).reply(Reply(200, "OK", (), b"".join(pieces), chunks))


def cut(body: AnyStr, cuts: list[int]) -> list[AnyStr]:
    ends: list[int] = sorted({*(min(end, len(body)) for end in cuts), len(body)})
    begins = [0, *ends]
    return [body[begin:end] for begin, end in zip(begins, ends, strict=False)]


def deltas(texts: list[str], index: int = 0) -> list[bytes]:
    choices: list[dict[str, Any]] = [{"index": index, "delta": {"content": text}} for text in texts]
    parts = [json.dumps({"id": "x", "choices": [choice]}, separators=(",", ":")) for choice in choices]
    return [f"data: {part}\n\n".encode() for part in parts]

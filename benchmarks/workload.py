"""The questions and answers: the same for every contender, made from a number, in any process.

Needs only the standard library, because every environment imports it, even those without pytest-samurai.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

# Nobody listens on the discard port: a contender's live call is refused at once, and noticed.
ORIGIN = "http://127.0.0.1:9"
PATH = "/v1/chat/completions"
URL = ORIGIN + PATH
JSON, EVENTS = "application/json", "text/event-stream; charset=utf-8"
STREAM_CHUNKS = 200

REQUEST_HEADERS = {
    "host": "127.0.0.1:9",
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "connection": "keep-alive",
    "user-agent": "OpenAI/Python 3.57.0",
    "x-stainless-lang": "python",
    "x-stainless-os": "Linux",
    "x-stainless-retry-count": "0",
}
REPLY_HEADERS = {
    "date": "Tue, 24 Nov 2026 08:00:00 GMT",
    "server": "cloudflare",
    "connection": "keep-alive",
    "access-control-expose-headers": "X-Request-ID",
    "openai-processing-ms": "412",
    "openai-version": "2020-10-01",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-reset-requests": "8.64s",
    "x-request-id": "req_0123456789abcdef0123456789abcdef",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "cf-ray": "0123456789abcdef-FRA",
}
"""What an SDK and an API send besides the content type.

A recorder that keeps all headers keeps these, and a YAML parser spends its time on their number.
"""

SMALL, LARGE, REWRITTEN, STREAM = "1 kB", "50 kB", "50 kB rewritten", "stream"
"""Kinds of exchange: about 1 kB each way; a request of 20 messages and 10 tools, sent as recorded or as different bytes
for the same JSON value; a reply in 200 chunks.
"""


@dataclass(frozen=True)
class Exchange:
    """A request with its answer. `sent` is what a replay sends, `request` what was recorded; all three are bytes."""

    request: bytes
    sent: bytes
    chunks: tuple[bytes, ...]
    content_type: str = JSON

    @property
    def reply(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def request_headers(self) -> dict[str, str]:
        return {**REQUEST_HEADERS, "content-type": JSON}

    @property
    def headers(self) -> dict[str, str]:
        """The reply's headers."""
        return {**REPLY_HEADERS, "content-type": self.content_type}


def exchanges(kind: str, count: int, start: int = 0) -> list[Exchange]:
    """`count` exchanges of a kind, numbered from `start`. No two of them ask the same."""
    make = {SMALL: _small, LARGE: _large, REWRITTEN: _rewritten, STREAM: _stream}[kind]
    return [make(number) for number in range(start, start + count)]


def spread(items: Sequence[Exchange], plays: int | None) -> list[Exchange]:
    """`plays` of the items, spread evenly: if a contender scans, their mean is that of all items."""
    if plays is None or plays >= len(items):
        return list(items)
    return [items[(2 * number + 1) * len(items) // (2 * plays)] for number in range(plays)]


def question(number: int) -> dict[str, Any]:
    """A chat request of about 1 kB."""
    return {
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": _words("You are the assistant of a small library.", 400)},
            {"role": "user", "content": _words(f"Question {number:06d}: which books have come back?", 430)},
        ],
        "temperature": 0.2,
        "max_tokens": 200,
    }


def answer(number: int) -> str:
    """What the model says to `question(number)`."""
    return _words(f"Answer {number:06d}: these, in the order of the shelves.", 620)


def completion(number: int) -> dict[str, Any]:
    """The reply to `question(number)`, about 1 kB."""
    return {
        "id": f"chatcmpl-{number:024d}",
        "object": "chat.completion",
        "created": 1_780_000_000 + number,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer(number), "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 190, "completion_tokens": 130, "total_tokens": 320},
        "system_fingerprint": "fp_0123456789",
    }


def _small(number: int) -> Exchange:
    sent = compact(question(number))
    return Exchange(sent, sent, (compact(completion(number)),))


def _large(number: int) -> Exchange:
    sent = compact(_long_question(number))
    return Exchange(sent, sent, (compact(completion(number)),))


def _rewritten(number: int) -> Exchange:
    """Recorded by a client that orders keys and sets blanks differently from the one that sends it now."""
    body = _long_question(number)
    recorded = json.dumps(dict(reversed(body.items()))).encode()
    return Exchange(recorded, compact(body), (compact(completion(number)),))


def _long_question(number: int) -> dict[str, Any]:
    messages = [
        {
            "role": "assistant" if turn % 2 else "user",
            "content": _words(f"Turn {turn} of conversation {number:06d}: and what then?", 1_950),
        }
        for turn in range(20)
    ]
    tools = [
        {
            "type": "function",
            "function": {
                "name": f"tool_{tool}",
                "description": _words(f"Tool {tool} looks something up.", 500),
                "parameters": {
                    "type": "object",
                    "properties": {
                        name: {"type": "string", "description": _words(f"The {name} of it.", 80)}
                        for name in ("title", "author", "shelf")
                    },
                    "required": ["title"],
                },
            },
        }
        for tool in range(10)
    ]
    return {**question(number), "messages": messages, "tools": tools}


def _stream(number: int) -> Exchange:
    sent = compact({**question(number), "stream": True})
    return Exchange(sent, sent, tuple(stream_chunks(number, STREAM_CHUNKS)), EVENTS)


def stream_chunks(number: int, count: int) -> Iterator[bytes]:
    """The events of a streamed reply, each a chunk; the last one is `[DONE]`."""
    head = {"id": f"chatcmpl-{number:024d}", "object": "chat.completion.chunk", "created": 1_780_000_000 + number}
    for word in range(count - 1):
        last = word == count - 2
        choice = {
            "index": 0,
            "delta": {} if last else {"content": f" word-{number:06d}-{word:04d}"},
            "finish_reason": "stop" if last else None,
        }
        yield b"data: " + compact({**head, "model": "gpt-4o-mini-2024-07-18", "choices": [choice]}) + b"\n\n"
    yield b"data: [DONE]\n\n"


def compact(value: object) -> bytes:
    """JSON as the SDKs send it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@lru_cache(maxsize=256)
def _filler(length: int) -> str:
    words = "the reader went from shelf to shelf and found what nobody had been asking for in years, as one does; "
    return (words * (length // len(words) + 1))[:length]


def _words(beginning: str, length: int) -> str:
    return f"{beginning} {_filler(length - len(beginning) - 1)}"


def date_back(path: Path) -> None:
    """Date a file back, as in a suite written some time ago: a file that has just changed may change again."""
    os.utime(path, (_SOME_TIME_AGO, _SOME_TIME_AGO))


_SOME_TIME_AGO = 1_700_000_000

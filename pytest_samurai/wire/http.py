"""A request and its reply over HTTP, as they are recorded."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, NamedTuple

from pytest_samurai.wire.events import events
from pytest_samurai.wire.objects import parse_object

Headers = tuple[tuple[str, str], ...]

COMPLETE = "complete"
CLOSED = "closed"
"""The ending of a reply that the application stopped reading; any other ending names the transport's error."""

RETRYABLE = frozenset({408, 409, 429, *range(500, 600)})
"""The statuses after which SDKs try again by themselves. Source: the retry logic of the OpenAI SDK."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the application sent it; header names are lower case."""

    method: str
    url: str
    headers: Headers
    body: bytes

    def has_bytes_of(self, other: Request) -> bool:
        """Whether it equals another request byte for byte, apart from the headers."""
        return self.body == other.body and self.url == other.url and self.method == other.method


class Chunk(NamedTuple):
    """One piece of a streamed reply: `length` bytes, `at` seconds after the request was sent."""

    length: int
    at: float


class Chunks(Sequence[Chunk]):
    """Chunks in two columns, each made when first asked for. Equal to a tuple of the same chunks."""

    @property
    @abstractmethod
    def lengths(self) -> Sequence[int]: ...

    @property
    @abstractmethod
    def times(self) -> Sequence[float]: ...

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[Chunk]:
        return map(Chunk, self.lengths, self.times)

    def __getitem__(self, index: Any) -> Any:
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def _tells_of_error(event: Mapping[str, Any]) -> bool:
    """Whether an event is an error. Errors of the Responses API have a type, but no top-level `error`."""
    return bool(event.get("error")) or event.get("type") in ("error", "response.failed")


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as the application received it, with its body decoded.

    `chunks` is None for a plain reply. `ending` is `COMPLETE`, `CLOSED`, or the name of the transport's error; `error`
    is that error's message. `hidden_usage` is the `usage` from an event that the application didn't ask for and didn't
    see.
    """

    status: int
    reason: str
    headers: Headers
    body: bytes
    chunks: Sequence[Chunk] | None = None
    ending: str = COMPLETE
    hidden_usage: Mapping[str, Any] | None = None
    http_version: str = "HTTP/1.1"
    duration: float | None = None
    error: str = ""

    @property
    def is_success(self) -> bool:
        """Whether it is a real answer: not an HTTP error, a broken stream, or a stream with an error event."""
        if self.status >= 400 or self.ending not in (COMPLETE, CLOSED):
            return False
        if self.chunks is None or b'"error"' not in self.body:
            return True
        return not any(_tells_of_error(parse_object(text) or {}) for text in events(self.body))

    def cut(self) -> Iterator[bytes]:
        """The body piece by piece."""
        if self.chunks is None:
            return iter([self.body])
        lengths = self.chunks.lengths if isinstance(self.chunks, Chunks) else [chunk.length for chunk in self.chunks]
        # Reading is faster than slicing.
        return map(BytesIO(self.body).read, lengths)

    def pieces(self) -> Iterator[tuple[bytes, float]]:
        """The body piece by piece, each with its time in seconds after the request."""
        times = [self.duration or 0.0] if self.chunks is None else [chunk.at for chunk in self.chunks]
        return zip(self.cut(), times, strict=True)


_STREAM = re.compile(r"text/event-stream|application/(?:x-ndjson|stream\+json)", re.IGNORECASE)
"""Sources: the WHATWG specification of server-sent events; Ollama's API reference; Cohere's API of v1."""


def is_event_stream(headers: Headers) -> bool:
    """Whether the headers of a reply announce events: server-sent ones, or JSON objects one after another."""
    for name, value in headers:  # noqa: SIM110 - every reply asks, and a generator takes twice as long
        if name == "content-type" and _STREAM.search(value):
            return True
    return False

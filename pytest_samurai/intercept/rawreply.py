"""A recorded reply in the bytes of HTTP/1.1, for clients that read it as if from a connection."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus

from pytest_samurai.errors import SamuraiError
from pytest_samurai.intercept.streams import Replay
from pytest_samurai.recorder import Played, Recorder
from pytest_samurai.wire import COMPLETE

_LAST_CHUNK = b"0\r\n\r\n"
_NO_BODY = (204, 304)
_LENGTHS = ("content-length", "transfer-encoding")


class RawReply:
    """The head of a reply, then its body as the server sent it: in chunks if it is a stream, else in one piece.

    A stream that broke when it was recorded breaks here, with an OSError. No piece is empty.
    """

    def __init__(self, played: Played, recorder: Recorder, method: str) -> None:
        self._reply = played.reply
        self._replay = Replay(played, recorder, _error)
        self._has_body = method.upper() != "HEAD" and self._reply.status not in _NO_BODY
        self._is_chunked = self._has_body and (self._reply.chunks is not None or self._reply.ending != COMPLETE)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head()
        yield from filter(None, map(self._framed, self._replay if self._has_body else ()))
        yield from self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._head()
        if self._has_body:
            async for data in self._replay:
                if piece := self._framed(data):
                    yield piece
            for piece in self._end():
                yield piece

    def close(self) -> None:
        """Note that nobody will read on."""
        self._replay.close()

    def _framed(self, data: bytes) -> bytes:
        # An empty chunk would be the last.
        return b"%x\r\n%b\r\n" % (len(data), data) if self._is_chunked and data else data

    def _end(self) -> Iterator[bytes]:
        if self._is_chunked:
            yield _LAST_CHUNK

    def _head(self) -> bytes:
        reply = self._reply
        version = "HTTP/1.0" if reply.http_version == "HTTP/1.0" else "HTTP/1.1"
        lines = [f"{version} {reply.status} {reply.reason or _usual_reason(reply.status)}"]
        # The body is decoded, so the lengths of what came over the wire are not its own.
        lines += [f"{name}: {value}" for name, value in reply.headers if not (self._has_body and name in _LENGTHS)]
        if self._is_chunked:
            lines.append("transfer-encoding: chunked")
        elif self._has_body:
            lines.append(f"content-length: {len(reply.body)}")
        # A line break in a value would begin another header.
        return b"".join(_bytes(line.replace("\r", " ").replace("\n", " ")) + b"\r\n" for line in lines) + b"\r\n"


def _usual_reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _bytes(line: str) -> bytes:
    try:
        return line.encode("latin-1")
    except UnicodeEncodeError:
        return line.encode()


def _error(name: str, said: str, recorded: str) -> Exception:
    """An error of the system by its name; for any other name a connection that was reset. See `Library.error`."""
    kind = getattr(builtins, name, None)
    if not (isinstance(kind, type) and issubclass(kind, OSError)):
        kind = ConnectionResetError
    error: Exception = kind(said or recorded)
    error.__cause__ = SamuraiError(recorded)
    if said:
        error.add_note(recorded)
    return error

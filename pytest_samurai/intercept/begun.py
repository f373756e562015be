"""Live bodies of which something was done before the application reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from pytest_samurai.intercept.twins import Awaiting, Blocking, finished
from pytest_samurai.wire import Beginning


class Decoded:
    """A compressed body, handed on as it was meant; `response` is one of the library's that has that body."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        pieces: Iterator[bytes] = self._response.iter_bytes()
        return pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        pieces: AsyncIterator[bytes] = self._response.aiter_bytes()
        return pieces

    def close(self) -> None:
        self._response.close()

    async def aclose(self) -> None:
        await self._response.aclose()


class Begun:
    """A body whose first pieces are read before the others, to see whether the server refuses what it was asked.

    That is done by whoever calls `is_refusal`; or, if it is told how to get another body `instead` of a refusal, when
    the application begins to read. `closed` are the errors of a connection that was closed.

    The pieces are handed on as they came, and so is an error that came after them, in its place. Whoever asks a second
    time for the pieces gets those that are left, as the OpenAI SDK does after `[DONE]`: httpx would read a body that is
    at its end already for ever.
    """

    def __init__(self, stream: Any, io: Blocking | Awaiting, closed: tuple[type[Exception], ...]) -> None:
        self.instead: Callable[[], Awaitable[Any]] | None = None
        self._io = io
        self._closed = closed
        self._begin(stream)

    def _begin(self, stream: Any) -> None:
        self._stream = stream
        self._rest = self._io.pieces(stream)
        self._pieces: list[bytes] = []
        self._error: Exception | None = None

    async def is_refusal(self) -> bool:
        """Read until it is told, and keep an error that comes before that."""
        beginning = Beginning()
        told: bool | None = None
        while told is None:
            try:
                piece = await self._io.next_piece(self._rest)
            except Exception as error:  # noqa: BLE001 - a transport of the user's own has its own; it is raised again
                self._error = error
                # Else it has begun to answer.
                return beginning.is_silent and isinstance(error, self._closed)
            if piece is None:
                return beginning.end()
            self._pieces.append(piece)
            told = beginning.feed(piece)
        return told

    async def _look(self) -> None:
        """Look at the beginning, if nobody has, and take the other body if it is a refusal."""
        instead, self.instead = self.instead, None
        if instead is not None and (stream := await instead()) is not None:
            self._begin(stream)

    def __iter__(self) -> Iterator[bytes]:
        finished(self._look())
        yield from self._first()
        yield from self._rest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await self._look()
        for piece in self._first():
            yield piece
        async for piece in self._rest:
            yield piece

    def _first(self) -> Iterator[bytes]:
        while self._pieces:
            yield self._pieces.pop(0)
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()

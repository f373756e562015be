"""Live bodies that are read or decoded before the application gets them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from pytest_samurai.intercept.twins import Awaiting, Blocking, finished
from pytest_samurai.wire import Beginning


class Decoded:
    """A compressed body, passed on decoded. `response` is the library's response with that body."""

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
    """A body whose first pieces are read early, to see whether the server refuses the question.

    `is_refusal` reads them. If `instead` is set, they are read when the application begins to read, and `instead` gets
    another body to replace a refusal. `closed` are the errors of a closed connection.

    The pieces are passed on as they arrived, and an error after them is raised in its turn. Iterating again gives the
    remaining pieces, which the OpenAI SDK does after `[DONE]`: httpx would read a finished body endlessly.
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
        """Read until it is clear whether this is a refusal. An error before that is kept."""
        beginning = Beginning()
        told: bool | None = None
        while told is None:
            try:
                piece = await self._io.next_piece(self._rest)
            except Exception as error:  # noqa: BLE001 - a user's transport has its own errors; it is raised again
                self._error = error
                # Otherwise the server has started to answer.
                return beginning.is_silent and isinstance(error, self._closed)
            if piece is None:
                return beginning.end()
            self._pieces.append(piece)
            told = beginning.feed(piece)
        return told

    async def _look(self) -> None:
        """Read the beginning, unless that was already done. Use the other body if it is a refusal."""
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

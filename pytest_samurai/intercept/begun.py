"""Live bodies of which something was done before the application reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from pytest_samurai.wire import Beginning

if TYPE_CHECKING:
    from pytest_samurai.intercept.twins import Awaiting, Blocking


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
    """A body whose first pieces may be read before the others, to see whether the server refuses what it was asked.

    They are handed on as they came, and so is an error that came after them, in its place. Whoever asks a second time
    for the pieces gets those that are left, as the OpenAI SDK does after `[DONE]`: a body of the library's own that is
    at its end already would be read for ever.
    """

    def __init__(self, stream: Any, io: Blocking | Awaiting) -> None:
        self._stream = stream
        self._io = io
        self._rest = io.pieces(stream)
        self._pieces: list[bytes] = []
        self._error: Exception | None = None

    async def is_refusal(self, closed: tuple[type[Exception], ...]) -> bool:
        """Read until it is told. An error of the kinds `closed` says that the server closed the connection.

        If it does so in the middle of an event, it has begun to answer.
        """
        beginning = Beginning()
        told: bool | None = None
        while told is None:
            try:
                piece = await self._io.next_piece(self._rest)
            except Exception as error:  # noqa: BLE001 - a transport of the user's own has its own; it is raised again
                self._error = error
                return beginning.is_silent and isinstance(error, closed)
            if piece is None:
                return beginning.end()
            self._pieces.append(piece)
            told = beginning.feed(piece)
        return told

    def __iter__(self) -> Iterator[bytes]:
        yield from self._first()
        yield from self._rest

    async def __aiter__(self) -> AsyncIterator[bytes]:
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

"""One implementation for sync and async: a transport answers both with one coroutine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_samurai.intercept.library import Library


class Blocking:
    """What a sync transport does. It is awaited like an async one, but never waits."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    async def read(self, request: Any) -> Any:
        """The body of a request, in bytes."""
        return request.read()

    async def send(self, request: Any) -> Any:
        """The response to a request."""
        return self._transport.handle_request(request)

    async def close(self, response: Any) -> None:
        """Give up a response or a body that nobody will read."""
        response.close()

    def pieces(self, stream: Any) -> Any:
        """An iterator over the pieces of a body."""
        return iter(stream)

    async def next_piece(self, pieces: Any) -> bytes | None:
        """The next piece; None after the last."""
        return next(pieces, None)


class Awaiting:
    """What an async transport does, with the same methods."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    async def read(self, request: Any) -> Any:
        return await request.aread()

    async def send(self, request: Any) -> Any:
        return await self._transport.handle_async_request(request)

    async def close(self, response: Any) -> None:
        await response.aclose()

    def pieces(self, stream: Any) -> Any:
        return aiter(stream)

    async def next_piece(self, pieces: Any) -> bytes | None:
        return await anext(pieces, None)


class Transport(ABC):
    """Sits in front of the client's own transport, for one request."""

    def __init__(self, library: Library, own: Any) -> None:
        self.library = library
        self.own = own

    @abstractmethod
    async def answer(self, request: Any, io: Blocking | Awaiting) -> Any:
        """The response that the application gets. It may only wait for `io`."""

    def handle_request(self, request: Any) -> Any:
        return finished(self.answer(request, Blocking(self.own)))

    async def handle_async_request(self, request: Any) -> Any:
        return await self.answer(request, Awaiting(self.own))


def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a sync request was made to wait")  # pragma: no cover - `Blocking` never waits

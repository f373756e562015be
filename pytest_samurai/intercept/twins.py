"""Sync and async, said once: a transport whose answer is one coroutine for both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any

from pytest_samurai.intercept.library import Library


class Blocking:
    """A sync transport: what is awaited of it has been done at once."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    async def read(self, request: Any) -> bytes:
        """The body of a request."""
        return request.read()  # type: ignore[no-any-return]  # httpx is Any here

    async def send(self, request: Any) -> Any:
        """The response to a request."""
        return self._transport.handle_request(request)

    async def close(self, response: Any) -> None:
        """Leave a response that nobody will read."""
        response.close()


class Awaiting:
    """An async transport."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    async def read(self, request: Any) -> bytes:
        """As `Blocking.read`."""
        return await request.aread()  # type: ignore[no-any-return]  # httpx is Any here

    async def send(self, request: Any) -> Any:
        """As `Blocking.send`."""
        return await self._transport.handle_async_request(request)

    async def close(self, response: Any) -> None:
        """As `Blocking.close`."""
        await response.aclose()


def _finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")  # pragma: no cover - `Blocking` does not


class Transport(ABC):
    """Stands in front of the client's own transport, for one request; sync and async at once."""

    def __init__(self, library: Library, real: Any) -> None:
        self.library = library
        self.real = real

    @abstractmethod
    async def answer(self, request: Any, real: Blocking | Awaiting) -> Any:
        """The response that the application gets."""

    def handle_request(self, request: Any) -> Any:
        return _finished(self.answer(request, Blocking(self.real)))

    async def handle_async_request(self, request: Any) -> Any:
        return await self.answer(request, Awaiting(self.real))

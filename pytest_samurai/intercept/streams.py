"""The streams that are response bodies, sync and async at once."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from pytest_samurai.files import ticks
from pytest_samurai.intercept.ending import Ending
from pytest_samurai.recorder import Played, Recorder, Take
from pytest_samurai.wire import CLOSED, COMPLETE


class Tee:
    """A live body: its pieces are passed on as they arrive, and kept."""

    def __init__(self, take: Take, stream: Any) -> None:
        self._take = take
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            for data in self._stream:
                if seen := self._take.feed(data):
                    yield seen
        except Exception as error:
            # Any error: a user's transport has its own errors. Cancellation is not an `Exception`.
            for rest in self._end(type(error).__name__, str(error)):
                yield rest
            raise
        for rest in self._end(COMPLETE):
            yield rest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for data in self._stream:
                if seen := self._take.feed(data):
                    yield seen
        except Exception as error:
            for rest in self._end(type(error).__name__, str(error)):
                yield rest
            raise
        for rest in self._end(COMPLETE):
            yield rest

    def _end(self, ending: str, error: str = "") -> Iterator[bytes]:
        """What was held back until now; after that, the body has ended."""
        if rest := self._take.rest():
            yield rest
        self._take.end(ending, error)

    def close(self) -> None:
        try:
            self._take.end(CLOSED)
        finally:
            self._stream.close()

    async def aclose(self) -> None:
        try:
            self._take.end(CLOSED)
        finally:
            await self._stream.aclose()


class Replay:
    """A recorded body: its pieces, at once or timed by `pace`, and then the end that the stream had.

    `error` makes the error of a broken stream: see `Ending`.
    """

    def __init__(self, played: Played, recorder: Recorder, error: Callable[[str, str, str], Exception]) -> None:
        self._reply = played.reply
        self._pace = recorder.settings.pace
        self._ending = Ending(played, recorder, error)

    def __iter__(self) -> Iterator[bytes]:
        if self._reply.ending == COMPLETE and not self._pace:
            return self._reply.cut()
        return self.to_its_end()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._in_time_async() if self._pace else self._at_once_async()

    def to_its_end(self) -> Iterator[bytes]:
        """The pieces one by one, and what ended them."""
        for wait, data in self._timed():
            if self._pace:
                time.sleep(wait)
            yield data
        if self._reply.ending != COMPLETE:
            raise self._ending.wait()

    async def _at_once_async(self) -> AsyncIterator[bytes]:
        for data in self._reply.cut():
            yield data
        if self._reply.ending != COMPLETE:
            raise await self._ending.wait_async()

    async def _in_time_async(self) -> AsyncIterator[bytes]:
        # Both libraries use anyio, which knows whether this is asyncio or trio.
        import anyio

        for wait, data in self._timed():
            await anyio.sleep(wait)
            yield data
        if self._reply.ending != COMPLETE:
            raise await self._ending.wait_async()

    def _timed(self) -> Iterator[tuple[float, bytes]]:
        """Pairs of how many seconds to wait for a piece, and the piece."""
        began = ticks()
        for data, at in self._reply.pieces():
            yield max(began + at * self._pace - ticks(), 0.0), data

    def close(self) -> None:
        self._ending.close()

    async def aclose(self) -> None:
        self._ending.close()

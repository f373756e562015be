"""The streams that are the bodies of responses, sync and async at once."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from pytest_samurai.files import ticks
from pytest_samurai.recorder import Recorder, Take
from pytest_samurai.wire import CLOSED, COMPLETE, Reply


class Tee:
    """A live body: its pieces are handed on as they come, and kept."""

    def __init__(self, take: Take, stream: Any) -> None:
        self._take = take
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            for data in self._stream:
                if seen := self._take.feed(data):
                    yield seen
        except Exception as error:
            # Any error: a transport of the user's own has its own errors. Cancellation is no `Exception`.
            for rest in self._end(type(error).__name__):
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
            for rest in self._end(type(error).__name__):
                yield rest
            raise
        for rest in self._end(COMPLETE):
            yield rest

    def _end(self, ending: str) -> Iterator[bytes]:
        """What was held back until now; then the body is at its end."""
        if rest := self._take.rest():
            yield rest
        self._take.end(ending)

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
    """A recorded body: its pieces, at once or with `pace` in their time, and then the end that the stream had.

    `error` makes the transport's error of a name. There is nothing to close.
    """

    def __init__(self, reply: Reply, recorder: Recorder, error: Callable[[str], Exception]) -> None:
        self._reply = reply
        self._recorder = recorder
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        return self._in_time() if self._recorder.settings.pace else self._at_once()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._in_time_async() if self._recorder.settings.pace else self._at_once_async()

    def _at_once(self) -> Iterator[bytes]:
        return self._reply.cut() if self._reply.ending == COMPLETE else self._until_broken()

    def _until_broken(self) -> Iterator[bytes]:
        yield from self._reply.cut()
        raise self._broken()

    async def _at_once_async(self) -> AsyncIterator[bytes]:
        for data in self._at_once():
            yield data

    def _in_time(self) -> Iterator[bytes]:
        for wait, data in self._timed():
            time.sleep(wait)
            yield data

    async def _in_time_async(self) -> AsyncIterator[bytes]:
        # Both libraries run on anyio, which knows whether this is asyncio or trio.
        import anyio

        for wait, data in self._timed():
            await anyio.sleep(wait)
            yield data

    def _timed(self) -> Iterator[tuple[float, bytes]]:
        """How many seconds to wait for each piece, and the piece."""
        began = ticks()
        for data, at in self._reply.pieces():
            yield max(began + at * self._recorder.settings.pace - ticks(), 0.0), data
        if self._reply.ending != COMPLETE:
            raise self._broken()

    def _broken(self) -> BaseException:
        """What ended the stream before its time when it was recorded."""
        if self._reply.ending == CLOSED:
            return self._recorder.refuse(
                "the recording of this stream ends here: when it was recorded, the application stopped reading"
            )
        return self._error(self._reply.ending)

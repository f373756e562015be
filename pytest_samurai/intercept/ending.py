"""The end of an incomplete recorded stream: it breaks again, or waits until it is cancelled again."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator

from pytest_samurai.recorder import Played, Recorder
from pytest_samurai.text import plural
from pytest_samurai.wire import CLOSED

PATIENCE = 5.0
"""How long a replayed stream waits to be cancelled, in seconds, on top of the time that replay has saved."""
LONGEST = 60.0
"""The longest wait, in seconds."""
_TICK = 0.05


class Ending:
    """What an application gets if it reads past the end of a recorded stream.

    If the stream broke, `error` makes the same error again, from its name, its text and a note on the recording.
    Otherwise the application stopped reading, perhaps because of its own timeout or because a sibling task failed. A
    recording cannot tell which, so this waits for it to happen again, and refuses if it does not.
    """

    def __init__(self, played: Played, recorder: Recorder, error: Callable[[str, str, str], Exception]) -> None:
        self._played = played
        self._reply = played.reply
        self._recorder = recorder
        self._error = error
        self._is_closed = False

    def close(self) -> None:
        """Note that nobody will read the stream any more."""
        self._is_closed = True

    def wait(self) -> BaseException:
        """What ended the stream in the recording, as an exception."""
        if self._was_given_up and _may_be_interrupted():
            for seconds in self._ticks():
                time.sleep(seconds)
        return self._broken()

    async def wait_async(self) -> BaseException:
        """The same in a task, which may be cancelled while it waits."""
        if self._reply.ending == CLOSED:
            # Both libraries use anyio, which knows whether this is asyncio or trio.
            import anyio

            for seconds in self._ticks():
                await anyio.sleep(seconds)
        return self._broken()

    def _ticks(self) -> Iterator[float]:
        """How many seconds to sleep, again and again, while the application may still stop reading."""
        # A timeout may have started before earlier calls, which took longer when they were recorded.
        saved = sum(call.duration or 0.0 for call in self._recorder.calls)
        # Counted, not timed: a test may have stopped the clock.
        for _ in range(round(min(saved + PATIENCE, LONGEST) / _TICK)):
            if self._is_over:
                return
            yield _TICK

    @property
    def _is_over(self) -> bool:
        """Whether nobody is reading any more: another thread has closed the stream, or the test has ended."""
        return self._is_closed or not self._recorder.is_open

    @property
    def _was_given_up(self) -> bool:
        """Whether the application ended the stream, rather than an error of a transport or of the system."""
        ending = self._reply.ending
        return ending == CLOSED or type(self._error(ending, "", "")).__name__ != ending

    def _broken(self) -> BaseException:
        reply, path = self._reply, self._recorder.shown_path
        if reply.ending != CLOSED:
            told = f"{reply.ending}: {reply.error}" if reply.error else reply.ending
            return self._error(
                reply.ending, reply.error, f"{path}: the connection broke here when this was recorded ({told})"
            )
        if self._is_over:
            return self._error("ReadError", "", f"{path}: the replay of this stream was abandoned while it waited")
        return self._recorder.refuse(self._read_on())

    def _read_on(self) -> str:
        recorder, reply = self._recorder, self._reply
        length = f"{len(reply.body):,} bytes"
        ends = length if reply.chunks is None else f"{plural(len(reply.chunks), 'chunk')} ({length})"
        lines = [
            f"call {self._played.number}: the recording of this stream ends after {ends}: when it was recorded, the"
            " application stopped reading or was cancelled, but now it reads on.",
            f"  test      {recorder.owner.test}",
            f"  cassette  {recorder.shown_path}",
        ]
        if command := recorder.owner.command("all"):
            lines.append(f"  To record it again: {command}")
        if not recorder.settings.pace:
            # Without a pace, all chunks arrive at once, before anybody sets a flag.
            lines.append('  If a flag or a deadline ended it: pace="recorded"')
        return "\n".join(lines)


def _may_be_interrupted() -> bool:
    """Whether something can end this thread's wait: another thread, or an alarm, which only the main thread gets."""
    if threading.current_thread() is not threading.main_thread():
        return True
    getitimer = getattr(signal, "getitimer", None)  # Windows does not have it
    return getitimer is not None and getitimer(signal.ITIMER_REAL)[0] > 0

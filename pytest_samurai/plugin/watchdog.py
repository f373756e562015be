"""An end to tests that hang after a refusal."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, Literal

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.plugin.refusal import RefusedInTest

When = Literal["setup", "call", "teardown"]
"""The phases of a test, in pytest's words."""

_LOOPS = frozenset({"asyncio", "trio"})
"""Packages with their own handler of Ctrl-C, which cancels the main task."""

_DEBUGGERS = frozenset({"bdb", "pdb", "pydevd", "_pydevd_bundle"})
"""Packages whose work is never cut short, because a person is using them."""

_MOST_SPARED = 15
"""How often a test with live calls in progress is spared. They cost money, but some never get a reply."""

_WAITS = frozenset({"threading", "queue", "selectors", "asyncio", "concurrent", "multiprocessing", "trio"})
"""Packages whose functions make a thread wait for another thread or task."""


class Watchdog:
    """Ends a phase that takes too long after a refusal: a framework may have swallowed it and be waiting.

    A thread sends a signal to the main thread, and the handler there raises. Nothing else gets a thread out of a lock,
    and because the handler runs in the main thread, it cannot strike after the end of the phase. The signal is SIGURG:
    a process ignores it by default, so a late one does no harm. There is no watchdog without such signals (Windows), or
    if pytest does not run in the main thread.

    If an event loop is running, the first strike goes through it: the loop cancels the main task, as for Ctrl-C, and
    tasks can clean up. If the phase is still running after that, the handler raises. `grace` is in seconds.

    A forked child sends the same signal if it refuses a request, and `listen` is called: a pool may be waiting for the
    child. `is_paying` says whether live calls are in progress.
    """

    def __init__(self, listen: Callable[[], None], is_paying: Callable[[], bool]) -> None:
        self.grace = 4.0
        self.strikes = 0
        self.raised: list[RefusedInTest] = []
        self._listen = listen
        self._is_paying = is_paying
        self._spared = 0
        self._refusal: RequestNotRecorded | None = None
        self._in_phase = False
        self._may_interrupt = False
        self._patient = False
        # The handler may interrupt this thread anywhere, and needs the lock too.
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._resting = threading.Event()
        # The process to strike; None outside of a phase. A forked child has another id.
        self._process: int | None = None
        self._before: Any = None

    def install(self) -> None:
        """Take over the signal until `remove`."""
        # Written this way for mypy: the names below do not exist on Windows.
        if sys.platform == "win32":  # pragma: no cover - no such signals
            return
        if threading.current_thread() is threading.main_thread():
            self._process = os.getpid()
            self._before = signal.signal(signal.SIGURG, self._strike)

    def remove(self) -> None:
        """Give the signal back."""
        if sys.platform == "win32":  # pragma: no cover - no such signals
            return
        if self._process is not None:
            self._process = None
            signal.signal(signal.SIGURG, signal.SIG_DFL if self._before is None else self._before)

    def begin(self, refusal: RequestNotRecorded | None, when: When) -> None:
        """Begin a phase, and watch it at once if a refusal came before it.

        After a refusal, a teardown gets more time and is struck only while it waits: it may be slow for good reasons.
        """
        self.strikes = self._spared = 0
        self.raised.clear()
        # Fixtures cannot be interrupted like Ctrl-C: pytest would lose their results and not go on to the next test.
        self._may_interrupt = when == "call"
        self._patient = when == "teardown" and refusal is not None
        self._in_phase = True
        if refusal is not None:
            self.guard(refusal)

    def guard(self, refusal: RequestNotRecorded) -> None:
        """Watch the phase from now on, from any thread. In a forked child, wake the process that runs the test."""
        if self._process is None:
            return
        if self._process != os.getpid():
            self._wake(self._process)
            return
        with self._lock:
            if self._in_phase and self._refusal is None:
                self._refusal = refusal
                self._resting.clear()
                self._thread = threading.Thread(target=self._watch, name="samurai-watchdog", daemon=True)
                self._thread.start()

    def _wake(self, process: int) -> None:
        if sys.platform != "win32":  # pragma: no branch - Windows has no forks
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGURG)

    def end(self) -> None:
        """End the phase."""
        self._in_phase = False
        with self._lock:
            self._refusal = None
            self._resting.set()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _watch(self) -> None:
        wait = self.grace * 2 if self._patient else self.grace
        while not self._resting.wait(wait):
            self._signal()
            wait = self.grace / 2

    def _signal(self) -> None:
        if sys.platform != "win32":  # pragma: no branch - Windows has no watchdog
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGURG)

    def _strike(self, _number: int, frame: FrameType | None) -> None:
        """Handle the signal in the main thread."""
        refusal = self._refusal
        if refusal is None and self._in_phase:
            self._listen()
        if refusal is None or not self._in_phase or not self._may_strike(frame):
            return
        if self._spared < _MOST_SPARED and self._is_paying():
            self._spared += 1
            return
        self.strikes += 1
        on_interrupt = signal.getsignal(signal.SIGINT)
        if self.strikes == 1 and self._may_interrupt and callable(on_interrupt) and _is_of_a_loop(on_interrupt):
            on_interrupt(signal.SIGINT, frame)
            return
        self.raised.append(self.ended(refusal))
        raise self.raised[-1]

    def _may_strike(self, frame: FrameType | None) -> bool:
        stack = _stack(frame)
        packages = [package for package, _ in stack]
        if not _DEBUGGERS.isdisjoint(packages) or _is_at_work(stack):
            return False
        return not self._patient or (not _WAITS.isdisjoint(packages[:1]) and "subprocess" not in packages)

    def ended(self, refusal: RequestNotRecorded) -> RefusedInTest:
        """The refusal, with a note that the watchdog ended the test."""
        text = f"{refusal}\n  The test kept running without an answer for {self.grace:g} s, so it was stopped."
        ended = RefusedInTest(text).with_traceback(refusal.__traceback__)
        ended.diagnosis = refusal.diagnosis
        return ended


def _stack(frame: FrameType | None) -> list[tuple[str, FrameType]]:
    """The running functions and their packages, from the innermost outwards to pytest."""
    stack: list[tuple[str, FrameType]] = []
    while frame is not None and (not stack or stack[-1][0] not in ("_pytest", "pluggy")):
        stack.append((str(frame.f_globals.get("__name__")).partition(".")[0], frame))
        frame = frame.f_back
    return stack


def _is_at_work(stack: Sequence[tuple[str, FrameType]]) -> bool:
    """Whether one of our functions is working, for example saving a cassette. One that waits for others is not."""
    ours = next((frame for package, frame in stack if package == "pytest_samurai"), None)
    if ours is None:
        return False
    from pytest_samurai.intercept import is_waiting

    return not is_waiting(ours)


def _is_of_a_loop(handler: Callable[..., Any]) -> bool:
    module = getattr(getattr(handler, "func", handler), "__module__", None) or ""
    return module.partition(".")[0] in _LOOPS

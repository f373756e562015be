"""The refused requests of the running test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.plugin.refusal import RefusedInTest
from pytest_samurai.plugin.watchdog import Watchdog, When

if TYPE_CHECKING:
    from pytest_samurai.recorder import Children, Recorder

_ENDED = ("This portal is not running", "Event loop is closed")
"""What anyio and asyncio say in another thread about a closed event loop.

A refusal closes it: it is not an `Exception`.
"""


class Refusals:
    """The refused requests, and which of them a report has shown: none may get lost.

    A refusal fails the phase (setup, call, teardown) that it happens in. If it happens in a setup that succeeds, it
    fails the call.

    - `pending`: the refusals that have not failed a phase yet.
    - `told`: the refusals that failed the last phase.
    - `said`: all refusals that have failed a phase in this run.
    - `is_red`: whether a phase of the test has failed.
    - `causes`: pairs of an error in a wider fixture and the refusal before it. Tests that ask for the fixture later get
      the same error.
    - `recorders`: the open ones. `opened_in_test`: those opened since the test began.
    """

    def __init__(self) -> None:
        self.watchdog = Watchdog(self.listen, self.is_paying)
        self.recorders: list[Recorder] = []
        self.opened_in_test: list[Recorder] = []
        self._earlier: list[Children] = []
        self.pending: list[RequestNotRecorded] = []
        self.told: list[RequestNotRecorded] = []
        self.is_red = False
        self.said: list[RequestNotRecorded] = []
        self.causes: list[tuple[BaseException, RequestNotRecorded]] = []
        self._first: RequestNotRecorded | None = None

    def refuse(self, text: str) -> RequestNotRecorded:
        """Note a refused request. The caller raises what this returns."""
        refusal = RefusedInTest(text)
        self.pending.append(refusal)
        self.watchdog.guard(refusal)
        return refusal

    def listen(self) -> None:
        """Take over the refusals of forked children."""
        for recorder in self.recorders:
            recorder.children.listen(recorder.refuse)
        for children in self._earlier:
            children.listen_again(self.refuse)

    def opened(self, recorder: Recorder) -> None:
        """Note an open recorder: its misses belong to the running test."""
        self.recorders.append(recorder)
        self.opened_in_test.append(recorder)

    def closed(self, recorder: Recorder) -> None:
        """Note a closed recorder.

        A child that forked while it was open, such as a pool worker, may serve later tests too.
        """
        self.recorders.remove(recorder)
        if recorder.children.has_copies:
            recorder.children.listen_last(recorder.refuse)
            # A recorder of a test that is already red has been heard.
            if not recorder.misses:
                self._earlier.append(recorder.children)

    def is_paying(self) -> bool:
        """Whether live calls are in progress. A ceiling or a missing key may have refused only one of many."""
        return any(recorder.has_calls_under_way() for recorder in self.recorders)

    def shown_with(self, error: BaseException) -> RequestNotRecorded | None:
        """The refusal that the report of an error must show. Call it while the report is made."""
        causes = (refusal for known, refusal in self.causes if known is error)
        return next(iter([*self.told, *self.pending, *causes]), None)

    def begin_test(self) -> None:
        """Begin a test, perhaps a rerun. Refusals since the end of the last test belong to it."""
        self.is_red = False
        self._first = None
        self.opened_in_test.clear()

    def end_test(self) -> None:
        """End a test after its last report."""
        self.pending.clear()
        self.opened_in_test.clear()

    def tell(self) -> RequestNotRecorded:
        """Return the first pending refusal, to be raised. From now on all of them count as told."""
        self.told, self.pending = self.pending, []
        self.said += self.told
        self._first = self._first or self.told[0]
        return self.watchdog.ended(self.told[0]) if self.watchdog.strikes else self.told[0]

    @contextmanager
    def phase(self, session: pytest.Session, when: When) -> Iterator[None]:
        """A phase of a test. With a refusal pending, it cannot end as skipped or expected to fail, or end the run."""
        self.told = []
        before = next(iter(self.pending), self._first if when == "teardown" else None)
        self.watchdog.begin(before, when)
        try:
            yield
        except BaseException as error:
            self.watchdog.end()
            self.listen()
            if not self.pending:
                raise
            refusal = self.tell()
            if not self.overrules(error):
                raise
            if self.ends_the_run(error):
                session.shouldstop = str(error) or type(error).__name__
            raise refusal from None
        finally:
            self.watchdog.end()

    def ends_the_run(self, error: BaseException) -> bool:
        """Whether an error should end the run: Ctrl-C or `pytest.exit`, unless the watchdog caused it."""
        return isinstance(error, KeyboardInterrupt | pytest.exit.Exception) and not self.watchdog.strikes

    def overrules(self, error: BaseException) -> bool:
        """Whether the report must show the refusal instead of this error."""
        if self.watchdog.strikes or isinstance(error, _NO_FAILURES) or _is_unittest_skip(error):
            return True
        return isinstance(error, BaseExceptionGroup) and _all_of(error, _is_refusal)

    def is_echo(self, error: BaseException) -> bool:
        """Whether a teardown error only repeats that a refusal has ended what it tears down."""
        return _all_of(error, self._is_echo)

    def _is_echo(self, error: BaseException) -> bool:
        if isinstance(error, RequestNotRecorded):
            # The same error again, for example from `task.result()`; or the watchdog's, in a test that is already red.
            known = [*self.said, *(self.watchdog.raised if self.is_red else ())]
            return any(error is refusal for refusal in known)
        if isinstance(error, RuntimeError):
            return str(error) in _ENDED and bool(self.said)
        # asyncio and `concurrent.futures` each have one.
        return type(error).__name__ == "CancelledError" and self._first is not None


_NO_FAILURES = (
    pytest.skip.Exception,
    pytest.xfail.Exception,
    pytest.exit.Exception,
    KeyboardInterrupt,
)
"""What a test, or the person who runs it, raises to end it without a failure."""


def _is_unittest_skip(error: BaseException) -> bool:
    # The import takes longer than most tests, and code that raises SkipTest has already done it.
    unittest = sys.modules.get("unittest")
    return unittest is not None and isinstance(error, unittest.SkipTest)


def _is_refusal(error: BaseException) -> bool:
    return isinstance(error, RequestNotRecorded)


def _all_of(error: BaseException, is_so: Callable[[BaseException], bool]) -> bool:
    """Whether something is true of all the errors in a group, or of a single error."""
    if isinstance(error, BaseExceptionGroup):
        return all(_all_of(inner, is_so) for inner in error.exceptions)
    return is_so(error)

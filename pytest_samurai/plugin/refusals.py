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
"""What anyio and asyncio say of an ended event loop in another thread. A refusal ends it, being no `Exception`."""


class Refusals:
    """The refused requests, and which of them a report has shown: none may be lost.

    A refusal fails the phase (setup, call, teardown) in which it happens; if it happens in a setup that succeeds, it
    fails the call. `pending` are the refusals that have failed no phase yet, `told` those that failed the last phase,
    `said` all that have failed a phase of the run. `is_red` says whether a phase of the test has failed. `causes` pairs
    each error of a wider fixture that followed a refusal with that refusal: tests that ask for the fixture later get
    the same error. `recorders` are the open ones, `opened_in_test` those that were opened since the test began.
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
        """Note that a request was refused; what this returns is to be raised."""
        refusal = RefusedInTest(text)
        self.pending.append(refusal)
        self.watchdog.guard(refusal)
        return refusal

    def listen(self) -> None:
        """Take over what forked children have refused."""
        for recorder in self.recorders:
            recorder.children.listen(recorder.refuse)
        for children in self._earlier:
            children.listen_again(self.refuse)

    def opened(self, recorder: Recorder) -> None:
        """A recorder was opened, whose misses are those of the test that runs."""
        self.recorders.append(recorder)
        self.opened_in_test.append(recorder)

    def closed(self, recorder: Recorder) -> None:
        """A recorder was closed. A child that was forked while it was open, as a pool, may be asked by later tests."""
        self.recorders.remove(recorder)
        if recorder.children.has_copies:
            recorder.children.listen_last(recorder.refuse)
            # One whose test is red already has been heard.
            if not recorder.misses:
                self._earlier.append(recorder.children)

    def is_paying(self) -> bool:
        """Whether live calls are under way: a ceiling, or a missing key, may have refused only one of many."""
        return any(recorder.has_calls_under_way() for recorder in self.recorders)

    def shown_with(self, error: BaseException) -> RequestNotRecorded | None:
        """The refusal that the report of an error has to show. Call it while the report is made."""
        causes = (refusal for known, refusal in self.causes if known is error)
        return next(iter([*self.told, *self.pending, *causes]), None)

    def begin_test(self) -> None:
        """Begin a test, perhaps a rerun. What was refused since the last test ended belongs to it."""
        self.is_red = False
        self._first = None
        self.opened_in_test.clear()

    def end_test(self) -> None:
        """End a test, once its last report was made."""
        self.pending.clear()
        self.opened_in_test.clear()

    def tell(self) -> RequestNotRecorded:
        """The first of the pending refusals, to be raised. From now on all of them count as told."""
        self.told, self.pending = self.pending, []
        self.said += self.told
        self._first = self._first or self.told[0]
        return self.watchdog.ended(self.told[0]) if self.watchdog.strikes else self.told[0]

    @contextmanager
    def phase(self, session: pytest.Session, when: When) -> Iterator[None]:
        """A phase of a test. With a refusal pending, it may not end as skipped or expected to fail, nor end the run."""
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
        """Whether an error should end the run: Ctrl-C or `pytest.exit`, unless a strike caused it."""
        return isinstance(error, KeyboardInterrupt | pytest.exit.Exception) and not self.watchdog.strikes

    def overrules(self, error: BaseException) -> bool:
        """Whether the report has to show the refusal instead of this error."""
        if self.watchdog.strikes or isinstance(error, _NO_FAILURES) or _is_unittest_skip(error):
            return True
        return isinstance(error, BaseExceptionGroup) and _all_of(error, _is_refusal)

    def is_echo(self, error: BaseException) -> bool:
        """Whether an error of a teardown only shows that a refusal has already ended what it tears down."""
        return _all_of(error, self._is_echo)

    def _is_echo(self, error: BaseException) -> bool:
        if isinstance(error, RequestNotRecorded):
            # The same error again, as from `task.result()`; or a strike in a test that is red already.
            known = [*self.said, *(self.watchdog.raised if self.is_red else ())]
            return any(error is refusal for refusal in known)
        if isinstance(error, RuntimeError):
            return str(error) in _ENDED and bool(self.said)
        # Either that of asyncio or that of `concurrent.futures`.
        return type(error).__name__ == "CancelledError" and self._first is not None


_NO_FAILURES = (
    pytest.skip.Exception,
    pytest.xfail.Exception,
    pytest.exit.Exception,
    KeyboardInterrupt,
)
"""What a test, or the person who runs it, raises to end it without a failure."""


def _is_unittest_skip(error: BaseException) -> bool:
    # Importing it takes longer than most tests, and whoever raises a SkipTest has imported it.
    unittest = sys.modules.get("unittest")
    return unittest is not None and isinstance(error, unittest.SkipTest)


def _is_refusal(error: BaseException) -> bool:
    return isinstance(error, RequestNotRecorded)


def _all_of(error: BaseException, is_so: Callable[[BaseException], bool]) -> bool:
    """Whether something holds for all the errors of a group, or for an error that is not a group."""
    if isinstance(error, BaseExceptionGroup):
        return all(_all_of(inner, is_so) for inner in error.exceptions)
    return is_so(error)

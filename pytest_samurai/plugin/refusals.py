"""The refusals of the test that runs."""

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
    from pytest_samurai.recorder import Recorder

_ENDED = ("This portal is not running", "Event loop is closed")
"""What anyio and asyncio say of an event loop in another thread that has ended. A refusal ends it: no `Exception`."""


class Refusals:
    """Which requests were refused, and which of them a report has said: none may be passed over.

    A refusal makes the phase (setup, call, teardown) in which it happens fail, or, of a setup that goes through, the
    call. `pending` are those that no phase has failed of, `told` those that the phase that ended last failed of, `said`
    all that a phase of the run has failed of. `is_red` says whether a phase of the test has failed. `causes` are the
    errors of wider fixtures that came after a refusal, with the refusal: tests that ask for the fixture later get the
    same error. `recorders` are those that are open.
    """

    def __init__(self) -> None:
        self.watchdog = Watchdog(self.listen, self.is_paying)
        self.recorders: list[Recorder] = []
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
            recorder.listen()

    def is_paying(self) -> bool:
        """Whether calls that went live are under way: one of many was refused, by a ceiling or for want of a key."""
        return any(recorder.has_calls_under_way() for recorder in self.recorders)

    def shown_with(self, error: BaseException) -> RequestNotRecorded | None:
        """The refusal that the report of an error has to show, which is made now."""
        causes = (refusal for known, refusal in self.causes if known is error)
        return next(iter([*self.told, *self.pending, *causes]), None)

    def begin_test(self) -> None:
        """A test begins, maybe once more. What was refused since the last one ended is its own."""
        self.is_red = False
        self._first = None

    def end_test(self) -> None:
        """The last report of a test was made."""
        self.pending.clear()

    def tell(self) -> RequestNotRecorded:
        """The first of the pending refusals, to be raised. From now on all of them count as told."""
        self.told, self.pending = self.pending, []
        self.said += self.told
        self._first = self._first or self.told[0]
        return self.watchdog.ended(self.told[0]) if self.watchdog.strikes else self.told[0]

    @contextmanager
    def phase(self, session: pytest.Session, when: When) -> Iterator[None]:
        """A phase of a test. It may end neither as skipped or expected to fail, nor the run, with a refusal pending."""
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
        """Whether an error is to end the run: that of Ctrl-C or `pytest.exit`, if no strike has made it."""
        return isinstance(error, KeyboardInterrupt | pytest.exit.Exception) and not self.watchdog.strikes

    def overrules(self, error: BaseException) -> bool:
        """Whether a refusal is what has to be shown, and not what came of it."""
        if self.watchdog.strikes or isinstance(error, _NO_FAILURES) or _is_unittest_skip(error):
            return True
        return isinstance(error, BaseExceptionGroup) and _all_of(error, _is_refusal)

    def is_echo(self, error: BaseException) -> bool:
        """Whether an error of a teardown says no more than that a refusal has ended what is to be torn down."""
        return _all_of(error, self._is_echo)

    def _is_echo(self, error: BaseException) -> bool:
        if isinstance(error, RequestNotRecorded):
            # The same once more, as by `task.result()`; or a strike, in a test that is red already.
            known = [*self.said, *(self.watchdog.raised if self.is_red else ())]
            return any(error is refusal for refusal in known)
        if isinstance(error, RuntimeError):
            return str(error) in _ENDED and bool(self.said)
        # Of either kind, that of asyncio or that of `concurrent.futures`.
        return type(error).__name__ == "CancelledError" and self._first is not None


_NO_FAILURES = (
    pytest.skip.Exception,
    pytest.xfail.Exception,
    pytest.exit.Exception,
    KeyboardInterrupt,
)
"""What a test, or whoever sits before it, raises to end it without a failure."""


def _is_unittest_skip(error: BaseException) -> bool:
    # It takes longer to import than most tests run, and who raises one has done so.
    unittest = sys.modules.get("unittest")
    return unittest is not None and isinstance(error, unittest.SkipTest)


def _is_refusal(error: BaseException) -> bool:
    return isinstance(error, RequestNotRecorded)


def _all_of(error: BaseException, is_so: Callable[[BaseException], bool]) -> bool:
    """Whether something holds for all the errors of a group, or for the one that is none."""
    if isinstance(error, BaseExceptionGroup):
        return all(_all_of(inner, is_so) for inner in error.exceptions)
    return is_so(error)

"""The report of a test that may make calls."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import pytest

from pytest_samurai.errors import RequestNotRecorded, SamuraiError, SamuraiFailure
from pytest_samurai.files import REAL
from pytest_samurai.plugin.internals import expected_by_xfail, unittest_outcomes
from pytest_samurai.plugin.lastcalls import show_calls
from pytest_samurai.plugin.marker import is_marked
from pytest_samurai.plugin.redacted import redact, redact_properties
from pytest_samurai.plugin.repeats import CAME_OF_IT, REFUSED
from pytest_samurai.plugin.state import GROWN, HELD, RUN
from pytest_samurai.plugin.unmarked import UNMARKED

_OURS = (RequestNotRecorded, SamuraiFailure, SamuraiError)
_REDACTED = pytest.StashKey[bool]()


# First, so that it wraps all other hooks, and also sees what a user's hook makes of a refusal.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show our own errors as plain messages, and let the report carry what the test used."""
    from pytest_samurai.report import UNMARKED_PROPERTY

    unmarked = item.stash.get(UNMARKED, None)
    if call.when == "teardown" and unmarked is not None and unmarked.calls:
        item.user_properties.append((UNMARKED_PROPERTY, unmarked.calls))
    report = yield from _report(item, call)
    _make_red(report, item, call)
    # A verdict is about numbers, and its message has them. The body of the test found nothing wrong with the answers.
    is_verdict = call.excinfo is not None and isinstance(call.excinfo.value, SamuraiFailure)
    if report.failed and not is_verdict and show_calls(report, item):
        item.stash[_REDACTED] = True
    if call.excinfo is not None and (is_marked(item) or isinstance(call.excinfo.value, _OURS)):
        item.stash[_REDACTED] = True
    if is_marked(item):
        redact_properties(report, item)
    if item.stash.get(_REDACTED, False) or hasattr(report, "samurai_failure"):
        # And all later ones, because the teardown's report repeats earlier output.
        redact(report, item)
    if call.when == "teardown" and (HELD in item.stash or GROWN in item.stash):
        _carry_figures(report, item)
    return report


def _carry_figures(report: pytest.TestReport, item: pytest.Item) -> None:
    """Let the report carry what is compared with the lock, or what was compared and had grown.

    It uses attributes, which xdist passes on. JUnit would show properties of the test.
    """
    from pytest_samurai.bill import held_text

    carried = cast("Any", report)
    carried.samurai_held = [held_text(figures) for figures in item.stash.get(HELD, {}).values()]
    carried.samurai_grown = [held_text(figures) for figures in item.stash.get(GROWN, {}).values()]


def _report(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make the report. For one of our errors it shows the text and the user's own frames."""
    # For `unittest`, pytest takes the error from there when it makes the report.
    outcomes = unittest_outcomes(item)
    error = outcomes[0] if outcomes else call.excinfo
    if error is None or not isinstance(error.value, _OURS):
        return (yield)
    own = _own_frames(error.tb, item.config.stash[RUN].libraries)
    if own is not None:
        call.excinfo = pytest.ExceptionInfo.from_exc_info((type(error.value), error.value, own))
        outcomes[:1] = [call.excinfo] if outcomes else []
    report = yield
    _note_failure(report, error.value)
    if own is None:
        report.longrepr = _as_text(error)
    return report


def _as_text(error: pytest.ExceptionInfo[BaseException]) -> Any:
    """The text of an error without any frame."""
    shown: Any = error.getrepr(style="value")
    if shown.reprcrash is not None:  # pragma: no branch - None where all frames are hidden, and ours are not
        # For the line in the short summary.
        shown.reprcrash.message = f"{type(error.value).__name__}: {error.value}"
    return shown


def _make_red(report: pytest.TestReport, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Make a report red if a request was refused, and say so in it."""
    # It must be here: for `unittest`, pytest sets the error of the call while it makes the report.
    refusals, error = item.config.stash[RUN].refusals, call.excinfo
    if error is not None:
        is_refusal = isinstance(error.value, RequestNotRecorded)
        cause = None if is_refusal else refusals.shown_with(error.value)
        # A subtest's report does not end the phase. It may be skipped: the test will still fail.
        fails = is_refusal or (cause is not None and cause not in refusals.pending)
        if fails and not report.failed and not _is_meant(item):
            report.outcome = "failed"
            vars(report).pop("wasxfail", None)
            if report.longrepr is None or isinstance(report.longrepr, tuple):
                report.longrepr = _as_text(error)
        if cause is not None and report.failed:
            _say_too(report, cause)
    refusals.is_red = refusals.is_red or report.failed
    if call.when == "teardown":
        for pending in refusals.pending:
            report.sections.append(("samurai: request not recorded in teardown", str(pending)))
        refusals.end_test()


def _is_meant(item: pytest.Item) -> bool:
    """Whether a test is marked as expecting a refusal."""
    expected = expected_by_xfail(item)
    return any(isinstance(error, type) and issubclass(error, RequestNotRecorded) for error in expected)


def _say_too(report: pytest.TestReport, refusal: RequestNotRecorded) -> None:
    """Let the report of another error mention the refused request, which may be the cause."""
    shown: Any = report.longrepr
    message = f"{type(refusal).__name__}: {refusal}"
    if getattr(shown, "reprcrash", None) is None:
        # A doctest's failure, for example, has its own form without a line in the short summary.
        report.sections.append((CAME_OF_IT, str(shown)))
        try:
            # A refusal that was kept and never raised has no traceback, and pytest needs one to show it.
            raise refusal
        except RequestNotRecorded:
            report.longrepr = _as_text(pytest.ExceptionInfo.from_current())
    else:
        report.sections.append((REFUSED, str(refusal)))
        shown.reprcrash.message = f"{message}\n\n{shown.reprcrash.message}"
    _note_failure(report, refusal)


def _note_failure(report: pytest.TestReport, error: BaseException) -> None:
    """Let the report carry an error to the summary, which may be in another process."""
    diagnosis = getattr(error, "diagnosis", None)
    told = None if diagnosis is None else diagnosis.as_json()
    report.samurai_failure = (type(error).__name__, str(error), told)  # type: ignore[attr-defined]  # a report takes any


def _own_frames(trace: TracebackType | None, libraries: Sequence[Path]) -> TracebackType | None:
    """A traceback without library frames: the inside of an SDK does not explain why a request is not recorded."""
    if trace is None:
        return None
    rest = _own_frames(trace.tb_next, libraries)
    path = REAL.Path(trace.tb_frame.f_code.co_filename)
    if any(path.is_relative_to(directory) for directory in libraries):
        return rest
    return TracebackType(rest, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)

"""The report of a test that may call."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from types import TracebackType

import pytest

from pytest_samurai.errors import RequestNotRecorded, SamuraiError, SamuraiFailure
from pytest_samurai.plugin.marker import is_marked
from pytest_samurai.plugin.redacted import redact
from pytest_samurai.plugin.state import HELD, RECORDER, RUN
from pytest_samurai.plugin.unmarked import UNMARKED

_OURS = (RequestNotRecorded, SamuraiFailure, SamuraiError)
_REDACTED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show errors of ours as what they say, and have the report carry what the test used."""
    from pytest_samurai.report import UNMARKED_PROPERTY

    unmarked = item.stash.get(UNMARKED, None)
    if call.when == "teardown" and unmarked is not None and unmarked.calls:
        item.user_properties.append((UNMARKED_PROPERTY, unmarked.calls))
    report = yield from _report(item, call)
    if call.excinfo is not None and (is_marked(item) or isinstance(call.excinfo.value, _OURS)):
        item.stash[_REDACTED] = True
    if item.stash.get(_REDACTED, False):
        # From then on, since the report of the teardown has once more what was printed before.
        redact(report, item)
    if call.when == "teardown" and HELD in item.stash:
        # An attribute, which xdist hands on, and no property of the test, which JUnit would show.
        from pytest_samurai.bill import held_text

        held = [held_text(figures) for figures in item.stash[HELD].values()]
        report.samurai_held = held  # type: ignore[attr-defined]  # a report takes any
    return report


def _report(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make the report. Of an error of ours it shows the text and the frames that are the user's own."""
    error = call.excinfo
    if error is None or not isinstance(error.value, _OURS):
        report = yield
        recorder = item.stash.get(RECORDER, None)
        if call.when == "call" and error is not None and recorder is not None and recorder.misses:
            # It failed of something else, but the application may have made that of the miss.
            report.sections.append(("samurai: request not recorded", str(recorder.misses[0])))
            _note_failure(report, recorder.misses[0])
        return report
    own = _own_frames(error.tb, item.config.stash[RUN].libraries)
    if own is not None:
        call.excinfo = pytest.ExceptionInfo.from_exc_info((type(error.value), error.value, own))
    report = yield
    _note_failure(report, error.value)
    if own is None:
        shown = error.getrepr(style="value")
        if shown.reprcrash is not None:  # pragma: no branch - None where all frames are hidden, and ours are not
            # For the line of the short summary.
            shown.reprcrash.message = f"{type(error.value).__name__}: {error.value}"
        report.longrepr = shown
    return report


def _note_failure(report: pytest.TestReport, error: BaseException) -> None:
    """Have the report carry an error to the summary, which may be made in another process."""
    report.samurai_failure = (type(error).__name__, str(error))  # type: ignore[attr-defined]  # a report takes any


def _own_frames(trace: TracebackType | None, libraries: Sequence[Path]) -> TracebackType | None:
    """A traceback without the frames of libraries: the inside of an SDK does not say why a request is not recorded."""
    if trace is None:
        return None
    rest = _own_frames(trace.tb_next, libraries)
    path = Path(trace.tb_frame.f_code.co_filename)
    if any(path.is_relative_to(directory) for directory in libraries):
        return rest
    return TracebackType(rest, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)

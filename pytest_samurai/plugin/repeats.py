"""Failures that repeat an earlier failure. The terminal tells their common part once."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.plugin.internals import crash_of, leave_out, replaced
from pytest_samurai.text import MISS, Diagnosis, visible

REFUSED = "samurai: request not recorded"
"""The section with the miss that came before a test's error."""

CAME_OF_IT = "samurai: what happened then"
"""The section with a test's error, when the miss before it is shown instead."""

_LETTERS = {"error": "E", "failed": "f"}


def shorten(reporter: pytest.TerminalReporter) -> None:
    """Make a failure with a known cause say briefly that it has the same cause as an earlier one.

    A failure with nothing else to show keeps only its line in the short summary. JUnit's file, other readers of the
    reports, and the terminal with `-v` still get everything.
    """
    if reporter.verbosity > 0:
        return
    told: dict[str, Any] = {}
    torn_down = {report.nodeid for report in reporter.getreports("") if report.when == "teardown" and report.sections}
    for stat, letter in _LETTERS.items():
        has_line = letter in reporter.reportchars and reporter.config.option.tbstyle != "line"
        for report in reporter.getreports(stat):
            diagnosis = _diagnosis(report)
            if diagnosis is None:
                continue
            first = told.setdefault(diagnosis.cause.name, report)
            if first.nodeid != report.nodeid:
                is_all = not report.sections and report.nodeid not in torn_down
                _shorten(report, diagnosis, _name(first.nodeid, report.nodeid), may_leave_out=has_line and is_all)
                if reporter.config.option.tbstyle != "no":
                    _shorten_line(first)


def _diagnosis(report: Any) -> Diagnosis | None:
    # Pytest may count reports as failed or as errors that are not a test's.
    _, _, told = getattr(report, "samurai_failure", (None, None, None))
    return None if told is None else Diagnosis.from_json(told)


def _shorten(report: pytest.TestReport, diagnosis: Diagnosis, first: str, *, may_leave_out: bool) -> None:
    call = f", call {diagnosis.call}" if diagnosis.call else ""
    said = visible(diagnosis.moved or diagnosis.cause.what)
    noun = "miss" if diagnosis.cause.kind == MISS else "growth"
    whole = f"the same {noun} as in {first}: {said} ({visible(report.nodeid)}{call})"
    if _led_to_another(report):
        report.sections = [(title, whole if title == REFUSED else text) for title, text in report.sections]
        return
    crash = crash_of(report.longrepr)
    if crash is None:
        # One of the user's hooks has turned it into plain text.
        report.longrepr = whole
        return
    crash.message = f"as in {first}: {said}"
    if may_leave_out:
        leave_out(report)
    else:
        report.longrepr = replaced(whole, crash)


def _shorten_line(first: Any) -> None:
    """Leave the text to the list of failures. In CI, the short summary would repeat all of it."""
    crash = crash_of(first.longrepr)
    if crash is not None and not _led_to_another(first):
        kind, _, told = first.samurai_failure
        diagnosis = Diagnosis.from_json(told)
        crash.message = f"{kind}: {visible(diagnosis.moved or diagnosis.cause.what)}"


def _led_to_another(report: pytest.TestReport) -> bool:
    """Whether another error followed, and is the failure of the test."""
    return any(title in (REFUSED, CAME_OF_IT) for title, _ in report.sections)


def _name(test: str, other: str) -> str:
    """A test's name when it is mentioned next to another test."""
    file, _, name = test.partition("::")
    return visible(name if name and file == other.partition("::")[0] else test)

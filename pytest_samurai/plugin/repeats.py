"""Failures that repeat an earlier failure: in a terminal, what they have in common is told once."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.plugin.internals import crash_of, leave_out, replaced
from pytest_samurai.text import MISS, Diagnosis, visible

REFUSED = "samurai: request not recorded"
"""The section with the miss that came before the error of a test."""

_LETTERS = {"error": "E", "failed": "f"}


def shorten(reporter: pytest.TerminalReporter) -> None:
    """Have failures of a cause that an earlier failure has told say shortly that it is the same.

    Of those that have nothing else to show, only the line in the short summary is left. JUnit's file, and whatever else
    reads reports as they come, has all of them in full; so has the terminal with `-v`.
    """
    if reporter.verbosity > 0:
        return
    told: dict[str, str] = {}
    torn_down = {report.nodeid for report in reporter.getreports("") if report.when == "teardown" and report.sections}
    for stat, letter in _LETTERS.items():
        has_line = letter in reporter.reportchars and reporter.config.option.tbstyle != "line"
        for report in reporter.getreports(stat):
            diagnosis = _diagnosis(report)
            if diagnosis is None:
                continue
            first = told.setdefault(diagnosis.cause.name, report.nodeid)
            if first != report.nodeid:
                is_all = not report.sections and report.nodeid not in torn_down
                _shorten(report, diagnosis, _name(first, report.nodeid), may_leave_out=has_line and is_all)


def _diagnosis(report: Any) -> Diagnosis | None:
    # What is counted as failed or as an error need not be the report of a test.
    _, _, told = getattr(report, "samurai_failure", (None, None, None))
    return None if told is None else Diagnosis.from_json(told)


def _shorten(report: pytest.TestReport, diagnosis: Diagnosis, first: str, *, may_leave_out: bool) -> None:
    call = f", call {diagnosis.call}" if diagnosis.call else ""
    said = visible(diagnosis.moved or diagnosis.cause.what)
    noun = "miss" if diagnosis.cause.kind == MISS else "growth"
    whole = f"the same {noun} as in {first}: {said} ({visible(report.nodeid)}{call})"
    if any(title.startswith("samurai: ") for title, _ in report.sections):
        # Another error followed. It is the failure of the test, and stays.
        report.sections = [(title, whole if title == REFUSED else text) for title, text in report.sections]
        return
    crash = crash_of(report.longrepr)
    if crash is not None:
        crash.message = f"as in {first}: {said}"
    if crash is not None and may_leave_out:
        leave_out(report)
    else:
        report.longrepr = replaced(whole, crash)


def _name(test: str, other: str) -> str:
    """A test as it is named beside another one."""
    file, _, name = test.partition("::")
    return visible(name if name and file == other.partition("::")[0] else test)

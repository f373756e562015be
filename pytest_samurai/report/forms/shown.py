"""A run in a form that is safe to show."""

from __future__ import annotations

from dataclasses import replace

from pytest_samurai.report.run import Failure, Run, TestRun
from pytest_samurai.text import visible


def shown(run: Run) -> Run:
    """The run, with everything escaped that a page, a comment or a log would obey.

    Only failures and notes keep line breaks.
    """
    redacted = run.redacted(visible)
    texts = (failure.text for failure in run.failures)
    return replace(
        redacted,
        version=visible(run.version),
        began=visible(run.began),
        mode=visible(run.mode),
        root=visible(run.root),
        tests=tuple(map(_test, redacted.tests)),
        failures=tuple(map(_failure, redacted.failures, texts)),
        notes=tuple(visible(note, keep="\n") for note in run.notes),
    )


def _test(test: TestRun) -> TestRun:
    return replace(test, outcome=visible(test.outcome), file=visible(test.file))


def _failure(failure: Failure, text: str) -> Failure:
    return replace(
        failure,
        kind=visible(failure.kind),
        # A report from another machine may have that system's line ends.
        text="\r\n".join(visible(lines, keep="\n") for lines in text.split("\r\n")),
        file=visible(failure.file),
    )

"""A run on GitHub: annotations and the step's summary."""

from __future__ import annotations

import posixpath

from pytest_samurai.report.forms import markdown
from pytest_samurai.report.forms.output import Output
from pytest_samurai.report.forms.shown import shown
from pytest_samurai.report.run import Run
from pytest_samurai.text import visible

_REGRESSION = "{test}\n{metric} {old} -> {new} ({growth}): {why}"


def render(run: Run) -> Output:
    """The comment as the step's summary, and annotations, which GitHub reads from the output."""
    return Output(markdown.render(run).content, tuple(_annotations(shown(run))), variable="GITHUB_STEP_SUMMARY")


def _annotations(run: Run) -> list[str]:
    """A workflow command for each failure, and for each regression in a test without one."""
    failed = {failure.test for failure in run.failures}
    annotations = [
        (failure.file, failure.line, failure.kind, f"{failure.test}\n{failure.text}") for failure in run.failures
    ]
    for test in run.tests:
        if test.figures.test not in failed:
            annotations += [
                (test.file, test.line, "UsageRegression", _REGRESSION.format_map(regression))
                for regression in test.regressions
            ]
    return [
        f"::error file={_property(posixpath.normpath(posixpath.join(run.root, file)))}"
        f",line={_property(visible(str(line)))},title={_property(kind)}::{_data(text)}"
        for file, line, kind, text in annotations
    ]


def _data(text: str) -> str:
    # The same as in GitHub's toolkit: `escapeData` and `escapeProperty` of @actions/core.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

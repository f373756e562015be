"""A run as annotations of GitHub."""

from __future__ import annotations

import posixpath

from pytest_samurai.report.forms import markdown
from pytest_samurai.report.forms.output import Output
from pytest_samurai.report.run import Run


def render(run: Run) -> Output:
    """The comment as the summary of the step, and annotations, which GitHub reads in what is printed."""
    return Output(markdown.render(run).content, tuple(_annotations(run)), variable="GITHUB_STEP_SUMMARY")


def _annotations(run: Run) -> list[str]:
    """A workflow command for each failure, and each regression of a test that has none."""
    failed = {failure.test for failure in run.failures}
    found = [(one.file, one.line, one.kind, f"{one.test}\n{one.text}") for one in run.failures]
    for test in run.tests:
        if test.figures.test not in failed:
            found += [
                (
                    test.file,
                    test.line,
                    "UsageRegression",
                    "{test}\n{metric} {old} -> {new} ({growth}): {why}".format(**one),
                )
                for one in test.regressions
            ]
    return [
        f"::error file={_property(posixpath.normpath(posixpath.join(run.root, file)))},line={line}"
        f",title={_property(kind)}::{_data(text)}"
        for file, line, kind, text in found
    ]


def _data(text: str) -> str:
    # As GitHub's own toolkit does it (`escapeData` and `escapeProperty` of @actions/core).
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

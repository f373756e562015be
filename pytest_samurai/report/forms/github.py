"""A run as annotations of GitHub."""

from __future__ import annotations

import posixpath

from pytest_samurai.report.run import Run


def github_annotations(run: Run, root: str = "") -> list[str]:
    """A workflow command for each failure, and each regression of a test that has none.

    `root` is where rootdir lies, as seen from the top of the repository.
    """
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
        f"::error file={_property(posixpath.normpath(posixpath.join(root, file)))},line={line}"
        f",title={_property(kind)}::{_data(text)}"
        for file, line, kind, text in found
    ]


def _data(text: str) -> str:
    # As GitHub's own toolkit does it (`escapeData` and `escapeProperty` of @actions/core).
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

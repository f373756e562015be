"""GitHub annotations: each is in the right file, and nothing is said twice."""

from __future__ import annotations

from dataclasses import replace

from pytest_samurai.report.forms.github import render
from pytest_samurai.report.run import Failure
from tests.report.test_run import RUN


def test_files_are_named_from_the_top_of_the_repository() -> None:
    run = replace(RUN, failures=(Failure("t", "E", "text", "tests/t.py", 3),), tests=(), root="services/a")
    assert render(run).lines == ("::error file=services/a/tests/t.py,line=3,title=E::t%0Atext",)
    up = replace(run, failures=(Failure("t", "E", "text", "../t.py", 3),))
    assert render(up).lines == ("::error file=services/t.py,line=3,title=E::t%0Atext",)


def test_a_regression_of_a_test_that_failed_by_it_is_said_once() -> None:
    grown = RUN.tests[1]
    failure = Failure(grown.figures.test, "UsageRegression", "grown", grown.file, grown.line)
    assert len(render(replace(RUN, failures=(failure,))).lines) == 1
    assert len(render(replace(RUN, failures=())).lines) == 1

"""The comment for a pull request: short enough for GitHub, and no test text acts as markup in it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pytest_samurai.report.forms.markdown import render
from pytest_samurai.report.run import Failure, Run, TestRun
from pytest_samurai.text import Cause, Diagnosis
from tests.report.test_run import RUN, figures


def markdown(run: Run) -> str:
    return render(run).content


def test_of_many_tests_and_failures_a_comment_has_the_first_and_stays_short_enough() -> None:
    tests = tuple(
        TestRun(figures(f"tests/test_{'x' * 80}.py::test_{number}"), "passed", "t.py", 1) for number in range(150)
    )
    failures = tuple(Failure(f"t.py::test_{number}", "E", "line of a text\n" * 50, "t.py", 1) for number in range(25))
    comment = markdown(replace(RUN, tests=tests, failures=failures))
    assert len(comment) < 65_536
    assert "What each test used, the most expensive first" in comment
    assert comment.count("| passed |") == 100 - 1
    assert "\n\n... and 51 more\n\n</details>" in comment
    assert "\n\n... and 15 failures more\n\n" in comment
    assert comment.count("\n... 30 lines more\n```\n") == 10


def test_a_line_as_long_as_a_prompt_is_cut() -> None:
    comment = markdown(replace(RUN, failures=(Failure("t", "E", "x" * 100_000, "t.py", 1),)))
    assert f"\n{'x' * 160}...\n" in comment
    assert len(comment) < 5_000


def test_a_comment_of_long_names_says_how_much_of_each_list_it_leaves_out() -> None:
    wide = "|`" * 1_000
    grown = dict.fromkeys(("test", "metric", "old", "new", "growth", "why"), wide)
    tests = tuple(
        TestRun(figures(f"t.py::test_{wide}{number}"), "passed", "t.py", 1, (grown,)) for number in range(150)
    )
    run = replace(
        RUN,
        tests=tests,
        failures=tuple(Failure(wide, "E", f"{wide}\n" * 50, "t.py", 1) for _ in range(25)),
        notes=(wide,) * 150,
        unmarked={f"{number}{wide}": 1 for number in range(150)},
    )
    comment = markdown(run)
    assert 50_000 < len(comment) < 65_536
    left_out = [int(count) for count in re.findall(r"\n\n\.\.\. and (\d+) more\n", comment)]
    assert len(left_out) == 4
    assert all(0 < count < 151 for count in left_out)
    assert comment.count("`: 1\n") == 150 - left_out[1]
    assert comment.endswith("</sub>\n")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a", "`a`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("a\nb  c", "`a b c`"),
        ("```", "```` ``` ````"),
        ("<b>", "`<b>`"),
    ],
)
def test_what_comes_from_a_test_stands_in_code_whatever_it_holds(text: str, code: str) -> None:
    assert f"- {code}\n" in markdown(replace(RUN, notes=(text,)))


def test_of_many_causes_a_comment_has_the_first_and_each_has_a_few_of_its_tests() -> None:
    failures = tuple(
        Failure(
            f"t.py::test_{number}_{test}", "E", "text", "t.py", 1, Diagnosis(Cause(f"miss-{number}", f"@c{number}"))
        )
        for number in range(12)
        for test in range(7)
    )
    comment = markdown(replace(RUN, failures=failures, tests=(), growth=None))
    assert comment.count("\n**7 tests**: `@c") == 10
    assert (
        "`t.py::test_0_0`, `t.py::test_0_1`, `t.py::test_0_2`, `t.py::test_0_3`, `t.py::test_0_4` and 2 more" in comment
    )
    assert "\n... and 2 causes more\n" in comment
    assert comment.count("**E** ") == 10
    assert "\n... and 2 failures more\n" in comment
    assert "`84 tests missed a recording. 7 tests: @c0; " in comment

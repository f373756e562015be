"""Tests that failed for one reason are told together: in a sentence, and as lines in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from pytest_samurai.bill import Growth
from pytest_samurai.report import Run, cause_lines, causes, headline, named
from pytest_samurai.report.causes import first_failures
from pytest_samurai.report.run import Failure, TestRun
from pytest_samurai.text import GROWTH, MISS, Cause, Diagnosis
from tests.report.test_run import figures

SENTENCE = Cause("miss-1", "messages[0], one sentence added", ("+ Answer in one word.",))
WARM = Cause("miss-2", "temperature 0.2 -> 0.7")


def failed(cause: Cause | None, *tests: str) -> list[Failure]:
    diagnosis = None if cause is None else Diagnosis(cause, 1, "all")
    return [Failure(test, "RequestNotRecorded", "no recording", "t.py", 1, diagnosis) for test in tests]


def grown(test: str, cause: str = "more prompt tokens") -> TestRun:
    regression = {"test": test, "metric": "m", "old": "1", "new": "2", "growth": "+1", "why": f"{cause[5:11]} 1 -> 2"}
    return TestRun(figures(test), "failed", "t.py", 1, ({**regression, "cause": cause},) * 2)


def run(failures: Sequence[Failure] = (), tests: Sequence[TestRun] = (), growth: Growth | None = None) -> Run:
    return Run("1", "2026-11-24T13:00:00Z", "once", tuple(tests), (), tuple(failures), growth=growth)


MANY = run(
    [*failed(WARM, "t.py::w1"), *failed(SENTENCE, *(f"t.py::s{n}" for n in range(13))), *failed(WARM, "u.py::w2")]
)


def test_the_largest_group_comes_first_and_each_test_is_in_it_once() -> None:
    groups = causes(run([*MANY.failures, *failed(WARM, "t.py::w1"), *failed(None, "t.py::other")]))
    assert [(group.cause, len(group.tests)) for group in groups] == [(SENTENCE, 13), (WARM, 2)]


def test_the_sentence_names_the_causes_with_the_number_of_their_tests() -> None:
    assert headline(MANY) == (
        "15 tests missed a recording. 13 tests: messages[0], one sentence added; 2 tests: temperature 0.2 -> 0.7."
    )
    assert headline(run(failed(WARM, "t.py::a"))) == "1 test missed a recording: temperature 0.2 -> 0.7."
    assert headline(run(failed(None, "t.py::a"))) == ""


def test_of_many_causes_the_sentence_names_three() -> None:
    failures = [failure for n in range(6) for failure in failed(Cause(f"miss-{n}", f"n {n} -> 9"), f"t.py::{n}")]
    assert headline(run(failures)) == (
        "6 tests missed a recording. 1 test: n 0 -> 9; 1 test: n 1 -> 9; 1 test: n 2 -> 9;"
        " and 3 tests for 3 other reasons."
    )
    assert cause_lines(run(failures), {})[-3:] == [
        "  1 test: n 4 -> 9",
        "    t.py::4",
        "  and 1 test for 1 other reason",
    ]


def test_regressions_are_counted_by_tests_and_told_with_the_total_of_the_run() -> None:
    growth = Growth(400, 500, Decimal("0.5"), Decimal("0.75"))
    both = run(tests=[grown("t.py::a"), grown("t.py::b")], growth=growth)
    assert headline(both) == (
        "2 tests used more than the lock has: more prompt tokens."
        " The run: 400 -> 500 tokens (+25%), $0.500 -> $0.750 (+50%)."
    )
    assert [group.cause.kind for group in causes(both)] == [GROWTH]
    assert headline(run(growth=growth)) == ""


def test_the_lines_have_the_difference_once_a_few_tests_and_the_command() -> None:
    assert cause_lines(MANY, {MISS: "pytest --samurai-mode=update --lf"}) == [
        "samurai: 15 tests missed a recording. 13 tests: messages[0], one sentence added;"
        " 2 tests: temperature 0.2 -> 0.7.",
        "  13 tests: messages[0], one sentence added",
        "    + Answer in one word.",
        "    t.py::s0, s1, s2 and 10 more",
        "  2 tests: temperature 0.2 -> 0.7",
        "    t.py::w1, u.py::w2",
        "  To record what is missing: pytest --samurai-mode=update --lf",
    ]


def test_of_growth_the_lines_have_the_numbers_of_a_few_tests() -> None:
    tests = [grown(f"t.py::{n}") for n in range(4)]
    assert cause_lines(run(tests=tests), {GROWTH: "pytest --samurai-update --lf"}) == [
        "samurai: 4 tests used more than the lock has: more prompt tokens.",
        *(f"    t.py::{n}: prompt 1 -> 2" for n in range(3)),
        "    and 1 test more",
        "  To accept it: pytest --samurai-update --lf",
    ]


def test_misses_are_told_before_growth() -> None:
    both = run(failed(SENTENCE, "t.py::a"), [grown("t.py::b")])
    assert headline(both) == (
        "1 test missed a recording: messages[0], one sentence added."
        " 1 test used more than the lock has: more prompt tokens."
    )


@pytest.mark.parametrize(
    ("tests", "text"),
    [
        (["t.py::a"], "t.py::a"),
        (["t.py::a", "t.py::b[1::2]", "u.py::c"], "t.py::a, b[1::2], u.py::c"),
        (["t.py::a"] * 1_004, "t.py::a, a, a and 1,001 more"),
        (["use_cassette('a')", "use_cassette('b')"], "use_cassette('a'), use_cassette('b')"),
    ],
)
def test_tests_are_named_with_their_file_where_it_changes(tests: list[str], text: str) -> None:
    assert named(tests) == text


def test_only_the_first_failure_of_a_cause_is_told_in_full() -> None:
    others = failed(None, "t.py::x", "t.py::y")
    told = first_failures(run([*MANY.failures, *others]))
    assert [failure.test for failure in told] == ["t.py::w1", "t.py::s0", "t.py::x", "t.py::y"]

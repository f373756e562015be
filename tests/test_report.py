"""A run as lines: what was called and used, and that nothing unknown is passed off as nothing."""

from __future__ import annotations

import pytest

from pytest_samurai import Usage
from pytest_samurai.figures import ModelFigures, TestFigures
from pytest_samurai.report import top_lines, totals_line, unmarked_line


def figures(test: str, tokens: int | None, *, replayed: int = 1, recorded: int = 0, live: int = 0) -> TestFigures:
    usage = None if tokens is None else Usage(1, tokens, 0, tokens)
    models = (ModelFigures("m", replayed + recorded + live, usage, None, None, None),)
    return TestFigures(test, replayed, recorded, live, models)


# --- the lines of a run


@pytest.mark.parametrize(
    ("run", "line"),
    [
        ([], "samurai: 0 tests, calls: 0 replayed, 0 tokens"),
        ([figures("a", 1)], "samurai: 1 test, calls: 1 replayed, 1 token"),
        (
            [figures("a", 1200, replayed=1000), figures("b", 34, replayed=500)],
            "samurai: 2 tests, calls: 1,500 replayed, 1,234 tokens",
        ),
        (
            [figures("a", 10, replayed=0, recorded=2), figures("b", 10, replayed=0, live=3)],
            "samurai: 2 tests, calls: 0 replayed, 2 recorded, 3 live, 20 tokens",
        ),
        (
            [figures("a", 10), figures("b", None), figures("c", None)],
            "samurai: 3 tests, calls: 3 replayed, 10 tokens (unknown in 2 tests)",
        ),
        (
            [figures("a", 0, replayed=0), figures("b", None)],
            "samurai: 2 tests, calls: 1 replayed, 0 tokens (unknown in 1 test)",
        ),
        ([figures("a", None)], "samurai: 1 test, calls: 1 replayed, tokens unknown"),
        ([figures("a", None), figures("b", None)], "samurai: 2 tests, calls: 2 replayed, tokens unknown"),
    ],
)
def test_a_run_is_one_line_of_tests_calls_and_tokens(run: list[TestFigures], line: str) -> None:
    assert totals_line(run) == line


def test_the_most_expensive_tests_come_first_and_equals_by_name() -> None:
    run = [
        figures("t.py::small", 5),
        figures("t.py::b", 1234, replayed=2),
        figures("t.py::a", 1234, replayed=2000),
        figures("t.py::huge", 1_234_567),
    ]
    assert top_lines(run, 3) == [
        "1,234,567 tokens     1 call  t.py::huge",
        "    1,234 tokens  2,000 calls  t.py::a",
        "    1,234 tokens    2 calls  t.py::b",
    ]


def test_no_more_of_the_most_expensive_tests_are_named_than_asked_for() -> None:
    run = [figures(f"t.py::{number}", number + 1) for number in range(9)]
    assert len(top_lines(run, 5)) == 5
    assert top_lines(run, 0) == []


def test_a_test_of_no_or_unknown_usage_is_not_among_the_most_expensive() -> None:
    assert top_lines([figures("zero", 0), figures("unknown", None)], 5) == []


def test_unmarked_live_calls_are_summed_and_their_tests_named() -> None:
    start = "outside of any recorder, not recorded:"
    assert unmarked_line({"t.py::a": 1}) == f"samurai: 1 live call {start} t.py::a"
    assert unmarked_line({"t.py::a": 1000, "t.py::b": 2}) == f"samurai: 1,002 live calls {start} t.py::a, t.py::b"


def test_of_many_unmarked_tests_the_first_are_named_and_the_rest_counted() -> None:
    names = [f"t.py::{number}" for number in range(12)]
    assert unmarked_line(dict.fromkeys(names[:10], 1)).endswith(": " + ", ".join(names[:10]))
    assert unmarked_line(dict.fromkeys(names[:11], 1)).endswith(", t.py::9 and 1 test more")
    line = unmarked_line(dict.fromkeys(names, 1))
    assert line.startswith("samurai: 12 live calls ")
    assert line.endswith(", t.py::9 and 2 tests more")

"""A run as lines: what was called and used. Unknown is never shown as zero."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pytest_samurai import Usage
from pytest_samurai.bill.figures import ModelFigures, TestFigures
from pytest_samurai.report.lines import top_lines, totals_line, unmarked_line
from pytest_samurai.report.totals import Totals

REGRESSION = {
    "test": "t.py::a",
    "metric": "total_tokens",
    "old": "412",
    "new": "577",
    "growth": "+165, +40%",
    "why": "prompt",
}


def figures(
    test: str,
    tokens: int | None,
    cost: str | None = "0",
    *,
    replayed: int = 1,
    recorded: int = 0,
    live: int = 0,
    saved: str | None = "0",
    seconds: float = 0.0,
    estimated: bool = False,
) -> TestFigures:
    usage = None if tokens is None else Usage(1, tokens, 0, tokens, estimated=estimated)
    billed = None if cost is None or tokens is None else Decimal(cost)
    models = (ModelFigures("m", replayed + recorded + live, usage, None, billed, billed),)
    return TestFigures(
        test, replayed, recorded, live, models, seconds, None if saved is None or tokens is None else Decimal(saved)
    )


# --- the lines of a run


@pytest.mark.parametrize(
    ("run", "line"),
    [
        ([], "samurai: 0 tests, calls: 0 replayed, 0 tokens, $0.00"),
        ([figures("a", 1)], "samurai: 1 test, calls: 1 replayed, 1 token, $0.00"),
        (
            [figures("a", 1200, "0.5", replayed=1000), figures("b", 34, "1000", replayed=500)],
            "samurai: 2 tests, calls: 1,500 replayed, 1,234 tokens, $1,000.50",
        ),
        (
            [figures("a", 10, replayed=0, recorded=2), figures("b", 10, replayed=0, live=3)],
            "samurai: 2 tests, calls: 0 replayed, 2 recorded, 3 live, 20 tokens, $0.00",
        ),
        (
            [figures("a", 10, "0.00000435"), figures("b", None), figures("c", None)],
            "samurai: 3 tests, calls: 3 replayed, 10 tokens (unknown in 2 tests), $0.00000435 (unknown in 2 tests)",
        ),
        (
            [figures("a", 10, "1"), figures("b", 5, None)],
            "samurai: 2 tests, calls: 2 replayed, 15 tokens, $1.00 (unknown in 1 test)",
        ),
        ([figures("a", 10, None)], "samurai: 1 test, calls: 1 replayed, 10 tokens, cost unknown"),
        ([figures("a", None)], "samurai: 1 test, calls: 1 replayed, tokens unknown, cost unknown"),
        ([figures("a", None), figures("b", None)], "samurai: 2 tests, calls: 2 replayed, tokens unknown, cost unknown"),
        (
            [figures("a", 10, "1", estimated=True), figures("b", 5, "2"), figures("c", None)],
            "samurai: 3 tests, calls: 3 replayed, 15 tokens (estimated in 1 test, unknown in 1 test),"
            " $3.00 (estimated in 1 test, unknown in 1 test)",
        ),
        (
            [figures("a", 10, None, estimated=True)],
            "samurai: 1 test, calls: 1 replayed, 10 tokens (estimated in 1 test), cost unknown",
        ),
        (
            [figures("a", 10, "0", estimated=True)],
            "samurai: 1 test, calls: 1 replayed, 10 tokens (estimated in 1 test), $0.00",
        ),
    ],
)
def test_a_run_is_one_line_of_tests_calls_tokens_and_money(run: list[TestFigures], line: str) -> None:
    assert totals_line(Totals.of(run)) == line


def test_the_calls_of_a_fixture_count_as_those_of_no_test() -> None:
    totals = Totals.of([figures("a", 10, "1")], [figures("session fixture b", 5, "2")])
    assert totals_line(totals) == "samurai: 1 test, calls: 2 replayed, 15 tokens, $3.00"


@pytest.mark.parametrize(
    ("run", "saved"),
    [
        ([figures("a", 1, saved="0", seconds=0.04)], ""),
        ([figures("a", 1, saved="0.00000435", seconds=0.04)], "; replay saved $0.00000435"),
        (
            [figures("a", 1, saved="0.5", seconds=0.7), figures("b", 1, saved="0.25", seconds=0.5)],
            "; replay saved $0.750 and 1.2 s",
        ),
        (
            [figures("a", 1, saved="0.5", seconds=1000), figures("b", 1, saved=None, seconds=500)],
            "; replay saved more than $0.500 and 1,500 s",
        ),
        ([figures("a", 1, saved=None, seconds=1.2)], "; replay saved 1.2 s"),
        ([figures("a", 1, seconds=0.05)], "; replay saved 0.1 s"),
        ([figures("a", 1, seconds=99.9)], "; replay saved 99.9 s"),
        ([figures("a", 1, seconds=100)], "; replay saved 100 s"),
    ],
)
def test_what_replay_saved_is_money_and_time_as_far_as_they_are_known(run: list[TestFigures], saved: str) -> None:
    assert totals_line(Totals.of(run)).rpartition(", $0.00")[2] == saved


def test_the_most_expensive_tests_come_first_and_equals_by_tokens_and_then_by_name() -> None:
    run = [
        figures("t.py::small", 5, "0.00000435"),
        figures("t.py::b", 1234, "0.1", replayed=2),
        figures("t.py::a", 1234, "0.1", replayed=2000),
        figures("t.py::c", 1235, "0.1"),
        figures("t.py::huge", 1_234_567, "0.01"),
    ]
    assert top_lines(run, 5) == [
        "       $0.100      1,235 tokens     1 call  t.py::c",
        "       $0.100      1,234 tokens  2,000 calls  t.py::a",
        "       $0.100      1,234 tokens    2 calls  t.py::b",
        "      $0.0100  1,234,567 tokens     1 call  t.py::huge",
        "  $0.00000435          5 tokens     1 call  t.py::small",
    ]


def test_tests_of_unknown_cost_follow_by_their_tokens() -> None:
    run = [figures("t.py::a", 5, None), figures("t.py::b", 7, None), figures("t.py::c", 1, "0.5")]
    assert top_lines(run, 5) == [
        "  $0.500          1 tokens     1 call  t.py::c",
        "       ?          7 tokens     1 call  t.py::b",
        "       ?          5 tokens     1 call  t.py::a",
    ]


def test_an_estimate_is_said_to_be_one() -> None:
    [line] = top_lines([figures("t.py::a", 5, "0.5", estimated=True)], 5)
    assert line == "  $0.500          5 tokens     1 call  t.py::a (estimated)"


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

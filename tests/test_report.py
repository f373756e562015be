"""A run as lines: what was called and used, and that nothing unknown is passed off as nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_samurai.chat import Call, Interaction, Reply, Request
from pytest_samurai.report import NOTE_PROPERTY, UNMARKED_PROPERTY, TestFigures, top_lines, totals_line, unmarked_line


def call(prompt: int | None, completion: int = 0, *, replayed: bool = True) -> Call:
    usage = None if prompt is None else {"prompt_tokens": prompt, "completion_tokens": completion}
    asked = Request("POST", "https://h/v1/chat/completions", (), b"{}")
    reply = Reply(200, "OK", (), json.dumps({"usage": usage}).encode())
    return Call(Interaction(asked, reply), number=1, replayed=replayed)


def figures(test: str, tokens: int | None, *, replayed: int = 1, recorded: int = 0, live: int = 0) -> TestFigures:
    return TestFigures(test, replayed, recorded, live, tokens, None if tokens is None else 0, tokens)


# How long a machine takes for one example is no property of the code.
law = settings(deadline=None)
counts = st.integers(0, 10**9)
any_figures = st.builds(
    TestFigures, st.just("t.py::a"), counts, counts, counts, *[st.one_of(st.none(), counts) for _ in range(3)]
)


# --- the figures of a test


def test_the_calls_of_a_test_are_counted_by_what_became_of_them() -> None:
    calls = [call(5, 1), call(7, 2, replayed=False), call(9, 3, replayed=False)]
    assert TestFigures.of("t", calls, recorded=2) == TestFigures("t", 1, 2, 0, 21, 6, 27)
    assert TestFigures.of("t", calls, recorded=0) == TestFigures("t", 1, 0, 2, 21, 6, 27)


def test_one_call_of_unknown_usage_makes_the_tokens_of_its_test_unknown() -> None:
    assert TestFigures.of("t", [call(5, 1), call(None)], recorded=0) == TestFigures("t", 2, 0, 0, None, None, None)


def test_a_test_without_calls_used_nothing_and_that_is_known() -> None:
    assert TestFigures.of("t", [], recorded=0) == TestFigures("t", 0, 0, 0, 0, 0, 0)


@law
@given(any_figures)
def test_the_figures_of_a_test_survive_the_way_through_its_properties(one: TestFigures) -> None:
    others = [("mine", 1), (NOTE_PROPERTY, "a note"), (UNMARKED_PROPERTY, 3)]
    assert TestFigures.from_properties("t.py::a", [*others, *one.properties()]) == one


@law
@given(any_figures)
def test_the_figures_of_a_fixture_travel_with_a_test_and_are_not_taken_for_its_own(one: TestFigures) -> None:
    name, value = one.fixture_property()
    assert TestFigures.from_fixture_property(value) == one
    assert TestFigures.from_properties("t.py::a", [(name, value)]) is None


@law
@given(any_figures)
def test_what_is_unknown_is_no_property(one: TestFigures) -> None:
    assert all(isinstance(value, int) for _, value in one.properties())
    named = {name for name, _ in one.properties()}
    assert ("samurai_total_tokens" in named) == (one.total_tokens is not None)


@pytest.mark.parametrize("properties", [[], [("replayed", 1)], [(NOTE_PROPERTY, "a note"), (UNMARKED_PROPERTY, 2)]])
def test_a_test_without_a_recorder_has_no_figures(properties: list[tuple[str, object]]) -> None:
    assert TestFigures.from_properties("t", properties) is None


def test_a_number_that_another_tool_spoiled_is_unknown() -> None:
    spoiled = [("samurai_replayed", 2), ("samurai_total_tokens", "12"), ("samurai_live", None)]
    assert TestFigures.from_properties("t", spoiled) == TestFigures("t", 2, 0, 0, None, None, None)


@law
@given(any_figures)
def test_a_request_is_replayed_recorded_or_live(one: TestFigures) -> None:
    assert one.requests == one.replayed + one.recorded + one.live


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

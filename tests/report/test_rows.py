"""The tests of a page, row by row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_samurai import Usage, cassette
from pytest_samurai.bill import PriceList
from pytest_samurai.report.forms.conversations import Shown
from pytest_samurai.report.forms.rows import Row, rows
from pytest_samurai.report.forms.template import Templates
from pytest_samurai.report.library import Library
from pytest_samurai.report.run import Failure, Run, TestRun
from pytest_samurai.report.spoken import Spoken
from tests.report.calls import interaction, user
from tests.report.test_run import REGRESSION, RUN, figures

NOTHING = Run("0.1.0", "2026-11-24T13:00:00Z", "none")


def ran(name: str, outcome: str = "passed", tokens: int = 100, cost: str | None = "0.5", **more: Any) -> TestRun:
    return TestRun(figures(name, Usage(1, tokens, 0, tokens), cost, **{"replayed": 1, **more}), outcome, "t.py", 1)


def rows_of(run: Run, most: int = 100) -> dict[str, Row]:
    return {row.test: row for row in rows(run, Templates(), most)}


def test_a_row_has_what_the_test_used_and_its_shares_of_the_largest() -> None:
    run = replace(NOTHING, tests=(ran("a", tokens=50, cost="1"), ran("b", "failed", 200, "0.25")))
    shown = rows_of(run)
    assert list(shown) == ["a", "b"]
    assert shown["b"] == Row("b", "failed", "bad", "1", "200", "$0.250", 100, 25, 0, "", Shown("", "", ""))
    assert (shown["a"].kind, shown["a"].share_of_tokens, shown["a"].share_of_cost) == ("good", 25, 100)


def test_what_is_unknown_has_no_share_and_a_fixture_no_outcome() -> None:
    run = replace(NOTHING, tests=(TestRun(figures("a", None, None), "xpassed", "t.py", 1),), fixtures=(figures("f"),))
    shown = rows_of(run)
    assert (shown["a"].tokens, shown["a"].share_of_tokens, shown["a"].share_of_cost, shown["a"].kind) == (
        "?",
        0,
        0,
        "bad",
    )
    assert (shown["f"].outcome, shown["f"].kind) == ("", "")
    assert rows_of(replace(NOTHING, tests=(ran("a", tokens=0, cost="0"),)))["a"].share_of_tokens == 0


def test_growth_over_the_lock_is_in_the_row_and_in_its_bar() -> None:
    grown = rows_of(RUN)["tests/test_geo.py::test_grown"]
    assert grown.growth == "total_tokens +165, +40%"
    assert (grown.share_of_tokens, grown.grown) == (46.8, 13.4)
    [test] = [test for test in RUN.tests if test.regressions]
    for changed in ({"metric": "cost"}, {"old": "~412"}, {"new": "?"}):
        regressed = replace(test, regressions=({**REGRESSION, **changed},))
        assert rows_of(replace(RUN, tests=(regressed,)))["tests/test_geo.py::test_grown"].grown == 0


def test_of_many_tests_the_cheapest_are_left_out_unless_they_failed_or_grew() -> None:
    tests = [ran(f"t{number}", cost=f"0.{number}") for number in range(1, 6)]
    failed, ours = replace(tests[0], outcome="error"), Failure("t2", "BudgetExceeded", "", "t.py", 1)
    grown = replace(tests[2], regressions=({**REGRESSION, "test": "t3"},))
    run = replace(NOTHING, tests=(failed, tests[1], grown, *tests[3:]), failures=(ours,))
    assert list(rows_of(run, most=1)) == ["t5", "t3", "t2", "t1"]


def test_calls_without_a_cassette_are_said_to_be_lost() -> None:
    run = replace(NOTHING, tests=(ran("a", replayed=0, live=2), ran("b", replayed=0)))
    shown = rows_of(run)
    assert shown["a"].talk == Shown("", "", "2 calls went live without a cassette, so what was said was not kept.")
    assert shown["b"].talk == Shown("", "", "")


def test_of_equal_names_each_has_its_own_conversation(tmp_path: Path) -> None:
    said = [interaction(user(f"Question {number}")) for number in range(2)]
    label = "module fixture answer"
    for number, one in enumerate(said):
        cassette.save(tmp_path / f"{number}.yaml", [one])
    spoken = tuple(Spoken.of(label, f"{number}.yaml", [one]) for number, one in enumerate(said))
    fixtures = (figures(label, cost="0.1", replayed=0), figures(label, cost="0.2"), figures(label, cost="0.3"))
    run = replace(
        NOTHING, fixtures=fixtures, spoken=spoken, library=Library(tmp_path, spoken, frozenset(), PriceList())
    )
    shown = rows(run, Templates(), 100)
    assert [row.talk.what for row in shown] == ["1 call in 1.yaml", "1 call in 0.yaml", ""]
    assert "Question 1" in shown[0].talk.markup

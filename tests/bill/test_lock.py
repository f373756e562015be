"""The lock: what a test may grow by, what it is told if it grew by more, and whose row is written when."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_samurai import Usage
from pytest_samurai.bill.figures import ModelFigures, TestFigures
from pytest_samurai.bill.lock import (
    METRICS,
    REGRESSION_PROPERTY,
    Lock,
    Regression,
    Tolerance,
    accepted,
    fixture_cassette,
    fixture_key,
    held_from_text,
    held_text,
    judge,
    moved,
    parse_tolerance,
    regression_text,
    row_of,
    summary_lines,
)
from pytest_samurai.wire.price import Price
from tests.plugin.test_plugin import Project, lines_between
from tests.plugin.test_plugin import project as project
from tests.recorder.conftest import fail as fail

# How long a machine takes for one example is no property of the code.
law = settings(deadline=None)

CHEAP = Price(source="a", input_mtok=Decimal(1), output_mtok=Decimal(4))
DEAR = Price(source="a", input_mtok=Decimal(10), output_mtok=Decimal(40))
HEAR = Price(source="a", input_mtok=Decimal(1), output_mtok=Decimal(4), input_audio_mtok=Decimal(100))
USUAL = Tolerance()


def used(
    model: str, prompt: int, completion: int, requests: int = 1, price: Price | None = CHEAP, **more: Any
) -> ModelFigures:
    usage = Usage(requests, prompt, completion, prompt + completion, **more)
    return ModelFigures(model, requests, usage, price, None, None)


def unknown(model: str, requests: int = 1, price: Price | None = CHEAP) -> ModelFigures:
    return ModelFigures(model, requests, None, price, None, None)


def figures(*models: ModelFigures, test: str = "t.py::a") -> TestFigures:
    return TestFigures(test, models=models)


def verdict(old: list[ModelFigures], new: list[ModelFigures], tolerance: Tolerance = USUAL) -> dict[str, Regression]:
    """What grew, by metric, from the figures that were accepted to the new ones."""
    lock = accepted(None, [figures(*old)])
    return {one.metric: one for one in judge(figures(*new), lock, tolerance)}


# --- what may grow


def test_what_grew_beyond_the_tolerance_has_both_numbers_the_growth_and_the_cause() -> None:
    found = verdict([used("m", 412, 20)], [used("m", 577, 20)])
    assert found["prompt_tokens"] == Regression(
        "t.py::a", "prompt_tokens", "412", "577", "+165, +40%", "prompt 412 -> 577 tokens (+40%)"
    )
    assert found["total_tokens"] == replace(
        found["prompt_tokens"], metric="total_tokens", old="432", new="597", growth="+165, +38%"
    )
    assert found["cost"] == replace(
        found["prompt_tokens"], metric="cost", old="$0.000492", new="$0.000657", growth="+$0.000165, +34%"
    )
    assert found.keys() == {"prompt_tokens", "total_tokens", "cost"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (used("m", 1000, 500), used("m", 1080, 540)),
        (used("m", 1000, 500), used("m", 1100, 550)),
        (used("m", 10, 2), used("m", 22, 2)),
        (used("m", 10, 2), used("m", 10, 18)),
        (used("m", 10, 2), used("m", 5, 1)),
        (used("m", 10, 2), used("m", 10, 2)),
    ],
    ids=["8%", "10%", "12 tokens", "16 dear tokens", "less", "the same"],
)
def test_noise_passes(old: ModelFigures, new: ModelFigures) -> None:
    assert verdict([old], [new]) == {}


def test_one_token_beyond_the_tolerance_or_the_floor_is_one_too_many() -> None:
    assert verdict([used("m", 1000, 0)], [used("m", 1101, 0)]).keys() == {"prompt_tokens", "total_tokens", "cost"}
    assert verdict([used("m", 10, 0)], [used("m", 27, 0)]).keys() == {"prompt_tokens", "total_tokens"}


def test_another_model_at_the_same_tokens_is_a_regression_in_cost_by_the_model() -> None:
    found = verdict([used("gpt-4o-mini", 11, 2)], [used("gpt-4o", 11, 2, price=DEAR)])
    assert found == {
        "cost": Regression(
            "t.py::a", "cost", "$0.0000190", "$0.000190", "+$0.000171, +900%", "model gpt-4o-mini -> gpt-4o"
        )
    }
    assert verdict([used("gpt-4o", 11, 2, price=DEAR)], [used("gpt-4o-mini", 11, 2)]) == {}


def test_a_second_call_is_a_regression_however_few_its_tokens_are() -> None:
    found = verdict([used("m", 11, 2)], [used("m", 15, 4, requests=2)])
    assert found == {"requests": Regression("t.py::a", "requests", "1", "2", "+1, +100%", "requests 1 -> 2 (+100%)")}


def test_the_first_call_of_a_test_that_made_none_is_growth_from_nothing() -> None:
    found = verdict([], [used("m", 11, 2)])
    assert found["requests"] == Regression("t.py::a", "requests", "0", "1", "+1", "requests 0 -> 1; model none -> m")
    assert found.keys() == {"requests", "cost"}


def test_cached_tokens_count_as_prompt_in_full() -> None:
    price = replace(CHEAP, cache_read_mtok=Decimal("0.1"))
    cached = used("m", 1000, 0, price=price, cached_tokens=900)
    assert verdict([cached], [used("m", 1000, 0, price=price)]) == {}
    assert row_of(figures(cached)) == row_of(figures(used("m", 1000, 0)))


def test_another_price_is_no_regression_and_nothing_is_invented_where_there_is_none() -> None:
    assert verdict([used("m", 1000, 0)], [used("m", 1000, 0, price=DEAR)]) == {}
    assert "cost" not in verdict([used("m", 1000, 0, price=None)], [used("m", 9000, 0, price=None)])
    assert "cost" not in verdict([used("m", 1000, 0)], [used("n", 9000, 0, price=None)])
    # The lock has no price; with that of the recording both sides have one.
    assert "cost" in verdict([used("m", 1000, 0, price=None)], [used("m", 9000, 0)])


def test_an_error_costs_nothing_though_its_model_has_no_price() -> None:
    error = used("(unknown)", 0, 0, price=None)
    assert "cost" in verdict([used("m", 1000, 0), error], [used("m", 2000, 0), error])


def test_tokens_that_are_unknown_are_not_judged_and_requests_are() -> None:
    assert verdict([used("m", 10, 2)], [unknown("m")]) == {}
    assert verdict([unknown("m")], [used("m", 9999, 2)]) == {}
    assert verdict([unknown("m")], [unknown("m", requests=2)]).keys() == {"requests"}


def test_tokens_whose_parts_are_more_than_the_whole_have_no_cost() -> None:
    assert "cost" not in verdict([used("m", 10, 2)], [used("m", 10, 999, reasoning_tokens=1000)])
    assert "cost" not in verdict([used("m", 0, 0, price=HEAR, prompt_audio_tokens=1)], [used("m", 999, 0, price=HEAR)])


def test_a_test_that_is_not_in_the_lock_is_not_judged() -> None:
    assert judge(figures(used("m", 1, 1)), Lock({}, {}), USUAL) == ()


counts = st.integers(0, 10**6)
models = st.lists(
    st.builds(used, st.sampled_from("abc"), counts, counts, st.integers(1, 5)), unique_by=lambda one: one.model
)


@law
@given(models)
def test_what_was_accepted_passes_with_any_tolerance(used: list[ModelFigures]) -> None:
    assert verdict(used, used, parse_tolerance([f"{metric}:0" for metric in METRICS])) == {}


@law
@given(models, models)
def test_of_two_ways_at_most_one_is_growth_in_each_metric_and_a_cause_is_always_named(
    old: list[ModelFigures], new: list[ModelFigures]
) -> None:
    there, back = verdict(old, new), verdict(new, old)
    assert not there.keys() & back.keys()
    assert all(one.why for one in [*there.values(), *back.values()])


# --- the cause


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ([used("m", 100, 100)], [used("m", 100, 200)], "completion 100 -> 200 tokens (+100%)"),
        (
            [used("m", 100, 100)],
            [used("m", 200, 300)],
            "prompt 100 -> 200 tokens (+100%); completion 100 -> 300 tokens (+200%)",
        ),
        (
            [used("m", 10, 10)],
            [used("m", 20, 21)],
            "prompt 10 -> 20 tokens (+100%); completion 10 -> 21 tokens (+110%)",
        ),
        (
            [used("m", 100, 0)],
            [used("m", 210, 0, requests=2)],
            "requests 1 -> 2 (+100%); prompt 100 -> 210 tokens (+110%)",
        ),
        (
            [used("m", 100, 0, requests=2)],
            [used("m", 50, 0), used("n", 50, 0, price=DEAR)],
            "model m -> 1 x m, 1 x n",
        ),
        (
            [used("m", 100, 0, requests=2), used("n", 100, 0, price=DEAR)],
            [used("m", 100, 0), used("n", 100, 0, requests=2, price=DEAR), used("o", 99, 0)],
            "requests 3 -> 4 (+33%); model 2 x m, 1 x n -> 1 x m, 2 x n, 1 x o; prompt 200 -> 299 tokens (+50%)",
        ),
        (
            [used("m", 500, 0), used("n", 100, 0, price=DEAR)],
            [used("m", 100, 0), used("n", 500, 0, price=DEAR)],
            "prompt 100 -> 500 tokens (+400%) of n",
        ),
        (
            [used("m", 1000, 0, price=HEAR)],
            [used("m", 1000, 0, price=HEAR, prompt_audio_tokens=100)],
            "prompt audio 0 -> 100 tokens",
        ),
    ],
)
def test_the_cause_is_what_moved_and_nothing_that_stayed(
    old: list[ModelFigures], new: list[ModelFigures], why: str
) -> None:
    assert {one.why for one in verdict(old, new).values()} == {why}


def test_a_total_that_the_server_counts_otherwise_is_its_own_cause() -> None:
    old = ModelFigures("m", 1, Usage(1, 100, 10, 110), None, None, None)
    new = ModelFigures("m", 1, Usage(1, 100, 10, 400), None, None, None)
    assert verdict([old], [new])["total_tokens"].why == "total 110 -> 400 tokens, as the server counts them (+264%)"


def test_no_tokens_are_a_cause_where_they_are_unknown() -> None:
    found = verdict([unknown("m")], [used("m", 1, 1, requests=2)])
    assert [one.why for one in found.values()] == ["requests 1 -> 2 (+100%)"]


def test_what_moved_may_have_shrunk_too() -> None:
    old, new = row_of(figures(used("m", 100, 8, requests=2))), row_of(figures(used("m", 50, 12)))
    assert moved(old, new) == [
        "requests 2 -> 1 (-50%)",
        "prompt 100 -> 50 tokens (-50%)",
        "completion 8 -> 12 tokens (+50%)",
    ]
    assert moved(old, old) == moved(old, row_of(figures(unknown("m", requests=2)))) == []


# --- the tolerance


@pytest.mark.parametrize(
    ("said", "grown"),
    [
        (["50%"], set()),
        (["prompt_tokens:50%"], {"total_tokens", "cost"}),
        (["prompt_tokens:50%", "total_tokens:400", "cost:0.0004"], set()),
        (["prompt_tokens:399", "50%"], {"prompt_tokens"}),
        (["0%", "cost:0.0003"], {"prompt_tokens", "total_tokens", "cost"}),
        (["requests:0%"], {"prompt_tokens", "total_tokens", "cost"}),
    ],
)
def test_a_tolerance_is_for_all_metrics_or_for_one(said: list[str], grown: set[str]) -> None:
    found = verdict([used("m", 1000, 0)], [used("m", 1400, 0)], parse_tolerance(said))
    assert found.keys() == grown


def test_an_amount_is_let_pass_and_not_one_token_more_whatever_the_floor() -> None:
    exact = parse_tolerance(["total_tokens:3"])
    assert verdict([used("m", 10, 0)], [used("m", 13, 0)], exact) == {}
    assert verdict([used("m", 10, 0)], [used("m", 14, 0)], exact).keys() == {"total_tokens"}


@pytest.mark.parametrize("entry", ["10", "cost", "price:10%", "-1%", "1e3%", "cost:", "٣%", "requests:10%%", "nan%"])
def test_what_is_no_tolerance_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r'a list of "10%", "metric:10%" and "metric:200", the metric being requests,'):
        parse_tolerance(["10%", entry])


# --- accepted


def test_rows_are_replaced_one_by_one_and_others_stay() -> None:
    before = accepted(None, [figures(used("m", 1, 1), test="a"), figures(used("n", 1, 1), test="b")])
    after = accepted(before, [figures(used("m", 2, 2), test="a"), figures(test="c")], gone={"b"})
    assert after.tests == {"a": row_of(figures(used("m", 2, 2))), "c": {}}
    assert after.prices.keys() == {"m"}


def test_the_price_of_a_lock_stays_while_a_recording_has_it() -> None:
    before = accepted(None, [figures(used("m", 1, 1))])
    both = [figures(used("m", 1, 1)), figures(used("m", 1, 1, price=DEAR), test="b")]
    assert accepted(before, both).prices == {"m": CHEAP}
    assert accepted(before, both[1:]).prices == {"m": DEAR}
    assert accepted(None, both).prices == accepted(None, both[::-1]).prices == {"m": DEAR}
    assert accepted(before, [figures(used("m", 1, 1, price=None))]).prices == {"m": CHEAP}


def test_another_source_of_the_same_price_changes_nothing() -> None:
    before = accepted(None, [figures(used("m", 1, 1))])
    assert accepted(before, [figures(used("m", 1, 1, price=replace(CHEAP, source="b")))]) == before


def test_figures_and_regressions_survive_their_way_from_another_process() -> None:
    one = figures(used("m", 1, 2), unknown("n"))
    assert held_from_text(held_text(one)) == one
    assert Regression.from_json(Regression(*"abcdef").as_json()) == Regression(*"abcdef")


def test_the_row_of_a_fixture_knows_its_cassette_and_that_of_a_test_has_none() -> None:
    key = fixture_key("module fixture answer[(a) b]", "cassettes/test_a/fixtures/answer (1).yaml")
    assert fixture_cassette(key) == "cassettes/test_a/fixtures/answer (1).yaml"
    assert fixture_cassette("tests/test_a.py::test_a[a fixture b (c)]") is None


def test_what_was_estimated_is_labelled_on_its_side_and_explained() -> None:
    found = verdict([used("m", 412, 20)], [used("m", 577, 20, requests=2, estimated=True)])
    assert {metric: (one.old, one.new) for metric, one in found.items()} == {
        "requests": ("1", "2"),
        "prompt_tokens": ("412", "~577"),
        "total_tokens": ("432", "~597"),
        "cost": ("$0.000492", "~$0.000657"),
    }
    assert found["cost"].why == "requests 1 -> 2 (+100%); prompt 412 -> ~577 tokens (+40%)"
    text = regression_text([found["cost"]], USUAL, lock="l", rerun="r", why="w")
    assert "  ~ is an estimate: the server did not say what the calls used\n" in text
    text = regression_text([found["requests"]], USUAL, lock="l", rerun="r", why="w")
    assert "~ is" not in text
    found = verdict([used("m", 412, 20, estimated=True)], [used("m", 577, 20)])
    assert (found["prompt_tokens"].old, found["prompt_tokens"].new) == ("~412", "577")


def test_an_error_that_stands_under_the_model_asked_for_is_no_change_of_models() -> None:
    answer = used("m-2026-01-01", 412, 20)
    found = verdict([answer], [answer, used("m", 0, 0, price=None)])
    assert {metric: one.why for metric, one in found.items()} == {"requests": "requests 1 -> 2 (+100%)"}
    # What has no usage may be an answer.
    found = verdict([answer], [answer, unknown("m")])
    assert found["requests"].why.endswith("; model m-2026-01-01 -> 1 x m, 1 x m-2026-01-01")


def test_many_tests_are_named_by_the_first_of_them() -> None:
    held = [figures(test=f"t.py::test_{number:02}") for number in range(12)]
    lines = summary_lines(Lock({}, {}), "samurai.lock", held, USUAL, gone=(), recorded=False)
    names = ", ".join(f"t.py::test_{number:02}" for number in range(10))
    assert lines[0] == f"samurai: samurai.lock has no row yet for {names} and 2 more"


def test_a_cost_that_cannot_be_held_against_the_lock_any_more_is_named_with_what_would_set_it() -> None:
    before = accepted(None, [figures(used("m", 100, 2), test=test) for test in "abcd"])
    held = [
        figures(used("n", 100, 2, price=None), test="a"),
        figures(used("m", 100, 2), used("n", 1, 0, price=None), used("(unknown)", 1, 0, price=None), test="b"),
        figures(used("error", 0, 0, price=None), test="c"),
        figures(used("o", 100, 2), test="d"),
        figures(used("p", 100, 2, price=None), test="new"),
    ]
    lines = summary_lines(before, "samurai.lock", held, USUAL, gone=(), recorded=False)
    assert lines[1:] == [
        "samurai: samurai.lock has a cost, and the recording none, as the price of (unknown), n is unknown, for a, b",
        "samurai: to set it, in US dollars per million tokens, add to pyproject.toml:",
        "  [tool.pytest-samurai.prices]",
        '  "n" = { input_mtok = "?", output_mtok = "?" }',
        "samurai: --samurai-update brings it up to date",
    ]
    # Neither does it where there was none, or where no model is named.
    unpriced = accepted(None, [figures(used("m", 100, 2, price=None))])
    held = [figures(used("n", 100, 2, price=None))]
    assert summary_lines(unpriced, "samurai.lock", held, USUAL, gone=(), recorded=False) == []
    held = [figures(used("(unknown)", 100, 2, price=None), test="a")]
    assert len(summary_lines(before, "samurai.lock", held, USUAL, gone=(), recorded=False)) == 2


# --- as a user meets it

SAY = """
def say(client, prompt=100, completion=2, model="gpt-4o-mini"):
    # A message to the embedded server costs 4 tokens and a word is one; its answers are short, so there are several.
    answers = 1 if completion < 8 else 8
    ask(client, ("word " * (prompt - 4)).strip(), model=model, max_tokens=completion // answers, n=answers)
"""
ONE = "def test_it(samurai_client): say(samurai_client)"
THREE = """
@pytest.mark.samurai
@pytest.mark.parametrize("prompt", [100, 200, 300])
def test_it(samurai_client, prompt): say(samurai_client, prompt)
"""
RECORD = "--samurai-mode=all"
UPDATE = "--samurai-update"


class Locked:
    """A project with a lock."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.path = project.pytester.path / "samurai.lock"

    def tests(self, text: str, name: str = "test_it.py") -> None:
        self.project.tests(SAY + text, name)

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.project.run(*arguments)

    def start(self, text: str) -> None:
        """Record the tests, and accept what they use."""
        self.tests(text)
        assert self.run(UPDATE).ret == 0

    def rows(self) -> dict[str, str]:
        """The total tokens, by the id of the test, as text."""
        return dict(re.findall(r'^  "(.*)":\n.*total_tokens: (\d+)', self.path.read_text("utf-8"), re.MULTILINE))


@pytest.fixture
def locked(project: Project) -> Locked:
    return Locked(project)


def said_of_lock(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("samurai: ") and "lock" in line]


def test_an_update_writes_a_file_that_is_read_in_a_diff_and_twice_changes_nothing(locked: Locked) -> None:
    locked.tests(ONE + "\n\ndef test_again(samurai_client): [say(samurai_client, model=m) for m in ('gpt-4o', 'none')]")
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: 2 new"]
    text = locked.path.read_text("utf-8")
    source = re.findall("source: (genai-prices [0-9.]+),", text)[0]
    assert text == textwrap.dedent(f"""\
        # Written by `pytest --samurai-update`: what each test used when that was last accepted.
        version: 1
        prices:
          gpt-4o: {{source: {source}, input_mtok: "2.5", output_mtok: "10", cache_read_mtok: "1.25"}}
          gpt-4o-mini: {{source: {source}, input_mtok: "0.15", output_mtok: "0.6", cache_read_mtok: "0.075"}}
        tests:
          "test_it.py::test_again":
            gpt-4o: {{requests: 1, prompt_tokens: 100, completion_tokens: 2, total_tokens: 102}}
            none: {{requests: 1, prompt_tokens: 100, completion_tokens: 2, total_tokens: 102}}
          "test_it.py::test_it":
            gpt-4o-mini: {{requests: 1, prompt_tokens: 100, completion_tokens: 2, total_tokens: 102}}
        """)
    written = locked.path.stat()
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: nothing to change"]
    assert locked.path.stat() == written
    assert said_of_lock(locked.run()) == []


def test_a_prompt_that_grew_by_40_percent_fails_after_recording_again_until_it_is_accepted(locked: Locked) -> None:
    locked.start(ONE)
    locked.tests("def test_it(samurai_client): say(samurai_client, prompt=140)")
    for mode in (RECORD, "--samurai-mode=none"):
        result = locked.run(mode)
        result.assert_outcomes(failed=1)
        assert lines_between(result, "prompt_tokens is", "samurai: 1 test") == [
            "prompt_tokens is 100 in samurai.lock, used 140 (+40, +40%); 10% is let pass",
            "total_tokens is 102 in samurai.lock, used 142 (+40, +39%); 10% is let pass",
            "  What moved: prompt 100 -> 140 tokens (+40%)",
            "  To see why: pytest-samurai why test_it.py::test_it",
            "  To accept it: pytest --samurai-update test_it.py::test_it",
            "",
        ]
        result.stdout.fnmatch_lines(["FAILED test_it.py::test_it - UsageRegression: prompt_tokens is 100*"])
    result = locked.run(UPDATE)
    result.assert_outcomes(passed=1)
    assert said_of_lock(result) == ["samurai: samurai.lock: 1 changed"]
    locked.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("change", "metric", "cause"),
    [
        ("say(samurai_client, model='gpt-4o')", "cost", "model gpt-4o-mini -> gpt-4o"),
        (
            "say(samurai_client); say(samurai_client, 5)",
            "requests",
            "requests 1 -> 2 (+100%)",
        ),
        ("say(samurai_client, completion=40)", "completion_tokens", "completion 2 -> 40 tokens (+1900%)"),
    ],
    ids=["model", "second call", "completion"],
)
def test_what_made_a_test_dearer_is_named(locked: Locked, change: str, metric: str, cause: str) -> None:
    locked.start(ONE)
    locked.tests(f"def test_it(samurai_client): {change}")
    result = locked.run(RECORD)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"{metric} is * in samurai.lock, used *", f"  What moved: {cause}"])
    again = "  Another recording may have another answer: pytest --samurai-mode=all test_it.py::test_it"
    assert (again in result.outlines) == (metric == "completion_tokens")


@pytest.mark.parametrize("change", ["108", "100, 16", "112"])
def test_noise_of_8_percent_and_of_12_tokens_passes_and_nothing_is_said(locked: Locked, change: str) -> None:
    locked.start(ONE)
    locked.tests(f"def test_it(samurai_client): say(samurai_client, {change})")
    result = locked.run(RECORD)
    result.assert_outcomes(passed=1)
    assert said_of_lock(result) == []


def test_a_changed_price_list_passes_and_is_mentioned(locked: Locked) -> None:
    locked.start(ONE)
    text = locked.path.read_text("utf-8")
    locked.path.write_text(text.replace('input_mtok: "0.15"', 'input_mtok: "0.015"'), "utf-8")
    result = locked.run()
    result.assert_outcomes(passed=1)
    assert said_of_lock(result) == [
        "samurai: samurai.lock has another price of gpt-4o-mini than the recordings, which fails no test:"
        " input_mtok 0.015 -> 0.15"
    ]
    assert "samurai: --samurai-update brings it up to date" in result.outlines
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: other prices"]
    assert locked.path.read_text("utf-8") == text


def test_a_tolerance_holds_from_the_ini_file_and_the_command_line_and_markers_by_metric(locked: Locked) -> None:
    marked = "@pytest.mark.samurai({})\ndef test_it(samurai_client): say(samurai_client, {})"
    locked.start(marked.format("", ""))
    locked.tests(marked.format("tolerance='prompt_tokens:50%'", 140))
    locked.run(RECORD).stdout.fnmatch_lines(["total_tokens is 102 *10% is let pass"])
    (locked.project.pytester.path / "pytest.ini").write_text("[pytest]\nsamurai_tolerance = cost:50% total_tokens:40\n")
    locked.run().assert_outcomes(passed=1)
    result = locked.run("--samurai-tolerance=total_tokens:39 cost:90%", "--samurai-tolerance=cost:100%")
    result.stdout.fnmatch_lines(["total_tokens is 102 in samurai.lock, used 142 (+40, +39%); 39 is let pass"])
    result = locked.run("--samurai-tolerance=much")
    result.stderr.fnmatch_lines(
        ["ERROR: the command line: --samurai-tolerance is [[]'much']; it has to be a list of *"]
    )


def test_a_regression_is_the_tests_own_failure_for_junit_lf_x_and_xdist(locked: Locked) -> None:
    locked.start(ONE + "\n\ndef test_other(samurai_client): say(samurai_client)")
    locked.tests(
        "def test_it(samurai_client): say(samurai_client, 140)\n\ndef test_other(samurai_client): say(samurai_client)"
    )
    pytester = locked.project.pytester
    pytester.runpytest_inprocess(RECORD, "-x", "--junit-xml=junit.xml").assert_outcomes(failed=1)
    case = ElementTree.parse(pytester.path / "junit.xml").find(".//testcase")
    assert case is not None
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message", "").startswith("UsageRegression: prompt_tokens is 100 in samurai.lock, used 140")
    carried = [one.get("value", "") for one in case.iter("property") if one.get("name") == REGRESSION_PROPERTY]
    assert [Regression.from_json(value).metric for value in carried] == ["prompt_tokens", "total_tokens"]
    shown = {one.get("name", "") for one in case.iter("property")}
    assert not any("held" in name for name in shown)
    pytester.runpytest_inprocess("--lf").assert_outcomes(failed=1, passed=0)
    distributed = pytester.runpytest_subprocess("-n", "2")
    distributed.assert_outcomes(failed=1, passed=1)
    distributed.stdout.fnmatch_lines(["prompt_tokens is 100 in samurai.lock, used 140*"])


def test_a_test_that_failed_for_its_own_reason_or_over_its_budget_keeps_it_with_an_update_too(locked: Locked) -> None:
    locked.start(ONE + "\n\ndef test_two(samurai_client): say(samurai_client)")
    locked.tests("""
@pytest.mark.samurai(max_total_tokens=110)
def test_it(samurai_client): say(samurai_client, 140)

def test_two(samurai_client):
    say(samurai_client, 140)
    assert 0, "of its own"
""")
    locked.run(RECORD)
    before = locked.path.read_bytes()
    for arguments in ([], [UPDATE]):
        result = locked.run(*arguments)
        result.assert_outcomes(failed=2)
        result.stdout.fnmatch_lines(["max_total_tokens is 110, used 142*", "E * of its own*"])
        result.stdout.no_fnmatch_line("*prompt_tokens is*")
    assert locked.path.read_bytes() == before


def test_the_help_of_pytest_has_the_options_with_their_percent(locked: Locked) -> None:
    text = " ".join(" ".join(locked.run("--help").outlines).split())
    assert "growth over the lock that is let pass: `10%`; `metric:10%`" in text
    assert "--samurai-update write to the lock what the tests of this run use (default: off)" in text


# --- whose row is written when


@pytest.mark.parametrize(
    ("arguments", "earned"),
    [
        (["-k", "200"], {"200"}),
        (["test_it.py::test_it[300]"], {"300"}),
        (["--deselect", "test_it.py::test_it[100]"], {"200", "300"}),
        (["-n", "2"], {"100", "200", "300"}),
        (["-n", "2", "-k", "not 200"], {"100", "300"}),
        (["--collect-only"], set()),
        (["--samurai-mode=live"], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_update_rewrites_the_rows_of_the_tests_that_ran_and_no_other(
    locked: Locked, arguments: list[str], earned: set[str]
) -> None:
    locked.start(THREE)
    locked.tests(THREE.replace("say(samurai_client, prompt)", "say(samurai_client, prompt, 40)"))
    locked.run(RECORD)
    result = locked.project.pytester.runpytest_subprocess(UPDATE, *arguments)
    assert result.ret == 0
    assert locked.rows() == {
        f"test_it.py::test_it[{prompt}]": str(prompt + (40 if str(prompt) in earned else 2))
        for prompt in (100, 200, 300)
    }


OUTCOMES = """
@pytest.fixture
def breaks():
    yield
    assert 0, "as it is torn down"

def test_fails(samurai_client): say(samurai_client, SIZE); assert SIZE == 100
def test_is_skipped(samurai_client): say(samurai_client, SIZE); SIZE == 100 or pytest.skip()
def test_errs(samurai_client, request): SIZE == 100 or request.getfixturevalue("breaks"); say(samurai_client, SIZE)
def test_passes(samurai_client): say(samurai_client, SIZE)
def test_may_fail(samurai_client, request):
    SIZE == 100 or request.applymarker(pytest.mark.xfail)
    say(samurai_client, SIZE)
    assert SIZE == 100
"""


def test_a_test_that_did_not_pass_earns_no_row_and_nothing_is_removed_then(locked: Locked) -> None:
    locked.start(OUTCOMES.replace("SIZE", "100") + "\ndef test_that_goes(samurai_client): say(samurai_client)")
    locked.tests(OUTCOMES.replace("SIZE", "300"))
    result = locked.run(RECORD, UPDATE)
    result.assert_outcomes(failed=1, errors=1, passed=2, skipped=1, xfailed=1)
    assert said_of_lock(result) == ["samurai: samurai.lock: 1 changed"]
    assert {test.partition("::")[2]: tokens for test, tokens in locked.rows().items()} == {
        "test_fails": "102",
        "test_is_skipped": "102",
        "test_errs": "102",
        "test_passes": "302",
        "test_may_fail": "102",
        "test_that_goes": "102",
    }


def test_last_failed_and_stopping_at_the_first_failure_leave_the_other_rows(locked: Locked) -> None:
    locked.start(THREE)
    pytester = locked.project.pytester
    locked.tests(THREE.replace("say(samurai_client, prompt)", "(say(samurai_client, prompt, 40), 1 // (prompt - 200))"))
    pytester.runpytest_inprocess(RECORD, "-x", UPDATE).assert_outcomes(passed=1, failed=1)
    assert list(locked.rows().values()) == ["140", "202", "302"]
    locked.tests(THREE.replace("say(samurai_client, prompt)", "say(samurai_client, prompt, 40)"))
    pytester.runpytest_inprocess("--lf", RECORD, UPDATE).assert_outcomes(passed=1)
    assert list(locked.rows().values()) == ["140", "240", "302"]


def test_a_row_of_a_test_that_is_no_more_is_named_and_removed_on_full_green_runs_only(locked: Locked) -> None:
    locked.tests("def test_far(samurai_client): say(samurai_client)", "test_far.py")
    locked.tests("def test_no_more(samurai_client): say(samurai_client)", "test_near.py")
    locked.start(THREE)
    locked.tests(THREE.replace("[100, 200, 300]", "[100, 200]"))
    (locked.project.pytester.path / "test_far.py").unlink()
    # The test is still there, its marker is not.
    locked.tests("def test_no_more(): pass", "test_near.py")
    gone = ["test_far.py::test_far", "test_it.py::test_it[300]", "test_near.py::test_no_more"]
    line = f"samurai: samurai.lock has rows of tests that are no more: {', '.join(gone)}"
    pytester = locked.project.pytester
    assert said_of_lock(locked.run()) == [line]
    assert said_of_lock(pytester.runpytest_subprocess("-n", "2")) == [line]
    before = locked.path.read_bytes()
    for chosen in ("-k=test_it", "test_it.py", "--lf", "--ignore=test_near.py", "--deselect=test_it.py::test_it[100]"):
        assert said_of_lock(locked.run(chosen)) == []
        assert said_of_lock(pytester.runpytest_inprocess(chosen, UPDATE)) == [
            "samurai: samurai.lock: nothing to change"
        ]
    assert locked.path.read_bytes() == before
    assert said_of_lock(pytester.runpytest_subprocess("-n", "2", UPDATE)) == ["samurai: samurai.lock: 3 removed"]
    assert list(locked.rows()) == ["test_it.py::test_it[100]", "test_it.py::test_it[200]"]


def test_rows_of_tests_that_were_skipped_or_left_out_are_not_gone(locked: Locked) -> None:
    for name in ("skipped", "left_out", "part"):
        locked.tests("def test_it(samurai_client): say(samurai_client)", f"test_{name}.py")
    locked.start(ONE)
    locked.tests("pytest.skip('no such library', allow_module_level=True)", "test_skipped.py")
    locked.tests("@pytest.mark.skip\ndef test_it(samurai_client): say(samurai_client)", "test_part.py")
    (locked.project.pytester.path / "conftest.py").write_text("collect_ignore = ['test_left_out.py']")
    before = locked.path.read_bytes()
    assert said_of_lock(locked.run()) == []
    locked.run(UPDATE).assert_outcomes(passed=1, skipped=2)
    assert locked.path.read_bytes() == before


def test_a_test_that_is_distributed_in_groups_has_one_id(locked: Locked) -> None:
    locked.start("@pytest.mark.xdist_group('a')\n@pytest.mark.samurai\n" + ONE)
    result = locked.project.pytester.runpytest_subprocess("-n", "2", "--dist=loadgroup", UPDATE)
    assert said_of_lock(result) == ["samurai: samurai.lock: nothing to change"]


def test_a_test_that_asks_for_the_recorder_as_it_runs_has_a_row_too(locked: Locked) -> None:
    locked.start("def test_it(request): say(request.getfixturevalue('samurai_client'))")
    assert locked.rows() == {"test_it.py::test_it": "102"}
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: nothing to change"]


def test_what_a_test_calls_as_it_is_torn_down_is_neither_in_the_lock_nor_in_the_verdict(locked: Locked) -> None:
    late = """
@pytest.fixture
def late(samurai_client):
    yield
    say(samurai_client, SIZE)

def test_it(late, samurai_client): say(samurai_client)
"""
    locked.start(late.replace("SIZE", "200"))
    assert locked.rows() == {"test_it.py::test_it": "102"}
    locked.tests(late.replace("SIZE", "900"))
    locked.run(RECORD).assert_outcomes(passed=1)
    result = locked.run(UPDATE, "--samurai-unused=ignore")
    assert said_of_lock(result) == ["samurai: samurai.lock: nothing to change"]


AGAIN = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for log in (False, True):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    return True
"""


def test_of_a_test_that_is_run_again_the_last_run_counts(locked: Locked) -> None:
    (locked.project.pytester.path / "conftest.py").write_text(AGAIN)
    text = """
runs = []
def test_it(samurai_client):
    runs.append(1)
    say(samurai_client, SIZE if len(runs) == 1 else 100)
"""
    locked.start(text.replace("SIZE", "100"))
    locked.tests(text.replace("SIZE", "200"))
    result = locked.run("--samurai-mode=new_episodes", "--samurai-unused=ignore", "--junit-xml=junit.xml")
    result.assert_outcomes(passed=1)
    assert REGRESSION_PROPERTY not in (locked.project.pytester.path / "junit.xml").read_text()


def test_an_error_that_was_tried_again_is_no_growth_since_no_replay_has_it(
    locked: Locked, fail: Callable[..., None]
) -> None:
    text = """
@pytest.mark.samurai(keep_retries=KEEP)
def test_it(samurai_client):
    for _ in range(2):
        try: return say(samurai_client)
        except httpx.HTTPStatusError: pass
"""
    locked.start(text.replace("KEEP", "False"))
    fail(429)
    locked.run(RECORD).assert_outcomes(passed=1)
    fail(429)
    assert said_of_lock(locked.run(RECORD, UPDATE)) == ["samurai: samurai.lock: nothing to change"]
    locked.tests(text.replace("KEEP", "True"))
    fail(429)
    for mode in (RECORD, "--samurai-mode=none"):
        locked.run(mode).stdout.fnmatch_lines(["requests is 1 in samurai.lock, used 2 *"])


# --- fixtures

WIDE = """
@pytest.fixture(scope="module")
def wide(request):
    import os
    url, key = os.environ["SAMURAI_BASE_URL"], os.environ.get("SAMURAI_API_KEY", "none")
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}) as client:
        say(client, SIZE)

@pytest.mark.samurai
def test_one(wide, samurai_client): say(samurai_client)

@pytest.mark.samurai
def test_two(wide, samurai_client): say(samurai_client)
"""
ROW = "module fixture wide (cassettes/test_{}/fixtures/wide.yaml)"


def test_a_fixture_of_wider_scope_has_a_row_of_its_own_and_its_growth_is_an_error_of_its_setup(locked: Locked) -> None:
    locked.tests(WIDE.replace("SIZE", "30"), "test_other.py")
    locked.start(WIDE.replace("SIZE", "50"))
    wide = {test: tokens for test, tokens in locked.rows().items() if "fixture" in test}
    assert wide == {ROW.format("it"): "52", ROW.format("other"): "32"}
    assert said_of_lock(locked.run()) == []
    assert said_of_lock(locked.project.pytester.runpytest_subprocess("-n", "2", UPDATE)) == [
        "samurai: samurai.lock: nothing to change"
    ]
    locked.tests(WIDE.replace("SIZE", "80"))
    result = locked.run(RECORD, "test_it.py")
    result.assert_outcomes(passed=1, errors=1)
    assert lines_between(result, "prompt_tokens is", "samurai: ") == [
        "prompt_tokens is 50 in samurai.lock, used 80 (+30, +60%); 10% is let pass",
        "total_tokens is 52 in samurai.lock, used 82 (+30, +58%); 10% is let pass",
        "  What moved: prompt 50 -> 80 tokens (+60%)",
        f"  To see why: pytest-samurai why '{ROW.format('it')}'",
        "  To accept it: pytest --samurai-update test_it.py::test_one",
        "",
    ]
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: 1 changed"]


def test_a_row_of_a_fixture_is_its_own_whatever_becomes_of_the_test_and_is_gone_with_its_cassette(
    locked: Locked,
) -> None:
    text = WIDE.replace("SIZE", "50").replace("say(samurai_client)", "say(samurai_client); assert 0", 1)
    locked.tests(text)
    locked.run(UPDATE).assert_outcomes(passed=1, failed=1)
    assert locked.rows() == {ROW.format("it"): "52", "test_it.py::test_two": "102"}
    locked.tests("@pytest.mark.samurai\ndef test_two(samurai_client): say(samurai_client)")
    assert said_of_lock(locked.run()) == []
    (locked.project.pytester.path / "cassettes/test_it/fixtures/wide.yaml").unlink()
    assert said_of_lock(locked.run()) == [
        f"samurai: samurai.lock has rows of tests that are no more: {ROW.format('it')}"
    ]


# --- what is said


def test_new_tests_and_cheaper_ones_are_named_once(locked: Locked) -> None:
    locked.start(THREE)
    locked.tests(
        THREE.replace("300]", "300, 400]").replace("client, prompt)\n", "client, {300: 50}.get(prompt, prompt))\n")
    )
    result = locked.run(RECORD)
    result.assert_outcomes(passed=4)
    assert [line for line in result.outlines if "lock" in line or "update" in line] == [
        "samurai: samurai.lock has no row yet for test_it.py::test_it[400]",
        "samurai: samurai.lock has more than is used by test_it.py::test_it[300]",
        "samurai: --samurai-update brings it up to date",
    ]
    # That is news only where something was recorded.
    assert said_of_lock(locked.run()) == ["samurai: samurai.lock has no row yet for test_it.py::test_it[400]"]
    assert said_of_lock(locked.run("-q")) == []
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: 1 new, 1 changed"]


def test_a_test_that_tells_no_more_what_it_uses_passes_and_is_named(locked: Locked) -> None:
    text = "@pytest.mark.samurai(stream_usage={})\ndef test_it(samurai_client): say_streamed(samurai_client)\n"
    text += "def say_streamed(client): client.post('/chat/completions', json=body('Say hello', stream=True))"
    locked.start(text.format(True))
    locked.tests(text.format(False))
    result = locked.run(RECORD)
    result.assert_outcomes(passed=1)
    assert said_of_lock(result) == [
        "samurai: samurai.lock has tokens, and the recording says none, for test_it.py::test_it"
    ]
    locked.run(UPDATE)
    assert "    gpt-4o-mini: {requests: 1}\n" in locked.path.read_text()
    assert said_of_lock(locked.run()) == []


def test_a_missing_lock_is_hinted_at_where_something_was_recorded_on_a_machine_of_somebodys(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked.tests(THREE)
    hint = "samurai: no samurai.lock; --samurai-update writes down what each test uses"
    assert said_of_lock(locked.run("-q", RECORD)) == []
    assert said_of_lock(locked.run(RECORD)) == [hint]
    assert said_of_lock(locked.run()) == []
    monkeypatch.setenv("CI", "1")
    assert said_of_lock(locked.run(RECORD)) == []
    assert not locked.path.exists()


def test_an_update_that_no_test_earned_writes_no_file(locked: Locked) -> None:
    locked.tests("@pytest.mark.samurai\ndef test_it(samurai_client): assert 0")
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: no test of this run earned a row"]
    assert not locked.path.exists()


@pytest.mark.parametrize("distributed", [[], ["-n", "1"]], ids=["", "-n 1"])
def test_no_test_in_common_is_an_error_in_ci_and_none_elsewhere(
    locked: Locked, monkeypatch: pytest.MonkeyPatch, distributed: list[str]
) -> None:
    locked.start(ONE)
    locked.tests(ONE.replace("test_it", "test_renamed"))
    locked.run(RECORD)
    pytester = locked.project.pytester
    assert pytester.runpytest_subprocess(*distributed).ret == 0
    monkeypatch.setenv("CI", "1")
    result = pytester.runpytest_subprocess("-q", *distributed)
    assert result.ret == 1
    assert said_of_lock(result) == [
        "samurai: samurai.lock has no row for any test of this run, so none was held against it;"
        " where it is to be so, commit what --samurai-update writes"
    ]
    assert pytester.runpytest_subprocess(UPDATE, *distributed).ret == 0
    assert pytester.runpytest_subprocess(*distributed).ret == 0


def test_a_fixture_that_calls_nothing_has_no_row_and_a_fixture_is_no_test_in_common(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixture = """
@pytest.fixture(scope="session")
def database(tmp_path_factory):
    return tmp_path_factory

"""
    locked.start(fixture + "def test_it(samurai_client, database): say(samurai_client)\n\ndef test_mute(samurai): pass")
    assert "fixture" not in locked.path.read_text()
    assert "test_mute" not in locked.path.read_text()
    locked.tests(fixture + "def test_renamed(samurai_client, database): say(samurai_client)")
    locked.run(RECORD)
    monkeypatch.setenv("CI", "1")
    assert locked.run().ret == 1


def test_a_lock_that_is_named_and_not_there_is_an_error_in_ci(locked: Locked, monkeypatch: pytest.MonkeyPatch) -> None:
    locked.start(ONE)
    locked.path.unlink()
    assert locked.run("--samurai-lock=typo.lock").ret == 0
    monkeypatch.setenv("CI", "1")
    assert locked.run().ret == 0
    result = locked.run("--samurai-lock=typo.lock", "--samurai-report=json:report.json")
    assert result.ret == 1
    said = "typo.lock is to be the lock, and is not there; commit what --samurai-update writes"
    result.stdout.fnmatch_lines([f"samurai: {said}"])
    assert said in (locked.project.pytester.path / "report.json").read_text()


def test_the_rows_of_the_last_tests_are_removed_with_them(locked: Locked) -> None:
    locked.start(ONE)
    locked.tests("def test_plain(): pass")
    locked.run(UPDATE, "-q")
    assert "test_it" not in locked.path.read_text()


def test_a_test_in_common_that_did_not_pass_is_one(locked: Locked, monkeypatch: pytest.MonkeyPatch) -> None:
    locked.start(ONE)
    locked.tests("def test_it(samurai_client): assert 0\n\ndef test_new(samurai_client): say(samurai_client)")
    locked.run(RECORD)
    monkeypatch.setenv("CI", "1")
    assert said_of_lock(locked.run()) == ["samurai: samurai.lock has no row yet for test_it.py::test_new"]


@pytest.mark.parametrize("arguments", [[], [UPDATE], ["-n", "1"]], ids=lambda value: " ".join(value) or "plain")
def test_a_lock_that_cannot_be_read_is_a_usage_error_with_its_line(locked: Locked, arguments: list[str]) -> None:
    locked.start(ONE)
    text = locked.path.read_text().replace("prompt_tokens: 100", "prompt_tokens: many")
    locked.path.write_text(text)
    result = locked.project.pytester.runpytest_subprocess(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: */samurai.lock:7: `prompt_tokens` is many, not a number of them; restore it, *"]
    )
    assert locked.path.read_text() == text


def test_a_lock_that_cannot_be_written_is_an_error_of_the_run_and_stays_as_it_was(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    locked.start(ONE)
    before = locked.path.read_bytes()
    locked.tests("def test_it(samurai_client): say(samurai_client, 140)")
    monkeypatch.setattr("pytest_samurai.bill.lockfile.replace_whole", full)
    result = locked.run(RECORD, UPDATE)
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["samurai: */samurai.lock: cannot be written: No space left on device"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert locked.path.read_bytes() == before


def test_the_lock_may_lie_elsewhere_and_the_command_to_see_why_knows(locked: Locked) -> None:
    marked = "@pytest.mark.samurai('shared/one')\ndef test_it(samurai_client): say(samurai_client, {})"
    locked.tests(marked.format(100))
    place = "--samurai-lock=locks/usage.lock"
    locked.run(place, UPDATE).stdout.fnmatch_lines(["samurai: locks/usage.lock: 1 new"])
    locked.tests(marked.format(140))
    result = locked.run(place, RECORD)
    cassette = Path("cassettes/shared/one.yaml")
    result.stdout.fnmatch_lines(
        [
            "prompt_tokens is 100 in locks/usage.lock, *",
            f"  To see why: pytest-samurai why test_it.py::test_it --lock=locks/usage.lock --cassette={cassette}",
        ]
    )


def test_what_goes_live_without_being_recorded_is_not_held_against_the_lock(locked: Locked) -> None:
    locked.start(ONE)
    locked.tests("def test_it(samurai_client): say(samurai_client, 140)")
    result = locked.run("--samurai-mode=live")
    result.assert_outcomes(passed=1)
    assert said_of_lock(result) == []

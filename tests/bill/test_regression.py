"""The verdict on a test: the growth it allows, and what it says about more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_samurai.bill.figures import ModelFigures
from pytest_samurai.bill.lock import Lock, accepted, row_of
from pytest_samurai.bill.metrics import METRICS
from pytest_samurai.bill.regression import REGRESSION_PROPERTY, Regression, judge, regression_text
from pytest_samurai.bill.tolerance import Tolerance, parse_tolerance
from pytest_samurai.wire.price import Price
from tests.bill.test_lock import (
    CHEAP,
    DEAR,
    ONE,
    RECORD,
    ROW,
    UPDATE,
    WIDE,
    Locked,
    figures,
    said_of_lock,
    unknown,
    used,
)
from tests.bill.test_lock import locked as locked
from tests.project import lines_between
from tests.recorder.conftest import fail as fail

# How long one example takes is not a property of the code.
law = settings(deadline=None)

HEAR = Price(source="a", input_mtok=Decimal(1), output_mtok=Decimal(4), input_audio_mtok=Decimal(100))
USUAL = Tolerance()


def verdict(old: list[ModelFigures], new: list[ModelFigures], tolerance: Tolerance = USUAL) -> dict[str, Regression]:
    """What grew, by metric, between the accepted figures and the new ones."""
    lock = accepted(None, [figures(*old)])
    return {regression.metric: regression for regression in judge(figures(*new), lock, tolerance)}


# --- what may grow


def test_what_grew_beyond_the_tolerance_has_both_numbers_the_growth_and_the_cause() -> None:
    grown = verdict([used("m", 412, 20)], [used("m", 577, 20)])
    assert grown["prompt_tokens"] == Regression(
        *("t.py::a", "prompt_tokens", "412", "577", "+165, +40%"),
        *("prompt 412 -> 577 tokens (+40%)", "more prompt tokens"),
    )
    assert grown["total_tokens"] == replace(
        grown["prompt_tokens"], metric="total_tokens", old="432", new="597", growth="+165, +38%"
    )
    assert grown["cost"] == replace(
        grown["prompt_tokens"], metric="cost", old="$0.000492", new="$0.000657", growth="+$0.000165, +34%"
    )
    assert grown.keys() == {"prompt_tokens", "total_tokens", "cost"}


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


@pytest.mark.parametrize(
    ("part", "price"),
    [
        ("prompt_audio_tokens", replace(CHEAP, input_audio_mtok=Decimal(100))),
        ("completion_audio_tokens", replace(CHEAP, output_audio_mtok=Decimal(100))),
        ("prompt_image_tokens", replace(CHEAP, input_image_mtok=Decimal(100))),
        ("completion_image_tokens", replace(CHEAP, output_image_mtok=Decimal(100))),
        ("reasoning_tokens", replace(CHEAP, output_reasoning_mtok=Decimal(100))),
    ],
)
def test_sixteen_tokens_of_the_dearest_kind_that_a_test_uses_are_noise_and_one_more_is_not(
    part: str, price: Price
) -> None:
    # The sums stay the same: only the share of the expensive kind grows.
    few, noise, more = (used("m", 100, 100, price=price, **{part: tokens}) for tokens in (1, 17, 18))
    assert verdict([few], [noise]) == {}
    assert verdict([few], [more]).keys() == {"cost"}


@pytest.mark.parametrize("output", [None, Decimal("0.1")])
def test_sixteen_tokens_of_a_prompt_are_noise_where_an_answer_costs_less_or_nothing(output: Decimal | None) -> None:
    few, noise, more = (used("m", tokens, 0, price=replace(CHEAP, output_mtok=output)) for tokens in (100, 116, 117))
    assert verdict([few], [noise]) == {}
    assert verdict([few], [more]).keys() == {"prompt_tokens", "total_tokens", "cost"}


def test_one_token_beyond_the_tolerance_or_the_floor_is_one_too_many() -> None:
    assert verdict([used("m", 1000, 0)], [used("m", 1101, 0)]).keys() == {"prompt_tokens", "total_tokens", "cost"}
    assert verdict([used("m", 10, 0)], [used("m", 27, 0)]).keys() == {"prompt_tokens", "total_tokens"}


def test_another_model_at_the_same_tokens_is_a_regression_in_cost_by_the_model() -> None:
    grown = verdict([used("gpt-4o-mini", 11, 2)], [used("gpt-4o", 11, 2, price=DEAR)])
    assert grown == {
        "cost": Regression(
            *("t.py::a", "cost", "$0.0000190", "$0.000190", "+$0.000171, +900%"),
            *("model gpt-4o-mini -> gpt-4o", "model gpt-4o-mini -> gpt-4o"),
        )
    }
    assert verdict([used("gpt-4o", 11, 2, price=DEAR)], [used("gpt-4o-mini", 11, 2)]) == {}


def test_a_second_call_is_a_regression_however_few_its_tokens_are() -> None:
    grown = verdict([used("m", 11, 2)], [used("m", 15, 4, requests=2)])
    cause = ("requests 1 -> 2 (+100%)", "more requests")
    assert grown == {"requests": Regression("t.py::a", "requests", "1", "2", "+1, +100%", *cause)}


def test_the_first_call_of_a_test_that_made_none_is_growth_from_nothing() -> None:
    grown = verdict([], [used("m", 11, 2)])
    cause = ("requests 0 -> 1; model none -> m", "more requests; model none -> m")
    assert grown["requests"] == Regression("t.py::a", "requests", "0", "1", "+1", *cause)
    assert grown.keys() == {"requests", "cost"}


@pytest.mark.parametrize(
    ("old", "new", "tolerance", "growth"),
    [
        (10_000, 11_009, "10%", "+1,009, +10.09%"),
        (1_000_000, 1_100_010, "10%", "+100,010, +10.001%"),
        (1_000, 1_105, "10%", "+105, +10.50%"),
        (1_000, 1_110, "10%", "+110, +11%"),
        (10_000, 10_101, "1%", "+101, +1.01%"),
        (1_000, 1_101, "prompt_tokens:100", "+101, +10%"),
    ],
)
def test_growth_near_the_limit_is_shown_with_the_digits_that_tell_it_from_the_limit(
    old: int, new: int, tolerance: str, growth: str
) -> None:
    grown = verdict([used("m", old, 0)], [used("m", new, 0)], parse_tolerance([tolerance]))
    assert grown["prompt_tokens"].growth == growth


@pytest.mark.parametrize(
    "parts",
    [
        {"cached_tokens": 900},
        {"cache_write_tokens": 900},
        {"cache_write_tokens": 900, "cache_write_1h_tokens": 900},
    ],
    ids=lambda parts: list(parts)[-1],
)
def test_cached_tokens_count_as_prompt_in_full(parts: dict[str, int]) -> None:
    price = replace(
        CHEAP,
        cache_read_mtok=Decimal("0.1"),
        cache_write_mtok=Decimal("1.25"),
        cache_write_1h_mtok=Decimal(20),
    )
    cached = used("m", 1000, 0, price=price, **parts)
    assert verdict([cached], [used("m", 1000, 0, price=price)]) == {}
    assert verdict([used("m", 1000, 0, price=price)], [cached]) == {}
    assert row_of(figures(cached)) == row_of(figures(used("m", 1000, 0)))


def test_another_price_is_no_regression_and_nothing_is_invented_where_there_is_none() -> None:
    assert verdict([used("m", 1000, 0)], [used("m", 1000, 0, price=DEAR)]) == {}
    assert "cost" not in verdict([used("m", 1000, 0, price=None)], [used("m", 9000, 0, price=None)])
    assert "cost" not in verdict([used("m", 1000, 0)], [used("n", 9000, 0, price=None)])
    # The lock has no price. With the recorded price, both sides have one.
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


def test_what_was_estimated_is_labelled_on_its_side_and_explained() -> None:
    grown = verdict([used("m", 412, 20)], [used("m", 577, 20, requests=2, estimated=True)])
    assert {metric: (regression.old, regression.new) for metric, regression in grown.items()} == {
        "requests": ("1", "2"),
        "prompt_tokens": ("412", "~577"),
        "total_tokens": ("432", "~597"),
        "cost": ("$0.000492", "~$0.000657"),
    }
    assert grown["cost"].why == "requests 1 -> 2 (+100%); prompt 412 -> ~577 tokens (+40%)"
    text = regression_text([grown["cost"]], USUAL, lock="l", rerun="r", why="w")
    assert "  ~ is an estimate: the server did not say what the calls used\n" in text
    text = regression_text([grown["requests"]], USUAL, lock="l", rerun="r", why="w")
    assert "~ is" not in text
    grown = verdict([used("m", 412, 20, estimated=True)], [used("m", 577, 20)])
    assert (grown["prompt_tokens"].old, grown["prompt_tokens"].new) == ("~412", "577")


def test_a_test_that_is_not_in_the_lock_is_not_judged() -> None:
    assert judge(figures(used("m", 1, 1)), Lock({}, {}), USUAL) == ()


counts = st.integers(0, 10**6)
models = st.lists(
    st.builds(used, st.sampled_from("abc"), counts, counts, st.integers(1, 5)), unique_by=lambda used: used.model
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
    forth, back = verdict(old, new), verdict(new, old)
    assert not forth.keys() & back.keys()
    assert all(regression.why for regression in [*forth.values(), *back.values()])


# --- as a user meets it


def test_a_prompt_that_grew_by_40_percent_fails_after_recording_again_until_it_is_accepted(locked: Locked) -> None:
    locked.start(ONE)
    locked.tests("def test_it(samurai_client): say(samurai_client, prompt=140)")
    for mode in (RECORD, "--samurai-mode=none"):
        result = locked.run(mode)
        result.assert_outcomes(failed=1)
        assert lines_between(result, "prompt_tokens is", "samurai: 1 test") == [
            "prompt_tokens is 100 in samurai.lock, used 140 (+40, +40%); up to 10% is allowed",
            "total_tokens is 102 in samurai.lock, used 142 (+40, +39%); up to 10% is allowed",
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
    carried = [entry.get("value", "") for entry in case.iter("property") if entry.get("name") == REGRESSION_PROPERTY]
    assert [Regression.from_json(value).metric for value in carried] == ["prompt_tokens", "total_tokens"]
    shown = {entry.get("name", "") for entry in case.iter("property")}
    assert not any("held" in name for name in shown)
    pytester.runpytest_inprocess("--lf").assert_outcomes(failed=1, passed=0)
    distributed = pytester.runpytest_inprocess("-n", "2")
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


def test_a_fixture_of_wider_scope_has_a_row_of_its_own_and_its_growth_is_an_error_of_its_setup(locked: Locked) -> None:
    locked.tests(WIDE.replace("SIZE", "30"), "test_other.py")
    locked.start(WIDE.replace("SIZE", "50"))
    wide = {test: tokens for test, tokens in locked.rows().items() if "fixture" in test}
    assert wide == {ROW.format("it"): "52", ROW.format("other"): "32"}
    assert said_of_lock(locked.run()) == []
    assert said_of_lock(locked.project.pytester.runpytest_inprocess("-n", "2", UPDATE)) == [
        "samurai: samurai.lock: nothing to change"
    ]
    locked.tests(WIDE.replace("SIZE", "80"))
    result = locked.run(RECORD, "test_it.py")
    result.assert_outcomes(passed=1, errors=1)
    assert lines_between(result, "prompt_tokens is", "samurai: ") == [
        "prompt_tokens is 50 in samurai.lock, used 80 (+30, +60%); up to 10% is allowed",
        "total_tokens is 52 in samurai.lock, used 82 (+30, +58%); up to 10% is allowed",
        "  What moved: prompt 50 -> 80 tokens (+60%)",
        f"  To see why: pytest-samurai why '{ROW.format('it')}'",
        "  To accept it: pytest --samurai-update test_it.py::test_one",
        "",
    ]
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: 1 changed"]


def test_the_lock_may_lie_elsewhere_and_the_command_to_see_why_knows(locked: Locked) -> None:
    marked = "@pytest.mark.samurai('shared/one')\ndef test_it(samurai_client): say(samurai_client, {})"
    locked.tests(marked.format(100))
    lock = "--samurai-lock=locks/usage.lock"
    locked.run(lock, UPDATE).stdout.fnmatch_lines(["samurai: locks/usage.lock: 1 new"])
    locked.tests(marked.format(140))
    result = locked.run(lock, RECORD)
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

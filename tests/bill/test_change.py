"""The cause of growth: what changed, and nothing that stayed the same."""

from __future__ import annotations

import pytest

from pytest_samurai import Usage
from pytest_samurai.bill.change import moved
from pytest_samurai.bill.figures import ModelFigures
from pytest_samurai.bill.lock import row_of
from tests.bill.test_lock import (
    DEAR,
    figures,
    unknown,
    used,
)
from tests.bill.test_lock import locked as locked
from tests.bill.test_regression import HEAR, verdict


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
    assert {regression.why for regression in verdict(old, new).values()} == {why}


def test_a_total_that_the_server_counts_otherwise_is_its_own_cause() -> None:
    old = ModelFigures("m", 1, Usage(1, 100, 10, 110), None, None, None)
    new = ModelFigures("m", 1, Usage(1, 100, 10, 400), None, None, None)
    assert verdict([old], [new])["total_tokens"].why == "total 110 -> 400 tokens, as the server counts them (+264%)"


def test_no_tokens_are_a_cause_where_they_are_unknown() -> None:
    grown = verdict([unknown("m")], [used("m", 1, 1, requests=2)])
    assert [regression.why for regression in grown.values()] == ["requests 1 -> 2 (+100%)"]


def test_what_moved_may_have_shrunk_too() -> None:
    old, new = row_of(figures(used("m", 100, 8, requests=2))), row_of(figures(used("m", 50, 12)))
    assert moved(old, new) == [
        "requests 2 -> 1 (-50%)",
        "prompt 100 -> 50 tokens (-50%)",
        "completion 8 -> 12 tokens (+50%)",
    ]
    assert moved(old, old) == moved(old, row_of(figures(unknown("m", requests=2)))) == []


def test_an_error_that_stands_under_the_model_asked_for_is_no_change_of_models() -> None:
    answer = used("m-2026-01-01", 412, 20)
    grown = verdict([answer], [answer, used("m", 0, 0, price=None)])
    assert {metric: regression.why for metric, regression in grown.items()} == {"requests": "requests 1 -> 2 (+100%)"}
    # A call without usage may be an answer.
    grown = verdict([answer], [answer, unknown("m")])
    assert grown["requests"].why.endswith("; model m-2026-01-01 -> 1 x m, 1 x m-2026-01-01")

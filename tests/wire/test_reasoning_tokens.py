"""Reasoning that is counted within the completion, or in addition to it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import Usage, use_cassette
from pytest_samurai.errors import BudgetExceeded
from tests.intercept.scripted import API, Scripted


def read(reasoning: int, **counts: int) -> Usage | None:
    return Usage.from_wire({**counts, "completion_tokens_details": {"reasoning_tokens": reasoning}})


def test_reasoning_beside_the_completion_is_part_of_it_here() -> None:
    """Source of the numbers: a reply of api.x.ai."""
    usage = read(386, prompt_tokens=12, completion_tokens=1, total_tokens=399)
    assert usage == Usage(1, 12, 387, 399, reasoning_tokens=386)


def test_reasoning_that_is_more_than_the_completion_lies_beside_it_where_no_total_says_otherwise() -> None:
    assert read(386, prompt_tokens=12, completion_tokens=1) == Usage(1, 12, 387, 399, reasoning_tokens=386)


@pytest.mark.parametrize("total", [30, 31, 40, 44, 46, 0])
def test_reasoning_within_the_completion_stays_there(total: int) -> None:
    usage = read(15, prompt_tokens=10, completion_tokens=20, total_tokens=total)
    assert usage == Usage(1, 10, 20, total, reasoning_tokens=15)


def test_reasoning_may_be_the_whole_completion() -> None:
    assert read(20, prompt_tokens=10, completion_tokens=20) == Usage(1, 10, 20, 30, reasoning_tokens=20)


def test_reasoning_beside_the_details_is_read() -> None:
    wire: dict[str, Any] = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30, "reasoning_tokens": 15}
    assert Usage.from_wire(wire) == Usage(1, 10, 20, 30, reasoning_tokens=15)


def test_a_budget_of_the_completion_sees_reasoning_beside_it_and_its_cost_is_known(cassettes: Path) -> None:
    usage = {"prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 399}
    details = {"completion_tokens_details": {"reasoning_tokens": 386}}
    reply = httpx.Response(200, json={"model": "grok-4", "usage": {**usage, **details}})
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=Scripted(reply)) as client:
        with (
            pytest.raises(BudgetExceeded, match="max_completion_tokens is 100, used 387"),
            recorder.budget(max_completion_tokens=100),
        ):
            client.post(API, json={"model": "grok-4", "messages": []})
        # 12 x 3 + 387 x 15, source: docs.x.ai/docs/models
        assert recorder.cost == recorder.list_cost == Decimal("0.005841")

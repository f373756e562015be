"""A row of prices: the arithmetic, and the row in its written form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_samurai import Usage
from pytest_samurai.wire.price import RATES, Price
from pytest_samurai.wire.usage import CACHE_PARTS

# How long one example takes is not a property of the code.
law = settings(deadline=None)


def row(**rates: str) -> Price:
    return Price(source="a test", **{"input_mtok": Decimal(2), "output_mtok": Decimal(8)} | dec(rates))


def dec(rates: dict[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(rate) for name, rate in rates.items()}


# --- the arithmetic

amounts = st.decimals(0, 1000, places=4)
parts = st.integers(0, 10_000)
# Audio has no cost without a separate rate, see test_audio_prices.py.
ALWAYS = ("input_mtok", "output_mtok", "input_audio_mtok", "output_audio_mtok")
rows = st.builds(
    Price,
    source=st.just("a"),
    **{name: amounts if name in ALWAYS else st.one_of(st.none(), amounts) for name in RATES},
)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    cached, written, audio, text, reasoning, spoken, said = (draw(parts) for _ in range(7))
    prompt, completion = cached + written + audio + text, reasoning + spoken + said
    return Usage(1, prompt, completion, prompt + completion, cached, reasoning, audio, spoken, written)


@law
@given(rows, usages(), usages())
def test_the_cost_of_two_calls_is_the_sum_of_their_costs(price: Price, one: Usage, other: Usage) -> None:
    costs = [price.cost(usage) for usage in (one, other)]
    assert None not in costs
    assert price.cost(one + other) == sum(cost for cost in costs if cost is not None)


@law
@given(amounts, usages(), amounts)
def test_with_one_rate_for_all_every_token_is_paid_for_once(rate: Decimal, usage: Usage, request: Decimal) -> None:
    price = Price(source="a", **dict.fromkeys(RATES, rate) | {"requests_kcount": request})
    tokens = usage.prompt_tokens + usage.completion_tokens
    assert price.cost(usage) == rate * tokens / 1_000_000 + request / 1000


@law
@given(rows, usages())
def test_the_list_cost_does_not_know_what_was_cached(price: Price, usage: Usage) -> None:
    as_if = Usage(**{name: getattr(usage, name) for name in usage.__slots__} | dict.fromkeys(CACHE_PARTS, 0))
    assert price.cost(usage, as_listed=True) == price.cost(as_if) == price.cost(as_if, as_listed=True)


def test_a_kind_of_token_without_a_rate_costs_what_its_whole_costs() -> None:
    usage = Usage(1, 100, 50, 150, cached_tokens=60, reasoning_tokens=20)
    assert row().cost(usage) == row().cost(Usage(1, 100, 50, 150)) == Decimal("0.0006")
    assert row(cache_read_mtok="1").cost(usage) == Decimal("0.00054")
    assert row(output_reasoning_mtok="1").cost(usage) == Decimal("0.00046")


def test_tokens_that_are_in_the_total_alone_cost_what_those_of_an_answer_do() -> None:
    assert row().cost(Usage(1, 100, 50, 160)) == Decimal("0.0006") + 10 * Decimal("0.000008")
    assert row().cost(Usage(1, 100, 50, 140)) == Decimal("0.0006")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cached_tokens", "cache_write_tokens"),
        ("cached_tokens", "prompt_audio_tokens"),
        ("cache_write_tokens", "prompt_image_tokens"),
        ("reasoning_tokens", "completion_audio_tokens"),
        ("reasoning_tokens", "completion_image_tokens"),
    ],
)
def test_parts_that_are_more_than_their_whole_have_no_cost(one: str, other: str) -> None:
    spoken = row(input_audio_mtok="2", output_audio_mtok="8")
    kinds: list[dict[str, Any]] = [{one: 7, other: tokens} for tokens in (3, 4)]
    whole, more = (Usage(1, 10, 10, 20, **parts) for parts in kinds)
    assert spoken.cost(whole) == spoken.cost(whole, as_listed=True) == Decimal("0.0001")
    assert spoken.cost(more) is None
    assert spoken.cost(more, as_listed=True) is None


@pytest.mark.parametrize(
    "part", ["cached_tokens", "prompt_audio_tokens", "reasoning_tokens", "completion_audio_tokens"]
)
def test_a_part_may_be_all_of_its_whole_and_not_one_token_more(part: str) -> None:
    counts: dict[str, Any] = {"requests": 1, "prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
    price = row(input_audio_mtok="2", output_audio_mtok="8")
    assert price.cost(Usage(**{**counts, part: 10})) == Decimal("0.0001")
    assert price.cost(Usage(**{**counts, part: 11})) is None


@law
@given(rows)
def test_a_row_comes_back_from_what_is_written_of_it(price: Price) -> None:
    assert Price.from_written(price.as_written()) == price
    assert all("e" not in text.lower() for name, text in price.as_written().items() if name != "source")


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ({}, "`source` is None, not text"),
        ({"source": "x"}, "`input_mtok` is missing"),
        ({"source": "x", "input_mtok": "1", "output_mtok": "cheap"}, "'cheap' is not an amount"),
        ({"source": "x", "input_mtok": "1", "output_mtok": True}, "True is not an amount"),
        ({"source": "x", "input_mtok": "-1", "output_mtok": "1"}, "'-1' is not an amount"),
        ({"source": "x", "input_mtok": "inf", "output_mtok": "1"}, "'inf' is not an amount"),
        (
            {"source": "x", "input_mtok": "1", "output_mtok": "1", "input": "1"},
            "`input` is not a price; there are input_m",
        ),
    ],
)
def test_a_row_that_is_none_says_what_is_wrong(written: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Price.from_written(written)


def test_a_model_of_embeddings_has_no_price_of_an_output_and_needs_none() -> None:
    price = Price.from_written({"source": "x", "input_mtok": "0.02"})
    assert price.as_written() == {"source": "x", "input_mtok": "0.02"}
    assert price.cost(Usage(1, 8, 0, 8)) == Decimal("0.00000016")
    for usage in (Usage(1, 8, 1, 9), Usage(1, 8, 0, 9)):
        assert (price.cost(usage), price.missing(usage)) == (None, ["output_mtok"])

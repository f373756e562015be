"""The provider's cache: what was read and written, under every name that servers and gateways use."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pytest_samurai import Usage
from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.wire.price import Price

DAY = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def sonnet() -> Price:
    """Source: anthropic.com/pricing: input $3, write $3.75, write for an hour $6, read $0.30, output $15 a million."""
    price = PriceList().price("claude-sonnet-4.5", DAY, prompt_tokens=10_010)
    assert price is not None
    return price


def read(details: dict[str, Any] | None = None, **more: Any) -> Usage:
    usage = Usage.from_wire(
        {"prompt_tokens": 10_010, "completion_tokens": 100, "prompt_tokens_details": details, **more}
    )
    assert usage is not None
    return usage


WRITES = [
    ({"cached_tokens": 0, "cache_write_tokens": 10_000}, {}),
    ({"cached_tokens": 0, "cache_creation_tokens": 10_000}, {}),
    ({"cache_creation_tokens": 0}, {"cache_creation_input_tokens": 10_000}),
    ({"cache_creation_input_tokens": 10_000}, {}),
    (None, {"cache_creation": {"ephemeral_5m_input_tokens": 10_000}}),
    (None, {"cache_creation_input_tokens": 10_000, "cache_creation": {"ephemeral_5m_input_tokens": 10_000}}),
]


@pytest.mark.parametrize(("details", "more"), WRITES)
def test_tokens_written_to_the_cache_are_read_under_every_name_and_priced(
    details: dict[str, Any] | None, more: dict[str, Any]
) -> None:
    usage = read(details, **more)
    assert (usage.cache_write_tokens, usage.cache_write_1h_tokens, usage.cached_tokens) == (10_000, 0, 0)
    # 10 x 3 + 10,000 x 3.75 + 100 x 15; and 10,010 x 3 + 100 x 15
    assert sonnet().cost(usage) == Decimal("0.03903")
    assert sonnet().cost(usage, as_listed=True) == Decimal("0.03153")


@pytest.mark.parametrize(
    ("details", "more"),
    [
        ({"cached_tokens": 10_000}, {}),
        (None, {"prompt_cache_hit_tokens": 10_000, "prompt_cache_miss_tokens": 10}),
        (None, {"cached_tokens": 10_000}),
        (None, {"cache_read_input_tokens": 10_000}),
        ({"cached_tokens": 10_000}, {"cache_read_input_tokens": 10_000}),
        ({"cached_tokens": 0}, {"cache_read_input_tokens": 10_000}),
        ({"cached_tokens": None}, {"cached_tokens": 10_000}),
    ],
)
def test_tokens_read_from_the_cache_are_read_under_every_name_and_once(
    details: dict[str, Any] | None, more: dict[str, Any]
) -> None:
    usage = read(details, **more)
    assert (usage.cached_tokens, usage.cache_write_tokens) == (10_000, 0)
    # 10 x 3 + 10,000 x 0.30 + 100 x 15
    assert sonnet().cost(usage) == Decimal("0.00453")


@pytest.mark.parametrize(
    ("details", "more"),
    [
        (None, {"cache_creation": {"ephemeral_5m_input_tokens": 4000, "ephemeral_1h_input_tokens": 6000}}),
        (
            {
                "cache_creation_tokens": 10_000,
                "cache_creation_token_details": {"ephemeral_5m_input_tokens": 4000, "ephemeral_1h_input_tokens": 6000},
            },
            {},
        ),
    ],
)
def test_tokens_that_are_cached_for_an_hour_have_a_rate_of_their_own(
    details: dict[str, Any] | None, more: dict[str, Any]
) -> None:
    usage = read(details, **more)
    assert (usage.cache_write_tokens, usage.cache_write_1h_tokens) == (10_000, 6000)
    # 10 x 3 + 4,000 x 3.75 + 6,000 x 6 + 100 x 15
    assert sonnet().cost(usage) == Decimal("0.05253")
    assert sonnet().cost(usage, as_listed=True) == Decimal("0.03153")


def test_an_hour_without_a_rate_has_no_price_where_writes_have_one() -> None:
    usage = read(cache_creation={"ephemeral_1h_input_tokens": 10_000})
    rates: dict[str, Any] = {"input_mtok": Decimal(3), "output_mtok": Decimal(15)}
    assert Price(source="a", **rates, cache_write_mtok=Decimal("3.75")).cost(usage) is None
    assert Price(source="a", **rates, cache_write_mtok=Decimal("3.75")).cost(usage, as_listed=True) is not None
    assert Price(source="a", **rates, cache_write_mtok=Decimal("3.75")).missing(usage) == ["cache_write_1h_mtok"]
    assert Price(source="a", **rates, cache_write_mtok=Decimal("3.75")).missing(usage, as_listed=True) == []
    assert Price(source="a", **rates).cost(usage) == Decimal("0.03153")


@pytest.mark.parametrize("details", [{"cache_write_tokens": -1}, {"cache_write_tokens": "10"}, {"cache_creation": 3}])
def test_what_is_no_count_of_the_cache_is_no_tokens(details: dict[str, Any]) -> None:
    assert read(details) == Usage(1, 10_010, 100, 10_110)


@pytest.mark.parametrize("more", [{}, {"total_tokens": 35_110}])
def test_a_cache_that_is_counted_beside_the_prompt_is_part_of_it(more: dict[str, Any]) -> None:
    """Gateways to Anthropic pass on its counts: no part exceeds its whole, and a total shows it."""
    usage = read(cache_creation_input_tokens=20_000, cache_read_input_tokens=5_000, **more)
    assert usage == Usage(1, 35_010, 100, 35_110, cached_tokens=5_000, cache_write_tokens=20_000)
    by_hand = 10_010 * 3 + 20_000 * Decimal("3.75") + 5_000 * Decimal("0.3") + 100 * 15
    assert sonnet().cost(usage) == by_hand / 1_000_000
    assert sonnet().cost(usage, as_listed=True) == Decimal(35_010 * 3 + 100 * 15) / 1_000_000


def test_a_prompt_may_come_from_the_cache_as_a_whole() -> None:
    wire = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 10}}
    assert Usage.from_wire(wire) == Usage(1, 10, 5, 15, cached_tokens=10)


def test_a_total_that_says_neither_leaves_all_counts_as_they_are_and_the_cost_unknown() -> None:
    usage = read(cache_creation_input_tokens=20_000, total_tokens=10_110)
    assert usage.prompt_tokens == 10_010
    assert sonnet().cost(usage) is sonnet().cost(usage, as_listed=True) is None


def test_a_model_whose_writes_have_no_rate_takes_them_for_input() -> None:
    price = PriceList().price("gpt-4o-mini", DAY)
    assert price is not None
    usage = read({"cache_write_tokens": 10_000})
    assert price.cost(usage) == price.cost(usage, as_listed=True) == Decimal("0.0015615")

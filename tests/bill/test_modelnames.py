"""The model names that mean one row of the public list, and only that one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pytest_samurai.bill.pricelist import PriceList

DAY = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("gpt-4o-mini-audio-preview-2024-12-17", ("0.15", "0.6")),
        ("gpt-4.5-preview-2025-02-27", ("75", "150")),
        ("o1-preview-2024-09-12", ("15", "60")),
        ("models/gemini-2.5-flash", ("0.3", "2.5")),
        ("publishers/google/models/gemini-2.5-flash", ("0.3", "2.5")),
        # A region of Bedrock costs a tenth more than its global endpoint: aws.amazon.com/bedrock/pricing.
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", ("3.3", "16.5")),
        ("bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0", ("3.3", "16.5")),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", ("3", "15")),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", ("3", "15")),
        ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", ("3", "15")),
        ("us.amazon.nova-lite-v1:0", ("0.06", "0.24")),
        # A fine-tuned model costs more than its base.
        ("ft:gpt-4o-mini-2024-07-18:acme::abc123", ("0.3", "1.2")),
        ("ft:gpt-3.5-turbo-0125:acme::abc123", ("3", "6")),
        ("deepseek/deepseek-chat-v3-0324:free", ("0", "0")),
    ],
)
def test_a_name_that_means_one_row_has_its_price(name: str, rates: tuple[str, str]) -> None:
    price = PriceList().price(name, DAY)
    assert price is not None
    assert (price.input_mtok, price.output_mtok) == tuple(map(Decimal, rates))


@pytest.mark.parametrize(
    "name",
    [
        "who/knows:free",
        "gpt-4o:free",
        "ft:gpt-9:acme::abc123",
        "ft:my-gpt-4o:acme::abc123",
        "models/who-knows",
        "us.anthropic.claude-nope-v1:0",
        "global.anthropic.claude-3-5-sonnet-20241022-v2:0",
        "mars.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "gpt-4.5-preview-mine",
    ],
)
def test_a_name_that_may_mean_anything_has_no_price(name: str) -> None:
    assert PriceList().price(name, DAY) is None

"""The public list: what it says for certain, and the models that it does not know."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from genai_prices import data_snapshot

from pytest_samurai import Usage, use_cassette
from pytest_samurai.bill.call import Call, Meter
from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.price import Price
from tests.intercept.scripted import API, Scripted

DAY = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OWN = Price(source="s", input_mtok=Decimal(1), output_mtok=Decimal(2))
USED = Usage(requests=1, prompt_tokens=100, completion_tokens=20, total_tokens=120, cached_tokens=64)


@pytest.mark.parametrize(
    ("model", "cost", "source"),
    [
        # 36 x 2.50 + 64 x 1.25 + 20 x 10
        ("gpt-4o", "0.00037", "openai.com/api/pricing: input $2.50, cached input $1.25, output $10 for a million"),
        # 36 x 0.15 + 64 x 0.075 + 20 x 0.60
        ("gpt-4o-mini", "0.0000222", "openai.com/api/pricing: input $0.15, cached input $0.075, output $0.60"),
        # 36 x 3 + 64 x 0.30 + 20 x 15
        ("claude-3-5-sonnet-20241022", "0.0004272", "anthropic.com/pricing: input $3, cache read $0.30, output $15"),
        # 36 x 0.10 + 64 x 0.025 + 20 x 0.40
        ("gemini-2.0-flash", "0.0000132", "ai.google.dev/gemini-api/docs/pricing: $0.10, cached $0.025, output $0.40"),
        # 36 x 0.27 + 64 x 0.07 + 20 x 1.10
        (
            "deepseek-chat",
            "0.0000362",
            "api-docs.deepseek.com/quick_start/pricing, V3: $0.27, cache hit $0.07, out $1.10",
        ),
    ],
)
def test_a_usage_is_priced_as_the_published_rates_say(model: str, cost: str, source: str) -> None:
    price = PriceList().price(model, DAY, prompt_tokens=100)
    assert price is not None
    assert price.cost(USED) == Decimal(cost), source
    assert price.source.startswith("genai-prices ")


def test_a_price_by_time_of_day_is_that_of_the_moment() -> None:
    """Source: api-docs.deepseek.com/quick_start/pricing, off-peak from 16:30 to 00:30 UTC at half the price."""
    dear, cheap = (PriceList().price("deepseek-chat", DAY.replace(hour=hour)) for hour in (12, 17))
    assert dear is not None
    assert cheap is not None
    assert dear.cost(USED) == 2 * (cheap.cost(USED) or Decimal(0)) == Decimal("0.0000362")


@pytest.mark.parametrize("model", ["omni-moderation-latest", "text-moderation-stable"])
def test_moderation_costs_nothing(model: str) -> None:
    price = PriceList().price(model, DAY)
    assert price is not None
    assert price.cost(USED) == 0


def test_without_a_moment_the_public_list_is_not_asked() -> None:
    assert PriceList().price("gpt-4o", None) is None


@pytest.mark.parametrize(
    ("spelled", "plain"),
    [
        ("anthropic/claude-3.7-sonnet", "claude-3-7-sonnet-latest"),
        ("openrouter/anthropic/claude-3.7-sonnet", "claude-3-7-sonnet-latest"),
        ("provider10-claude-sonnet-4-20250514(clinesp)", "claude-sonnet-4-20250514"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("GPT-4o", "gpt-4o"),
        ("openai/gpt-4o-mini", "gpt-4o-mini"),
        ("gemini-2.0-flash-001", "gemini-2.0-flash"),
    ],
)
def test_what_a_gateway_calls_a_model_is_found(spelled: str, plain: str) -> None:
    price = PriceList().price(spelled, DAY)
    assert price is not None
    assert price == PriceList().price(plain, DAY)


def test_another_version_of_a_model_may_have_another_price() -> None:
    old, new = PriceList().price("gpt-4o-2024-05-13", DAY), PriceList().price("gpt-4o-2024-08-06", DAY)
    assert old is not None
    assert new is not None
    assert (old.input_mtok, new.input_mtok) == (Decimal(5), Decimal("2.5"))


@pytest.mark.parametrize(
    "model", ["tiny", "my-gpt-4o-clone", "gpt-4o-foo", "deepseek-chat-foo", "claude-foo", "who/knows", "", "tts-1"]
)
def test_a_model_that_is_not_certain_has_no_price(model: str) -> None:
    assert PriceList().price(model, DAY) is None


def test_the_url_of_a_provider_tells_whose_price_it_is() -> None:
    url = "https://api.groq.com/openai/v1/chat/completions"
    assert PriceList().price("llama-3.3-70b-versatile", DAY) is None
    price = PriceList().price("llama-3.3-70b-versatile", DAY, url=url)
    assert price is not None
    gateway = PriceList().price("gpt-4o", DAY, url="https://www.samuraiapi.in/v1/chat/completions")
    assert gateway == PriceList().price("gpt-4o", DAY)


def test_a_long_prompt_may_cost_more_for_all_of_its_tokens() -> None:
    """Source: ai.google.dev/gemini-api/docs/pricing, Gemini 2.5 Pro: $1.25 up to 200k tokens, $2.50 beyond."""
    short, long = (PriceList().price("gemini-2.5-pro", DAY, prompt_tokens=count) for count in (200_000, 200_001))
    assert short is not None
    assert long is not None
    assert (short.input_mtok, long.input_mtok) == (Decimal("1.25"), Decimal("2.5"))


def test_the_service_tier_of_a_reply_counts() -> None:
    """Source: openai.com/api/pricing, priority processing of gpt-4o: $4.25 a million tokens of input."""
    price = PriceList().price("gpt-4o", DAY, service_tier="priority")
    assert price is not None
    assert price.input_mtok == Decimal("4.25")
    assert PriceList().price("gpt-4o", DAY, service_tier="default") == PriceList().price("gpt-4o", DAY)


@pytest.mark.parametrize("tier", ["default", "auto", "standard", "unspecified", "on_demand", "STANDARD", "", None])
def test_the_standard_tier_has_the_plain_price_whatever_it_is_called(tier: str | None) -> None:
    assert PriceList().price("gpt-4o", DAY, service_tier=tier) == PriceList().price("gpt-4o", DAY) is not None


@pytest.mark.parametrize(
    ("model", "tier"),
    [
        ("gpt-4o", "flex"),
        ("gpt-4o", "scale"),
        ("gpt-4o", "a tier of tomorrow"),
        ("claude-sonnet-4-5", "priority"),
        ("gemini-2.5-flash", "priority"),
        ("gemini-2.5-flash", "flex"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "reserved"),
    ],
)
def test_a_tier_whose_price_the_list_does_not_have_has_no_price(model: str, tier: str) -> None:
    assert PriceList().price(model, DAY) is not None
    assert PriceList().price(model, DAY, service_tier=tier) is None


def test_a_batch_has_its_own_price() -> None:
    """Source: anthropic.com/pricing, Claude Sonnet 4.5, batch: input $1.50, output $7.50 for a million tokens."""
    price = PriceList().price("claude-sonnet-4-5", DAY, service_tier="batch")
    assert price is not None
    assert (price.input_mtok, price.output_mtok) == (Decimal("1.5"), Decimal("7.5"))


def test_what_a_tier_has_no_rate_for_does_not_have_the_rate_of_another_tier() -> None:
    """Source: ai.google.dev/gemini-api/docs/pricing, Gemini 2.5 Pro, batch: input $0.625, and no price of a cache."""
    price, plain = (PriceList().price("gemini-2.5-pro", DAY, service_tier=tier) for tier in ("batch", None))
    assert plain is not None
    assert plain.cache_read_mtok is not None
    assert price is not None
    assert (price.input_mtok, price.cache_read_mtok) == (Decimal("0.625"), None)


def test_a_price_list_looks_a_model_up_once_and_shares_nothing_with_another(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = data_snapshot.get_snapshot()
    lookups: list[str] = []

    def get_snapshot() -> data_snapshot.DataSnapshot:
        lookups.append("a look-up")
        return snapshot

    monkeypatch.setattr(data_snapshot, "get_snapshot", get_snapshot)
    prices = PriceList()
    assert prices.price("gpt-4o", DAY) == prices.price("GPT-4o", DAY) is not None
    assert len(lookups) == 1
    # A failed lookup is remembered too.
    assert prices.price("nosuch", DAY) is prices.price("nosuch", DAY) is None
    assert len(lookups) == 2
    PriceList().price("gpt-4o", DAY)
    assert len(lookups) == 3


@pytest.mark.parametrize(
    ("url", "model", "prompt", "tier", "rate"),
    [
        ("https://api.groq.com/openai/v1/chat/completions", "llama-3.3-70b-versatile", 10, None, "0.59"),
        (API, "gemini-2.5-pro", 200_001, None, "2.5"),
        (API, "gpt-4o", 10, "priority", "4.25"),
        (API, "gpt-4o", 10, "Priority", "4.25"),
        (API, "gpt-4o", 10, None, "2.5"),
    ],
)
def test_a_call_has_the_price_of_its_provider_its_prompt_and_its_tier(
    cassettes: Path, url: str, model: str, prompt: int, tier: str | None, rate: str
) -> None:
    usage = {"prompt_tokens": prompt, "completion_tokens": 0, "total_tokens": prompt}
    reply = httpx.Response(200, json={"model": model, "usage": usage, "service_tier": tier})
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=Scripted(reply)) as client:
        client.post(url, json={"model": model, "messages": []})
    assert recorder.cost == prompt * Decimal(rate) / 1_000_000


def test_a_moderation_of_openais_is_free_and_says_by_what_source() -> None:
    price = PriceList().price("omni-moderation-latest", DAY)
    assert price is not None
    assert (price.cost(Usage(requests=1)), price.source) == (Decimal(0), "OpenAI's guide to moderation")
    assert PriceList().price("mistral-moderation-latest", DAY) is None


@pytest.mark.parametrize(("own", "cost"), [((), None), ((("deepseek-*", OWN),), Decimal(26 * 1 + 282 * 2) / 1_000_000)])
def test_a_model_of_ollamas_has_no_price_but_the_projects(
    own: tuple[tuple[str, Price], ...], cost: Decimal | None
) -> None:
    reply = {"model": "deepseek-r1", "response": "a", "done": True, "prompt_eval_count": 26, "eval_count": 282}
    for path, expected in (("/api/generate", cost), ("/rerank", None)):
        asked = Request("POST", f"http://127.0.0.1:11434{path}", (), b"{}")
        answered = Interaction(asked, Reply(200, "", (), json.dumps(reply).encode()), DAY.isoformat())
        meter = Meter(PriceList(own), lambda _, text: text)
        assert Call(answered, number=1, replayed=True, meter=meter).cost == expected
    assert PriceList().price("deepseek-r1", DAY) is not None

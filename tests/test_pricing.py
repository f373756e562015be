"""Prices: rows, arithmetic, the project's own, and what the public list says for certain."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_samurai import SettingsError, Usage, use_cassette
from pytest_samurai.pricing import RATES, Price, PriceList, lines_to_add, money, money_apart, own_prices, parse_money
from tests.test_intercept import API, Scripted

# How long a machine takes for one example is no property of the code.
law = settings(deadline=None)

DAY = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
USED = Usage(requests=1, prompt_tokens=100, completion_tokens=20, total_tokens=120, cached_tokens=64)


def row(**rates: str) -> Price:
    return Price(source="a test", **{"input_mtok": Decimal(2), "output_mtok": Decimal(8)} | dec(rates))


def dec(rates: dict[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(rate) for name, rate in rates.items()}


# --- the arithmetic

amounts = st.decimals(0, 1000, places=4)
parts = st.integers(0, 10_000)
rows = st.builds(
    Price,
    source=st.just("a"),
    **{name: amounts if name in ("input_mtok", "output_mtok") else st.one_of(st.none(), amounts) for name in RATES},
)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    cached, audio, text, reasoning, spoken, said = (draw(parts) for _ in range(6))
    prompt, completion = cached + audio + text, reasoning + spoken + said
    return Usage(1, prompt, completion, prompt + completion, cached, reasoning, audio, spoken)


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
    as_if = Usage(**{name: getattr(usage, name) for name in usage.__slots__} | {"cached_tokens": 0})
    assert price.cost(usage, as_listed=True) == price.cost(as_if) == price.cost(as_if, as_listed=True)


def test_a_kind_of_token_without_a_rate_costs_what_its_whole_costs() -> None:
    usage = Usage(1, 100, 50, 150, cached_tokens=60, reasoning_tokens=20, prompt_audio_tokens=10)
    assert row().cost(usage) == row().cost(Usage(1, 100, 50, 150)) == Decimal("0.0006")
    assert row(cache_read_mtok="1").cost(usage) == Decimal("0.00054")
    assert row(input_audio_mtok="10").cost(usage) == Decimal("0.00068")
    assert row(output_reasoning_mtok="1").cost(usage) == Decimal("0.00046")


def test_tokens_that_are_in_the_total_alone_cost_what_those_of_an_answer_do() -> None:
    assert row().cost(Usage(1, 100, 50, 160)) == Decimal("0.0006") + 10 * Decimal("0.000008")
    assert row().cost(Usage(1, 100, 50, 140)) == Decimal("0.0006")


def test_parts_that_are_more_than_their_whole_have_no_cost() -> None:
    overlapping = Usage(1, 10, 0, 10, cached_tokens=8, prompt_audio_tokens=8)
    assert row().cost(overlapping) is None
    assert row().cost(overlapping, as_listed=True) == Decimal("0.00002")


@pytest.mark.parametrize(
    "part", ["cached_tokens", "prompt_audio_tokens", "reasoning_tokens", "completion_audio_tokens"]
)
def test_a_part_may_be_all_of_its_whole_and_not_one_token_more(part: str) -> None:
    assert row().cost(Usage(1, 10, 10, 20, **{part: 10})) == Decimal("0.0001")
    assert row().cost(Usage(1, 10, 10, 20, **{part: 11})) is None


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
        ({"source": "x", "input_mtok": "1"}, "`output_mtok` is missing"),
        ({"source": "x", "input_mtok": "1", "output_mtok": "cheap"}, "'cheap' is no amount"),
        ({"source": "x", "input_mtok": "1", "output_mtok": True}, "True is no amount"),
        ({"source": "x", "input_mtok": "-1", "output_mtok": "1"}, "'-1' is no amount"),
        ({"source": "x", "input_mtok": "inf", "output_mtok": "1"}, "'inf' is no amount"),
        (
            {"source": "x", "input_mtok": "1", "output_mtok": "1", "input": "1"},
            "`input` is no price; there are input_m",
        ),
    ],
)
def test_a_row_that_is_none_says_what_is_wrong(written: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Price.from_written(written)


# --- money in writing


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("0.00037", "$0.000370"),
        ("0.0000222", "$0.0000222"),
        ("0.002", "$0.00200"),
        ("0.1", "$0.100"),
        ("1.5", "$1.50"),
        ("1234.567", "$1,234.57"),
        ("-0.002", "-$0.00200"),
    ],
)
def test_money_is_shown_in_cents_or_in_three_digits(amount: str, shown: str) -> None:
    assert money(Decimal(amount)) == shown


def test_amounts_that_would_look_the_same_are_shown_to_the_last_digit() -> None:
    assert money_apart(Decimal("0.002"), Decimal("0.0037")) == ["$0.00200", "$0.00370"]
    assert money_apart(Decimal("0.002"), Decimal("0.0020001")) == ["$0.002", "$0.0020001"]


@pytest.mark.parametrize(("written", "amount"), [("0.002", "0.002"), (0.1, "0.1"), (3, "3"), (Decimal("0.30"), "0.3")])
def test_an_amount_is_what_was_written(written: object, amount: str) -> None:
    assert parse_money(written) == Decimal(amount)


# --- the project's own prices


def project(directory: Path, prices: str) -> PriceList:
    (directory / "pyproject.toml").write_text(f"[project]\nname = 'a'\n\n{prices}\n", encoding="utf-8")
    return own_prices(directory)


def test_a_project_has_prices_of_its_own_by_model_and_by_pattern(tmp_path: Path) -> None:
    prices = project(
        tmp_path,
        "[tool.pytest-samurai.prices]\n"
        '"llama-*" = { input_mtok = 0.1, output_mtok = "0.2" }\n'
        '"llama-big" = { input_mtok = 1, output_mtok = 2, cache_read_mtok = 0.5 }\n',
    )
    small, big = prices.price("llama-small", DAY), prices.price("llama-big", None)
    assert small == Price(source="pyproject.toml", input_mtok=Decimal("0.1"), output_mtok=Decimal("0.2"))
    assert big is not None
    assert big.cost(USED) == Decimal("0.000108")
    assert prices.price("lama", DAY) is None


def test_the_nearest_pyproject_upwards_counts(tmp_path: Path) -> None:
    project(tmp_path, '[tool.pytest-samurai.prices]\n"m" = { input_mtok = 1, output_mtok = 1 }')
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    assert own_prices(inner).price("m", None) is not None
    (inner / "pyproject.toml").write_text("", encoding="utf-8")
    assert own_prices(inner) == PriceList()


def test_a_directory_without_a_project_has_no_prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_file", lambda _: False)
    assert own_prices(tmp_path) == PriceList()


@pytest.mark.parametrize(
    ("prices", "wrong"),
    [
        (
            '"m" = 3',
            r":5: the price of 'm' in \[tool.pytest-samurai.prices\]: it has to be a table of prices: \{ input",
        ),
        ('\n"m" = { input_mtok = 1 }', r":6: the price of 'm' in .*: `output_mtok` is missing"),
        ('m = { input_mtok = 1, output_mtok = "?" }', r":5: the price of 'm' in .*: '\?' is no amount; write dollars"),
        ('"\\u006d" = 1', r":4: the price of 'm' in "),
        ("m = ", "pyproject.toml: not readable as TOML: Invalid value"),
    ],
)
def test_a_price_that_is_none_is_refused_with_file_and_line(tmp_path: Path, prices: str, wrong: str) -> None:
    with pytest.raises(SettingsError, match=wrong):
        project(tmp_path, f"[tool.pytest-samurai.prices]\n{prices}")


@pytest.mark.parametrize(
    "written",
    [
        "[tool.pytest-samurai]\nprices = { m = { input_mtok = 1, output_mtok = 2 } }",
        '[tool."pytest-samurai".prices.m]\ninput_mtok = 1\noutput_mtok = 2',
        "[tool]\npytest-samurai.prices.m = { input_mtok = 1, output_mtok = 2 }",
    ],
)
def test_the_table_is_one_however_toml_spells_it(tmp_path: Path, written: str) -> None:
    [(model, price)] = project(tmp_path, written).own
    assert (model, price.output_mtok) == ("m", Decimal(2))


@pytest.mark.parametrize(
    "written",
    [
        "# see [tool.pytest-samurai.prices]",
        "[tool.other]\nname = 'tool.pytest-samurai.prices'",
        "[tool.pytest-samurai]",
    ],
)
def test_a_mention_of_the_table_is_no_table(tmp_path: Path, written: str) -> None:
    assert project(tmp_path, written) == PriceList()


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("[tool.pytest-samurai]\nprices = 5", r"pyproject.toml:5: \[tool.pytest-samurai.prices\] has to be a table of"),
        ("tool.pytest-samurai.prices = 5", r":4: \[tool.pytest-samurai.prices\] has to be a table of"),
        ("[tool]\npytest-samurai = 'prices'", r":5: \[tool.pytest-samurai.prices\] has to be a table of"),
        (
            "[tool.pytest-samurai]\nprices = { m = 3 }",
            r":5: the price of 'm' in \[tool.pytest-samurai.prices\]: it has",
        ),
        ("[tool.pytest-samurai.prices]\nm = '\udce9'", "pyproject.toml: not readable as TOML: 'utf-8' codec can't"),
    ],
)
def test_what_is_no_table_of_prices_is_refused(tmp_path: Path, written: str, wrong: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"\n\n\n{written}\n", "utf-8", "surrogateescape")
    with pytest.raises(SettingsError, match=wrong):
        own_prices(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    project(tmp_path, "")
    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(SettingsError, match=r"pyproject.toml: cannot be read: Permission denied"):
        own_prices(tmp_path)


def test_a_file_without_the_words_is_not_parsed(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"not TOML: prices, \xe9")
    assert own_prices(tmp_path) == PriceList()


def test_the_lines_to_add_are_the_lines_that_are_read(tmp_path: Path) -> None:
    text = "\n".join(lines_to_add(["a/b", "c"])).replace('"?"', "1")
    prices = project(tmp_path, text)
    assert [model for model, _ in prices.own] == ["a/b", "c"]


# --- the public list


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
    found = PriceList().price(spelled, DAY)
    assert found is not None
    assert found == PriceList().price(plain, DAY)


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
    found = PriceList().price("llama-3.3-70b-versatile", DAY, url=url)
    assert found is not None
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
    found = PriceList().price("gpt-4o", DAY, service_tier="priority")
    assert found is not None
    assert found.input_mtok == Decimal("4.25")
    assert PriceList().price("gpt-4o", DAY, service_tier="default") == PriceList().price("gpt-4o", DAY)


@pytest.mark.parametrize(
    ("url", "model", "prompt", "tier", "rate"),
    [
        ("https://api.groq.com/openai/v1/chat/completions", "llama-3.3-70b-versatile", 10, None, "0.59"),
        (API, "gemini-2.5-pro", 200_001, None, "2.5"),
        (API, "gpt-4o", 10, "priority", "4.25"),
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

"""What the recorded suite costs at today's prices, and what it would cost on another model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.bill import NO_COST, NO_COUNT, Call, Meter, PriceList, Sum, apis_of, in_brackets, lines_to_add
from pytest_samurai.commands.search import cassettes_in
from pytest_samurai.matching import Endpoints
from pytest_samurai.redaction import Redactors
from pytest_samurai.report import shown_amount, shown_count
from pytest_samurai.settings import Settings
from pytest_samurai.text import money, plural, visible
from pytest_samurai.wire import UNPRICED


@dataclass(frozen=True, slots=True)
class CassetteCost:
    """What a cassette's calls use and cost: `now`, and on another model, if one is named.

    Money is in US dollars, as if nothing had been cached; None is unknown. `unpriced` are the models without a price.
    `others` counts interactions of unknown APIs that have no usage; they are not among the `calls`. `endpoints` are the
    APIs, by the names of their dialects.
    """

    path: Path
    calls: int
    tokens: int | None
    now: Decimal | None
    other: Decimal | None
    unpriced: tuple[str, ...]
    others: int = 0
    endpoints: tuple[str, ...] = ()


def costs(
    paths: Iterable[Path], prices: PriceList, at: datetime, model: str | None = None, *, environ: Mapping[str, str]
) -> list[CassetteCost]:
    """The cost of each cassette at the prices of one moment. Directories are searched.

    Raises SettingsError for a path that does not exist, CassetteError for a file that is not a cassette.
    """
    return [_cost(path, prices, at, model, environ) for path in cassettes_in(paths)]


def _cost(path: Path, prices: PriceList, at: datetime, model: str | None, environ: Mapping[str, str]) -> CassetteCost:
    now, other, others = [], [], 0
    endpoints = Endpoints(Settings().endpoints)
    redactors = Redactors(environ)
    meter = Meter(prices, lambda request, text: redactors.of(request).text(text))
    for number, interaction in enumerate(cassette.load(path), 1):
        # As if it were recorded at that moment, because a call without a price gets that of its recording day.
        recorded_now = replace(interaction, price=None, recorded_at=at.isoformat())
        call = Call(recorded_now, number=number, replayed=True, meter=meter)
        if call.usage is None and endpoints.match(interaction.request.url) is None:
            others += 1
            continue
        now.append(call)
        if model is not None:
            prompt = 0 if call.usage is None else call.usage.prompt_tokens
            price = prices.price(model, at, prompt_tokens=prompt) or UNPRICED
            other.append(Call(replace(interaction, price=price), number=number, replayed=True))
    # Leave out errors, which cost nothing, and calls of unknown usage, which lack more than a price.
    unpriced = [call.model for call in now if call.model and call.usage and call.price is None and call.cost is None]
    if model is not None and any(call.usage and call.price is None and call.cost is None for call in other):
        unpriced.append(model)
    return CassetteCost(
        path,
        len(now),
        Sum.of([None if call.usage is None else call.usage.total_tokens for call in now], NO_COUNT).if_known,
        Sum.of([call.list_cost for call in now], NO_COST).if_known,
        Sum.of([call.list_cost for call in other], NO_COST).if_known,
        tuple(dict.fromkeys(unpriced)),
        others,
        apis_of(call.endpoint for call in now),
    )


def cost_lines(cassettes: Sequence[CassetteCost], at: datetime, model: str | None = None) -> list[str]:
    """A line for each cassette, one for all of them, and how to set prices that are unknown."""
    names = ("cassette", "calls", "tokens", "now", *([model] if model else []))
    rows = [names, *(_row(cost, model) for cost in cassettes)] if cassettes else []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for path, *cells in rows:
        numbers = [f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([f"{path:<{widths[0]}}", *numbers]))
    calls = sum(cost.calls for cost in cassettes)
    tokens = Sum.of([cost.tokens for cost in cassettes], NO_COUNT)
    others = sum(cost.others for cost in cassettes)
    beside = f" (and {others:,} of no known API)" if others else ""
    lines.append(
        f"{plural(len(cassettes), 'cassette')}, {plural(calls, 'call')}{beside},"
        f" {plural(tokens.known, 'token')}{tokens.doubt('cassette')}: {_total([cost.now for cost in cassettes])}"
        f" at the prices of {at:%Y-%m-%d}, if nothing is cached"
    )
    if model:
        lines.append(
            f"On {model}: {_total([cost.other for cost in cassettes])} for the same number of tokens; another model"
            " counts differently"
        )
    unpriced = list(dict.fromkeys(name for cost in cassettes for name in cost.unpriced))
    if unpriced:
        lines += [
            f"The price of {', '.join(map(visible, unpriced))} is unknown.",
            "To set it, in US dollars per million tokens, add to pyproject.toml:",
            *(f"  {line}" for line in lines_to_add(unpriced)),
        ]
    return lines


def _row(cost: CassetteCost, model: str | None) -> tuple[str, ...]:
    other = [shown_amount(cost.other)] if model else []
    return (
        visible(str(cost.path)),
        f"{cost.calls:,}{in_brackets(cost.endpoints)}",
        shown_count(cost.tokens),
        shown_amount(cost.now),
        *other,
    )


def _total(amounts: Sequence[Decimal | None]) -> str:
    total = Sum.of(amounts, NO_COST)
    if amounts and total.unknown == len(amounts):
        return "cost unknown"
    return f"{money(total.known)}{total.doubt('cassette')}"

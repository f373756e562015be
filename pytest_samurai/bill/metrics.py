"""The metrics of a row of the lock."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from pytest_samurai.bill.lock import TOKENS, Row
from pytest_samurai.bill.sum import NO_COST, NO_USAGE, Sum
from pytest_samurai.wire import Price, Usage

METRICS: Final = ("requests", *TOKENS, "cost")
"""The metrics that are compared with the lock."""

ABOUT: Final = "~ is an estimate: the server did not say what the calls used"


def labelled(shown: str, metric: str, row: Row) -> str:
    """A metric as it is shown: with a `~`, which `ABOUT` explains, if the server didn't count its tokens."""
    estimated = any(spent.usage is not None and spent.usage.estimated for spent in row.values())
    return f"~{shown}" if estimated and metric != "requests" else shown


def measured(row: Row, prices: Mapping[str, Price]) -> dict[str, int | Decimal | None]:
    """The metrics of a row by name, None if unknown; the cost is in US dollars."""
    usage = usage_of(row)
    tokens = {name: None if usage is None else getattr(usage, name) for name in TOKENS}
    return {"requests": sum(spent.requests for spent in row.values()), **tokens, "cost": cost_of(row, prices)}


def usage_of(row: Row) -> Usage | None:
    """The sum over the models of a row; None if it is unknown for one model."""
    return Sum.of([spent.usage for spent in row.values()], NO_USAGE).if_known


def cost_of(row: Row, prices: Mapping[str, Price]) -> Decimal | None:
    """The cost of a row at these prices, in US dollars; None if the usage or price of a model is unknown."""
    return Sum.of([_cost(spent.usage, prices.get(model)) for model, spent in row.items()], NO_COST).if_known


def _cost(usage: Usage | None, price: Price | None) -> Decimal | None:
    if usage is None:
        return None
    if price is None:
        # Failed calls cost nothing, whatever their model.
        return None if usage.total_tokens else Decimal(0)
    return price.cost(usage)

"""The metrics of a row of the lock."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from pytest_samurai.bill.lock import TOKENS, Row
from pytest_samurai.bill.sum import NO_COST, NO_USAGE, Sum
from pytest_samurai.wire import Price, Usage

METRICS: Final = ("requests", *TOKENS, "cost")
"""What is compared with the lock."""

ABOUT: Final = "~ is an estimate: the server did not say what the calls used"


def labelled(shown: str, metric: str, row: Row) -> str:
    """A metric as it is shown: with a `~`, which `ABOUT` explains, if its tokens were not counted by the server."""
    estimated = any(spent.usage is not None and spent.usage.estimated for spent in row.values())
    return f"~{shown}" if estimated and metric != "requests" else shown


def measured(row: Row, prices: Mapping[str, Price]) -> dict[str, int | Decimal | None]:
    """The metrics of a row by their names, None where unknown; the cost is in US dollars."""
    usage = usage_of(row)
    tokens = {name: None if usage is None else getattr(usage, name) for name in TOKENS}
    return {"requests": sum(spent.requests for spent in row.values()), **tokens, "cost": cost_of(row, prices)}


def usage_of(row: Row) -> Usage | None:
    """The sum over the models of a row; None if the usage of one is unknown."""
    return Sum.of([spent.usage for spent in row.values()], NO_USAGE).if_known


def cost_of(row: Row, prices: Mapping[str, Price]) -> Decimal | None:
    """What a row costs at these prices, in US dollars; None if the usage or the price of a model is unknown."""
    return Sum.of([_cost(spent.usage, prices.get(model)) for model, spent in row.items()], NO_COST).if_known


def _cost(usage: Usage | None, price: Price | None) -> Decimal | None:
    if usage is None:
        return None
    if price is None:
        # Calls that failed cost nothing, whatever their model.
        return None if usage.total_tokens else Decimal(0)
    return price.cost(usage)

"""What a run used in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pytest_samurai.bill import Sum, TestFigures, amount_as_json
from pytest_samurai.wire import Usage


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over tests and fixtures, of which only the former are counted as tests.

    In `estimated` of them some usage was counted here, not by the server. Money is in US dollars; `saved` is what the
    replayed calls were billed when they were recorded, and `seconds` how long they took. Where what was billed is
    unknown, so is the list cost.
    """

    tests: int
    replayed: int
    recorded: int
    live: int
    usage: Sum[Usage]
    cost: Sum[Decimal]
    list_cost: Sum[Decimal]
    saved: Sum[Decimal]
    seconds: float
    estimated: int

    @classmethod
    def of(cls, tests: Sequence[TestFigures], fixtures: Sequence[TestFigures] = ()) -> Totals:
        figures = [*tests, *fixtures]
        usages = [one.usage for one in figures]
        list_costs = [None if one.cost is None else one.list_cost for one in figures]
        return cls(
            tests=len(tests),
            **{name: sum(getattr(one, name) for one in figures) for name in ("replayed", "recorded", "live")},
            usage=Sum.of(usages, Usage()),
            cost=Sum.of([one.cost for one in figures], Decimal(0)),
            list_cost=Sum.of(list_costs, Decimal(0)),
            saved=Sum.of([one.saved for one in figures], Decimal(0)),
            seconds=round(sum(one.seconds for one in figures), 4),
            estimated=sum(usage is not None and usage.estimated for usage in usages),
        )

    def as_json(self) -> dict[str, Any]:
        """The same in JSON values; a sum of which a part is unknown is null."""
        return {
            "tests": self.tests,
            "replayed": self.replayed,
            "recorded": self.recorded,
            "live": self.live,
            "usage": None if self.usage.unknown else self.usage.known.as_json(),
            "cost": amount_as_json(self.cost.if_known),
            "list_cost": amount_as_json(self.list_cost.if_known),
            "saved": amount_as_json(self.saved.if_known),
            "seconds": self.seconds,
            "unknown_usage": self.usage.unknown,
            "unknown_cost": self.cost.unknown,
            "unknown_saved": self.saved.unknown,
            "estimated": self.estimated,
        }

"""What a run used in total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pytest_samurai.bill import NO_COST, NO_USAGE, Sum, TestFigures, amount_as_json
from pytest_samurai.wire import Usage


@dataclass(frozen=True, slots=True)
class Totals:
    """What all tests and fixtures used. `tests` counts only tests, `without_calls` those that made no call.

    The parts of each sum are tests and fixtures; `estimated` counts those with tokens that the server did not count.
    Money is in US dollars. `saved` is what the replayed calls were billed when they were recorded, and `seconds` how
    long they took. A test with unknown `cost` has no `list_cost` either.
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
    without_calls: int

    @classmethod
    def of(cls, tests: Sequence[TestFigures], fixtures: Sequence[TestFigures] = ()) -> Totals:
        figures = [*tests, *fixtures]
        usages = [used.usage for used in figures]
        costs = [used.cost for used in figures]
        list_costs = [None if cost is None else used.list_cost for used, cost in zip(figures, costs, strict=True)]
        return cls(
            tests=len(tests),
            **{name: sum(getattr(used, name) for used in figures) for name in ("replayed", "recorded", "live")},
            usage=Sum.of(usages, NO_USAGE),
            cost=Sum.of(costs, NO_COST),
            list_cost=Sum.of(list_costs, NO_COST),
            saved=Sum.of([used.saved for used in figures], NO_COST),
            seconds=round(sum(used.seconds for used in figures), 4),
            # If fixtures made calls, a test without calls may use theirs.
            without_calls=0 if fixtures else sum(not used.requests for used in tests),
            estimated=sum(usage is not None and usage.estimated for usage in usages),
        )

    def as_json(self) -> dict[str, Any]:
        """The totals as JSON values; a sum with an unknown part is null."""
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
            "without_calls": self.without_calls,
        }

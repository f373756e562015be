"""What all tests of a run use, compared with their use when the lock was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pytest_samurai.bill.change import in_percent
from pytest_samurai.bill.figures import TestFigures, amount_as_json
from pytest_samurai.bill.lock import Lock, Row, prices_for, row_of
from pytest_samurai.bill.metrics import cost_of, usage_of
from pytest_samurai.bill.sum import NO_COST, NO_COUNT, sums_of
from pytest_samurai.text import money_apart, plural


@dataclass(frozen=True, slots=True)
class Growth:
    """The sums over all tests and fixtures of a run that are in the lock: tokens and US dollars, then and now.

    A test with an unknown side is in neither sum, and is counted separately. Both sides use the prices of the lock.
    """

    old_tokens: int = 0
    new_tokens: int = 0
    old_cost: Decimal = Decimal(0)
    new_cost: Decimal = Decimal(0)
    unknown_tokens: int = 0
    unknown_cost: int = 0

    @classmethod
    def of(cls, figures: Iterable[TestFigures], lock: Lock) -> Growth:
        tokens, costs = [], []
        for used in figures:
            if used.test in lock.tests:
                old, new, prices = lock.tests[used.test], row_of(used), prices_for(used, lock)
                tokens.append((_tokens_of(old), _tokens_of(new)))
                costs.append((cost_of(old, prices), cost_of(new, prices)))
        (old_tokens, new_tokens), (old_cost, new_cost) = sums_of(tokens, NO_COUNT), sums_of(costs, NO_COST)
        return cls(
            old_tokens.known, new_tokens.known, old_cost.known, new_cost.known, new_tokens.unknown, new_cost.unknown
        )

    def plus(self, other: Growth) -> Growth:
        """The sums over the tests of both."""
        return Growth(
            self.old_tokens + other.old_tokens,
            self.new_tokens + other.new_tokens,
            self.old_cost + other.old_cost,
            self.new_cost + other.new_cost,
            self.unknown_tokens + other.unknown_tokens,
            self.unknown_cost + other.unknown_cost,
        )

    def text(self) -> str:
        """Both sums as people read them: 412 -> 577 tokens (+40%), $0.0001 -> $0.0002 (+100%)."""
        tokens = f"{self.old_tokens:,} -> {self.new_tokens:,} tokens"
        parts = [tokens + _doubt(self.old_tokens, self.new_tokens, self.unknown_tokens)]
        if self.old_cost or self.new_cost:
            old, new = money_apart(self.old_cost, self.new_cost)
            parts.append(f"{old} -> {new}" + _doubt(self.old_cost, self.new_cost, self.unknown_cost))
        return ", ".join(parts)

    def as_json(self) -> dict[str, Any]:
        """The sums in JSON values; money is text, to the last digit."""
        return {
            "tokens": [self.old_tokens, self.new_tokens],
            "cost": [amount_as_json(self.old_cost), amount_as_json(self.new_cost)],
            "unknown_tokens": self.unknown_tokens,
            "unknown_cost": self.unknown_cost,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Growth:
        """The sums that `as_json` gave. Raises KeyError, TypeError or ValueError for anything else."""
        (old_tokens, new_tokens), (old, new) = value["tokens"], value["cost"]
        unknown = value["unknown_tokens"], value["unknown_cost"]
        return cls(old_tokens, new_tokens, Decimal(old), Decimal(new), *unknown)


def _tokens_of(row: Row) -> int | None:
    usage = usage_of(row)
    return None if usage is None else usage.total_tokens


def _doubt(old: int | Decimal, new: int | Decimal, unknown: int) -> str:
    said = [in_percent(old, new)] if old else []
    if unknown:
        said.append(f"unknown in {plural(unknown, 'test')}")
    return f" ({', '.join(said)})" if said else ""

"""What all tests of a run use, compared with their use when the lock was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pytest_samurai.bill.change import in_percent
from pytest_samurai.bill.figures import TestFigures, amount_as_json
from pytest_samurai.bill.lock import Lock, prices_for, row_of
from pytest_samurai.bill.metrics import cost_of, usage_of
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
        growth = cls()
        for used in figures:
            if used.test in lock.tests:
                growth = growth.plus(cls._of_test(used, lock))
        return growth

    @classmethod
    def _of_test(cls, figures: TestFigures, lock: Lock) -> Growth:
        rows, prices = (lock.tests[figures.test], row_of(figures)), prices_for(figures, lock)
        usages = [usage.total_tokens for row in rows if (usage := usage_of(row)) is not None]
        costs = [cost for row in rows if (cost := cost_of(row, prices)) is not None]
        has_tokens, has_cost = len(usages) == 2, len(costs) == 2
        old_tokens, new_tokens = usages if has_tokens else (0, 0)
        old_cost, new_cost = costs if has_cost else (Decimal(0), Decimal(0))
        return cls(old_tokens, new_tokens, old_cost, new_cost, int(not has_tokens), int(not has_cost))

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


def _doubt(old: int | Decimal, new: int | Decimal, unknown: int) -> str:
    said = [in_percent(old, new)] if old else []
    if unknown:
        said.append(f"unknown in {plural(unknown, 'test')}")
    return f" ({', '.join(said)})" if said else ""

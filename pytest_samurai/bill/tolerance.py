"""The growth over the lock that is let pass."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pytest_samurai.bill.metrics import METRICS


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a metric may grow: so many percent of what it was, or by an amount of its own (cost: US dollars)."""

    amount: Decimal
    percent: bool

    def lets_pass(self, old: int | Decimal, new: int | Decimal, floor: int | Decimal) -> bool:
        """Whether a metric may grow like this; by `floor` it always may, if the allowance is in percent."""
        growth = new - old
        if self.percent:
            return growth <= floor or growth * 100 <= old * self.amount
        return growth <= self.amount

    def __str__(self) -> str:
        return f"{self.amount:f}%" if self.percent else f"{self.amount:,f}"


_USUAL = Allowance(Decimal(10), percent=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """The growth over the lock that is let pass, by metric; None where nothing was said of it, which is 10 %."""

    requests: Allowance | None = None
    prompt_tokens: Allowance | None = None
    completion_tokens: Allowance | None = None
    total_tokens: Allowance | None = None
    cost: Allowance | None = None

    def of(self, metric: str) -> Allowance:
        said: Allowance | None = getattr(self, metric)
        return said or _USUAL

    def under(self, higher: Tolerance) -> Tolerance:
        """What `higher` says, and where it says nothing, what this does."""
        return Tolerance(**{metric: getattr(higher, metric) or getattr(self, metric) for metric in METRICS})


_ENTRY = re.compile(r"(?:(\w+):)?([0-9]{1,9}(?:\.[0-9]{1,9})?)(%?)")


def parse_tolerance(entries: Sequence[str]) -> Tolerance:
    """`10%` for all metrics, `metric:10%` or `metric:200` for one, which counts more, wherever it stands.

    Raises ValueError with what would be right.
    """
    general: dict[str, Allowance] = {}
    special: dict[str, Allowance] = {}
    for entry in entries:
        found = _ENTRY.fullmatch(entry)
        if found is None or not (found[1] in METRICS if found[1] else found[3]):
            raise ValueError(f'a list of "10%", "metric:10%" and "metric:200", the metric being {", ".join(METRICS)}')
        allowance = Allowance(Decimal(found[2]), percent=bool(found[3]))
        if found[1]:
            special[found[1]] = allowance
        else:
            general = dict.fromkeys(METRICS, allowance)
    return Tolerance(**{**general, **special})

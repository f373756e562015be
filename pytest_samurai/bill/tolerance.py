"""How much growth over the lock is allowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pytest_samurai.bill.metrics import METRICS


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a metric may grow: `amount` in percent, or as a number of tokens, requests or US dollars."""

    amount: Decimal
    percent: bool

    def lets_pass(self, old: int | Decimal, new: int | Decimal, floor: int | Decimal) -> bool:
        """Whether a metric may grow like this. An allowance in percent also allows any growth up to `floor`."""
        growth = new - old
        if self.percent:
            return growth <= floor or growth * 100 <= old * self.amount
        return growth <= self.amount

    @property
    def most_percent(self) -> Decimal | None:
        """The most growth in percent; None for an amount."""
        return self.amount if self.percent else None

    def __str__(self) -> str:
        return f"{self.amount:f}%" if self.percent else f"{self.amount:,f}"


_DEFAULT = Allowance(Decimal(10), percent=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """The allowance of each metric; None if nothing was said about it, which means 10 %."""

    requests: Allowance | None = None
    prompt_tokens: Allowance | None = None
    completion_tokens: Allowance | None = None
    total_tokens: Allowance | None = None
    cost: Allowance | None = None

    def of(self, metric: str) -> Allowance:
        allowance: Allowance | None = getattr(self, metric)
        return allowance or _DEFAULT

    def under(self, higher: Tolerance) -> Tolerance:
        """The allowances of `higher`, and those of this tolerance where `higher` has none."""
        return Tolerance(**{metric: getattr(higher, metric) or getattr(self, metric) for metric in METRICS})


_ENTRY = re.compile(r"(?:(\w+):)?([0-9]{1,9}(?:\.[0-9]{1,9})?)(%?)")


def parse_tolerance(entries: Sequence[str]) -> Tolerance:
    """A tolerance as people write it: `10%` for all metrics, `metric:10%` or `metric:200` for one of them.

    An entry for one metric wins, in any order. Raises ValueError with what would be right.
    """
    general: dict[str, Allowance] = {}
    special: dict[str, Allowance] = {}
    for entry in entries:
        match = _ENTRY.fullmatch(entry)
        if match is None or not (match[1] in METRICS if match[1] else match[3]):
            raise ValueError(f'a list of "10%", "metric:10%" and "metric:200", the metric being {", ".join(METRICS)}')
        allowance = Allowance(Decimal(match[2]), percent=bool(match[3]))
        if match[1]:
            special[match[1]] = allowance
        else:
            general = dict.fromkeys(METRICS, allowance)
    return Tolerance(**{**general, **special})

"""The sums over calls."""

from __future__ import annotations

from abc import abstractmethod
from decimal import Decimal

from pytest_samurai.bill import Call, total, total_cost
from pytest_samurai.wire import Usage


class Sums:
    """What the `calls` used and cost together."""

    @property
    @abstractmethod
    def calls(self) -> tuple[Call, ...]: ...

    @property
    def usage(self) -> Usage:
        """The sum over the calls. Raises UnknownUsage, naming the call, if one of them has no usage."""
        return total(self.calls)

    @property
    def cost(self) -> Decimal:
        """What was billed for the calls, in US dollars. Raises UnknownUsage or UnknownPrice, naming the call."""
        return total_cost(self.calls)

    @property
    def list_cost(self) -> Decimal:
        """What they would have cost without any caching, which `max_cost` judges. Raises the same errors as `cost`."""
        return total_cost(self.calls, as_listed=True)

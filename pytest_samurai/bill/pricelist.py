"""Where the price of a model is looked up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from pytest_samurai.bill.publiclist import listed
from pytest_samurai.wire import Price


def dearest(prices: Sequence[Price]) -> Price:
    """Of several rows for the same model the dearest, whatever their order."""
    return max(prices, key=lambda price: sorted(price.rates().items(), reverse=True))


@dataclass(frozen=True, slots=True)
class PriceList:
    """Where prices are looked up: the project's own, by model or pattern, before those of the public list."""

    own: tuple[tuple[str, Price], ...] = ()

    def own_price(self, model: str) -> Price | None:
        """The project's own price: for the very name first, else for the first pattern that fits."""
        exact = [price for name, price in self.own if name == model]
        fitting = (price for name, price in self.own if fnmatchcase(model, name))
        return exact[0] if exact else next(fitting, None)

    def price(
        self, model: str, at: datetime | None, *, url: str = "", prompt_tokens: int = 0, service_tier: str | None = None
    ) -> Price | None:
        """The row for a model as served, at a moment; None where there is none for certain.

        The public list is asked only for a known moment: prices change, and some with the time of day.

        The `url` tells the provider, if it is one that the list knows. `prompt_tokens` count where long prompts have a
        price of their own, and so does the `service_tier` that the reply names.
        """
        own = self.own_price(model)
        return own if own or at is None else listed(model, at, url, prompt_tokens, service_tier)

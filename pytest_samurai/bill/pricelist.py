"""The price list of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from pytest_samurai.bill.publiclist import PublicList
from pytest_samurai.wire import Price


def dearest(prices: Sequence[Price]) -> Price:
    """The highest of several prices of the same model, whatever their order."""
    return max(prices, key=lambda price: sorted(price.rates().items(), reverse=True))


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of a run: the project's own, by model or pattern, then those of the public list."""

    own: tuple[tuple[str, Price], ...] = ()
    public: PublicList = field(default_factory=PublicList, repr=False, compare=False)

    def own_price(self, model: str) -> Price | None:
        """The project's own price of a model: by its exact name, else by the first pattern that fits."""
        exact = [price for name, price in self.own if name == model]
        fitting = (price for name, price in self.own if fnmatchcase(model, name))
        return exact[0] if exact else next(fitting, None)

    def price(
        self, model: str, at: datetime | None, *, url: str = "", prompt_tokens: int = 0, service_tier: str | None = None
    ) -> Price | None:
        """The price of a model as served, at a moment; None if no price is certain.

        The public list is asked only for a known moment: prices change, and some depend on the time of day. The `url`
        shows the provider, if the list knows it. `prompt_tokens` matter if long prompts cost more, and the reply's
        `service_tier` if tiers have their own prices.
        """
        own = self.own_price(model)
        if own is not None or at is None:
            return own
        return self.public.price(model, at, url=url, prompt_tokens=prompt_tokens, service_tier=service_tier)

"""The public list of prices, that of genai-prices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from pytest_samurai.wire import RATES, Price


class PublicList:
    """The prices of genai-prices, imported when the first model is looked up, since that takes up to 0.7 s.

    What was found is remembered: every call of a recording without prices asks for the same few models.
    """

    def __init__(self) -> None:
        self._models: dict[tuple[str, str], Any] = {}

    def price(
        self, model: str, at: datetime, *, url: str = "", prompt_tokens: int = 0, service_tier: str | None = None
    ) -> Price | None:
        """The price of a model as served, at a moment; None where there is none for certain."""
        key = (model.lower(), url)
        if key not in self._models:
            self._models[key] = _find(*key)
        entry = self._models[key]
        if entry is None:
            return None
        listed = entry.get_prices(at, {"service_tier": service_tier} if service_tier else None)
        rates = {name: _of_size(getattr(listed, name), prompt_tokens) for name in RATES}
        if rates["input_mtok"] is None or rates["output_mtok"] is None:
            return None
        return Price(source=_source(), **rates)


def _find(name: str, url: str) -> Any:
    """The entry of the model that is certainly meant; None if there is none."""
    from genai_prices.data_snapshot import get_snapshot

    for spelled, provider, provider_url in _spellings(name, url):
        try:
            _, entry = get_snapshot().find_provider_model(spelled, None, provider, provider_url)
        except LookupError:
            continue
        if _is_certain(entry, spelled):
            return entry
    return None


def _of_size(rate: Any, prompt_tokens: int) -> Any:
    """The rate for a prompt of this size. A higher rate for long prompts is that of all their tokens."""
    if rate is None or isinstance(rate, Decimal):
        return rate
    for tier in reversed(rate.tiers):
        if prompt_tokens > tier.start:
            return tier.price
    return rate.base


def _source() -> str:
    import genai_prices

    return f"genai-prices {genai_prices.__version__}"


# What gateways add to the name of a model, as in provider10-NAME(clinesp).
_AROUND = re.compile(r"\A(?:provider\d+-)?(.+?)(?:\([\w .-]*\))?\Z")


def _spellings(name: str, url: str) -> Iterator[tuple[str, str | None, str | None]]:
    """The names under which the list may have a model, each with its provider or URL; the surest first."""
    bare = _AROUND.sub(r"\1", name)
    vendor, _, last = bare.rpartition("/")
    if url:
        yield name, None, url
    if vendor:
        yield last, vendor.rpartition("/")[2], None
    else:
        yield bare, None, None


# What may follow the name of a model that stays the same model: a date, a version, "latest".
_VERSION = re.compile(
    r"[-@:](?:20\d\d-?\d\d-?\d\d|\d{3,4}|latest|v\d+(?::\d+)?|(?:preview|exp)(?:-\d\d-\d\d(?:\d\d)?)?)\Z"
)


def _is_certain(entry: Any, name: str) -> bool:
    """Whether an entry means this very model, not just every name that begins with it or contains it."""
    meant = {_VERSION.sub("", text) for text in [entry.id, *_texts(entry.match)]}
    return _VERSION.sub("", name) in meant


def _texts(clause: Any) -> Iterator[str]:
    """The names, and parts of names, that the list looks for when it matches a model."""
    for inner in getattr(clause, "or_", None) or getattr(clause, "and_", None) or ():
        yield from _texts(inner)
    for kind in ("equals", "starts_with", "ends_with", "contains"):
        if hasattr(clause, kind):
            yield getattr(clause, kind).lower()

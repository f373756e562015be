"""The public price list of genai-prices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pytest_samurai.files import without_fakes
from pytest_samurai.wire import RATES, Price, is_free_moderation


class PublicList:
    """The prices of genai-prices. The import takes up to 0.7 s, so it waits for the first look-up or for `load`.

    Results are remembered: every call of a recording without prices asks for the same few models.
    """

    def __init__(self) -> None:
        self._models: dict[tuple[str, str], Any] = {}

    def load(self) -> None:
        """Import the list now, while nobody is waiting for it."""
        from genai_prices.data_snapshot import get_snapshot

        get_snapshot()

    def price(
        self, model: str, at: datetime, *, url: str = "", prompt_tokens: int = 0, service_tier: str | None = None
    ) -> Price | None:
        """The price of a model as served, at a moment; None if no price is certain.

        A `service_tier` other than the standard has only the rates that the list gives for that tier.
        """
        if is_free_moderation(model):
            return Price(source="OpenAI's guide to moderation", input_mtok=Decimal(0), output_mtok=Decimal(0))
        key = (model.lower(), url)
        if key not in self._models:
            self._models[key] = _find(*key)
        entry = self._models[key]
        if entry is None:
            return None
        listed = _of_tier(entry, at, (service_tier or "default").lower())
        rates = {name: _of_size(getattr(listed, name), prompt_tokens) for name in RATES}
        if entry.id.endswith(":free"):
            # Source: openrouter.ai/docs, model variants. The list has these models, but no rates for them.
            rates |= {name: Decimal(0) for name in ("input_mtok", "output_mtok") if rates[name] is None}
        if rates["input_mtok"] is None:
            return None
        return Price(source=_source(), **rates)


def _find(name: str, url: str) -> Any:
    """The entry of the model that is certainly meant; None if there is none."""
    with without_fakes():
        from genai_prices.data_snapshot import get_snapshot

    for spelled, provider, provider_url in _spellings(name, url):
        try:
            _, entry = get_snapshot().find_provider_model(spelled, None, provider, provider_url)
        except LookupError:
            continue
        if _is_certain(entry, spelled):
            return entry
    return None


STANDARD_TIERS: Final = frozenset({"default", "auto", "standard", "unspecified", "on_demand"})
"""The names for the tier of the list's plain prices. `auto` leaves the choice to the server and names no tier.

Sources: `service_tier` in OpenAI's reference (default, auto), in Anthropic's (standard) and in Groq's (on_demand);
`ServiceTier` in Google's (standard, unspecified); `serviceTier` of Bedrock's Converse (default).
"""


def _of_tier(entry: Any, at: datetime, tier: str) -> Any:
    """The rates of a tier at a moment. The list's own look-up fills gaps with plain rates, which may be too low."""
    if tier in STANDARD_TIERS:
        return entry.get_prices(at)
    from genai_prices.types import ModelPrice

    # The list treats the tier `batch` as a kind of processing.
    return replace(entry, prices=ModelPrice()).get_prices(at, {"service_tier": tier, "processing": tier})


def _of_size(rate: Any, prompt_tokens: int) -> Any:
    """The rate for a prompt of this size. A higher rate for long prompts applies to all their tokens."""
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
    """The names that a model may have in the list, each with its provider or URL; the surest first."""
    bare = _AROUND.sub(r"\1", name)
    vendor, _, last = bare.rpartition("/")
    if url:
        yield name, None, url
    if tuned := _TUNED.match(bare):
        yield tuned[0], "openai", None
    elif bedrock := _OF_BEDROCK.match(last):
        # AWS has its own prices, and regional ones may be higher than the global ones.
        yield last, "aws", None
        if bedrock["region"] != "global.":
            yield f"regional.{bedrock['model']}", "aws", None
            yield bedrock["model"], "aws", None
    elif bare.endswith(":free"):
        yield bare, "openrouter", None
    elif vendor == "models":
        yield last, "google", None
    elif vendor:
        yield last, vendor.removesuffix("/models").rpartition("/")[2], None
    else:
        yield bare, None, None
        if bare.startswith("text-embedding-"):
            # The names that tell the list that a model is OpenAI's leave these out.
            yield bare, "openai", None


# The base model of a fine-tuned one, as in ft:gpt-4o-mini-2024-07-18:acme::abc123.
_TUNED = re.compile(r"ft:[^:/]+(?=:|\Z)")

# As in us.anthropic.claude-sonnet-4-5-20250929-v1:0; a name without a region means the region that is called.
_OF_BEDROCK = re.compile(
    r"(?P<region>(?:us|us-gov|eu|apac|au|jp|global)\.)?"
    r"(?P<model>(?:ai21|amazon|anthropic|cohere|deepseek|meta|mistral|openai|qwen)\.[a-z].*)"
)


# What may follow a model's name without making it another model: a date (as in gpt-3.5-turbo-instruct:20230824-v2), a
# version, "latest".
_VERSION = re.compile(
    r"[-@:](?:20\d\d-?\d\d-?\d\d(?:-v\d+)?|\d{3,4}|latest|v\d+(?::\d+)?|(?:preview|exp)(?:-\d\d-\d\d(?:\d\d)?)?)\Z"
)


def _is_certain(entry: Any, name: str) -> bool:
    """Whether an entry means exactly this model, and not every name that begins with it or contains it."""
    listed = [entry.id, *_texts(entry.match)]
    # The name in the list may end in "preview", and the model's name in a date after it.
    return _VERSION.sub("", name) in {*listed, *(_VERSION.sub("", text) for text in listed)}


def _texts(clause: Any) -> Iterator[str]:
    """The names, and parts of names, that the list looks for when it matches a model."""
    for inner in getattr(clause, "or_", None) or getattr(clause, "and_", None) or ():
        yield from _texts(inner)
    for kind in ("equals", "starts_with", "ends_with", "contains"):
        if hasattr(clause, kind):
            yield getattr(clause, kind).lower()

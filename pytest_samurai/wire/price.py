"""A row of prices, as it is recorded with a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Final

from pytest_samurai.text import parse_money
from pytest_samurai.wire.usage import CACHE_PARTS, Usage

UNPRICED: Final = "unknown"
"""Written to a cassette if the model had no price when the call was recorded."""

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The row of prices of one model: US dollars per million tokens, and per thousand requests.

    The names come from genai-prices. Cache reads, cache writes, audio and pictures are parts of the prompt; reasoning,
    audio and pictures are parts of the completion. Audio needs its own price, otherwise its cost is unknown. Any other
    part without its own price costs what the whole does.
    """

    source: str
    input_mtok: Decimal
    output_mtok: Decimal | None
    cache_read_mtok: Decimal | None = None
    input_audio_mtok: Decimal | None = None
    output_audio_mtok: Decimal | None = None
    output_reasoning_mtok: Decimal | None = None
    requests_kcount: Decimal | None = None
    cache_write_mtok: Decimal | None = None
    cache_write_1h_mtok: Decimal | None = None
    input_image_mtok: Decimal | None = None
    output_image_mtok: Decimal | None = None

    def rates(self) -> dict[str, Decimal]:
        """The prices that are set, by name."""
        values = {name: getattr(self, name) for name in RATES}
        return {name: rate for name, rate in values.items() if rate is not None}

    def cost(self, usage: Usage, *, as_listed: bool = False) -> Decimal | None:
        """The cost of a usage in US dollars; with `as_listed`, its cost if there were no cache.

        None if a rate is missing, or if the parts exceed the whole: then nobody knows which tokens are counted twice.
        Tokens in the total but in neither prompt nor completion cost the same as an answer, because some gateways to
        thinking models leave the thinking out of the completion.
        """
        if self.missing(usage, as_listed=as_listed):
            return None
        amount = usage.requests * (self.requests_kcount or Decimal(0)) / 1000
        amount += (
            (usage.used - usage.prompt_tokens - usage.completion_tokens) * (self.output_mtok or Decimal(0)) / _MILLION
        )
        for whole, rate, parts in _BUCKETS:
            rest = getattr(usage, whole)
            if sum(getattr(usage, part) for part, _ in parts) > rest:
                return None
            for part, part_rate in parts:
                if not (as_listed and part in CACHE_PARTS):
                    count = getattr(usage, part)
                    own = getattr(self, part_rate)
                    amount += count * ((getattr(self, rate) or Decimal(0)) if own is None else own) / _MILLION
                    rest -= count
            amount += rest * (getattr(self, rate) or Decimal(0)) / _MILLION
        if not as_listed and self.cache_write_mtok is not None and self.cache_write_1h_mtok is not None:
            amount += usage.cache_write_1h_tokens * (self.cache_write_1h_mtok - self.cache_write_mtok) / _MILLION
        return amount

    def missing(self, usage: Usage, *, as_listed: bool = False) -> list[str]:
        """The missing rates, without which the cost of a usage would come out too low."""
        # Audio costs many times as much as text.
        needed = [rate for part, rate in _AUDIO if getattr(usage, part)]
        # If writes cost more than other input, those kept for an hour cost even more.
        if usage.cache_write_1h_tokens and not as_listed and self.cache_write_mtok is not None:
            needed.append("cache_write_1h_mtok")
        # An embedding model answers without tokens, so it has no price for them.
        if usage.answered:
            needed.append("output_mtok")
        return [rate for rate in needed if getattr(self, rate) is None]

    def as_written(self) -> dict[str, str]:
        """The row as texts, as in a cassette or a lock."""
        return {"source": self.source, **{name: f"{rate:f}" for name, rate in self.rates().items()}}

    @classmethod
    def from_written(cls, row: Mapping[str, object]) -> Price:
        """The row that `as_written` turned into texts. Raises ValueError, saying what is wrong, for anything else."""
        source = row.get("source")
        if not isinstance(source, str):
            raise ValueError(f"`source` is {source!r}, not text")
        rates = read_rates({name: rate for name, rate in row.items() if name != "source"}, needed=("input_mtok",))
        return cls(source=source, **{"output_mtok": None, **rates})


RATES: Final = tuple(field.name for field in fields(Price) if field.name != "source")
"""The names of the prices in a row."""

_BUCKETS: Final = (
    (
        "prompt_tokens",
        "input_mtok",
        (
            ("cached_tokens", "cache_read_mtok"),
            ("cache_write_tokens", "cache_write_mtok"),
            ("prompt_audio_tokens", "input_audio_mtok"),
            ("prompt_image_tokens", "input_image_mtok"),
        ),
    ),
    (
        "completion_tokens",
        "output_mtok",
        (
            ("reasoning_tokens", "output_reasoning_mtok"),
            ("completion_audio_tokens", "output_audio_mtok"),
            ("completion_image_tokens", "output_image_mtok"),
        ),
    ),
)
"""Each whole and its rate, with its parts and their rates: every token is in one of these."""

_AUDIO: Final = (("prompt_audio_tokens", "input_audio_mtok"), ("completion_audio_tokens", "output_audio_mtok"))
"""The parts that have no price unless they have their own rate."""


def read_rates(
    written: Mapping[str, object], *, needed: Sequence[str] = ("input_mtok", "output_mtok")
) -> dict[str, Any]:
    """Prices by name, as people write them. Raises ValueError if one is missing, unknown or not an amount."""
    for name in needed:
        if name not in written:
            raise ValueError(f"`{name}` is missing")
    rates = {}
    for name, value in written.items():
        if name not in RATES:
            raise ValueError(f"`{name}` is not a price; there are {', '.join(RATES)}")
        rates[name] = parse_money(value)
    return rates

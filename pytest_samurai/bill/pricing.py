"""What tokens cost: rows of prices, where they come from, and the arithmetic.

Money is `Decimal`, in US dollars, and never rounded before it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from pytest_samurai.errors import SettingsError
from pytest_samurai.wire import RATES, Price, read_rates

_NAME: Final = "pytest-samurai"

_KEY: Final = "prices"

TABLE: Final = f"tool.{_NAME}.{_KEY}"
"""Where a project has prices of its own, in its pyproject.toml."""


def dearest(prices: Sequence[Price]) -> Price:
    """Of several rows for the same model the dearest, whatever their order."""
    return max(prices, key=lambda price: sorted(price.rates().items(), reverse=True))


# --- the user's own prices


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
        return own if own or at is None else _listed(model, at, url, prompt_tokens, service_tier)


def own_prices(directory: Path) -> PriceList:
    """The prices that a project has in its pyproject.toml, the nearest one from a directory upwards; none without one.

    Raises SettingsError, naming the file, and the line if there is one, for what is no price or cannot be read.
    """
    pyproject = next((one for at in (directory, *directory.parents) if (one := at / "pyproject.toml").is_file()), None)
    if pyproject is None:
        return PriceList()
    try:
        content = pyproject.read_bytes()
    except OSError as error:
        raise SettingsError(f"{pyproject}: cannot be read: {error.strerror or error}") from None
    # Most projects have none, and a start of pytest is no time to parse TOML.
    if _NAME.encode() not in content or _KEY.encode() not in content:
        return PriceList()
    return _own_prices(content, pyproject)


# Outside of pytest each cassette asks, and TOML takes longer to parse than a hundred calls to replay.
@lru_cache(8)
def _own_prices(content: bytes, pyproject: Path) -> PriceList:
    import tomllib

    try:
        text = content.decode()
        found: object = tomllib.loads(text, parse_float=Decimal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{pyproject}: not readable as TOML: {error}") from None
    for name in ("tool", _NAME, _KEY):
        found = found.get(name, {}) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        raise SettingsError(
            f"{pyproject}:{_line(text, _KEY)}: [{TABLE}] has to be a table of models and their prices:"
            ' "gpt-4o-mini" = { input_mtok = 0.15, output_mtok = 0.6 }'
        )
    own = []
    for model, row in found.items():
        try:
            if not isinstance(row, Mapping):
                raise ValueError("it has to be a table of prices: { input_mtok = 0.15, output_mtok = 0.6 }")
            own.append((model, Price(source=pyproject.name, **read_rates(row))))
        except ValueError as error:
            raise SettingsError(
                f"{pyproject}:{_line(text, model)}: the price of {model!r} in [{TABLE}]: {error}"
            ) from None
    return PriceList(tuple(own))


def _line(text: str, model: str) -> int:
    """The line of a model's row; that of the table, for a name that is spelled in some other way."""
    table = _HEADER.search(text)
    begin = table.start() if table else text.index(_NAME)
    found = re.compile(rf"""(?<![\w-]){re.escape(model)}["']?\s*[=\]]""").search(text, begin)
    return text.count("\n", 0, found.start() if found else begin) + 1


_HEADER = re.compile(rf"^\[[^\]\n]*{_NAME}", re.MULTILINE)


def lines_to_add(models: Sequence[str]) -> list[str]:
    """What makes unknown prices known, as lines of pyproject.toml."""
    return [f"[{TABLE}]", *(f'"{model}" = {{ input_mtok = "?", output_mtok = "?" }}' for model in models)]


# --- the public list


def _listed(model: str, at: datetime, url: str, prompt_tokens: int, service_tier: str | None) -> Price | None:
    found = _find(model.lower(), url)
    if found is None:
        return None
    row = found.get_prices(at, {"service_tier": service_tier} if service_tier else None)
    rates = tuple(_of_size(getattr(row, name), prompt_tokens) for name in RATES)
    return _row(_source(), rates)


@lru_cache(maxsize=256)
def _row(source: str, rates: Sequence[Decimal | None]) -> Price | None:
    """One object for all the calls that have the same prices."""
    row: dict[str, Any] = dict(zip(RATES, rates, strict=True))
    return None if row["input_mtok"] is None or row["output_mtok"] is None else Price(source=source, **row)


def _of_size(rate: Any, prompt_tokens: int) -> Any:
    """A rate that grows with the prompt holds for all of its tokens, not for those beyond the step alone."""
    if rate is None or isinstance(rate, Decimal):
        return rate
    for tier in reversed(rate.tiers):
        if prompt_tokens > tier.start:
            return tier.price
    return rate.base


def _source() -> str:
    import genai_prices

    return f"genai-prices {genai_prices.__version__}"


@cache
def _find(name: str, url: str) -> Any:
    """The model of the public list that is certainly meant; None if there is none."""
    from genai_prices.data_snapshot import get_snapshot

    for spelled, provider, provider_url in _spellings(name, url):
        try:
            _, found = get_snapshot().find_provider_model(spelled, None, provider, provider_url)
        except LookupError:
            continue
        if _is_certain(found, spelled):
            return found
    return None


# What gateways put around the name of a model: provider10-NAME(clinesp).
_AROUND = re.compile(r"\A(?:provider\d+-)?(.+?)(?:\([\w .-]*\))?\Z")


def _spellings(name: str, url: str) -> Iterator[tuple[str, str | None, str | None]]:
    """Names under which the list may have a model, each with the provider or the URL to ask; the surest first."""
    bare = _AROUND.sub(r"\1", name)
    vendor, _, last = bare.rpartition("/")
    if url:
        yield name, None, url
    if vendor:
        yield last, vendor.rpartition("/")[2], None
    else:
        yield bare, None, None


# What may follow after the name of a model and leaves it the same model.
_VERSION = re.compile(
    r"[-@:](?:20\d\d-?\d\d-?\d\d|\d{3,4}|latest|v\d+(?::\d+)?|(?:preview|exp)(?:-\d\d-\d\d(?:\d\d)?)?)\Z"
)


def _is_certain(found: Any, name: str) -> bool:
    """Whether the list means this very model, not all whose names begin like it or have it somewhere within."""
    meant = {_VERSION.sub("", text) for text in [found.id, *_texts(found.match)]}
    return _VERSION.sub("", name) in meant


def _texts(clause: Any) -> Iterator[str]:
    """The names, and parts of names, by which a model of the list is told."""
    for inner in getattr(clause, "or_", None) or getattr(clause, "and_", None) or ():
        yield from _texts(inner)
    for kind in ("equals", "starts_with", "ends_with", "contains"):
        if hasattr(clause, kind):
            yield getattr(clause, kind).lower()

"""The prices that a project has of its own, in its pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.errors import SettingsError
from pytest_samurai.wire import Price, read_rates

_NAME: Final = "pytest-samurai"

_KEY: Final = "prices"

TABLE: Final = f"tool.{_NAME}.{_KEY}"
"""Where a project has prices of its own, in its pyproject.toml."""

_MENTIONS: Final = (
    re.compile(rf"""{_NAME}["']?[ \t]*[.=\]]""".encode()),
    re.compile(rf"{_KEY}(?<![\w-]{_KEY})".encode()),
)
"""What a file with such a table has: the one as a key of TOML, not as a dependency; the other, not `genai-prices`."""


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
    # Most projects have no such table, and TOML takes longer to parse than a hundred calls to replay.
    if not all(mention.search(content) for mention in _MENTIONS):
        return PriceList()
    return _parsed(content, pyproject)


def _parsed(content: bytes, pyproject: Path) -> PriceList:
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

"""A project's own prices, in its pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.errors import SettingsError
from pytest_samurai.files import REAL, NoFile, read_whole
from pytest_samurai.text import quoted, visible_quoted
from pytest_samurai.wire import Price, read_rates

_NAME: Final = "pytest-samurai"

_KEY: Final = "prices"

TABLE: Final = f"tool.{_NAME}.{_KEY}"
"""The table in pyproject.toml for a project's own prices."""

_MENTIONS: Final = (
    re.compile(rf"""{_NAME}["']?[ \t]*[.=\]]""".encode()),
    re.compile(rf"{_KEY}(?<![\w-]{_KEY})".encode()),
)
"""What every file with this table contains: the first word as a key, not in a list of dependencies; the second as a
separate word, not in `genai-prices`."""


def own_prices(directory: str | Path) -> PriceList:
    """The prices in the nearest pyproject.toml from a directory upwards; none if there is no such file or table.

    Raises SettingsError, with the file and the line if known, if the file can't be read or a price in it is wrong.
    """
    parent = str(directory)
    # Every `use_cassette` asks, and making a Path for each directory takes longer than everything else.
    while (content := _content(pyproject := REAL.join(parent, "pyproject.toml"))) is None:
        if parent == (parent := REAL.dirname(parent)):
            return PriceList()
    # Most projects have no such table, and parsing TOML takes longer than replaying a test.
    if not all(mention.search(content) for mention in _MENTIONS):
        return PriceList()
    return _parsed(content, REAL.Path(pyproject))


def _content(pyproject: str) -> bytes | None:
    """The content of a file; None if it doesn't exist. Raises SettingsError if it can't be read."""
    try:
        return read_whole(pyproject)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, NoFile):
        return None
    except OSError as error:
        raise SettingsError(f"{pyproject}: cannot be read: {error.strerror or error}") from None


def _parsed(content: bytes, pyproject: Path) -> PriceList:
    import tomllib

    try:
        text = content.decode()
        table: object = tomllib.loads(text, parse_float=Decimal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{pyproject}: not readable as TOML: {error}") from None
    for name in ("tool", _NAME, _KEY):
        table = table.get(name, {}) if isinstance(table, Mapping) else None
    if not isinstance(table, Mapping):
        raise SettingsError(
            f"{pyproject}:{_line(text, _KEY)}: [{TABLE}] must be a table of models and their prices:"
            ' "gpt-4o-mini" = { input_mtok = 0.15, output_mtok = 0.6 }'
        )
    own = []
    for model, row in table.items():
        try:
            if not isinstance(row, Mapping):
                raise ValueError("it must be a table of prices: { input_mtok = 0.15, output_mtok = 0.6 }")
            own.append((model, Price(source=pyproject.name, **read_rates(row))))
        except ValueError as error:
            raise SettingsError(
                f"{pyproject}:{_line(text, model)}: the price of {model!r} in [{TABLE}]: {error}"
            ) from None
    return PriceList(tuple(own))


def _line(text: str, model: str) -> int:
    """The line with the key of a model; if the key is spelled differently, the line of the table."""
    header = _HEADER.search(text)
    begin = header.start() if header else text.index(_NAME)
    key = re.compile(rf"""(?<![\w-]){re.escape(model)}["']?\s*[=\]]""").search(text, begin)
    return text.count("\n", 0, key.start() if key else begin) + 1


_HEADER = re.compile(rf"^\[[^\]\n]*{_NAME}", re.MULTILINE)


def lines_to_add(models: Sequence[str]) -> list[str]:
    """The lines for pyproject.toml that set the prices of these models, each with a "?" for the user to fill in."""
    return [f"[{TABLE}]", *(f'{_as_key(model)} = {{ input_mtok = "?", output_mtok = "?" }}' for model in models)]


def _as_key(model: str) -> str:
    """The name of a model as a quoted TOML key. Unprintable characters are escaped: see `text.visible`."""
    return visible_quoted(quoted(model)).replace("##", r"#\u0023")

"""Output for a terminal, laid out by rich, and plain text elsewhere."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from rich.console import Console

_WIDEST = 10_000
_GAP = 2
_NARROWEST = 10
"""Columns are never narrower than this, in characters, when their texts are wrapped."""


class Line(NamedTuple):
    """A line of text that is safe to show, its indentation, and its style in a terminal, as rich names it."""

    text: str
    indent: int = 0
    style: str = ""


class Column(NamedTuple):
    """A column of a table: whether its texts are right-aligned, and whether they are too short to wrap."""

    name: str
    is_number: bool = False
    is_short: bool = True


def is_terminal() -> bool:
    """Whether the output goes to a terminal that has colours and a user who wants them (see no-color.org)."""
    return (
        sys.stdout is not None
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def laid_out(lines: Iterable[Line], *, plain: bool = False) -> Iterable[str]:
    """Lines as they are printed: coloured and wrapped in a terminal; unchanged elsewhere, or if `plain`."""
    if plain or not is_terminal():
        return (f"{' ' * line.indent}{line.text}" for line in lines)
    return _in_terminal(lines)


def _in_terminal(lines: Iterable[Line]) -> Iterable[str]:
    from rich.padding import Padding
    from rich.text import Text

    console = _console()
    for line in lines:
        text = Text(line.text, style=line.style, overflow="fold")
        yield from _rendered(console, Padding(text, (0, 0, 0, line.indent)))


def in_colours(rows: Iterable[tuple[int, Sequence[tuple[str, str]]]]) -> Iterable[str]:
    """Rows as a terminal shows them: the indentation of each, and its safe texts with their styles."""
    from rich.padding import Padding
    from rich.text import Text

    console = _console()
    for indent, texts in rows:
        text = Text.assemble(*texts, overflow="fold")
        yield from _rendered(console, Padding(text, (0, 0, 0, indent), expand=False))


def table(columns: Sequence[Column], rows: Iterable[Sequence[Line]]) -> Iterable[str]:
    """A table as lines to print. In a terminal, it fits the width and wraps long texts; elsewhere, a row is a line.

    If the terminal is too narrow for the table, each line continues on the next line of the terminal.
    """
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)

    laid = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.is_number else "left"
        laid.add_column(column.name, justify=justify, overflow="fold", no_wrap=column.is_short)
    for row in rows:
        laid.add_row(*(Text(cell.text, style=cell.style) for cell in row))
    console = _console()
    console.width = max(console.width, _least_width(columns, rows))
    return _rendered(console, laid)


def _least_width(columns: Sequence[Column], rows: Sequence[Sequence[Line]]) -> int:
    from rich.cells import cell_len

    texts = ([column.name, *(row[number].text for row in rows)] for number, column in enumerate(columns))
    widths = [max(map(cell_len, column)) for column in texts]
    least = (
        width if column.is_short else min(width, _NARROWEST) for column, width in zip(columns, widths, strict=True)
    )
    return sum(least) + _GAP * (len(columns) - 1)


def _console() -> Console:
    from rich.console import Console

    if is_terminal():
        return Console(file=io.StringIO(), force_terminal=True, width=_width(), highlight=False, markup=False)
    return Console(file=io.StringIO(), width=_WIDEST, color_system=None, highlight=False, markup=False)


def _width() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _rendered(console: Console, renderable: object) -> list[str]:
    with console.capture() as capture:
        console.print(renderable)
    return [line.rstrip() for line in capture.get().removesuffix("\n").split("\n")]

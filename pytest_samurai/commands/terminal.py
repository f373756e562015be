"""What commands show: with colours, and wrapped, in a terminal; else as plain lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_samurai.text import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


class Piece(NamedTuple):
    """A stretch of a line, in one of `STYLES`. Where there are no colours, it stands in these `brackets`."""

    text: str
    style: str = ""
    brackets: str = ""


Line = Sequence[Piece]

STYLES: Final[Mapping[str, str]] = {
    "": "",
    "name": "bold",
    "faint": "dim",
    "removed": "red",
    "added": "green",
    "removed word": "bold white on red",
    "added word": "bold black on green",
    "wrong": "bold red",
}
"""The styles of pieces, as rich has them."""


def line(text: str, style: str = "") -> Line:
    """A line in one style."""
    return [Piece(text, style)]


def plain(pieces: Line) -> str:
    """A line without colours, safe to show."""
    return visible("".join(_bracketed(piece) for piece in pieces))


def _bracketed(piece: Piece) -> str:
    return f"{piece.brackets[0]}{piece.text}{piece.brackets[1]}" if piece.brackets else piece.text


def has_colours() -> bool:
    """Whether what is printed goes to a terminal that is to have colours: see no-color.org."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show(lines: Iterable[Line]) -> None:
    """Print lines. In a terminal, one that is too long goes on below its own beginning."""
    if has_colours():
        console = _console()
        for pieces in lines:
            _print(console, pieces)
    else:
        for pieces in lines:
            print(plain(pieces), flush=True)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=False)


def _print(console: Console, pieces: Line) -> None:
    from rich.padding import Padding

    text = _styled(pieces)
    margin = len(text.plain) - len(text.plain.lstrip(" "))
    console.print(Padding(text[margin:] if margin else text, (0, 0, 0, margin)), overflow="fold")


def _styled(pieces: Line) -> Text:
    from rich.text import Text

    styled = Text.assemble(*((visible(piece.text), STYLES[piece.style]) for piece in pieces))
    # What is harmless piece by piece may be obeyed as a whole.
    whole = visible(styled.plain)
    return styled if whole == styled.plain else Text(whole)

"""Lines that have several styles: what changed stands out, in colours or in brackets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from pytest_samurai.commands.terminal import in_colours, is_terminal
from pytest_samurai.text import visible


class Piece(NamedTuple):
    """A stretch of a line, in one of `STYLES`. Where there are no colours, a changed one stands in brackets."""

    text: str
    style: str = ""
    is_changed: bool = False


Line = Sequence[Piece]

STYLES: Final[Mapping[tuple[str, bool], str]] = {
    ("", False): "",
    ("name", False): "bold",
    ("faint", False): "dim",
    ("wrong", False): "bold red",
    ("removed", False): "red",
    ("removed", True): "bold white on red",
    ("added", False): "green",
    ("added", True): "bold black on green",
}
"""The styles of pieces, and of changed ones, in rich's words."""


def line(text: str, style: str = "") -> Line:
    """A line in one style."""
    return [Piece(text, style)]


def printed(lines: Iterable[Line]) -> Iterable[str]:
    """Lines as they are printed: with colours, and wrapped below their own beginning, in a terminal."""
    if is_terminal():
        return in_colours(map(_coloured, lines))
    return map(_plain, lines)


def _plain(pieces: Line) -> str:
    return visible("".join(f"[{piece.text}]" if piece.is_changed else piece.text for piece in pieces)).rstrip()


def _coloured(pieces: Line) -> tuple[int, Sequence[tuple[str, str]]]:
    texts = [(visible(piece.text), STYLES[piece.style, piece.is_changed]) for piece in pieces]
    whole = "".join(text for text, _ in texts)
    if visible(whole) != whole:
        # What is harmless piece by piece may be obeyed as a whole.
        texts = [(visible(whole), "")]
    indent = len(whole) - len(whole.lstrip(" "))
    return indent, list(_from(indent, texts))


def _from(start: int, texts: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """The texts without the first characters of all."""
    for text, style in texts:
        yield text[start:], style
        start = max(0, start - len(text))

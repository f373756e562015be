"""Lines with several styles. Changes stand out, in colours or in brackets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from pytest_samurai.commands.terminal import in_colours, is_terminal
from pytest_samurai.text import visible


class Piece(NamedTuple):
    """A stretch of a line, in one of `STYLES`. Without colours, a changed one is in brackets."""

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
"""The styles of pieces, and of changed ones, as rich names them."""


def line(text: str, style: str = "") -> Line:
    """A line in one style."""
    return [Piece(text, style)]


def printed(lines: Iterable[Line]) -> Iterable[str]:
    """Lines as they are printed. In a terminal, they have colours and are wrapped with a hanging indent."""
    if is_terminal():
        return in_colours(map(_coloured, lines))
    return map(_plain, lines)


def _plain(pieces: Line) -> str:
    return visible("".join(f"[{piece.text}]" if piece.is_changed else piece.text for piece in pieces)).rstrip()


def _coloured(pieces: Line) -> tuple[int, Sequence[tuple[str, str]]]:
    texts = [(visible(piece.text), STYLES[piece.style, piece.is_changed]) for piece in pieces]
    whole = "".join(text for text, _ in texts)
    if visible(whole) != whole:
        # Harmless pieces may form something that a terminal obeys.
        texts = [(visible(whole), "")]
    indent = len(whole) - len(whole.lstrip(" "))
    return indent, list(_from(indent, texts))


def _from(start: int, texts: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """The texts without the first `start` characters in total."""
    for text, style in texts:
        yield text[start:], style
        start = max(0, start - len(text))

"""Reads as much as possible from a cassette that can't be read as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pytest_samurai.cassette.frame import HEAD, TAIL, is_ours
from pytest_samurai.cassette.reader import parse
from pytest_samurai.errors import CassetteError
from pytest_samurai.text import sides_of
from pytest_samurai.wire import Interaction

_FIRST = b"- request:"
_HEAD_OF_OTHERS = b"interactions:\n"


@dataclass(frozen=True, slots=True)
class Reading:
    """The interactions of a file in order, or the reason for each one that can't be read.

    `side` is the side of a merge, "ours" or "theirs"; it is empty for a file without conflict marks. `damage` says why
    the file can't be read as a whole; it is empty if it can.
    """

    interactions: Sequence[Interaction | str]
    side: str = ""
    damage: str = ""


def readings(content: bytes, path: Path) -> list[Reading]:
    """Everything readable in a file: one reading, or two for a file with the marks of a merge conflict.

    `path` is for the text of errors. If the content isn't a cassette, nothing is raised: the reading says so.
    """
    try:
        return [Reading(parse(content, path))]
    except CassetteError as error:
        damage = str(error)
    sides = sides_of(content)
    if sides is None:
        return [Reading(list(_pieces(content, path)), damage=damage)]
    contents = [b"\n".join(line for line, _ in side) for side in sides]
    return [
        Reading(_read_side(side, path), name, damage) for name, side in zip(("ours", "theirs"), contents, strict=True)
    ]


def _read_side(content: bytes, path: Path) -> Sequence[Interaction | str]:
    try:
        return parse(content, path)
    except CassetteError:
        return list(_pieces(content, path))


def _pieces(content: bytes, path: Path) -> Iterator[Interaction | str]:
    """Each interaction, read on its own."""
    head = HEAD.encode() if is_ours(content) else _HEAD_OF_OTHERS
    lines = content.replace(b"\r\n", b"\n").removesuffix(TAIL).split(b"\n")
    starts = [number for number, line in enumerate(lines) if line.startswith(_FIRST)]
    for start, end in pairwise([*starts, len(lines)]):
        piece = b"\n".join(lines[start:end]).rstrip(b"\n")
        try:
            yield from parse(head + piece + b"\n" + TAIL, path)
        except CassetteError as error:
            # Its line number is counted within the piece.
            _, _, reason = str(error).partition(": ")
            yield reason.removeprefix("interaction 1 ").removeprefix("is damaged: ")

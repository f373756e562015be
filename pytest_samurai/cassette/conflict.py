"""Both sides of a merge conflict in a cassette."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pytest_samurai.cassette.frame import HEAD, HEAD_OF_NONE, TAIL
from pytest_samurai.cassette.seal import is_sealed
from pytest_samurai.text import Side, sides_of


def both_sides(content: bytes) -> bytes | None:
    """A cassette with everything from both sides of its merge conflicts; None if it has none.

    Also None for a file that isn't as we wrote it. If git mixed the two sides so that a seal doesn't fit, that
    interaction was never recorded, and it is left out.
    """
    sides = sides_of(content)
    if sides is None or not all(map(_is_ours, sides)):
        return None
    ours, theirs = (list(_texts(side)) for side in sides)
    texts = b"".join(_united(ours, theirs))
    return (HEAD if texts else HEAD_OF_NONE).encode() + texts + TAIL


_HEAD = HEAD.encode().splitlines()
_TAIL = TAIL.split(b"\n")
_FIRST = b"- request:"


def _is_ours(side: Side) -> bool:
    lines = [line for line, _ in side]
    return lines[:3] == [*_HEAD, _FIRST] and lines[-2:] == _TAIL


def _texts(side: Side) -> Iterator[bytes]:
    """The interactions of a side: those that both sides have, and others if their seal still fits."""
    starts = [number for number, (line, _) in enumerate(side) if line == _FIRST]
    for start, end in pairwise([*starts, len(side) - len(_TAIL)]):
        lines = [line for line, _ in side[start:end]]
        if all(is_common for _, is_common in side[start:end]) or is_sealed(lines):
            yield b"\n".join([*lines, b""])


def _united(ours: Sequence[bytes], theirs: Sequence[bytes]) -> Iterator[bytes]:
    """Ours and theirs, in the order of both. Between two interactions that both have, ours come first."""
    places = {text: index for index, text in enumerate(theirs)}
    only_theirs = set(theirs) - set(ours)
    passed = 0
    for text in ours:
        if text in places:
            yield from filter(only_theirs.__contains__, theirs[passed : places[text]])
            passed = max(passed, places[text])
        yield text
    yield from filter(only_theirs.__contains__, theirs[passed:])

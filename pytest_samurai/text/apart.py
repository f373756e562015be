"""Where two sequences of words or sentences differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

# Comparing takes time proportional to the product of both lengths.
_COMPARED = 100_000


class Edit(NamedTuple):
    """Ranges that replace each other in two sequences, by the indexes of both."""

    begin: int
    end: int
    new_begin: int
    new_end: int


def edits(old: Sequence[str], new: Sequence[str], is_junk: Callable[[str], bool] | None = None) -> list[Edit]:
    """The differences, in order. Elements that are `is_junk` don't help to decide what belongs together.

    In sequences too long to compare, everything between the common beginning and end is one edit.
    """
    # Imported here, so that this package loads without it: pytest's start needs other texts.
    from difflib import SequenceMatcher

    head = in_common(old, new)
    tail = in_common(old[head:][::-1], new[head:][::-1])
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(left) * len(right) > _COMPARED:
        return [Edit(head, len(old) - tail, head, len(new) - tail)]
    codes = SequenceMatcher(is_junk, left, right, autojunk=False).get_opcodes()
    return [Edit(*(head + edge for edge in edges)) for kind, *edges in codes if kind != "equal"]


def in_common(left: Sequence[object], right: Sequence[object]) -> int:
    """The number of elements that two sequences share at their beginning."""
    count = 0
    for old, new in zip(left, right, strict=False):
        if old != new:
            break
        count += 1
    return count

"""Where two sequences of words or sentences differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

# Comparing takes time in proportion to the product of both lengths.
_COMPARED = 100_000


class Edit(NamedTuple):
    """What stands in each other's place in two sequences, by the indexes of both."""

    begin: int
    end: int
    new_begin: int
    new_end: int


def edits(old: Sequence[str], new: Sequence[str], is_junk: Callable[[str], bool] | None = None) -> list[Edit]:
    """What differs, in order. What `is_junk` says nothing about what belongs together.

    Of sequences too long to be compared, all between what both begin and end with is one edit.
    """
    # Here, so that this package loads without it: pytest's start needs other texts.
    from difflib import SequenceMatcher

    head = in_common(old, new)
    tail = in_common(old[head:][::-1], new[head:][::-1])
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(left) * len(right) > _COMPARED:
        return [Edit(head, len(old) - tail, head, len(new) - tail)]
    codes = SequenceMatcher(is_junk, left, right, autojunk=False).get_opcodes()
    return [Edit(*(head + edge for edge in edges)) for kind, *edges in codes if kind != "equal"]


def in_common(left: Sequence[object], right: Sequence[object]) -> int:
    """How many elements two sequences have in common at their beginning."""
    count = 0
    for old, new in zip(left, right, strict=False):
        if old != new:
            break
        count += 1
    return count

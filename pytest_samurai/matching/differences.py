"""The differences between two JSON values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from pytest_samurai.matching.bodies import Json, canonical
from pytest_samurai.matching.paths import Path_, format_path


@dataclass(frozen=True, slots=True)
class Difference:
    """A path where two requests differ, and both values; `MISSING` replaces a missing value."""

    path: str
    recorded: Json
    asked: Json


class _Missing:
    def __repr__(self) -> str:
        return "(absent)"


MISSING = _Missing()


def differences(recorded: Json, asked: Json, path: Path_ = ()) -> Iterator[Difference]:
    """The differences between two JSON values, each at the deepest path that both share.

    Whatever two lists share at both ends is left out first, so an inserted item is one difference.
    """
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for key in [*recorded, *(key for key in asked if key not in recorded)]:
            yield from differences(recorded.get(key, MISSING), asked.get(key, MISSING), (*path, key))
    elif isinstance(recorded, list) and isinstance(asked, list):
        head = _in_common(recorded, asked)
        tail = _in_common(recorded[head:][::-1], asked[head:][::-1])
        pairs = zip_longest(recorded[head : len(recorded) - tail], asked[head : len(asked) - tail], fillvalue=MISSING)
        for index, (old, new) in enumerate(pairs, head):
            yield from differences(old, new, (*path, index))
    elif type(recorded) is not type(asked) or recorded != asked:
        yield Difference(format_path(path), recorded, asked)


def _in_common(recorded: Sequence[Json], asked: Sequence[Json]) -> int:
    """The number of equal items at the start of both lists. Not compared by `==`, because True equals 1."""
    count = 0
    for old, new in zip(recorded, asked, strict=False):
        if canonical(old) != canonical(new):
            break
        count += 1
    return count

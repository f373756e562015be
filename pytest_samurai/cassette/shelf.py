"""The cassettes that a run has read: one that many tests play from is read once."""

from __future__ import annotations

import os
import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pytest_samurai.cassette import journal
from pytest_samurai.cassette.journal import LeftBehind
from pytest_samurai.cassette.reader import read, recordings
from pytest_samurai.wire import Recordings

_MOST_BYTES = 64_000_000
# File systems date changes by ticks of up to two seconds: a file this young may change and keep its date.
_SETTLED = 2_000_000_000


@dataclass(slots=True)
class Kept:
    """A cassette as it was read; `memo` is for what is made of its recordings."""

    recordings: Recordings
    size: int
    signature: tuple[int, ...]
    memo: dict[Hashable, Any] = field(default_factory=dict)


class Shelf:
    """Keeps cassettes by path, as long as the file stays the same; those that were last used, of too many."""

    def __init__(self) -> None:
        self._kept: dict[Path, Kept] = {}
        self._bytes = 0

    def load(self, path: Path) -> Kept:
        """A cassette. Raises what `cassette.load` does."""
        kept = self._kept.pop(path, None)
        self._bytes -= 0 if kept is None else kept.size
        if kept is None or kept.signature != _signature(path):
            # The date of a file that changes while it is read is one of before.
            signature = _signature(path)
            content = read(path)
            kept = Kept(recordings(content, path), len(content), signature)
        if kept.signature:
            self._kept[path] = kept
            self._bytes += kept.size
            while self._bytes > _MOST_BYTES:
                self._bytes -= self._kept.pop(next(iter(self._kept))).size
        return kept


def left_behind(path: Path) -> Iterator[LeftBehind]:
    """As of `journal`, but a directory is not read anew while it stays the same.

    It may hold thousands of cassettes, and each test looks.
    """
    directory = os.path.dirname(path)  # noqa: PTH120 - as all of this: a Path takes longer to make than to ask for
    signature = _signature(directory)
    if _has_journals(directory, signature) if signature else journal.names_in(directory):
        yield from journal.left_behind(path)


@lru_cache
def _has_journals(directory: str, signature: tuple[int, ...]) -> bool:
    """Of a directory that has this signature."""
    del signature  # another one is another question
    return bool(journal.names_in(directory))


def _signature(path: str | Path) -> tuple[int, ...]:
    """What changes with a file, or with a directory; nothing if it cannot be relied upon to."""
    try:
        found = os.stat(path)  # noqa: PTH116 - see above
    except OSError:
        return ()
    if time.time_ns() - found.st_mtime_ns < _SETTLED:
        return ()
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)

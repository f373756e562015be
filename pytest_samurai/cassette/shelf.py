"""The shelf of a run: a cassette that many tests play from is read once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_samurai.cassette import journal
from pytest_samurai.cassette.conflict import both_sides
from pytest_samurai.cassette.frame import is_ours
from pytest_samurai.cassette.journal import LeftBehind
from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.reader import read, recordings
from pytest_samurai.files import REAL, now_ns
from pytest_samurai.wire import Recordings

_MOST_BYTES = 64_000_000
# In nanoseconds. File systems date changes in ticks of up to two seconds: a younger file may change and keep its date.
_SETTLED = 2_000_000_000


@dataclass(slots=True)
class Kept:
    """A cassette that was read; `memo` holds what others have computed from its recordings.

    `in_conflict` says that it was read from both sides of a merge conflict, `is_ours` that it is in our own layout:
    recorded here, or imported.
    """

    recordings: Recordings
    size: int
    signature: tuple[int, ...]
    in_conflict: bool = False
    is_ours: bool = True
    memo: dict[Hashable, Any] = field(default_factory=dict)


class Shelf:
    """Keeps cassettes by path, each until its file changes. If there are too many, the least recently used go.

    Other shelves may share the `memory`.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or Memory()
        self._kept: dict[Path, Kept] = {}
        self._bytes = 0

    def load(self, path: Path, *, settles: bool = False) -> Kept:
        """A cassette. Raises CassetteError if it can't be read; FileNotFoundError if it doesn't exist.

        With `settles`, a cassette in a merge conflict has everything from both sides.
        """
        kept = self._kept.pop(path, None)
        self._bytes -= 0 if kept is None else kept.size
        if kept is None or kept.signature != _signature(path) or (kept.in_conflict and not settles):
            # Taken before the file is read: if the file changes meanwhile, its date will differ.
            signature = _signature(path)
            content = read(path)
            both = both_sides(content) if settles else None
            content = both or content
            read_recordings = recordings(content, path, self._memory)
            kept = Kept(read_recordings, len(content), signature, both is not None, is_ours(content))
        if kept.signature:
            self._kept[path] = kept
            self._bytes += kept.size
            while self._bytes > _MOST_BYTES:
                self._bytes -= self._kept.pop(next(iter(self._kept))).size
        return kept

    def left_behind(self, path: Path) -> Iterator[LeftBehind]:
        """The journals next to a cassette that dead processes have left; each stays locked until it is closed."""
        directory = REAL.dirname(path)  # every test needs this, and a Path takes longer to make
        signature = _signature(directory)
        if self._memory.directories.has_same(directory, signature):
            return
        if journal.names_in(directory):
            yield from journal.left_behind(path)
        else:
            self._memory.directories.add(directory, signature)


def _signature(path: str | Path) -> tuple[int, ...]:
    """A value that changes with a file or directory; empty if the file may still change without changing it."""
    try:
        status = REAL.stat(path)
    except OSError:
        return ()
    if now_ns() - status.st_mtime_ns < _SETTLED:
        return ()
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)

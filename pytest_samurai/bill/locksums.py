"""The checksums of a lock's rows. They show what was changed by hand or damaged."""

from __future__ import annotations

from typing import Final
from zlib import crc32

from pytest_samurai.files import json

END: Final = "# The end: a lock without this line was cut off."
"""The last line of the file. It is the same in all locks, so it never conflicts in a merge."""


def checksum(*row: str) -> str:
    """The checksum of a row, written after it; `row` is the names that lead to the row, then its text."""
    return f"{crc32(json.dumps(row).encode()):08x}"


class Sums:
    """Compares the rows of a file with their checksums while it is read.

    A row is identified by its section and its key in that section. Older files have no checksums.
    """

    def __init__(self) -> None:
        self._is_summed = False
        self._is_whole = False
        self._changed: set[tuple[str, str]] = set()
        self._without: set[tuple[str, str]] = set()

    def end(self) -> None:
        """Note the last line."""
        self._is_summed = self._is_whole = True

    def compare(self, written: str | None, *row: str) -> None:
        """Compare a row with the checksum after it, if there is one."""
        self._is_whole = False
        name = (row[0], row[1])
        if written is None:
            self._without.add(name)
            return
        self._is_summed = True
        if written != checksum(*row):
            self._changed.add(name)

    @property
    def is_cut_off(self) -> bool:
        """Whether the last line is missing from a file that had one."""
        return self._is_summed and not self._is_whole

    def by_hand(self) -> frozenset[tuple[str, str]]:
        """The rows that were changed by hand, once all are read."""
        return frozenset(self._changed | (self._without if self._is_summed else set()))

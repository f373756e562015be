"""Values that were read before, by how they were written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_Written = TypeVar("_Written")
_Read = TypeVar("_Read")


class Remembered(dict[_Written, _Read]):
    """Reads an unknown value when it is asked for. At `most` values, it forgets them all."""

    def __init__(self, read: Callable[[_Written], _Read], most: int) -> None:
        self._read = read
        self._most = most

    def __missing__(self, written: _Written) -> _Read:
        if len(self) >= self._most:
            self.clear()
        value = self[written] = self._read(written)
        return value

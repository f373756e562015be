"""The line that shows the progress of a recording."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TextIO

from pytest_samurai.bill import NO_COST, NO_USAGE, Call, Sum
from pytest_samurai.text import money, plural, visible
from pytest_samurai.wire import Usage


@dataclass(frozen=True, slots=True)
class SoFar:
    """The live calls of a run: how many, what they used, and what they cost in US dollars."""

    calls: int = 0
    usage: Sum[Usage] = NO_USAGE
    cost: Sum[Decimal] = NO_COST

    def plus(self, call: Call) -> SoFar:
        return SoFar(self.calls + 1, self.usage + call.usage, self.cost + call.cost)

    def text(self) -> str:
        tokens = plural(self.usage.known.total_tokens, "token") + self.usage.doubt("call")
        return f"{plural(self.calls, 'live call')} so far, {tokens}, {money(self.cost.known)}{self.cost.doubt('call')}"


# ECMA-48: erase the rest of the line, go up a line, go right. DEC's private mode 7: whether long lines wrap.
_ERASE, _UP, _RIGHT = "\x1b[K", "\x1b[A", "\x1b[{}C"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"


class Progress:
    """Writes the line below the one that pytest is writing, and erases it before pytest continues.

    `terminal` must be a terminal. `size` gives its width in columns, and the column where pytest stopped.
    """

    def __init__(self, terminal: TextIO, size: Callable[[], tuple[int, int]]) -> None:
        self._terminal = terminal
        self._size = size
        self._so_far = SoFar()
        self._column: int | None = None
        # A call ends in the thread that made it, which may be any.
        self._lock = threading.Lock()

    def call(self, test: str, call: Call) -> None:
        """Count a live call of a test that has ended, and show it."""
        with self._lock:
            self._so_far = self._so_far.plus(call)
            width, column = self._size()
            begin = "\n" if self._column is None else f"\r{_ERASE}"
            self._column = column if self._column is None else self._column
            line = f"samurai: {visible(test)}: {self._so_far.text()}"[: width - 1]
            self._write(f"{begin}{_NO_WRAP}{line}{_WRAP}")

    def clear(self) -> None:
        """Erase the line and put the cursor back, because pytest is about to write."""
        with self._lock:
            if self._column is not None:
                self._write(f"\r{_ERASE}{_UP}{_RIGHT.format(self._column) if self._column else ''}")
                self._column = None

    def leave(self) -> None:
        """Leave the line, because somebody else has started another one below it."""
        with self._lock:
            self._column = None

    def _write(self, text: str) -> None:
        try:
            self._terminal.write(text)
            self._terminal.flush()
        except OSError:
            # The terminal was closed. That must not fail a call of the application.
            pass

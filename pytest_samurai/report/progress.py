"""One line that says how far a long recording is, while it goes on, and is gone afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TextIO

from pytest_samurai.bill import NO_COST, NO_USAGE, Call, Sum
from pytest_samurai.text import money, plural
from pytest_samurai.wire import Usage


@dataclass(frozen=True, slots=True)
class SoFar:
    """The live calls of a run: how many there were, what they used, and what they cost in US dollars."""

    calls: int = 0
    usage: Sum[Usage] = NO_USAGE
    cost: Sum[Decimal] = NO_COST

    def plus(self, call: Call) -> SoFar:
        return SoFar(self.calls + 1, self.usage + call.usage, self.cost + call.cost)

    def text(self) -> str:
        tokens = plural(self.usage.known.total_tokens, "token") + _doubt(self.usage)
        return f"{plural(self.calls, 'live call')} so far, {tokens}, {money(self.cost.known)}{_doubt(self.cost)}"


def _doubt(total: Sum[Usage] | Sum[Decimal]) -> str:
    return f" ({total.unknown_in('call')})" if total.unknown else ""


# ECMA-48: erase the rest of the line, go up a line, go right; and DEC's switch for lines that wrap at the edge.
_ERASE, _UP, _RIGHT = "\x1b[K", "\x1b[A", "\x1b[{}C"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"


class Progress:
    """Writes the line below the one that somebody else is writing, and takes it away before they go on.

    `terminal` has to be one; `size` gives its width in columns, and the column at which the others stopped.
    """

    def __init__(self, terminal: TextIO, size: Callable[[], tuple[int, int]]) -> None:
        self._terminal = terminal
        self._size = size
        self._so_far = SoFar()
        self._column: int | None = None
        # Calls end in whatever thread made them.
        self._lock = threading.Lock()

    def call(self, test: str, call: Call) -> None:
        """A call of a test has gone live, and is through."""
        with self._lock:
            self._so_far = self._so_far.plus(call)
            width, column = self._size()
            begin = "\n" if self._column is None else f"\r{_ERASE}"
            self._column = column if self._column is None else self._column
            line = f"samurai: {test}: {self._so_far.text()}"[: width - 1]
            self._write(f"{begin}{_NO_WRAP}{line}{_WRAP}")

    def clear(self) -> None:
        """Others are about to write: the cursor goes back to where they left it."""
        with self._lock:
            if self._column is not None:
                self._write(f"\r{_ERASE}{_UP}{_RIGHT.format(self._column) if self._column else ''}")
                self._column = None

    def leave(self) -> None:
        """Others have begun a line below, so this one stays."""
        with self._lock:
            self._column = None

    def _write(self, text: str) -> None:
        try:
            self._terminal.write(text)
            self._terminal.flush()
        except OSError:
            # The terminal was closed. That is no reason for a call of the application's to fail.
            pass

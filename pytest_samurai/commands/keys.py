"""Single keys, read from a terminal as they are pressed."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_ESCAPE = "\x1b"
_SHORTEST = 2

Read = Callable[[], str]
"""Waits for a key. Returns an empty text at the end of the input."""


def can_answer() -> bool:
    """Whether a person can read the output and answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def single_keys() -> Iterator[Read]:
    """Make the terminal pass on each key at once, without showing it."""
    if sys.platform == "win32":  # pragma: no cover - this machine takes the other branch
        import msvcrt

        yield msvcrt.getwch
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    # Not immediately: what was typed ahead would be lost.
    tty.setcbreak(descriptor, termios.TCSADRAIN)
    mode = termios.tcgetattr(descriptor)
    # Ctrl-C must be a key too: its signal could come just before reading starts, and reading would go on.
    mode[3] &= ~termios.ISIG
    termios.tcsetattr(descriptor, termios.TCSADRAIN, mode)
    try:
        yield lambda: _key(descriptor)
    finally:
        # A closed terminal needs no reset.
        with suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _key(descriptor: int) -> str:
    key = _read(descriptor)
    if key != _ESCAPE:
        return key
    # An arrow or a function key sends several characters. The last one is a letter or a tilde.
    while select.select([descriptor], [], [], 0)[0] and (more := _read(descriptor)):
        key += more
        if len(key) > _SHORTEST and (more.isalpha() or more == "~"):
            break
    return key


def _read(descriptor: int) -> str:
    return os.read(descriptor, 1).decode("latin-1")

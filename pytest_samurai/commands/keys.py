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
"""Waits for a key. It is empty at the end of the input."""


def can_answer() -> bool:
    """Whether somebody can read what is printed, and answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def single_keys() -> Iterator[Read]:
    """Have the terminal hand over each key at once, unseen."""
    if sys.platform == "win32":  # pragma: no cover - the other branch is that of this machine
        import msvcrt

        yield msvcrt.getwch
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    # Not at once: what was typed ahead would be lost.
    tty.setcbreak(descriptor, termios.TCSADRAIN)
    mode = termios.tcgetattr(descriptor)
    # Ctrl-C is a key as well: the signal could come just before the reading of a key begins, which would go on.
    mode[3] &= ~termios.ISIG
    termios.tcsetattr(descriptor, termios.TCSADRAIN, mode)
    try:
        yield lambda: _key(descriptor)
    finally:
        # A terminal that is gone needs it no more.
        with suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _key(descriptor: int) -> str:
    key = _read(descriptor)
    if key != _ESCAPE:
        return key
    # An arrow, or a function key, is several characters, the last of which is a letter or a tilde.
    while select.select([descriptor], [], [], 0)[0] and (more := _read(descriptor)):
        key += more
        if len(key) > _SHORTEST and (more.isalpha() or more == "~"):
            break
    return key


def _read(descriptor: int) -> str:
    return os.read(descriptor, 1).decode("latin-1")

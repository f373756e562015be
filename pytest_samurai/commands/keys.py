"""Single keys, read from a terminal as they are pressed."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ESCAPE = "\x1b"

Read = Callable[[], str]
"""Waits for a key. It is empty at the end of the input."""


def can_answer() -> bool:
    """Whether somebody can read what is printed, and answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def single_keys() -> Iterator[Read]:
    """Have the terminal hand over each key at once, unseen. Where it does not, a key is the beginning of a line."""
    if sys.platform == "win32":  # pragma: no cover - the other branch is that of this machine
        import msvcrt

        yield msvcrt.getwch
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(descriptor)
    except termios.error:
        yield lambda: sys.stdin.readline()[:1]
        return
    # Not at once: what was typed ahead would be lost.
    tty.setcbreak(descriptor, termios.TCSADRAIN)
    try:
        yield lambda: _key(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _key(descriptor: int) -> str:
    key = _read(descriptor)
    # An arrow, or a function key, is several characters, of which some are letters.
    while key.startswith(_ESCAPE) and select.select([descriptor], [], [], 0)[0] and (more := _read(descriptor)):
        key += more
    return key


def _read(descriptor: int) -> str:
    try:
        return os.read(descriptor, 1).decode("latin-1")
    except OSError:
        # The terminal is gone.
        return ""

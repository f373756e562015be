"""A program in a pseudo-terminal, where a test reads the screen and presses keys."""

from __future__ import annotations

import fcntl
import os
import re
import select
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

_LONGEST_WAIT = 30.0
"""A program that shows nothing for this many seconds fails the test."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Terminal:
    """A program that runs in a terminal of 100 columns."""

    def __init__(self, arguments: Sequence[str | Path], directory: Path, environ: Mapping[str, str]) -> None:
        self._ours, theirs = os.openpty()
        self._process = subprocess.Popen(
            list(map(str, arguments)),
            cwd=directory,
            env={**environ, "COLUMNS": "100", "LINES": "40", "TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            # So that the interrupt key interrupts.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self._shown = ""

    def until(self, text: str) -> str:
        """The output up to a text, without colours. The next call continues after it."""
        while text not in self.plain:
            if not self._read():
                self._fail(f"{text!r} did not come")
        shown, _, rest = self.plain.partition(text)
        self._shown = rest
        return shown + text

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def rest(self) -> str:
        """The output until the program ends, without colours."""
        while self._read():
            pass
        return self.plain

    def end(self) -> int:
        """Wait for the end. Returns the exit status."""
        self.rest()
        status = self._process.wait(_LONGEST_WAIT)
        os.close(self._ours)
        return status

    @property
    def has_lines(self) -> bool:
        """Whether the terminal waits for a whole line before it passes on what was typed."""
        return bool(termios.tcgetattr(self._ours)[3] & termios.ICANON)

    @property
    def raw(self) -> str:
        return self._shown

    @property
    def plain(self) -> str:
        return _COLOURS.sub("", self._shown).replace("\r\n", "\n")

    def _fail(self, what: str) -> NoReturn:
        self._process.kill()
        self._process.wait()
        pytest.fail(f"{what}; this did:\n{self.plain}")

    def _read(self) -> bool:
        """Wait for output and read it. Returns whether anything arrived."""
        if not select.select([self._ours], [], [], _LONGEST_WAIT)[0]:
            self._fail("nothing more came")
        try:
            data = os.read(self._ours, 65536)
        except OSError:
            # The program has ended, and so has its side.
            return False
        self._shown += data.decode("utf-8", "replace")
        return bool(data)

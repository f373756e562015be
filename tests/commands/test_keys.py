"""Keys of a terminal, one at a time."""

from __future__ import annotations

import os
import sys
import termios
from pathlib import Path

import pytest

from pytest_samurai.commands.keys import can_answer, single_keys


def test_each_key_is_handed_over_and_several_characters_of_one_come_together(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "r+b", buffering=0) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        os.write(ours, b"a\x1b[Ab")
        with single_keys() as key:
            assert [key(), key(), key()] == ["a", "\x1b[A", "b"]
            # Otherwise the terminal would interpret Ctrl-C, and this would wait for it.
            assert not termios.tcgetattr(theirs)[3] & termios.ISIG
            os.write(ours, b"\x03")
            assert key() == "\x03"
            os.write(ours, b"\x1b")
            assert key() == "\x1b"
            os.close(ours)
            # A terminal that is gone is the end of the input.
            assert key() == ""


def test_somebody_can_answer_only_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "r+b", buffering=0) as terminal, Path(os.devnull).open() as nothing:
        for streams in ((terminal, terminal), (terminal, nothing), (nothing, terminal)):
            for name, stream in zip(("stdin", "stdout"), streams, strict=True):
                monkeypatch.setattr(sys, name, stream)
            assert can_answer() is (streams == (terminal, terminal))
    os.close(ours)

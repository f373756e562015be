"""The structure of JSON, as lines.

A container of containers gets a line for each item; a container of plain values stays on one line. So a message is a
line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_samurai.files import json

_STRING = r'"(?:[^"\\]++|\\.)*+"'
_PLAIN = rf'(?:[^"{{}}\[\]]++|{_STRING})*+'
# What stays on one line, including the innermost containers, and the mark after it, if there is one.
_LEAF = rf"\{{{_PLAIN}\}}|\[{_PLAIN}\]"
_STEP = re.compile(rf'((?:[^"{{}}\[\],]++|{_STRING}|{_LEAF})*+)([{{}}\[\],]?)', re.DOTALL)
# The same for a body that is one container without inner ones: its items still get their own lines.
_FLAT_STEP = re.compile(rf'((?:[^"{{}}\[\],]++|{_STRING})*+)([{{}}\[\],]?)', re.DOTALL)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def is_json(text: str) -> bool:
    """Whether it is JSON, and not nested too deep to be read."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def structure(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a JSON container, each with the number of blanks to write before it; joined, they are the text.

    A text that already has line breaks keeps them, at the ends of its lines, and gets no others.
    """
    if "\n" in text.rstrip("\n"):
        yield from ((0, line) for line in _LINE.findall(text))
        return
    steps = _STEP.findall(text)
    if not steps[0][1]:
        steps = _FLAT_STEP.findall(text)
    blanks, line, ended = 0, "", None
    for run, mark in steps:
        if ended is not None:
            # The blank after a comma ends the line.
            blank = " " if run.startswith(" ") else ""
            yield blanks, ended + blank
            run, ended = run[len(blank) :], None
        line += run
        if mark == ",":
            line, ended = "", line + mark
        elif mark in ("{", "["):
            yield blanks, line + mark
            line, blanks = "", blanks + 2
        elif mark:
            yield blanks, line
            line, blanks = mark, blanks - 2
    yield blanks, line

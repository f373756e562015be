"""The marks that git writes into a file that it cannot merge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_MARKS = (b"<<<<<<< ", b"|||||||", b"=======", b">>>>>>> ")
_LINE = re.compile(rb"^(?:<{7} |\|{7}(?: |$)|={7}$|>{7} )", re.MULTILINE)

_OURS: Final = "ours"
_BASE: Final = "base"
_THEIRS: Final = "theirs"
_NEXT = {
    ("", b"<"): _OURS,
    (_OURS, b"|"): _BASE,
    (_OURS, b"="): _THEIRS,
    (_BASE, b"="): _THEIRS,
    (_THEIRS, b">"): "",
}
"""Where the lines after a mark belong, depending on where the lines before it belong; empty for both sides."""


def conflict_line(content: bytes) -> int | None:
    """The number of the first line that is one of the marks, from 1; None if there is none."""
    # Hardly any file has one, and searching for each of the texts is much faster than checking every line.
    match = any(mark in content for mark in _MARKS) and _LINE.search(content)
    return content.count(b"\n", 0, match.start()) + 1 if match else None


Side = list[tuple[bytes, bool]]
"""The lines of one side of a merge, without line ends, each with whether the other side has it too."""


def sides_of(content: bytes) -> tuple[Side, Side] | None:
    """The file as each side of a merge has it; None if there are no marks, or one of them is missing.

    The common ancestor (`merge.conflictStyle = diff3`) is left out. Lines end with LF or CRLF.
    """
    if conflict_line(content) is None:
        return None
    try:
        lines = list(_sorted_lines(content.replace(b"\r\n", b"\n").split(b"\n")))
    except KeyError:
        return None
    ours = [(line, not where) for line, where in lines if where in ("", _OURS)]
    theirs = [(line, not where) for line, where in lines if where in ("", _THEIRS)]
    return ours, theirs


def _sorted_lines(lines: list[bytes]) -> Iterator[tuple[bytes, str]]:
    """Each line that isn't a mark, and where it belongs. Raises KeyError for a mark in the wrong place."""
    where = ""
    for line in lines:
        # The common ancestor may contain the marks of an earlier merge; those are longer.
        if _LINE.match(line):
            where = _NEXT[where, line[:1]]
        else:
            yield line, where
    if where:
        raise KeyError(where)

"""The marks that git writes into a file that it cannot merge."""

from __future__ import annotations

import re

_MARKS = (b"<<<<<<< ", b"=======", b">>>>>>> ")
_LINE = re.compile(rb"^(?:<{7} |={7}$|>{7} )", re.MULTILINE)


def conflict_line(content: bytes) -> int | None:
    """The number of the first line that is such a mark, from 1; None if there is none."""
    # Hardly any file has one, and to look for each of the three texts is much faster than to look at every line.
    match = any(mark in content for mark in _MARKS) and _LINE.search(content)
    return content.count(b"\n", 0, match.start()) + 1 if match else None

"""The frame of a cassette: everything before and after its interactions."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_samurai.errors import CassetteError

MARK = "# Recorded by pytest-samurai, in vcrpy's format. Bodies may be edited by hand."
"""The first line of a file in our own layout. There, a seal covers everything except the bodies."""

HEAD = f"{MARK}\ninteractions:\n"
HEAD_OF_NONE = f"{MARK}\ninteractions: []\n"
TAIL = b"version: 1\n"

# Formatters may put a byte order mark, a document start, comments and blank lines before it.
_BEFORE = rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:#[^\n]*|---[ \t]*|%[^\n]*)?\n)*?"
_MARKED = re.compile(_BEFORE + re.escape(MARK.encode()) + rb"[ \t]*\n")
_NOTHING = re.compile(r"\s*(?:#.*|---|\.\.\.)?\s*")
_LAST = re.compile(r"version: *\S+\s*(?:#.*)?")
_FIRST = re.compile(r"\s*-(?:\s.*)?")


def is_ours(content: bytes) -> bool:
    """Whether a file is in our own layout, even if a formatter has rewritten it."""
    return _MARKED.match(content) is not None


def check_frame(content: bytes, path: Path) -> None:
    """Raise CassetteError if one of our files was cut off, or its first interaction has lost its beginning."""
    lines = content.decode("utf-8", "replace").split("\n")
    numbers = [number for number, line in enumerate(lines) if not _NOTHING.fullmatch(line)]
    if not numbers or not _LAST.fullmatch(lines[numbers[-1]]):
        raise CassetteError(
            f"{path}:{len(lines)}: the file is incomplete: it must end with the line `version: 1`; restore it"
        )
    begins = lines[numbers[0]].rstrip() == "interactions:"
    if begins and not _FIRST.fullmatch(lines[numbers[1]]):
        raise CassetteError(f"{path}:{numbers[1] + 1}: an interaction should begin here; restore the file")

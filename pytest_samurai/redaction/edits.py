"""Edits of a text that is in pieces."""

from __future__ import annotations

from collections.abc import Sequence

REDACTED = "[REDACTED]"


Edit = tuple[int, int, bytes]
"""Where it begins and ends in a body, and what is put there."""


def spliced(pieces: Sequence[bytes], edits: Sequence[Edit]) -> list[bytes]:
    """The pieces with edits made in what they are when joined; what is put in goes where the edit begins."""
    spliced = []
    start = 0
    for piece in pieces:
        stop, at, parts = start + len(piece), start, []
        for begin, end, new in edits:
            if begin < stop and end > start:
                parts += [piece[at - start : max(begin - start, 0)], new if begin >= start else b""]
                at = min(end, stop)
        spliced.append(b"".join([*parts, piece[at - start :]]))
        start = stop
    return spliced

"""Edits of a text that may be in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

REDACTED = "[REDACTED]"
"""What stands where a secret was."""

Edit = tuple[int, int, bytes]
"""The bounds of what is replaced, and the replacement."""


def united(edits: Iterable[Edit]) -> list[Edit]:
    """The edits in order. Those that overlap become one, with the first replacement that is not empty."""
    united: list[Edit] = []
    for begin, end, new in sorted(edits):
        if united and begin < united[-1][1]:
            first, last, before = united[-1]
            united[-1] = (first, max(end, last), before or new)
        else:
            united.append((begin, end, new))
    return united


def shares(pieces: Iterable[bytes], edits: Sequence[Edit]) -> list[list[Edit]]:
    """For each piece, what has to be edited in it, if these are the edits of the whole; united as `united` has them.

    The replacement goes into the piece in which the edit begins.
    """
    shares = []
    start = first = 0
    for piece in pieces:
        stop = start + len(piece)
        while first < len(edits) and edits[first][1] <= start:
            first += 1
        share = []
        for begin, end, new in islice(edits, first, None):
            if begin >= stop:
                break
            share.append((max(begin - start, 0), min(end, stop) - start, new if begin >= start else b""))
        shares.append(share)
        start = stop
    return shares


def edited(piece: bytes, edits: Sequence[Edit]) -> bytes:
    """A piece with edits made in it, united as `united` has them."""
    parts = []
    at = 0
    for begin, end, new in edits:
        parts += [piece[at:begin], new]
        at = end
    return b"".join([*parts, piece[at:]])


def spliced(pieces: Sequence[bytes], edits: Sequence[Edit]) -> list[bytes]:
    """The pieces with edits made in what they are when joined."""
    return [edited(piece, share) for piece, share in zip(pieces, shares(pieces, edits), strict=True)]

"""Edits of a text that may be in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

REDACTED = "[REDACTED]"
"""Replaces a secret."""

Edit = tuple[int, int, bytes]
"""The bounds of the replaced part, and the replacement."""


def united(edits: Iterable[Edit]) -> list[Edit]:
    """The edits in order. Overlapping edits become one, with the first replacement that isn't empty."""
    united: list[Edit] = []
    for begin, end, new in sorted(edits):
        if united and begin < united[-1][1]:
            first, last, before = united[-1]
            united[-1] = (first, max(end, last), before or new)
        else:
            united.append((begin, end, new))
    return united


def shares(pieces: Iterable[bytes], edits: Sequence[Edit]) -> list[list[Edit]]:
    """The edits for each piece, given the edits of the whole; united as by `united`.

    The replacement goes into the piece where the edit begins.
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
    """A piece with these edits made. The edits must be united, as by `united`."""
    parts = []
    at = 0
    for begin, end, new in edits:
        parts += [piece[at:begin], new]
        at = end
    return b"".join([*parts, piece[at:]])


def spliced(pieces: Sequence[bytes], edits: Sequence[Edit]) -> list[bytes]:
    """The pieces, after making these edits in the joined text."""
    return [edited(piece, share) for piece, share in zip(pieces, shares(pieces, edits), strict=True)]

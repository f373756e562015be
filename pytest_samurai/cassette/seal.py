"""The seal of an interaction: checksums that reveal an edited body, and damage everywhere else.

These checksums cover the exact text. See `resealed` for a file that a formatter has rewritten.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import pairwise

from pytest_samurai.cassette.folded import STYLE
from pytest_samurai.cassette.frame import HEAD, TAIL
from pytest_samurai.cassette.notes import NOTES

NO_SEAL = "none"
"""Replaces the seal of an interaction that somebody changed on purpose."""


def edited_indexes(content: bytes) -> frozenset[int] | None:
    """The indexes of the interactions with edited bodies in one of our files.

    None if anything else isn't as it was written. Nobody would miss a number, header or layout word that was lost or
    damaged, and it would replay as something that was never recorded.
    """
    if not (content.startswith(HEAD.encode()) and content.endswith(b"\n" + TAIL)):
        return None
    lines = content.decode("utf-8", "replace").split("\n")
    starts = [number for number, line in enumerate(lines) if line == "- request:"]
    if starts[:1] != [2]:
        return None
    edited = set()
    for index, (start, end) in enumerate(pairwise([*starts, len(lines) - 2])):
        written = _written(lines[start:end])
        if written == [NO_SEAL]:
            continue
        sealed = seal(lines[start : end - 1])
        if written is None or sealed[0] != written[0] or len(sealed) != len(written):
            return None
        if sealed != written:
            edited.add(index)
    return frozenset(edited)


def whole_items(content: bytes) -> Iterator[str]:
    """The interactions with an intact seal in one of our files that was cut off."""
    lines = content.decode("utf-8", "replace").split("\n")
    starts = [number for number, line in enumerate(lines) if line == "- request:"]
    for start, end in pairwise([*starts, len(lines) - 1]):
        item = lines[start:end]
        # The item is empty if only the first line of the last one was written.
        if item and _written(item) == seal(item[:-1]):
            yield "\n".join([*item, ""])


def is_sealed(lines: Sequence[bytes]) -> bool:
    """Whether the lines of an interaction are as they were sealed."""
    texts = [line.decode("utf-8", "replace") for line in lines]
    return bool(texts) and _written(texts) == seal(texts[:-1])


def sealed_texts(content: bytes) -> dict[int, bytes]:
    """The text of each interaction in one of our files that is as it was sealed, by index."""
    return {index: b"\n".join([*item, b""]) for index, item in enumerate(items_of(content)) if is_sealed(item)}


def items_of(content: bytes) -> list[list[bytes]]:
    """The lines of each interaction in one of our files; none for a file in another layout."""
    lines = content.split(b"\n")
    starts = [number for number, line in enumerate(lines) if line == b"- request:"]
    if not content.startswith(HEAD.encode()) or starts[:1] != [2]:
        return []
    return [lines[start:end] for start, end in pairwise([*starts, len(lines) - 2])]


def _written(lines: Sequence[str]) -> list[str] | None:
    name, _, checksums = lines[-1].partition(": ")
    return checksums.split(" ") if name == "      seal" else None


def seal(lines: Sequence[str]) -> list[str]:
    """The checksums of an interaction, given its lines without the seal: of all outside the bodies, then of each
    body."""
    outside, bodies = _parts(lines)
    return checksums(*(["\n".join(part).encode("utf-8", "replace")] for part in (outside, *bodies)))


def checksums(*texts: Iterable[bytes]) -> list[str]:
    """The checksums of texts, each given in parts: first everything outside the bodies, then each body.

    For a body in a block, and for a folded one, the lines count. For a quoted body, the opening quote is outside.
    """
    return [f"{reduce(_crc32_on, parts, 0):08x}" for parts in texts]


def _crc32_on(begun: int, part: bytes) -> int:
    return zlib.crc32(part, begun)


def _parts(lines: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """The lines of an interaction outside its bodies, and the lines of each body.

    The answer that was read from a stream is counted with its events.
    """
    outside: list[str] = []
    bodies: list[list[str]] = []
    margin, answer = "", None
    for line in lines:
        if margin and (not line or line.startswith(margin)):
            bodies[-1].append(line)
            continue
        margin = ""
        if line == NOTES.head[1:].decode():
            answer = NOTES.answer.begin[1:]
        elif answer is not None and line.startswith(answer):
            bodies[-1].append(line)
            margin = " " * (len(answer) - len(answer.lstrip()) + 2)
            continue
        name, colon, value = line.partition(": ")
        if colon and name in ("    body", "      string"):
            quoted = value.startswith('"') and value != STYLE.decode()
            outside.append(f'{name}: "' if quoted else line)
            bodies.append([value] if quoted else [])
            margin = "" if quoted else " " * (len(name) - len(name.lstrip()) + 2)
        else:
            outside.append(line)
    return outside, bodies

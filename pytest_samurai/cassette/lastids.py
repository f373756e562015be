"""Moves the ids and dates of a reply below its text: they differ in each recording, and nobody looks for them.

Most APIs put them first. The order of keys means nothing in JSON, but we keep the exact bytes of a reply, so a note
says where they were.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pytest_samurai.files import json

_NAMES = frozenset(b"id created created_at completed_at system_fingerprint response_id responseId createTime".split())
# No commas or brackets: a moved member is found again by the commas around it.
_MEMBER = rb'"[A-Za-z_]+"\s*:\s*(?:"[^",\\{}\[\]]*"|[\w.+-]+)'
_FIRST = re.compile(rb"(\{\s*)((?:%b,\s*)*)" % _MEMBER)


class Moved(NamedTuple):
    """The contents of a note: the names of the members, their places, and how they begin in lines and in a folded
    body."""

    names: tuple[bytes, ...]
    places: tuple[int, ...]
    quoted: tuple[bytes, ...]
    folded: tuple[bytes, ...]


def moved_of(note: bytes) -> Moved:
    """Reads a note, which may be empty. Raises ValueError if it is malformed."""
    pairs = [word.split(b"@") for word in note.split()]
    names = tuple(name for name, _ in pairs)
    places = tuple(int(index) for _, index in pairs)
    return Moved(names, places, tuple(b'"%b"' % name for name in names), tuple(b'\\"%b\\"' % name for name in names))


def ids_last(body: bytes) -> tuple[bytes, str]:
    """A JSON object with the ids and dates among its first members moved to its end, and a note of their places.

    The note is empty if nothing moves. A place is the member's position, as in `id@0 created@2`.
    """
    first, end = _FIRST.match(body), _end(body)
    if first is None or first.end() > end:
        return body, ""
    # On one line, these blanks would be on a member's line in the file, and would move with it.
    if b"\n" not in body.strip() and (b"\t" in first[0] or not body.startswith(b"}", end)):
        return body, ""
    members = [member.strip() for member in first[2].split(b",")[:-1]]
    varying = [(name, index) for index, member in enumerate(members) if (name := _name(member)) in _NAMES]
    if not varying:
        return body, ""
    places = [index for _, index in varying]
    staying = [member for index, member in enumerate(members) if index not in places]
    between = b"," + first[2][len(first[2].rstrip()) :]
    ordered = [*staying, body[first.end() : end], *(members[index] for index in places)]
    moved = first[1] + between.join(ordered) + body[end:]
    note = " ".join(f"{name.decode()}@{index}" for name, index in varying)
    # Blanks that differ would be lost, and if a key occurs twice, the last one counts.
    return (moved, note) if ids_at(moved, note) == body and _value(moved) == _value(body) else (body, "")


def _value(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        # It equals nothing.
        return object()


def ids_at(body: bytes, note: str) -> bytes:
    """The body before its ids were moved. If somebody has edited it so that the note doesn't fit, it stays as it is."""
    return ids_back(body, moved_of(note.encode()))


def ids_back(body: bytes, moved: Moved) -> bytes:
    """The same, given the contents of the note."""
    end = _end(body)
    rest, *ids = body[:end].rsplit(b",", len(moved.names))
    members = [member.strip() for member in ids]
    first = _FIRST.match(rest)
    if first is None or tuple(map(_name, members)) != moved.names or not members:
        return body
    staying = moved.places[-1] + 1 - len(members)
    if first[2].count(b",") < staying:
        return body
    ordered = [member.lstrip() for member in rest[first.end(1) :].split(b",", staying)]
    for index, member in zip(moved.places, members, strict=True):
        ordered.insert(index, member)
    between = b"," + ids[0][: -len(ids[0].lstrip())]
    return first[1] + between.join(ordered) + body[end:]


def lines_back(lines: list[bytes], places: Sequence[int], begins: Sequence[bytes], comma: bytes) -> bool:
    """Move the lines of the ids back, if each is exactly a line and begins with its text in `begins`. Returns whether
    it did.

    Two lines come before the first member. `comma` ends the line of every member except the last.
    """
    first = -1 - len(places)
    ids = lines[first:-1]
    if len(lines) + first < 3 or lines[1] != b"{" or not all(map(bytes.startswith, ids, begins)):
        return False
    ids[-1] += comma
    del lines[first:-1]
    lines[-2] = lines[-2][: -len(comma)]
    for index, line in zip(places, ids):  # noqa: B905 - the lengths are equal, and checking that takes longer
        lines.insert(2 + index, line)
    return True


def folded_back(lines: list[bytes], moved: Moved) -> bool:
    """Do the same with folded lines."""
    # With blanks before it, a member isn't exactly a line.
    if not lines[2:3] or not lines[2].startswith(b'\\"'):
        return False
    has_blank = lines[-2 - len(moved.places) :][0].endswith(b" ")
    return lines_back(lines, moved.places, moved.folded, b", " if has_blank else b",")


def _end(body: bytes) -> int:
    """Where the last member of an object ends."""
    return len(body[: max(body.rfind(b"}"), 0)].rstrip())


def _name(member: bytes) -> bytes:
    return member[1 : member.find(b'"', 1)]

"""The ids and dates of a reply, below its text: they differ in each recording, and nobody looks for them.

Most APIs put them first. The order of keys means nothing in JSON, but the bytes of a reply are kept: so a note says
which places they had.
"""

from __future__ import annotations

import re

from pytest_samurai.files import json

_NAMES = frozenset(b"id created created_at completed_at system_fingerprint response_id responseId createTime".split())
# Without commas and brackets: what is moved is found again by the commas around it.
_MEMBER = rb'"[A-Za-z_]+"\s*:\s*(?:"[^",\\{}\[\]]*"|[\w.+-]+)'
_FIRST = re.compile(rb"(\{\s*)((?:%b,\s*)*)" % _MEMBER)


def ids_last(body: bytes) -> tuple[bytes, str]:
    """A JSON object with the ids and dates of its first members moved to its end, and the note of their places.

    The note is empty for what stays as it is. A place is that among the members: `id@0 created@2`.
    """
    first, end = _FIRST.match(body), _end(body)
    if first is None or first.end() > end:
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
    # Blanks that differ would be lost, and of a key that comes twice, the last counts.
    return (moved, note) if ids_at(moved, note) == body and _value(moved) == _value(body) else (body, "")


def _value(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        # Equal to none.
        return object()


def ids_at(body: bytes, note: str) -> bytes:
    """The body whose ids were moved. One that somebody has edited, so that the note does not fit, stays as it is."""
    moved = [word.split("@") for word in note.split()]
    end = _end(body)
    rest, *ids = body[:end].rsplit(b",", len(moved))
    members = [member.strip() for member in ids]
    first = _FIRST.match(rest)
    if first is None or [_name(member).decode() for member in members] != [name for name, _ in moved] or not moved:
        return body
    staying = int(moved[-1][1]) + 1 - len(moved)
    if first[2].count(b",") < staying:
        return body
    ordered = [member.lstrip() for member in rest[first.end(1) :].split(b",", staying)]
    for (_, index), member in zip(moved, members, strict=True):
        ordered.insert(int(index), member)
    between = b"," + ids[0][: -len(ids[0].lstrip())]
    return first[1] + between.join(ordered) + body[end:]


def _end(body: bytes) -> int:
    """Where the last member of an object ends."""
    return len(body[: max(body.rfind(b"}"), 0)].rstrip())


def _name(member: bytes) -> bytes:
    return member[1 : member.find(b'"', 1)]

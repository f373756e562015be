"""The ids and dates of a reply, below its text: they differ in each recording, and nobody looks for them.

Most APIs put them first. The order of keys means nothing in JSON, but the bytes of a reply are kept: so a note says
which places they had.
"""

from __future__ import annotations

import re

from pytest_samurai.files import json

_NAMES = rb"id|created|created_at|completed_at|system_fingerprint|response_id|responseId|createTime"
# Without commas and brackets: what is moved is found again by the commas around it.
_MEMBER = rb'"[A-Za-z_]+"\s*:\s*(?:"[^",\\{}\[\]]*"|[\w.+-]+)'
_FIRST = re.compile(rb"(\{\s*)((?:%b,\s*)+)" % _MEMBER)
_VARYING = re.compile(rb'"(%b)"' % _NAMES)
_END = re.compile(rb"\s*\}\s*\Z")


def ids_last(body: bytes) -> tuple[bytes, str]:
    """A JSON object with the ids and dates of its first members moved to its end, and the note of their places.

    The note is empty for what stays as it is. A place is that among the members: `id@0 created@2`.
    """
    first, end = _FIRST.match(body), _END.search(body)
    if first is None or end is None or first.end() > end.start():
        return body, ""
    members = [member.strip() for member in first[2].split(b",")[:-1]]
    found = [(place, match[1]) for place, member in enumerate(members) if (match := _VARYING.match(member))]
    if not found:
        return body, ""
    places = {place for place, _ in found}
    staying = [member for place, member in enumerate(members) if place not in places]
    between = b"," + first[2][len(first[2].rstrip()) :]
    ordered = [*staying, body[first.end() : end.start()], *(members[place] for place in sorted(places))]
    moved = first[1] + between.join(ordered) + end[0]
    note = " ".join(f"{name.decode()}@{place}" for place, name in found)
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
    moved = [(name.encode(), int(place)) for name, _, place in (word.partition("@") for word in note.split())]
    end = _END.search(body)
    if end is None or not moved:
        return body
    rest, *ids = body[: end.start()].rsplit(b",", len(moved))
    staying = moved[-1][1] + 1 - len(moved)
    first = re.match(rb"(\{\s*)((?:%b,\s*){%d})" % (_MEMBER, staying), rest)
    members = [member.strip() for member in ids]
    if first is None or [_name(member) for member in members] != [name for name, _ in moved]:
        return body
    between = b"," + ids[0][: len(ids[0]) - len(ids[0].lstrip())]
    ordered = [*(member.strip() for member in first[2].split(b",")[:-1]), rest[first.end() :]]
    for (_, place), member in zip(moved, members, strict=True):
        ordered.insert(place, member)
    return first[1] + between.join(ordered) + end[0]


def _name(member: bytes) -> bytes | None:
    match = _VARYING.match(member)
    return match and match[1]

"""Cuts an unchanged file at its lines and reads the same as YAML would, without YAML.

This works only for text exactly as we write it; its checksums prove that it is. YAML reads any other file.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from zlib import crc32

from pytest_samurai.cassette.body import in_lines, is_folded, joined, read_body
from pytest_samurai.cassette.chunks import Noted, chunks_of
from pytest_samurai.cassette.folded import STYLE, folded_lines, unfolded
from pytest_samurai.cassette.frame import HEAD, TAIL
from pytest_samurai.cassette.headers import carried
from pytest_samurai.cassette.heads import STATUS, RequestHead
from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.notes import NOTES, Of
from pytest_samurai.wire import Reply

_HEAD = HEAD.encode()
_REQUEST = b"- request:\n"
_BODY = b"\n    body: "
_RESPONSE = b"\n  response:\n"
_STATUS = _RESPONSE + STATUS.encode()
_STRING = b"\n    body:\n      string: "
_HEADERS = b"\n    headers:"
_ANSWER = NOTES.answer.begin.encode()
_DATE = NOTES.date.begin.encode()
_CHUNKS = NOTES.longest.begin.encode()
_SEAL = NOTES.seal.begin.encode()
_OF_INTERACTION = NOTES.side(Of.INTERACTION)
_OF_REPLY = NOTES.side(Of.REPLY)
_SEALED = len(_SEAL) + len("00000000 00000000 00000000\n")
_NOTES = NOTES.head + b"\n      "
_NOTES_HEAD = len(NOTES.head)
_ARE_NOTES = NOTES.others.fullmatch
_QUOTE, _BACKSLASH = b'"\\'
_MARGIN = b"\n        "
_GLANCE = 500
"""Bytes at the beginning of a long body that distinguish it from nearly all others."""


class _Item(NamedTuple):
    """Where the parts of an interaction begin and end; a body begins after its key."""

    start: int
    body: int
    body_line: int
    response: int
    string: int
    string_line: int
    string_end: int
    notes: int
    answer_end: int
    seal: int


class Slices:
    """The interactions of an unchanged file. Everything is read again each time, except what the run remembers.

    Reading raises ValueError for anything that this version doesn't know.
    """

    def __init__(self, content: bytes, items: list[_Item], memory: Memory) -> None:
        self._content = content
        self._items = items
        self._memory = memory
        self._last: tuple[int, re.Match[bytes] | None] = (-1, None)
        self.are_dated = all(content.startswith(_DATE, item.answer_end) for item in items)

    def __len__(self) -> int:
        return len(self._items)

    def line(self, index: int) -> int:
        """The line where an interaction begins."""
        return self._content.count(b"\n", 0, self._items[index].start) + 1

    def status(self, index: int) -> int:
        """The status of a reply, without reading the rest."""
        start = self._items[index].response + len(_STATUS)
        return int(self._content[start : self._content.index(b",", start)])

    def head(self, index: int) -> RequestHead:
        """A request without its body."""
        item = self._items[index]
        return self._memory.heads[self._content[item.start + len(_REQUEST) : item.body - len(_BODY)]]

    def request(self, index: int) -> tuple[RequestHead, bytes]:
        """The head and the body of a request."""
        return self.head(index), self.sent(index)

    def sent(self, index: int) -> bytes:
        """The body of a request."""
        item = self._items[index]
        return read_body(
            self._content, item.body, item.body_line, item.response, b"\n      ", self._request_layout(index)
        )

    def may_send(self, index: int, body: bytes) -> bool:
        """Whether a request may have this body. For a long one, whether it begins the same way."""
        item = self._items[index]
        layout = self._request_layout(index)
        if item.response - item.body_line < 8 * _GLANCE:
            return True
        end = self._content.rfind(b"\n", item.body_line, item.body_line + _GLANCE)
        if in_lines(self._content, item.body, layout):
            return body.startswith(joined(self._content[item.body_line : end], layout))
        if is_folded(self._content, item.body, layout):
            return body.startswith(unfolded(folded_lines(self._content[item.body_line - 1 : end - 1])))
        return True

    def sent_json(self, index: int) -> bytes | None:
        """The JSON of a request as the file has it, if its body was folded or broken into lines; None otherwise."""
        item = self._items[index]
        layout = self._request_layout(index)
        if is_folded(self._content, item.body, layout):
            return self.sent(index)
        if not in_lines(self._content, item.body, layout):
            return None
        return self._content[item.body_line : item.response]

    def _request_layout(self, index: int) -> str:
        return (self._noted(index)["request_layout"] or b"").decode()

    def reply(self, index: int) -> Reply:
        """The reply of an interaction, its body decoded. Raises ValueError for anything this version doesn't know."""
        item = self._items[index]
        noted = self._noted(index)
        layout, note = noted.group("layout", "moved")
        status = self._content[item.response + len(_RESPONSE) : item.string - len(_STRING)]
        if item.string_end < item.notes:
            lines = self._content[item.string_end + 1 : item.notes]
        else:
            status, _, lines = status.partition(b"\n")
        moved = None if note is None else self._memory.moved[note]
        how = "" if layout is None else layout.decode()
        written = read_body(self._content, item.string, item.string_line, item.string_end, _MARGIN, how, moved)
        headers, body = carried(self._memory.headers.read(lines.decode()), written)
        chunks = self._content[noted.end() + len(_CHUNKS) : item.seal]
        return Reply(
            *self._memory.statuses[status],
            headers,
            body,
            Noted(NOTES.longest.kind.read(chunks.decode()), body) if chunks else chunks_of(headers, body, None),
            **_OF_REPLY.read(noted, self._memory.notes),
        )

    def notes(self, index: int) -> dict[str, Any]:
        """What an interaction has besides request and reply, by name."""
        return _OF_INTERACTION.read(self._noted(index), self._memory.notes)

    def flagged(self, name: str) -> int:
        """The number of interactions with this flag among their notes, by the flag's name."""
        # Hardly any file contains this text, and searching for it is much faster than checking each interaction.
        if f"\n      {name}: true".encode() not in self._content:
            return 0
        return sum(self._noted(index)[name] is not None for index in range(len(self)))

    def recorded_at(self, index: int) -> str | None:
        """When a request was sent."""
        text = self._noted(index)["recorded_at"]
        return None if text is None else NOTES.date.kind.read(text.decode())

    def _noted(self, index: int) -> re.Match[bytes]:
        # The notes of one interaction are needed several times in a row.
        last, match = self._last
        if last != index:
            item = self._items[index]
            match = NOTES.short.match(self._content, item.answer_end, item.seal)
            self._last = (index, match)
        assert match is not None  # it was there when the file was cut
        return match


def cut(content: bytes, memory: Memory) -> Slices | None:
    """The interactions of one of our files; None if anything in it has changed."""
    if not (content.startswith(_HEAD) and content.endswith(TAIL)):
        return None
    view = memoryview(content)
    items = []
    start, end = len(_HEAD), len(content) - len(TAIL)
    while start < end:
        item = _item(content, start)
        if item is None or not _is_as_written(view, item):
            return None
        items.append(item)
        start = item.seal + _SEALED
    return Slices(content, items, memory) if items and start == end else None


def _item(content: bytes, start: int) -> _Item | None:
    """The interaction that begins here; None if any of its parts is missing, repeated or out of order."""
    # A line with less indentation ends a body, so none of these can be inside one.
    find = content.find
    body = find(_BODY, start) + len(_BODY)
    body_line = find(b"\n", body)
    # Include what always comes next: a longer text makes the search faster.
    response = find(_STATUS, body_line)
    string = find(_STRING, response) + len(_STRING)
    string_line = find(b"\n", string)
    notes = find(_NOTES, string_line)
    seal = find(_SEAL, notes)
    if not start < body <= body_line <= response < string <= string_line <= notes < seal:
        return None
    # Until version 0.2 they came before the body. The text before them is longer, so search from the end.
    headers = content.rfind(_HEADERS, string_line, notes)
    answer_end = notes + _NOTES_HEAD
    if content.startswith(_ANSWER, answer_end):
        answer = NOTES.text.match(content, answer_end, seal)
        if answer is None:
            return None
        answer_end = answer.end()
    if _ARE_NOTES(content, answer_end, seal) is None:
        return None
    string_end = notes if headers < 0 else headers
    return _Item(start, body, body_line, response, string, string_line, string_end, notes, answer_end, seal)


def _is_as_written(view: memoryview, item: _Item) -> bool:
    """Whether the checksums are those that `seal` would make."""
    start, body, line, response, string, string_line, string_end, notes, answer_end, seal = item
    is_quoted = view[body] == _QUOTE and not _is_folded(view, body, line)
    received_is_quoted = view[string] == _QUOTE and not _is_folded(view, string, string_line)
    if (is_quoted and line != response) or (received_is_quoted and string_line != string_end):
        # No checksum would cover the text in between.
        return False
    outside = crc32(view[start : body + 1 if is_quoted else line])
    sent = crc32(view[body:line] if is_quoted else view[line + 1 : response])
    outside = crc32(view[response : string + 1 if received_is_quoted else string_line], outside)
    received = crc32(view[string:string_line] if received_is_quoted else view[string_line + 1 : string_end])
    begin, answer = string_end, notes + _NOTES_HEAD
    if answer < answer_end:
        received = crc32(view[answer:answer_end], received)
        outside = crc32(view[begin:answer], outside)
        begin = answer_end
    outside = crc32(view[begin:seal], outside)
    return view[seal + len(_SEAL) : seal + _SEALED] == b"%08x %08x %08x\n" % (outside, sent, received)


def _is_folded(view: memoryview, begin: int, line: int) -> bool:
    """Whether the quoted body that begins here continues after its line."""
    return line == begin + len(STYLE) and view[begin + 1] == _BACKSLASH

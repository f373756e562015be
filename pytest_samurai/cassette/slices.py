"""A file of ours that is as it was written, cut at its lines: what YAML would read in it, without reading it as YAML.

Only the very text that `cassette` writes is cut, and its checksums vouch for that. Whatever else a file may be is for
YAML to say.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from zlib import crc32

from pytest_samurai.cassette.frame import HEAD, TAIL
from pytest_samurai.cassette.headers import read_headers
from pytest_samurai.cassette.layout import take_back
from pytest_samurai.cassette.notes import ALL_NOTES, CHUNKS, NOTE_LINES
from pytest_samurai.cassette.values import read_number, read_value, unquoted
from pytest_samurai.wire import Headers

_HEAD = HEAD.encode()

_REQUEST = b"- request:\n"
_BODY = b"\n    body: "
_RESPONSE = b"\n  response:\n"
_STATUS = b"    status: {code: "
_STRING = b"\n    body:\n      string: "
_NOTES = b"\n    samurai:"
_DATE = b"\n    samurai:\n      recorded_at: "
_SEAL = b"\n      seal: "
_CHECKSUMS = len("00000000 00000000 00000000")


class _Item(NamedTuple):
    """Where the parts of an interaction begin and end; a body begins behind its name."""

    start: int
    body: int
    body_line: int
    response: int
    string: int
    string_line: int
    notes: int
    seal: int
    end: int


class Response(NamedTuple):
    """A reply as it stands in a file; `chunks` is the text that notes them."""

    status: int
    reason: str
    headers: Headers
    body: bytes
    chunks: bytes | None
    ending: str | None
    hidden_usage: Mapping[str, Any] | None
    http_version: str | None
    duration: float | None


class Slices:
    """The interactions of such a file. What is asked for is read each time, and is what YAML would give."""

    def __init__(self, content: bytes, items: list[_Item]) -> None:
        self._content = content
        self._items = items
        self._last: tuple[int, re.Match[bytes] | None] = (-1, None)
        self.are_dated = all(content.startswith(_DATE, item.notes) for item in items)

    def __len__(self) -> int:
        return len(self._items)

    def line(self, place: int) -> int:
        """The line at which an interaction begins."""
        return self._content.count(b"\n", 0, self._items[place].start) + 1

    def status(self, place: int) -> int:
        """The status of a reply, of which nothing else is read."""
        start = self._items[place].response + len(_RESPONSE) + len(_STATUS)
        return int(self._content[start : self._content.index(b",", start)])

    def head(self, place: int) -> bytes:
        """What `read_head` reads: all of a request but its body."""
        item = self._items[place]
        return self._content[item.start + len(_REQUEST) : item.body - len(_BODY)]

    def sent(self, place: int) -> bytes:
        """The body of a request."""
        item = self._items[place]
        return self._body(item.body, item.body_line, item.response, b"\n      ", self._layout(place))

    def may_send(self, place: int, body: bytes) -> bool:
        """Whether a body, if it is a long one, begins as that of a request does."""
        item = self._items[place]
        if item.response - item.body_line < 8 * _GLANCE or not self._is_in_lines(item, self._layout(place)):
            return True
        end = self._content.rfind(b"\n", item.body_line, item.body_line + _GLANCE)
        return body.startswith(self._joined(item.body_line, end, self._layout(place)))

    def sent_json(self, place: int) -> bytes | None:
        """The JSON of a request whose body was broken into lines, which are as good, and there at once; else None."""
        item = self._items[place]
        return self._content[item.body_line : item.response] if self._is_in_lines(item, self._layout(place)) else None

    def _layout(self, place: int) -> str:
        return (self._noted(place)["request_layout"] or b"").decode()

    def response(self, place: int) -> Response:
        item = self._items[place]
        noted = self._noted(place)
        layout, ending, hidden, version, duration = noted.group(
            "layout", "ending", "hidden_usage", "http_version", "duration"
        )
        how = "" if layout is None else layout.decode()
        head = self._content[item.response + len(_RESPONSE) : item.string - len(_STRING)].decode()
        chunks = self._content[noted.end() + len(CHUNKS) : item.seal]
        return Response(
            *_status(head.partition("\n")[0]),
            read_headers(head),
            self._body(item.string, item.string_line, item.notes, b"\n        ", how),
            chunks or None,
            None if ending is None else unquoted(ending.decode()),
            None if hidden is None else read_value(hidden.decode()),
            None if version is None else unquoted(version.decode()),
            None if duration is None else read_number(duration.decode()),
        )

    def recorded_at(self, place: int) -> str | None:
        text = self._noted(place)["recorded_at"]
        return None if text is None else unquoted(text.decode())

    def edited(self, place: int) -> bool:
        return self._noted(place)["edited"] is not None

    def price(self, place: int) -> str | None:
        """What `read_value` reads, if there is a price."""
        text = self._noted(place)["price"]
        return None if text is None else text.decode()

    def _noted(self, place: int) -> re.Match[bytes]:
        # Those of one interaction are asked for several times, one after the other.
        last, found = self._last
        if last != place:
            item = self._items[place]
            found = NOTE_LINES.match(self._content, item.notes, item.seal)
            self._last = (place, found)
        assert found is not None  # it was so when the file was cut
        return found

    def _body(self, start: int, line: int, end: int, margin: bytes, layout: str) -> bytes:
        style = self._content[start:line]
        if style.startswith(b'"'):
            return take_back(unquoted(style.decode()), layout)
        if style == b"|-" and layout in _IN_LINES:
            return self._joined(line, end, layout)
        # Faster than to replace, by a third.
        block = b"\n".join(self._content[line:end].split(margin))[1:]
        if style.startswith(b"!!binary"):
            return base64.b64decode(block)
        if not style.endswith(b"-"):
            block += b"\n"
        return take_back(block.decode(), layout) if layout else block

    def _is_in_lines(self, item: _Item, layout: str) -> bool:
        return layout in _IN_LINES and self._content.startswith(b"|-\n", item.body)

    def _joined(self, start: int, end: int, layout: str) -> bytes:
        # Long ones take time, so these are not made into text first: the bytes that they were come at once.
        lines = _BREAK.split(self._content[start:end])
        if layout == "lines":
            return b"".join(lines)
        return b"\n".join(lines).replace(b",\n", b", ").replace(b"\n", b"")


_IN_LINES = ("lines", "lines spaced")
_BREAK = re.compile(rb"\n +")
_GLANCE = 500


def cut(content: bytes) -> Slices | None:
    """The interactions of a file of ours; None if anything in it is not as it was written."""
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
        start = item.end
    return Slices(content, items) if items and start == end else None


def _item(content: bytes, start: int) -> _Item | None:
    """The interaction that begins here; None if it does not have its parts, in their order, each once."""
    # What is indented less than a body ends it, so that what is looked for cannot be found within one.
    find = content.find
    body = find(_BODY, start) + len(_BODY)
    body_line = find(b"\n", body)
    # With what always comes next: the longer what is looked for, the wider are the steps of the search.
    response = find(_RESPONSE + _STATUS, body_line)
    string = find(_STRING, response) + len(_STRING)
    string_line = find(b"\n", string)
    notes = find(_NOTES + b"\n      ", string_line)
    seal = find(_SEAL, notes)
    end = seal + len(_SEAL) + _CHECKSUMS + 1
    in_order = start < body <= body_line <= response < string <= string_line <= notes < seal
    if not (in_order and content[end - 1 : end] == b"\n" and ALL_NOTES.fullmatch(content, notes, seal)):
        return None
    return _Item(start, body, body_line, response, string, string_line, notes, seal, end)


def _is_as_written(view: memoryview, item: _Item) -> bool:
    """Whether the checksums are those that `seal` would make."""
    outside, found = 0, []
    start = item.start
    for begin, line, end in ((item.body, item.body_line, item.response), (item.string, item.string_line, item.notes)):
        quoted = view[begin] == ord('"')
        if quoted and line != end:
            # What stands between would be under no checksum.
            return False
        outside = crc32(view[start : begin + 1 if quoted else line], outside)
        found.append(crc32(view[begin:line] if quoted else view[line + 1 : end]))
        start = end
    outside = crc32(view[start : item.seal], outside)
    written = view[item.seal + len(_SEAL) : item.end - 1]
    return written == b"%08x %08x %08x" % (outside, *found)


# --- values, in the few ways in which `cassette` writes them


def read_head(text: bytes) -> tuple[str, str, Headers]:
    """What stands of a request before its body: method, URL and headers."""
    method, uri, *_ = text.decode().split("\n")
    return (
        unquoted(method.removeprefix("    method: ")),
        unquoted(uri.removeprefix("    uri: ")),
        read_headers(text.decode()[len(method) + 1 :]),
    )


@lru_cache(64)
def _status(line: str) -> tuple[int, str]:
    code, _, message = line[len(_STATUS) : -1].partition(", message: ")
    return int(code), unquoted(message)

"""A file of ours that is as it was written, cut at its lines: what YAML would read in it, without reading it as YAML.

Only the very text that `cassette` writes is cut, and its checksums vouch for that. Whatever else a file may be is for
YAML to say.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from zlib import crc32

from pytest_samurai.cassette.layout import take_back
from pytest_samurai.cassette.seal import MARK

Pairs = tuple[tuple[str, str], ...]

_HEAD = f"{MARK}\ninteractions:\n".encode()
_TAIL = b"version: 1\n"

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
    headers: Pairs
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
        chunks = self._content[noted.end() + len(_CHUNKS) : item.seal]
        return Response(
            *_status(head.partition("\n")[0]),
            _pairs(head),
            self._body(item.string, item.string_line, item.notes, b"\n        ", how),
            chunks or None,
            None if ending is None else _scalar(ending.decode()),
            None if hidden is None else read_value(hidden.decode()),
            None if version is None else _scalar(version.decode()),
            None if duration is None else _number(duration.decode()),
        )

    def recorded_at(self, place: int) -> str | None:
        text = self._noted(place)["recorded_at"]
        return None if text is None else _scalar(text.decode())

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
            found = _NOTE_LINES.match(self._content, item.notes, item.seal)
            self._last = (place, found)
        assert found is not None  # it was so when the file was cut
        return found

    def _body(self, start: int, line: int, end: int, margin: bytes, layout: str) -> bytes:
        style = self._content[start:line]
        if style.startswith(b'"'):
            return take_back(_scalar(style.decode()), layout)
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
    if not (content.startswith(_HEAD) and content.endswith(_TAIL)):
        return None
    view = memoryview(content)
    items = []
    start, end = len(_HEAD), len(content) - len(_TAIL)
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
    if not (in_order and content[end - 1 : end] == b"\n" and _ALL_NOTES.fullmatch(content, notes, seal)):
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

_NOTE_LINES = re.compile(
    rb"\n    samurai:"
    rb"(?:\n      recorded_at: (?P<recorded_at>.+))?"
    rb"(?:\n      duration: (?P<duration>[\d.e+-]+))?"
    rb"(?:\n      http_version: (?P<http_version>.+))?"
    rb"(?:\n      request_layout: (?P<request_layout>(?:(?:lines|spaced|ascii|crlf) ?)+))?"
    rb"(?:\n      layout: (?P<layout>(?:(?:lines|spaced|ascii|crlf) ?)+))?"
    rb"(?:\n      ending: (?P<ending>.+))?"
    rb"(?:\n      hidden_usage: (?P<hidden_usage>\{.*\}))?"
    rb"(?:\n      price: (?P<price>\{.*\}|unknown))?"
    rb"(?:\n      edited: (?P<edited>true))?"
)
# The last, and the longest. Whoever has it need not look at it again: this is how it is written, to the letter.
_CHUNKS = b"\n      chunks: >-"
_ALL_NOTES = re.compile(rb"%b(?:%b(?:[ \n]++\d++@\d++(?:\.\d++)?+)++)?+" % (_NOTE_LINES.pattern, _CHUNKS))

# A number, or a word that is plain in YAML; JSON knows what stands in quotes.
_FLOW = re.compile(r'("(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*)|([^\s"\[\]{},:](?:[^"\[\]{},:]|:(?! ))*)')


def read_value(text: str) -> Any:
    """A value that stands on its line: a mapping, a list, or a word."""
    return json.loads(_FLOW.sub(_as_json, text))


def _as_json(found: re.Match[str]) -> str:
    word = found[2]
    return found[0] if word is None or word in ("true", "false", "null") else json.dumps(word)


def _scalar(text: str) -> str:
    if not text.startswith('"'):
        return text
    return str(json.loads(text)) if "\\" in text else text[1:-1]


def read_head(text: bytes) -> tuple[str, str, Pairs]:
    """What stands of a request before its body: method, URL and headers."""
    method, uri, *_ = text.decode().split("\n")
    return (
        _scalar(method.removeprefix("    method: ")),
        _scalar(uri.removeprefix("    uri: ")),
        _pairs(text.decode()[len(method) + 1 :]),
    )


@lru_cache(64)
def _status(line: str) -> tuple[int, str]:
    code, _, message = line[len(_STATUS) : -1].partition(", message: ")
    return int(code), _scalar(message)


# Nearly all of them: one value, with nothing in it that would have to be read.
_HEADER = re.compile(r'\n      ([a-z0-9-]+): \["?([^"\\,\[\]\n]*)"?\](?![^\n])')


@lru_cache(1024)
def _shared(header: tuple[str, str]) -> tuple[str, str]:
    """The same header of another reply, where there was one: of all that is kept of replies, most is headers."""
    return header


def _pairs(text: str) -> Pairs:
    """The headers that stand behind the first line of a text, name by name."""
    found = tuple(map(_shared, _HEADER.findall(text)))
    if len(dict(found)) == text.count("\n") - 1:
        return found
    headers: dict[str, list[str]] = {}
    for name, values in dict(map(_header, text.split("\n")[2:])).items():
        headers.setdefault(name.lower(), []).extend(values)
    return tuple((name, value) for name, values in headers.items() for value in values)


@lru_cache(256)
def _header(line: str) -> tuple[str, list[str]]:
    name, _, values = line[6:].partition(": [")
    if name[0] == '"' or ", " in values:
        [(name, quoted)] = read_value(f"{{{line[6:]}}}").items()
        return name, quoted
    return name, [_scalar(values[:-1])]


def _number(text: str) -> float:
    return int(text) if text.isdigit() else float(text)

"""A file of ours that is as it was written, cut at its lines: what YAML would read in it, without reading it as YAML.

Only the very text that `cassette` writes is cut, and its checksums vouch for that. Whatever else a file may be is for
YAML to say.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from zlib import crc32

from pytest_samurai.seal import MARK

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


class Slices:
    """The interactions of such a file. What is asked for is read each time, and comes as YAML would give it.

    But for bodies that were broken into lines, which may come as the bytes that they were before.
    """

    def __init__(self, content: bytes, items: list[_Item]) -> None:
        self._content = content
        self._items = items
        self._last_notes: tuple[int, dict[str, Any]] = (-1, {})
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

    def request(self, place: int) -> dict[str, Any]:
        item = self._items[place]
        head = _head(self._content[item.start + len(_REQUEST) : item.body - len(_BODY)])
        body = self._body(item.body, item.body_line, item.response, 6, self.notes(place).get("request_layout"))
        return {**head, "body": body}

    def response(self, place: int) -> dict[str, Any]:
        item = self._items[place]
        status, *headers = self._lines(item.response + len(_RESPONSE), item.string - len(_STRING))
        code, _, message = status[len(_STATUS) : -1].partition(", message: ")
        body = self._body(item.string, item.string_line, item.notes, 8, self.notes(place).get("layout"))
        return {
            "status": {"code": int(code), "message": _scalar(message)},
            "headers": _headers(headers),
            "body": {"string": body},
        }

    def notes(self, place: int) -> dict[str, Any]:
        # Those of one interaction are asked for several times, one after the other.
        if self._last_notes[0] != place:
            item = self._items[place]
            found = _NOTE_LINES.fullmatch(self._content, item.notes, item.seal)
            assert found is not None  # it was so when the file was cut
            notes = {name: _READ[name](text.decode()) for name, text in found.groupdict().items() if text is not None}
            self._last_notes = (place, notes)
        return self._last_notes[1]

    def _lines(self, start: int, end: int) -> list[str]:
        return self._content[start:end].decode().split("\n")

    def _body(self, start: int, line: int, end: int, margin: int, layout: str | None) -> str | bytes:
        style = self._content[start:line]
        if style.startswith(b'"'):
            return _scalar(style.decode())
        if layout in _IN_LINES and style == b"|-":
            # Long ones take time, so these are not made into text first: the bytes that they were come at once.
            lines = [line.lstrip(b" ") for line in self._content[line + 1 : end].split(b"\n")]
            if layout == "lines":
                return b"".join(lines)
            return b"\n".join(lines).replace(b",\n", b", ").replace(b"\n", b"")
        text = "\n".join([line[margin:] for line in self._lines(line + 1, end)])
        if style.startswith(b"!!binary"):
            return base64.b64decode(text)
        return text if style.endswith(b"-") else f"{text}\n"


_IN_LINES = ("lines", "lines spaced")


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
    response = find(_RESPONSE, body_line)
    string = find(_STRING, response) + len(_STRING)
    string_line = find(b"\n", string)
    notes = find(_NOTES, string_line)
    seal = find(_SEAL, notes)
    end = seal + len(_SEAL) + _CHECKSUMS + 1
    in_order = start < body <= body_line <= response < string <= string_line <= notes < seal
    if not (in_order and content[end - 1 : end] == b"\n" and _NOTE_LINES.fullmatch(content, notes, seal)):
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
    rb"(?:\n      chunks: >-(?P<chunks>(?:\n        [\d@. ]*)+))?"
)

# A number, or a word that is plain in YAML; JSON knows what stands in quotes.
_FLOW = re.compile(r'("(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*)|([^\s"\[\]{},:](?:[^"\[\]{},:]|:(?! ))*)')


@lru_cache(maxsize=256)
def _row(text: str) -> Any:
    """A row of prices: most interactions have the same."""
    return _value(text)


def _value(text: str) -> Any:
    return json.loads(_FLOW.sub(_as_json, text))


def _as_json(found: re.Match[str]) -> str:
    word = found[2]
    return found[0] if word is None or word in ("true", "false", "null") else json.dumps(word)


def _scalar(text: str) -> str:
    if not text.startswith('"'):
        return text
    return str(json.loads(text)) if "\\" in text else text[1:-1]


# Most requests of a cassette differ in nothing but their bodies, and many headers are the same in all replies.
@lru_cache(256)
def _head(text: bytes) -> dict[str, Any]:
    method, uri, *headers = text.decode().split("\n")
    return {
        "method": _scalar(method.removeprefix("    method: ")),
        "uri": _scalar(uri.removeprefix("    uri: ")),
        "headers": _headers(headers),
    }


def _headers(lines: list[str]) -> dict[str, list[str]]:
    return {} if lines == ["    headers: {}"] else dict(map(_header, lines[1:]))


@lru_cache(256)
def _header(line: str) -> tuple[str, list[str]]:
    name, _, values = line[6:].partition(": [")
    if name[0] == '"' or ", " in values:
        [(name, quoted)] = _value(f"{{{line[6:]}}}").items()
        return name, quoted
    return name, [_scalar(values[:-1])]


def _number(text: str) -> Any:
    return json.loads(text)


def _words(text: str) -> str:
    return " ".join(text.split())


_READ: Mapping[str, Callable[[str], Any]] = {
    "recorded_at": _scalar,
    "duration": _number,
    "http_version": _scalar,
    "request_layout": _scalar,
    "layout": _scalar,
    "ending": _scalar,
    "hidden_usage": _value,
    "price": lambda text: _row(text) if text[0] == "{" else text,
    "edited": bool,
    "chunks": _words,
}
"""How each note is read."""

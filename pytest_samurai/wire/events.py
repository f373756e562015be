"""The events of a stream, cut out of its bytes.

Streams come in three forms:

- Server-sent events, as in the WHATWG specification.
- JSON objects one after another, usually one on each line: `application/x-ndjson`, as in Ollama's API reference.
- One JSON array sent piece by piece: `streamGenerateContent` without `alt=sse`, as in Google's API reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pytest_samurai.files import json
from pytest_samurai.wire.objects import parse_object

Span = tuple[int, int]
"""Where something begins and ends in a body."""

# Two line ends. A CR at the very end doesn't count yet: it may be half of a CRLF. The pattern is spelled out rather
# than repeated so that `re` knows the possible first bytes of a match.
_EVENT_END = re.compile(rb"(?:\r\n|\n|\r(?!\n|\Z))(?:\r\n|\n|\r(?!\n|\Z))")
# `re` finds the letters quickly, and looks behind only where it found them.
_DATA = re.compile(rb"data:(?<![^\r\n]data:)")
_DATA_LINE = re.compile(_DATA.pattern + rb" ?([^\r\n]*)")
_DONE = re.compile(_DATA.pattern + rb" ?\[DONE\]")

_LINE_BEFORE_DATA = re.compile(rb"(?:\r\n|\n|\r)(?=data:)")

_LINE_END = re.compile(rb"\n")
# RFC 7464 puts a record separator before each object.
_AROUND_LINE = b"\x1e \t\r\n"
_LINE_OF_JSON = re.compile(rb"[\s\x1e]*[\[{]")
_OBJECT_WITH_KEYS = re.compile(rb'[\s\x1e]*\{\s*"')
_FIRST_OBJECT = re.compile(rb"[\s\x1e]*\[?\s*(?=\{)")
_TWO_OBJECTS = re.compile(rb"\}[\s\x1e]*\{")
_BETWEEN_OBJECTS = re.compile(rb"[\s,\x1e]*")
# A stream of events may begin with one; it means nothing.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECODER = json.JSONDecoder()


def is_server_sent(body: bytes) -> bool:
    """Whether a body contains server-sent events, whatever its content type says."""
    return b"data:" in body and _DATA.search(body) is not None


def cut_events(body: bytes) -> Iterator[tuple[Span, ...]]:
    """The data of each event in a body: a span for each line of data, nearly always one.

    A body of another form has no events. A truncated event counts; a truncated object doesn't.
    """
    if body.startswith(_BYTE_ORDER_MARK):
        mark = len(_BYTE_ORDER_MARK)
        events = cut_events(body[mark:])
        return (tuple([(begin + mark, end + mark) for begin, end in lines]) for lines in events)
    if is_server_sent(body):
        return _server_sent(body)
    start = _FIRST_OBJECT.match(body)
    if start and (b"[" in start[0] or _TWO_OBJECTS.search(body)):
        return _objects(body, start.end())
    return iter(())


def _server_sent(body: bytes) -> Iterator[tuple[Span, ...]]:
    lines: list[Span] = []
    for begin, end in _data_lines(body):
        if lines and _EVENT_END.search(body, lines[-1][1], begin):
            yield tuple(lines)
            lines = []
        if not lines and body.startswith(b"\n\n", end):
            yield ((begin, end),)
        else:
            lines.append((begin, end))
    if lines:
        yield tuple(lines)


def _data_lines(body: bytes) -> Iterator[Span]:
    if b"\r" in body:
        for line in _DATA_LINE.finditer(body):
            yield line.span(1)
        return
    begin = 0
    while (begin := body.find(b"data:", begin)) >= 0:
        end = body.find(b"\n", begin)
        end = len(body) if end < 0 else end
        if begin == 0 or body.startswith(b"\n", begin - 1):
            yield begin + (6 if body.startswith(b" ", begin + 5) else 5), end
        begin = end


def _objects(body: bytes, begin: int) -> Iterator[tuple[Span, ...]]:
    # In Latin-1 each byte is one character, so offsets in the text are offsets in the body too.
    text = body.decode("latin-1")
    while True:
        try:
            end = _DECODER.raw_decode(text, begin)[1] if body.startswith(b"{", begin) else begin
        except (ValueError, RecursionError):
            end = begin
        if end > begin:
            yield ((begin, end),)
            between = _BETWEEN_OBJECTS.match(body, end)
            begin = between.end() if between else end
        else:
            # No object begins here, so try the next line.
            begin = body.find(b"\n{", begin) + 1
            if not begin:
                return


def events(body: bytes) -> Iterator[str]:
    """The data of each event in a body, without `[DONE]`."""
    for lines in cut_events(body):
        data = [body[begin:end] for begin, end in lines]
        text = (data[0] if len(data) == 1 else b"\n".join(data)).decode("utf-8", "replace")
        if text.strip() != "[DONE]":
            yield text


def event_lengths(body: bytes) -> list[int]:
    """The lengths in bytes of the events in a body, line ends included. They add up to the length of the body."""
    ends = [0]
    form = _LINE_END if _OBJECT_WITH_KEYS.match(body) and not is_server_sent(body) else _EVENT_END
    for end in form.finditer(body):
        # Further blank lines belong to the next event.
        if end.start() > ends[-1]:
            ends.append(end.end())
    if ends[-1] < len(body):
        ends.append(len(body))
    return [end - begin for begin, end in pairwise(ends)]


def ends_stream(body: bytes) -> bool:
    """Whether `[DONE]` has come: the OpenAI SDK stops reading there."""
    return _DONE.search(body) is not None


def has_event(body: bytes, *types: str) -> bool:
    """Whether a body has an event of one of these types."""
    if not any(json.dumps(kind).encode() in body for kind in types):
        return False
    return any((parse_object(text) or {}).get("type") in types for text in events(body))


def last_word(body: bytes, name: str) -> Any:
    """The last value under a top-level key in server-sent events; None if no event has the key.

    Searches from the end and parses only the events that contain the name, not the whole stream.
    """
    key = json.dumps(name).encode()
    end = len(body)
    while (at := body.rfind(key, 0, end)) >= 0:
        # The data of an event is nearly always one line.
        begin, stop = body.rfind(b"\n", 0, at) + 1, body.find(b"\n", at)
        said = [parse_object(body[begin + 5 : len(body) if stop < 0 else stop])]
        if said == [None] or not body.startswith(b"data:", begin):
            # If lines end in CR, every event is parsed.
            begin = 0 if b"\r" in body else body.rfind(b"\n\n", 0, at) + 1
            said = [parse_object(text) for text in events(body[begin:end])]
        for event in reversed(said):
            value = (event or {}).get(name)
            if value not in (None, "", {}):
                return value
        end = begin
    return None


def data_of(event: bytes) -> str | None:
    """The data of one event, or a line of JSON; None if it has neither, as with a comment."""
    lines = [line[1] for line in _DATA_LINE.finditer(event)]
    if not lines and _LINE_OF_JSON.match(event):
        lines = [event.strip(_AROUND_LINE)]
    return b"\n".join(lines).decode("utf-8", "replace").strip() or None


class EventBuffer:
    """Collects bytes as they come and returns whole server-sent events, or JSON objects line by line."""

    def __init__(self) -> None:
        self._pending = b""
        self._ends: re.Pattern[bytes] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no incomplete event is waiting."""
        return not self._pending

    def feed(self, data: bytes) -> list[bytes]:
        """The events that are complete now, each with its line ends."""
        # The waiting bytes contain no end of an event, but they may end with the beginning of one.
        searched = max(len(self._pending) - 3, 0)
        data = self._pending + data
        whole = []
        start = 0
        for end in self._form(data).finditer(data, searched):
            whole += _apart(data[start : end.end()])
            start = end.end()
        *more, self._pending = _apart(data[start:])
        return whole + more

    def _form(self, data: bytes) -> re.Pattern[bytes]:
        if self._ends is None and data.strip(_AROUND_LINE):
            self._ends = _LINE_END if _LINE_OF_JSON.match(data) else _EVENT_END
        return self._ends or _EVENT_END

    def flush(self) -> bytes:
        """What is left of an event that never ended."""
        rest, self._pending = self._pending, b""
        return rest


def _apart(event: bytes) -> list[bytes]:
    """One event; or several, if a server leaves out the blank lines between them. Then each line is an object."""
    parts = []
    start = 0
    for end in _LINE_BEFORE_DATA.finditer(event):
        data = data_of(event[start : end.end()])
        if data is None:
            continue
        if data != "[DONE]" and parse_object(data) is None:
            break
        parts.append(event[start : end.end()])
        start = end.end()
    return [*parts, event[start:]]

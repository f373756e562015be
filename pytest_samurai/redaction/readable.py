"""The edits of a body that leave its JSON readable."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator

from pytest_samurai.files import json
from pytest_samurai.redaction.streams import event_data, parsed, texts_of
from pytest_samurai.wire import Channel, Dialect

Span = tuple[int, int]
"""Where something begins and ends."""

STRING = re.compile(rb'"((?:[^"\\]++|\\.)*+)"(\s*:)?', re.DOTALL)
_FIELD = re.compile(rb"^(?:data|event|id|retry):", re.MULTILINE)
_FRAME = re.compile(rb"%b|[\r\n]+" % _FIELD.pattern, re.MULTILINE)
_ESCAPE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL)


def readable(body: bytes, spans: Iterable[Span], *, keys: bool, whole: Collection[str] = ()) -> list[Span]:
    """The spans to cut out of a body, limited to the strings in its JSON. Spans outside JSON stay as they are.

    Numbers, `true` and the like are never cut. Keys of objects are cut only with `keys`. No escape is cut in two. The
    same applies within a string that is JSON itself, like the arguments of a tool call. The strings in `whole` stay.
    """
    outside = set(spans)
    kept: list[Span] = []
    if not outside:
        return kept
    every = sorted(outside)
    for begin, end in documents(body):
        inside = [span for span in every if span[0] < end and begin < span[1]]
        if inside:
            outside.difference_update(inside)
            kept += _in_strings(body, (begin, end), inside, keys, whole)
    return sorted([*_beside_fields(body, outside), *kept])


def _beside_fields(body: bytes, spans: Collection[Span]) -> Iterator[Span]:
    """The spans without the field names and line ends of the events in a body, if it has any."""
    frame = [match.span() for match in _FRAME.finditer(body)] if spans and _FIELD.search(body) else []
    for begin, end in spans:
        for first, last in frame:
            if begin < last and first < end:
                if begin < first:
                    yield begin, first
                begin = last
        if begin < end:
            yield begin, end


def spoken_json(body: bytes, dialect: Dialect) -> frozenset[str]:
    """The texts of a stream that are JSON once joined: none of their pieces can be judged alone."""
    channels: dict[Channel, list[str]] = {}
    for data, _, _, _ in event_data(body):
        if (value := parsed(data)) is not None:
            for channel, holder, key in texts_of(value, dialect):
                channels.setdefault(channel, []).append(holder[key])
    return frozenset(text for texts in channels.values() if is_json("".join(texts).encode()) for text in texts)


def is_json(text: bytes) -> bool:
    """Whether a text is a JSON object or list."""
    return text.lstrip()[:1] in (b"{", b"[") and parsed(text) is not None


def documents(body: bytes) -> Iterator[Span]:
    """The bounds of the JSON values in a body: the body itself, or the values in its events."""
    if is_json(body) or (body[:1] == b'"' and parsed(body) is not None):
        yield 0, len(body)
        return
    for data, begin, end, _ in event_data(body):
        if parsed(data) is not None:
            yield begin, end


def _in_strings(
    body: bytes, document: Span, spans: Iterable[Span], keys: bool, whole: Collection[str]
) -> Iterator[Span]:
    for match in STRING.finditer(body, *document):
        first, last = match.span(1)
        inside = [(max(begin, first), min(end, last)) for begin, end in spans if begin < last and first < end]
        if not inside or (match[2] and not keys):
            continue
        if whole and json.loads(b'"%b"' % match[1]) in whole:
            continue
        for begin, end in _in_string(match[1], [(begin - first, end - first) for begin, end in inside], keys):
            yield first + begin, first + end


def _in_string(raw: bytes, spans: list[Span], keys: bool) -> list[Span]:
    """The spans in a raw string, each widened to whole escapes; if it is JSON, limited to the strings in it."""
    text, starts = _unescaped(raw)
    said = [(bisect_right(starts, begin) - 1, bisect_left(starts, end)) for begin, end in spans]
    if is_json(text):
        said = list(_in_strings(text, (0, len(text)), said, keys, ()))
    return [(starts[begin], starts[end]) for begin, end in said]


def _unescaped(raw: bytes) -> tuple[bytes, list[int]]:
    """The decoded string, the raw offset where each of its bytes begins, and the raw end."""
    said: list[bytes] = []
    starts: list[int] = []
    at = 0
    for match in _ESCAPE.finditer(raw):
        char = str(json.loads(b'"%b"' % match[0])).encode("utf-8", "surrogatepass")
        said += [raw[at : match.start()], char]
        starts += [*range(at, match.start()), *([match.start()] * len(char))]
        at = match.end()
    return b"".join([*said, raw[at:]]), [*starts, *range(at, len(raw) + 1)]

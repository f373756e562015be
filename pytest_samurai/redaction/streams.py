"""What is said in a stream, in texts that go on from event to event."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pytest_samurai.wire import parse_object

_EVENT = re.compile(rb"data:(?<![^\r\n]data:) ?(\{[^\r\n]*\})")


Part = tuple[int, Any, Any]
"""A text in a stream: the number of its event, and the place where it is kept, as a container and the key in it."""


def channels_of(body: bytes) -> tuple[list[tuple[int, int, dict[str, Any] | None]], list[list[Part]]]:
    """The events of a stream (begin, end, value), and the texts in them, each with those that it goes on with."""
    events = [(*found.span(1), parse_object(found[1])) for found in _EVENT.finditer(body)]
    channels: dict[tuple[Any, ...], list[Part]] = {}
    for number, (_, _, event) in enumerate(events):
        for channel, holder, key in _texts((event or {}).get("choices"), ()):
            channels.setdefault(channel, []).append((number, holder, key))
    return events, list(channels.values())


_QUOTED = re.compile(rb'"((?:[^"\\]++|\\.)*+)"')
_MOST_SHAPES = 1000


def spoken(body: bytes) -> Iterator[tuple[tuple[Any, ...], bytes]]:
    """The same texts, one after the other, each with its channel; of an event that is no JSON there may be some too.

    Nearly all events of a stream are the same but for what stands between quotes. So where the texts are in those of
    one shape is found out once, which takes a third of the time of parsing each.
    """
    shapes: dict[tuple[bytes, ...], tuple[list[int], dict[tuple[bytes, ...], list[tuple[tuple[Any, ...], int]]]]] = {}
    for event in _objects(body):
        # What stands around the quotes and between them, in turn.
        parts = event.split(b'"') if b"\\" not in event else _QUOTED.split(event)
        if len(parts) % 2 == 0:
            # An event that is cut off is no JSON.
            continue
        around = tuple(parts[::2])
        if around not in shapes:
            if len(shapes) == _MOST_SHAPES:
                shapes.clear()
            shapes[around] = ([n for n in range(1, len(parts), 2) if parts[n + 1].lstrip().startswith(b":")], {})
        keys_at, known = shapes[around]
        keys = tuple([parts[n] for n in keys_at])
        if keys not in known:
            known[keys] = _places(parts, keys_at)
        for channel, place in known[keys]:
            text = parts[place]
            yield channel, _unescaped(text) if b"\\" in text else text


def _objects(body: bytes) -> Iterator[bytes]:
    """The data of the events that `_EVENT` finds."""
    if b"\r" in body:
        yield from (found[1] for found in _EVENT.finditer(body))
        return
    # With LF for all line ends there is a quicker way, and it is what servers send.
    begin = 0
    while (begin := body.find(b"data:", begin)) >= 0:
        end = body.find(b"\n", begin)
        end = len(body) if end < 0 else end
        if begin == 0 or body.startswith(b"\n", begin - 1):
            start = begin + (6 if body.startswith(b" ", begin + 5) else 5)
            if body.startswith(b"{", start):
                yield body[start : body.rfind(b"}", start, end) + 1]
        begin = end


def _places(parts: Sequence[bytes], keys_at: Sequence[int]) -> list[tuple[tuple[Any, ...], int]]:
    """Where the texts of an event are among its parts, each with its channel: each is told by its own number."""
    numbered = [part if n % 2 == 0 else b'"%b"' % (part if n in keys_at else b"%d" % n) for n, part in enumerate(parts)]
    choices = (parse_object(b"".join(numbered)) or {}).get("choices")
    return [(channel, int(holder[key])) for channel, holder, key in _texts(choices, ())]


def _unescaped(text: bytes) -> bytes:
    try:
        return str(json.loads(b'"%b"' % text)).encode("utf-8", "surrogatepass")
    except ValueError:
        return text


def _texts(value: Any, channel: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Every text in an event: what it goes on with in the next one, and the place where it is kept."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            step = item["index"] if isinstance(item, dict) and isinstance(item.get("index"), int) else key
            if isinstance(item, str):
                yield (*channel, step), value, key
            else:
                yield from _texts(item, (*channel, step))

"""A quick look at a stream: finds its texts without parsing each event."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pytest_samurai.files import json
from pytest_samurai.redaction.inner import inner
from pytest_samurai.redaction.streams import RAW, channels_of, inner_texts, named_data, parsed, texts_of, value_of
from pytest_samurai.wire import Channel, Dialect, Label

_QUOTED = re.compile(rb'"((?:[^"\\]++|\\.)*+)"')
_DIGITS = b"0123456789"
_NUMBER = re.compile(rb"\A(\s*:\s*)(-?\d+)(?=[\s,}\]])")
# No item has such a large number, so numbers from here on are parts.
_PART = 10**15
_MOST_SHAPES = 1000

_Places = list[tuple[Channel, int]]
"""The texts of an event: the channel that each continues, and the number of its part of the event."""
_NO_JSON: _Places = [(RAW, 0)]
"""For an event that isn't JSON."""


@dataclass(slots=True)
class _Shape:
    """Events that differ only in what is between quotes, and in numbers.

    `keys` are the parts that are keys. The `telling` parts determine where the texts are and in which channels: the
    keys, and everything that is part of a channel. `known` has the places by the telling parts of earlier events.
    """

    keys: list[int]
    telling: list[int]
    known: dict[tuple[bytes, ...], _Places] = field(default_factory=dict)

    def learn(self, parts: Sequence[bytes], dialect: Dialect) -> _Places:
        """The places of the texts in an event, which are known from now on."""
        numbered = _numbered_places(parts, self.keys, dialect)
        labels = {at for channel, _ in numbered or () for step in channel if (at := _part(step)) is not None}
        if new := sorted(labels.difference(self.telling)):
            self.telling += new
            self.known.clear()
        places = _NO_JSON
        if numbered is not None:
            # Two labels of a text may say the same.
            places = [*dict.fromkeys((tuple([_told(step, parts) for step in channel]), at) for channel, at in numbered)]
        if len(self.known) == _MOST_SHAPES:
            self.known.clear()
        self.known[tuple([parts[at] for at in self.telling])] = places
        return places


def _numbered_places(parts: Sequence[bytes], keys: Sequence[int], dialect: Dialect) -> _Places | None:
    """The places of the texts in an event; None if it isn't JSON.

    To find them, each text, and each number with a key, is replaced by the number of its part. Then the event is
    parsed, and these numbers stay in the channels.
    """
    numbered = [part if n % 2 == 0 else b"%d" % n for n, part in enumerate(parts)]
    for n in keys:
        numbered[n] = parts[n]
        numbered[n + 1] = _NUMBER.sub(rb"\g<1>%d" % (_PART + n + 1), parts[n + 1])
    said = parsed(b'"'.join(numbered))
    return None if said is None else [(path, int(holder[key])) for path, holder, key in texts_of(said, dialect)]


def _part(step: object) -> int | None:
    """The part of an event that a step of a channel refers to; None for any other step."""
    if isinstance(step, Label):
        return int(step)
    return step - _PART if isinstance(step, int) and step >= _PART else None


def _told(step: object, parts: Sequence[bytes]) -> object:
    """A step of a channel with its value in an event: a text, or a number after its key."""
    at = _part(step)
    if at is None:
        return step
    number = _NUMBER.match(parts[at])
    return _unescaped(parts[at]) if number is None else int(number[2])


def spoken(body: bytes, dialect: Dialect) -> Iterator[tuple[Channel, bytes]]:
    """The texts in the events of a stream in order, each with a channel that it continues.

    Nearly all events of a stream have the same shape. So the positions of the texts are determined once for each shape,
    not for each event.
    """
    shapes: dict[bytes, _Shape] = {}
    for name, data, _, _, _ in named_data(body):
        # The parts between the quotes and those around them alternate.
        parts = data.split(b'"') if b"\\" not in data else _QUOTED.split(data)
        if len(parts) % 2 == 0 or (len(parts) == 1 and value_of(data) is None):
            yield from ((channel, data) for channel in channels_of(RAW, name))
            continue
        around = b'"'.join(parts[::2]).translate(None, _DIGITS)
        shape = shapes.get(around)
        if shape is None:
            if len(shapes) == _MOST_SHAPES:
                shapes.clear()
            keys = [n for n in range(1, len(parts), 2) if parts[n + 1].lstrip().startswith(b":")]
            shape = shapes[around] = _Shape(keys, [*keys])
        told = tuple([parts[at] for at in shape.telling])
        places = shape.known.get(told)
        if places is None:
            places = shape.learn(parts, dialect)
        if places is _NO_JSON:
            yield from ((channel, data) for channel in channels_of(RAW, name))
            continue
        texts = {at: _unescaped(parts[at]) if b"\\" in parts[at] else parts[at] for _, at in places}
        for channel, at in places:
            for each in channels_of(channel, name):
                yield each, texts[at]
        yield from _inner_texts(texts.values(), dialect)


def _inner_texts(texts: Iterable[bytes], dialect: Dialect) -> Iterator[tuple[Channel, bytes]]:
    for text in texts:
        # Hardly any text of a stream is JSON.
        if text.lstrip()[:1] in b"{[eW" and (value := inner(text.decode("utf-8", "surrogatepass"))):
            for channel, holder, key in inner_texts(value, dialect):
                yield channel, holder[key].encode("utf-8", "surrogatepass")


def _unescaped(text: bytes) -> bytes:
    try:
        return str(json.loads(b'"%b"' % text)).encode("utf-8", "surrogatepass")
    except ValueError:
        return text

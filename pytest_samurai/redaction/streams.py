"""The texts of a stream, which continue from event to event."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from pytest_samurai.files import json
from pytest_samurai.redaction.edits import Edit, edited, shares, united
from pytest_samurai.redaction.inner import Inner, inner
from pytest_samurai.wire import Channel, Dialect, Text, cut_events, retell

RAW: Channel = ("",)
"""The channel of event data that isn't JSON, or is only a number: a piece of a text may look like one."""

_NAMED, _INNER = ("named",), ("inner",)
# The name of an event, and the word before the colon where lines have other forms, as in `0:"text"`.
_NAME = re.compile(rb"(?<![^\r\n])(?!data:)(?:event: ?([^\r\n]*)|([\w.-]{1,20}):(?=[ \t]*[\[{\"]))")
_VALUE = re.compile(rb"^(?:[\w.-]{1,20}:)?[ \t,]*(?=[\[{\"])", re.MULTILINE)
_DECODER = json.JSONDecoder()


def event_data(body: bytes) -> Iterator[tuple[bytes, int, int, bytes]]:
    """The data of each event: the bytes, their bounds, and other lines of the event in between.

    Some servers leave out the blank line between two events. So several lines are the data of one event only if they
    form one JSON value. That holds even if a line ends within one of its texts, because some clients read it that way.

    If a body has no events, but is several lines with JSON values of any kind, each of these is an event.
    """
    lines: tuple[tuple[int, int], ...] = ()
    for lines in cut_events(body):
        if len(lines) > 1:
            pieces = [body[begin:end] for begin, end in lines]
            data = next((whole for between in (b"\n", b"") if parsed(whole := between.join(pieces)) is not None), b"")
            if data:
                begin, end = lines[0][0], lines[-1][1]
                others = [line for line in body[begin:end].splitlines()[1:] if not line.startswith(b"data:")]
                yield data, begin, end, b"".join([b"\n" + line for line in others])
                continue
        for begin, end in lines:
            data = body[begin:end]
            if not data.endswith(b"}") and data.startswith(b"{"):
                # Drop anything that follows an object on its line.
                data = data[: data.rfind(b"}") + 1] or data
            yield data, begin, begin + len(data), b""
    if not lines and b"\n" in body.strip() and parsed(body) is None:
        yield from _values_on_lines(body)


def _values_on_lines(body: bytes) -> Iterator[tuple[bytes, int, int, bytes]]:
    # In Latin-1 each byte is one character, so offsets in the text are offsets in the body too.
    text, end = body.decode("latin-1"), 0
    for line in _VALUE.finditer(body):
        begin = line.end()
        if begin >= end:
            try:
                end = _DECODER.raw_decode(text, begin)[1]
            except (ValueError, RecursionError):
                continue
            yield body[begin:end], begin, end, b""


def named_data(body: bytes) -> Iterator[tuple[bytes, bytes, int, int, bytes]]:
    """The same, with the name of each event before its data."""
    end = 0
    for data, begin, data_end, others in event_data(body):
        name = b""
        # With the first byte of the data, which tells whether the word before it is a name.
        for line in _NAME.finditer(body, end, begin + 1):
            name = line[1] or line[2] or b""
        yield name, data, begin, data_end, others
        end = data_end


def channels_of(channel: Channel, name: bytes) -> Sequence[Channel]:
    """A channel, and the same for the events of one name, because texts of events with other names may take turns."""
    return (channel, (*channel, _NAMED, name)) if name and len(channel) == 1 else (channel,)


def value_of(data: bytes) -> list[Any] | None:
    """The value in the data of an event, as by `parsed`; None if it is a number, `true` or the like, or not JSON."""
    value = parsed(data)
    return value if value is not None and isinstance(value[0], str | dict | list) else None


def parsed(data: bytes) -> list[Any] | None:
    """A JSON value, as the only item of a list, where it can be replaced; None if it isn't JSON."""
    try:
        return [json.loads(data)]
    except (ValueError, RecursionError):
        return None


def texts_of(said: list[Any], dialect: Dialect) -> Iterator[Text]:
    """The texts in a parsed value, each with a channel that it continues."""
    return dialect.texts(said[0] if isinstance(said[0], dict | list) else said)


def inner_texts(value: Inner, dialect: Dialect) -> Iterator[Text]:
    """The texts in the JSON of a text."""
    for channel, holder, key in texts_of(value.said, dialect):
        yield (_INNER, *channel), holder, key


@dataclass(slots=True)
class _Event:
    """The data of an event: a JSON value, or else bytes, as the only item of a list."""

    begin: int
    end: int
    others: bytes
    said: list[Any]

    def spelled(self) -> bytes:
        value = self.said[0]
        return value if isinstance(value, bytes) else json.dumps(value).encode() + self.others


class Talk:
    """A parsed stream: its events, and their texts by the channels that they continue."""

    def __init__(self, body: bytes, dialect: Dialect) -> None:
        self._events: list[_Event] = []
        # The number of the event, and where the text is: its container and its key there.
        self._texts: list[tuple[int, Any, Any]] = []
        self._channels: dict[Channel, list[int]] = {}
        # Where a text is, the JSON in it, and how that was spelled.
        self._inner: list[tuple[Any, Any, Inner, str]] = []
        for name, data, begin, end, others in named_data(body):
            said = value_of(data)
            event = _Event(begin, end, others, [data] if said is None else said)
            self._events.append(event)
            first = len(self._texts)
            texts = [(RAW, event.said, 0)] if said is None else texts_of(said, dialect)
            self._add((each, holder, key) for channel, holder, key in texts for each in channels_of(channel, name))
            if said is not None:
                self._add_inner(self._texts[first:], dialect)

    def _add(self, texts: Iterable[Text]) -> None:
        """Add texts of the last event."""
        numbers: dict[tuple[int, Any], int] = {}
        # Two ways to name a channel may give the same name.
        placed: dict[tuple[Channel, int], None] = {}
        for channel, holder, key in texts:
            number = numbers.setdefault((id(holder), key), len(self._texts))
            if number == len(self._texts):
                self._texts.append((len(self._events) - 1, holder, key))
            placed[channel, number] = None
        for channel, number in placed:
            self._channels.setdefault(channel, []).append(number)

    def _add_inner(self, texts: Iterable[tuple[int, Any, Any]], dialect: Dialect) -> None:
        """Add the texts in the JSON of these texts of the last event."""
        for _, holder, key in texts:
            if value := inner(holder[key]):
                self._inner.append((holder, key, value, value.spelled()))
                self._add(inner_texts(value, dialect))

    def said(self) -> Iterator[bytes]:
        """The text of each channel."""
        for numbers in self._channels.values():
            yield b"".join(map(self._text, numbers))

    def _text(self, number: int) -> bytes:
        _, holder, key = self._texts[number]
        text = holder[key]
        return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")

    def edits(self, find: Callable[[bytes], Sequence[Edit]]) -> list[Edit]:
        """The edits of the body, event by event, that cut out everything that `find` finds in the texts.

        What is found in any channel is cut out. If several items take turns, a channel that joins them may lose a few
        letters too many. That is better than a few too few.
        """
        cuts: dict[int, dict[Edit, None]] = {}
        # Most channels hold the same texts, and a user's function gets each text once.
        for numbers in dict.fromkeys(map(tuple, self._channels.values())):
            texts = [self._text(number) for number in numbers]
            if edits := self._not_numbers(numbers, texts, find(b"".join(texts))):
                for number, share in zip(numbers, _with_beginnings(texts, shares(texts, edits)), strict=True):
                    cuts.setdefault(number, {}).update(dict.fromkeys(share))
        changed: dict[int, dict[tuple[int, Any], tuple[str, str]]] = {}
        for number, shared in cuts.items():
            raw = self._text(number)
            if (new := edited(raw, united(shared))) != raw:
                event, holder, key = self._texts[number]
                texts_changed = changed.setdefault(event, {})
                if isinstance(holder[key], bytes):
                    holder[key] = new
                else:
                    old, holder[key] = holder[key], new.decode("utf-8", "surrogatepass")
                    texts_changed[id(holder), key] = (old, holder[key])
        for number, told in changed.items():
            retell(self._events[number].said, told)
        self._spell_inner()
        events = [self._events[number] for number in sorted(changed)]
        return [(event.begin, event.end, event.spelled()) for event in events]

    def _spell_inner(self) -> None:
        """Spell the JSON of texts again where more was cut out of it than out of the text itself."""
        for holder, key, value, before in self._inner:
            new = value.spelled()
            kept = inner(holder[key]) if new != before else value
            if kept is None or kept.said != value.said:
                holder[key] = new

    def _not_numbers(self, numbers: Sequence[int], texts: Sequence[bytes], edits: Sequence[Edit]) -> Sequence[Edit]:
        """The edits without those of a single number: it is not a text, but it may be a piece of one."""
        ends = [*accumulate(map(len, texts))]
        bare = {
            (end - len(text), end)
            for number, text, end in zip(numbers, texts, ends, strict=True)
            if isinstance(self._texts[number][1][self._texts[number][2]], bytes) and parsed(text) is not None
        }
        return [edit for edit in edits if edit[:2] not in bare] if bare else edits


def _with_beginnings(texts: Sequence[bytes], edits: list[list[Edit]]) -> list[list[Edit]]:
    """The edits of texts. If the next text begins with this one, this one also gets its share of the next text's edits.

    Some APIs send the whole text so far in each event. Its beginning may then hold half of a secret.
    """
    for number in reversed(range(len(texts) - 1)):
        text, longer = texts[number : number + 2]
        if text and longer.startswith(text):
            edits[number] += [
                (begin, min(end, len(text)), new) for begin, end, new in edits[number + 1] if begin < len(text)
            ]
    return edits

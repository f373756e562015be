"""The texts of a stream, which continue from event to event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_samurai.files import json
from pytest_samurai.redaction.edits import Edit, edited, shares, united
from pytest_samurai.wire import Channel, Dialect, Text, cut_events, retell

RAW: Channel = ("",)
"""The channel of event data that isn't JSON."""


def event_data(body: bytes) -> Iterator[tuple[bytes, int, int, bytes]]:
    """The data of each event: the bytes, their bounds, and other lines of the event in between.

    Some servers leave out the blank line between two events. So several lines are the data of one event only if they
    form one JSON value. That holds even if a line ends within one of its texts, because some clients read it that way.
    """
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


def parsed(data: bytes) -> list[Any] | None:
    """A JSON value, as the only item of a list, where it can be replaced; None if it isn't JSON."""
    try:
        return [json.loads(data)]
    except (ValueError, RecursionError):
        return None


def texts_of(said: list[Any], dialect: Dialect) -> Iterator[Text]:
    """The texts in a parsed value, each with a channel that it continues."""
    return dialect.texts(said[0] if isinstance(said[0], dict | list) else said)


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
        for data, begin, end, others in event_data(body):
            value = parsed(data)
            event = _Event(begin, end, others, [data] if value is None else value)
            texts = [(RAW, event.said, 0)] if value is None else texts_of(value, dialect)
            numbers: dict[tuple[int, Any], int] = {}
            for channel, holder, key in texts:
                number = numbers.setdefault((id(holder), key), len(self._texts))
                if number == len(self._texts):
                    self._texts.append((len(self._events), holder, key))
                self._channels.setdefault(channel, []).append(number)
            self._events.append(event)

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
        cuts: dict[int, list[Edit]] = {}
        for numbers in self._channels.values():
            texts = [self._text(number) for number in numbers]
            if edits := find(b"".join(texts)):
                for number, share in zip(numbers, _with_beginnings(texts, shares(texts, edits)), strict=True):
                    cuts.setdefault(number, []).extend(share)
        changed: dict[int, dict[tuple[int, Any], tuple[str, str]]] = {}
        for number, share in cuts.items():
            raw = self._text(number)
            if (new := edited(raw, united(share))) != raw:
                event, holder, key = self._texts[number]
                texts_changed = changed.setdefault(event, {})
                if isinstance(holder[key], bytes):
                    holder[key] = new
                else:
                    old, holder[key] = holder[key], new.decode("utf-8", "surrogatepass")
                    texts_changed[id(holder), key] = (old, holder[key])
        for number, told in changed.items():
            retell(self._events[number].said, told)
        events = [self._events[number] for number in sorted(changed)]
        return [(event.begin, event.end, event.spelled()) for event in events]


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

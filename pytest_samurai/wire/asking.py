"""The question for the usage of a stream, and the event that answers it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_samurai.files import json
from pytest_samurai.wire.dialect import Object
from pytest_samurai.wire.events import EventBuffer, data_of, ends_stream, events
from pytest_samurai.wire.objects import parse_object


@dataclass(frozen=True, slots=True)
class Asking:
    """How one API is asked for the usage of a stream.

    - `ask` returns the request with the question in it; None if it asks already, or isn't for a stream.
    - `key` is where the answer is, in an event and in a reply.
    - `part` matches events that hold a part of what the model says, and `is_last_part` recognizes the last of them.
    - `is_answer` says whether an event answers the question and holds nothing else. It also gets the part before it.
    - `is_failure` says whether an event reports an error. Nothing of the answer comes after that.
    """

    ask: Callable[[Object], Object | None]
    key: str
    part: re.Pattern[bytes]
    is_last_part: Callable[[Object], bool]
    is_answer: Callable[[Object, Object], bool]
    is_failure: Callable[[Object], bool]


_ERROR = re.compile(rb"(?:^|[\r\n])event: ?error[\r\n]")
"""An event that its type tells to be an error, whatever its data say."""


class UsageFilter:
    """Takes one event out of a live stream: the answer to a question that we asked and the application didn't.

    That event is the last one before `[DONE]`, an error, or the end of the stream. Some servers send something else
    after it; then it is the last one after the last part. A similar event anywhere else was sent unasked. Once a server
    has told a usage unasked, we take nothing from its stream. If it tells a usage twice, nobody knows which of the two
    it would have sent unasked, so both pass.

    Everything else passes through in the pieces in which it came. An incomplete event waits for its end. An event that
    may be the answer waits for the next event, because only that can tell.
    """

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._mark = json.dumps(asking.key).encode()
        self._buffer = EventBuffer()
        self._usage: dict[str, Any] | None = None
        # The event that may be the answer, the comments that came after it, and the usage in it.
        self._held: list[bytes] = []
        self._held_usage: dict[str, Any] | None = None
        # The last data with a part that went through to the application.
        self._parts = b""
        self._is_over = False
        # Whether the application has seen a usage.
        self._is_told = False

    @property
    def usage(self) -> dict[str, Any] | None:
        """The usage in the answer, if we kept one from the application."""
        return self._held_usage if self._held else self._usage

    def feed(self, data: bytes) -> bytes:
        """What the application may have of `data` and of the bytes that waited."""
        is_plain = self._mark not in data and data.endswith(b"\n\n")
        if is_plain and self._buffer.is_empty and not self._held:
            return self._let_pass(data)
        return b"".join(map(self._sieve, self._buffer.feed(data)))

    def flush(self) -> bytes:
        """The rest of it, at the end of the stream."""
        return self._sieve(self._buffer.flush()) + self._settle(is_answer=True)

    def _sieve(self, event: bytes) -> bytes:
        """What the application may have, now that we know this event."""
        if not self._held and self._mark not in event:
            return self._let_pass(event)
        data = data_of(event)
        if data is None and self._held:
            self._held.append(event)
            return b""
        said = (None if data is None else parse_object(data)) or {}
        is_answer = not self._is_over and self._asking.is_answer(said, self._last_part())
        is_over = _ERROR.search(event) is not None or self._is_over_with(data, said)
        before = self._settle(is_answer=not is_answer and is_over)
        if is_answer and not self._is_told:
            self._held, self._held_usage = [event], said[self._asking.key]
            return before
        self._is_told |= bool(said.get(self._asking.key))
        return before + self._let_pass(event)

    def _let_pass(self, data: bytes) -> bytes:
        if self._asking.part.search(data):
            self._parts = data
        if b"[DONE]" in data and ends_stream(data):
            self._is_over = True
        return data

    def _is_over_with(self, data: str | None, said: Object) -> bool:
        """Whether the model has finished before this event."""
        # An error with a usage of its own tells another usage.
        if data == "[DONE]" or (self._asking.is_failure(said) and not said.get(self._asking.key)):
            return True
        return bool(self._held) and self._asking.is_last_part(self._last_part())

    def _last_part(self) -> Object:
        """The last event that held a part; an empty one if none did."""
        texts = [*events(self._parts)] or [data_of(self._parts) or ""]
        parts = (text for text in reversed(texts) if self._asking.part.search(text.encode()))
        return parse_object(next(parts, "")) or {}

    def _settle(self, *, is_answer: bool) -> bytes:
        """Decide about the event that we hold, if any. Returns what the application may have of it."""
        if not self._held:
            return b""
        event, *comments = self._held
        self._held = []
        if not is_answer:
            self._is_told = True
            return b"".join([event, *comments])
        self._usage = self._held_usage
        # There is only one answer.
        self._is_over = True
        return b"".join(comments)

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

    - `ask` gives the request with the question in it; None for one that asks already, or is for no stream.
    - `key` is where the answer stands, in an event and in a reply.
    - `part` is found in events that hold a part of what the model says, and `is_last_part` tells the last of them.
    - `is_answer` says whether an event is nothing but the answer to the question; it is given the part before as well.
    - `is_failure` says whether an event tells of an error, behind which nothing of the answer comes.
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
    """Takes the one event out of a live stream that we asked for and the application did not.

    That is the last one before `[DONE]`, before an error, or before the end of the stream; or, with servers that send
    something of their own after it, the last one that follows the last part. An event like it in any other place was
    sent unasked; and so is all of it by a server that has told a usage before. If it tells one twice, it cannot be
    known which of both it would have sent unasked, so both pass.
    All else passes, in the pieces in which it came. An event that is not whole yet waits for its end, and one that may
    be the answer for the event after it, since they cannot be told before.
    """

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._mark = json.dumps(asking.key).encode()
        self._buffer = EventBuffer()
        self._usage: dict[str, Any] | None = None
        # What may be the answer, the comments that came after it, and what it says.
        self._held: list[bytes] = []
        self._held_usage: dict[str, Any] | None = None
        # What passed last that holds a part.
        self._parts = b""
        self._is_over = False
        # Whether the application has been told a usage.
        self._is_told = False

    @property
    def usage(self) -> dict[str, Any] | None:
        """What the answer says, as far as one was kept from the application."""
        return self._held_usage if self._held else self._usage

    def feed(self, data: bytes) -> bytes:
        """The part of `data`, and of what waited, that the application may have."""
        is_plain = self._mark not in data and data.endswith(b"\n\n")
        if is_plain and self._buffer.is_empty and not self._held:
            return self._let_pass(data)
        return b"".join(map(self._sieve, self._buffer.feed(data)))

    def flush(self) -> bytes:
        """The rest of it, once the stream is through."""
        return self._sieve(self._buffer.flush()) + self._settle(is_answer=True)

    def _sieve(self, event: bytes) -> bytes:
        """What the application may have, now that this event is known."""
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
        """Whether the model has said all before this event."""
        # An error that has a usage of its own is another that is told.
        if data == "[DONE]" or (self._asking.is_failure(said) and not said.get(self._asking.key)):
            return True
        return bool(self._held) and self._asking.is_last_part(self._last_part())

    def _last_part(self) -> Object:
        """The last event that held a part; an empty one if none did."""
        texts = [*events(self._parts)] or [data_of(self._parts) or ""]
        parts = (text for text in reversed(texts) if self._asking.part.search(text.encode()))
        return parse_object(next(parts, "")) or {}

    def _settle(self, *, is_answer: bool) -> bytes:
        """Decide about what is held, if anything is. Returns what of it the application may have."""
        if not self._held:
            return b""
        event, *comments = self._held
        self._held = []
        if not is_answer:
            self._is_told = True
            return b"".join([event, *comments])
        self._usage = self._held_usage
        # There is one answer.
        self._is_over = True
        return b"".join(comments)

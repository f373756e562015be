"""The question for the usage of a stream, and the event that answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_samurai.files import json
from pytest_samurai.wire.dialect import Object
from pytest_samurai.wire.events import EventBuffer, events, is_server_sent
from pytest_samurai.wire.objects import parse_object


@dataclass(frozen=True, slots=True)
class Asking:
    """How one API is asked for the usage of a stream.

    `ask` gives the request with the question in it; None for one that asks already, or is for no stream. `key` is where
    the answer stands, in an event and in a reply. `is_answer` says whether an event is nothing but the answer.
    """

    ask: Callable[[Object], Object | None]
    key: str
    is_answer: Callable[[Object], bool]


class UsageFilter:
    """Takes the one event out of a live stream that we asked for and the application did not.

    All else passes, in the pieces in which it came. An event that is not whole yet waits for its end, since it cannot
    be told before.
    """

    def __init__(self, asking: Asking) -> None:
        self.usage: dict[str, Any] | None = None
        self._asking = asking
        self._mark = json.dumps(asking.key).encode()
        self._buffer = EventBuffer()

    def feed(self, data: bytes) -> bytes:
        """The part of `data`, and of what waited, that the application may have."""
        if self._buffer.is_empty and data.endswith(b"\n\n") and self._mark not in data:
            return data
        return b"".join([event for event in self._buffer.feed(data) if not self._takes(event)])

    def flush(self) -> bytes:
        """The rest of it, once the stream is through."""
        rest = self._buffer.flush()
        return b"" if self._takes(rest) else rest

    def _takes(self, event: bytes) -> bool:
        if self._mark not in event or not is_server_sent(event):
            return False
        for text in events(event):
            said = parse_object(text)
            if said and self._asking.is_answer(said):
                self.usage = said[self._asking.key]
                return True
        return False

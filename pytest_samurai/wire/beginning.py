"""The beginning of a reply with a success status, which may still be a refusal."""

from __future__ import annotations

import re

from pytest_samurai.wire.events import EventBuffer, data_of, is_server_sent
from pytest_samurai.wire.objects import parse_object

_ERROR_EVENT = re.compile(rb"^event: ?error\b", re.MULTILINE)

_LONGEST = 65536
"""A reply longer than this, in bytes, is not a refusal."""


class Beginning:
    """The beginning of a reply, until it is clear whether it is a refusal.

    It is a refusal if its first event is an error, if it is a JSON object that reports an error, or if it ends before
    anything was said.
    """

    def __init__(self) -> None:
        self._buffer = EventBuffer()
        self._body = b""

    @property
    def is_silent(self) -> bool:
        """Whether nothing has been said yet, except perhaps in comments."""
        return data_of(self._body) is None

    def feed(self, data: bytes) -> bool | None:
        """Whether the reply is a refusal, now that more of it has come; None if that isn't clear yet."""
        self._body += data
        for event in self._buffer.feed(data):
            text = data_of(event)
            if text is not None and (is_server_sent(event) or parse_object(text) is not None):
                return _is_error(event, text)
        return False if len(self._body) > _LONGEST else None

    def whole(self, body: bytes) -> bool:
        """Whether a complete reply is a refusal."""
        told = self.feed(body)
        return self.end() if told is None else told

    def end(self) -> bool:
        """Whether the reply is a refusal, now that nothing more will come."""
        text = data_of(self._buffer.flush()) or self._body.decode("utf-8", "replace")
        return _is_error(self._body, text) or parse_object(text) is None


def _is_error(event: bytes, text: str) -> bool:
    """Whether an event, or a whole body, reports an error.

    Sources: `error` of the OpenAI API reference; vLLM's objects of the type `error`; the `detail` of FastAPI.
    """
    said = parse_object(text) or {}
    if said.get("choices"):
        return bool(said.get("error"))
    return bool(
        said.get("error")
        or said.get("errors")
        or said.get("detail")
        or "error" in (said.get("object"), said.get("type"))
        or _ERROR_EVENT.search(event)
    )

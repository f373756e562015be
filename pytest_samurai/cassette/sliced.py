"""The recordings of an unchanged file in our layout."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pytest_samurai.cassette.heads import RequestHead
from pytest_samurai.cassette.slices import Slices
from pytest_samurai.errors import CassetteError
from pytest_samurai.wire import Interaction, Origins, Recordings, Reply, Request

_Read = TypeVar("_Read")


class Sliced(Recordings):
    """Recordings that are read when needed, request and reply separately. What was played is kept.

    Raises CassetteError, with the line, if a recording contains something that this version doesn't know.
    """

    def __init__(self, slices: Slices, path: Path) -> None:
        self._slices = slices
        self._path = path
        self.are_redacted = slices.are_dated
        self._asked: dict[int, tuple[RequestHead, bytes]] = {}
        self._replies: dict[int, Reply] = {}

    def __len__(self) -> int:
        return len(self._slices)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        return Interaction(self.request(index), self.reply(index), **self.notes(index))

    def notes(self, index: int) -> dict[str, Any]:
        return self._read(self._slices.notes, index)

    def request(self, index: int) -> Request:
        head, body = self._asked.get(index) or self._read(self._slices.request, index)
        return Request(*head, body)

    def url(self, index: int) -> str:
        _, url, _ = self._read(self._slices.head, index)
        return url

    def asks(self, index: int, request: Request) -> bool:
        known = self._asked.get(index)
        if known is None:
            if not self._slices.may_send(index, request.body):
                return False
            head, body = self._read(self._slices.request, index)
            # If the bodies are equal, keep the application's, which is in memory anyway.
            known = self._asked[index] = (head, request.body if body == request.body else body)
        (method, url, _), body = known
        return body == request.body and url == request.url and method == request.method

    def as_json(self, index: int) -> Request:
        body = self._slices.sent_json(index)
        # A body with one of these isn't JSON, and a matcher compares its bytes as they were sent.
        if body is None or b"NaN" in body or b"Infinity" in body:
            return self.request(index)
        return Request(*self._read(self._slices.head, index), body)

    def reply(self, index: int) -> Reply:
        reply = self._replies.get(index)
        if reply is None:
            reply = self._replies[index] = self._read(self._slices.reply, index)
        return reply

    @cached_property
    def origins(self) -> Origins:
        return Origins(*map(self._slices.flagged, ("edited", "imported")))

    def _read(self, read: Callable[[int], _Read], index: int) -> _Read:
        try:
            return read(index)
        except ValueError as error:
            where = f"{self._path}:{self._slices.line(index)}"
            raise CassetteError(f"{where}: interaction {index + 1} is damaged: {error}") from None

    def status(self, index: int) -> int:
        return self._slices.status(index)

    def recorded_at(self, index: int) -> str | None:
        return self._slices.recorded_at(index)

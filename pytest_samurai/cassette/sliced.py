"""The recordings of a file that is as it was written."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pytest_samurai.cassette.chunks import Noted, chunks_of
from pytest_samurai.cassette.headers import carried
from pytest_samurai.cassette.notes import HTTP_VERSION, price_of
from pytest_samurai.cassette.slices import Response, Slices, read_head
from pytest_samurai.cassette.values import read_value
from pytest_samurai.errors import CassetteError
from pytest_samurai.wire import COMPLETE, Headers, Interaction, Price, Recordings, Reply, Request

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


class Sliced(Recordings):
    """Those of a file that is as it was written: each is read when it is asked for, request and reply apart.

    What has been played is kept, to be played by the next test.

    Reading one raises CassetteError, by its line, should it hold what this version does not know.
    """

    def __init__(self, slices: Slices, path: Path) -> None:
        self._slices = slices
        self._path = path
        self.are_redacted = slices.are_dated
        self._asked: dict[int, tuple[tuple[str, str, Headers], bytes]] = {}
        self._replies: dict[int, Reply] = {}

    def __len__(self) -> int:
        return len(self._slices)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        return Interaction(self.request(place), self.reply(place), *self.notes(place))

    def notes(self, place: int) -> tuple[str | None, bool, Price | str | None]:
        written = self._slices.price(place)
        price = None if written is None else self._read(_written_price, written, place)
        return self._slices.recorded_at(place), self._slices.edited(place), price

    def request(self, place: int) -> Request:
        head, body = self._asked.get(place) or self._sent(place)
        return Request(*head, body)

    def _sent(self, place: int) -> tuple[tuple[str, str, Headers], bytes]:
        return self._head(place), self._read(self._slices.sent, place, place)

    def _head(self, place: int) -> tuple[str, str, Headers]:
        return self._read(_head, self._slices.head(place), place)

    def asks(self, place: int, request: Request) -> bool:
        known = self._asked.get(place)
        if known is None:
            if not self._slices.may_send(place, request.body):
                return False
            head, body = self._sent(place)
            # Of equal bytes those of the application, which are in memory already, as the head of other requests is.
            known = self._asked[place] = (head, request.body if body == request.body else body)
        (method, url, _), body = known
        return body == request.body and url == request.url and method == request.method

    def as_json(self, place: int) -> Request:
        body = self._slices.sent_json(place)
        # These are no JSON to a matcher, which takes such a body as the bytes that it is.
        if body is None or b"NaN" in body or b"Infinity" in body:
            return self.request(place)
        return Request(*self._head(place), body)

    def reply(self, place: int) -> Reply:
        found = self._replies.get(place)
        if found is None:
            found = self._replies[place] = received(self._read(self._slices.response, place, place))
        return found

    def _read(self, read: Callable[[_Given], _Made], given: _Given, place: int) -> _Made:
        try:
            return read(given)
        except ValueError as error:
            where = f"{self._path}:{self._slices.line(place)}"
            raise CassetteError(f"{where}: interaction {place + 1} is damaged: {error}") from None

    def status(self, place: int) -> int:
        return self._slices.status(place)

    def recorded_at(self, place: int) -> str | None:
        return self._slices.recorded_at(place)


# Most requests of a cassette differ in nothing but their bodies, and most have the same row of prices.
_head = lru_cache(256)(read_head)


@lru_cache(256)
def _written_price(text: str) -> Price | str | None:
    return price_of(read_value(text))


def received(response: Response) -> Reply:
    """As `_reply`, of a file that is as it was written."""
    headers, body = carried(response.headers, response.body)
    return Reply(
        response.status,
        response.reason,
        headers,
        body,
        chunks_of(headers, body, None) if response.chunks is None else Noted(response.chunks, body),
        COMPLETE if response.ending is None else response.ending,
        response.hidden_usage,
        HTTP_VERSION if response.http_version is None else response.http_version,
        response.duration,
    )

"""Which recording answers a request: by its bytes if it can be, else by its key; first recorded, first played.

Equal bytes have equal keys, so the bytes are only a way to save the making of keys: a request that is what the next
recording has, byte for byte, is answered by it, and no key is made at all.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from hashlib import sha256

from pytest_samurai.cassette import Recordings
from pytest_samurai.chat import Request
from pytest_samurai.matching import Matcher


class Keys:
    """The keys of recordings, each made when it is first asked for; all tests that match alike can share them."""

    def __init__(self, recordings: Recordings, matcher: Matcher) -> None:
        self.recordings = recordings
        self.matcher = matcher
        self._made: dict[int, bytes] = {}

    def __getitem__(self, place: int) -> bytes:
        if place not in self._made:
            self._made[place] = self.matcher.key(self.recordings.request(place, keep=False))
        return self._made[place]

    @property
    def are_made(self) -> bool:
        """Whether all are, since somebody needed `places`."""
        return "places" in vars(self)

    @cached_property
    def places(self) -> dict[bytes, list[int]]:
        """The places of the recordings that have a key, in their order."""
        places: dict[bytes, list[int]] = {}
        for place in range(len(self.recordings)):
            places.setdefault(self[place], []).append(place)
        return places

    @cached_property
    def by_bytes(self) -> dict[bytes, bytes]:
        """The key of what has been recorded, by its bytes; empty where these do not tell it."""
        if not self.matcher.is_of_bytes:
            return {}
        requests = (self.recordings.request(place, keep=False) for place in range(len(self.recordings)))
        return {_digest(request): self[place] for place, request in enumerate(requests)}


def _digest(request: Request) -> bytes:
    return sha256(b"%b %b %b" % (request.method.encode(), request.url.encode(), request.body)).digest()


class Lookup:
    """Which recordings of a cassette are played, and which one is next for a request."""

    def __init__(self, keys: Keys) -> None:
        self.played: set[int] = set()
        self._keys = keys
        self._count = len(keys.recordings)
        self._first = 0
        self._is_indexed = keys.are_made
        self._passed: dict[bytes, int] = {}

    def take(self, request: Request) -> int | None:
        """The place of the recording that answers a request, which counts as played by that; None if there is none."""
        while self._first in self.played:
            self._first += 1
        if self._first == self._count:
            return None
        if self._is_first(request):
            return self._play(self._first)
        return self._take_by_key(request)

    def _is_first(self, request: Request) -> bool:
        """Whether it is the first that is not played, byte for byte: none before it can have the same key."""
        first = self._keys.recordings.request(self._first)
        return (
            request.body == first.body
            and request.url == first.url
            and request.method == first.method
            and self._keys.matcher.is_of_bytes
        )

    def _take_by_key(self, request: Request) -> int | None:
        key = self._keys.by_bytes.get(_digest(request)) if self._is_indexed else None
        if key is None:
            if not self._is_indexed and self._is_like_first(request):
                return self._play(self._first)
            key = self._keys.matcher.key(request)
        self._is_indexed = True
        places = self._keys.places.get(key, [])
        passed = self._passed.get(key, 0)
        while passed < len(places) and places[passed] in self.played:
            passed += 1
        self._passed[key] = passed
        return self._play(places[passed]) if passed < len(places) else None

    def candidates(self, request: Request) -> list[int]:
        """The places of all recordings with the key of a request that are not played, in their order."""
        return [
            place for place in self._keys.places.get(self._keys.matcher.key(request), []) if place not in self.played
        ]

    def is_tail(self, place: int, retryable: Collection[int]) -> bool:
        """Whether a reply, and that to the equal request before, have a status after which clients try again."""
        recordings = self._keys.recordings
        if recordings.status(place) not in retryable:
            return False
        equal = self._keys.places[self._keys[place]]
        before = equal[: equal.index(place)]
        return bool(before) and recordings.status(before[-1]) in retryable

    def _is_like_first(self, request: Request) -> bool:
        """Whether it is the first that is not played, but for its bytes; tried until something comes out of order."""
        first = self._keys.recordings.request(self._first)
        return self._keys.matcher.surely_equal(first, request)

    def _play(self, place: int) -> int:
        self.played.add(place)
        return place

"""Which recording answers a request: by its bytes if it can be, else by its key; first recorded, first played.

Equal bytes have equal keys, so the bytes are only a way to save the making of keys: a request that is what the next
recording has, byte for byte, is answered by it, and no key is made at all.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from hashlib import sha256

from pytest_samurai.matching.matcher import Matcher
from pytest_samurai.wire import Recordings, Request


class Keys:
    """The keys of recordings, each made when it is first asked for; all tests that match alike can share them."""

    def __init__(self, recordings: Recordings, matcher: Matcher) -> None:
        self.recordings = recordings
        self.matcher = matcher
        self._made: dict[int, bytes] = {}
        self.respelled: dict[int, bytes] = {}
        """By place, the digest of what was asked last that is equal to the recording in all but its bytes."""

    def __getitem__(self, place: int) -> bytes:
        if place not in self._made:
            request = self.recordings.as_json if self.matcher.is_of_values else self.recordings.request
            self._made[place] = self.matcher.key(request(place))
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
    def statuses(self) -> frozenset[int]:
        """Of all replies: every test that shares them asks what of them it has not played."""
        return frozenset(map(self.recordings.status, range(len(self.recordings))))

    def of(self, request: Request) -> bytes:
        """The key of a request; one that was recorded or asked before, byte for byte, is not parsed again."""
        if not self.matcher.is_of_bytes:
            return self.matcher.key(request)
        digest = _digest(request)
        if digest not in self._by_bytes:
            self._by_bytes[digest] = self.matcher.key(request)
        return self._by_bytes[digest]

    @cached_property
    def _by_bytes(self) -> dict[bytes, bytes]:
        return {_digest(self.recordings.request(place)): self[place] for place in range(len(self.recordings))}


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
        keys = self._keys
        if not keys.matcher.is_of_bytes:
            return False
        asked = keys.respelled.get(self._first)
        return (asked is not None and asked == _digest(request)) or keys.recordings.asks(self._first, request)

    def _take_by_key(self, request: Request) -> int | None:
        if not self._is_indexed and self._is_like_first(request):
            if self._keys.matcher.is_of_bytes:
                self._keys.respelled[self._first] = _digest(request)
            return self._play(self._first)
        self._is_indexed = True
        key = self._keys.of(request)
        places = self._keys.places.get(key, [])
        passed = self._passed.get(key, 0)
        while passed < len(places) and places[passed] in self.played:
            passed += 1
        self._passed[key] = passed
        return self._play(places[passed]) if passed < len(places) else None

    def candidates(self, request: Request) -> list[int]:
        """The places of all recordings with the key of a request that are not played, in their order."""
        return [place for place in self._keys.places.get(self._keys.of(request), []) if place not in self.played]

    def unplayed(self, retryable: Collection[int]) -> list[int]:
        """The places that were not played, but for the tail of a run of replies after which clients try again."""
        unplayed = [place for place in range(self._count) if place not in self.played]
        if self._keys.statuses.isdisjoint(retryable):
            return unplayed
        return [place for place in unplayed if not self._is_tail(place, retryable)]

    def _is_tail(self, place: int, retryable: Collection[int]) -> bool:
        """Whether a reply, and that to the equal request before, have such a status."""
        recordings = self._keys.recordings
        if recordings.status(place) not in retryable:
            return False
        equal = self._keys.places[self._keys[place]]
        before = equal[: equal.index(place)]
        return bool(before) and recordings.status(before[-1]) in retryable

    def _is_like_first(self, request: Request) -> bool:
        """Whether it is the first that is not played, but for its bytes; tried until something comes out of order."""
        matcher, recordings = self._keys.matcher, self._keys.recordings
        first = recordings.as_json(self._first) if matcher.is_of_values else recordings.request(self._first)
        return matcher.surely_equal(first, request)

    def _play(self, place: int) -> int:
        self.played.add(place)
        return place

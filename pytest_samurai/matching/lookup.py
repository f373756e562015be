"""The recording that answers a request: by its bytes if they match, else by its key; first recorded, first played.

Equal bytes have equal keys. So a request that is the next recording byte for byte is answered without making a key.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from hashlib import sha256

from pytest_samurai.matching.matcher import Matcher
from pytest_samurai.wire import Recordings, Request


class Keys:
    """The keys of recordings, each made when it is first needed; tests with the same matcher can share them."""

    def __init__(self, recordings: Recordings, matcher: Matcher) -> None:
        self.recordings = recordings
        self.matcher = matcher
        self._made: dict[int, bytes] = {}
        self.respelled: dict[int, bytes] = {}
        """By the index of a recording, the digest of the last request that was equal to it in all but its bytes."""

    def __getitem__(self, index: int) -> bytes:
        if index not in self._made:
            request = self.recordings.as_json if self.matcher.is_of_values else self.recordings.request
            self._made[index] = self.matcher.key(request(index))
        return self._made[index]

    @property
    def are_made(self) -> bool:
        """Whether all keys have been made, because somebody needed `indexes`."""
        return "indexes" in vars(self)

    @cached_property
    def indexes(self) -> dict[bytes, list[int]]:
        """The indexes of the recordings with a key, in the order of recording."""
        indexes: dict[bytes, list[int]] = {}
        for index in range(len(self.recordings)):
            indexes.setdefault(self[index], []).append(index)
        return indexes

    @cached_property
    def statuses(self) -> frozenset[int]:
        """The statuses of all replies. Every test asks for them when it ends, so they are shared as well."""
        return frozenset(map(self.recordings.status, range(len(self.recordings))))

    def of(self, request: Request) -> bytes:
        """The key of a request. One with the bytes of a recording, or of an earlier request, is not parsed again."""
        if not self.matcher.is_of_bytes:
            return self.matcher.key(request)
        digest = _digest(request)
        if digest not in self._by_bytes:
            self._by_bytes[digest] = self.matcher.key(request)
        return self._by_bytes[digest]

    @cached_property
    def _by_bytes(self) -> dict[bytes, bytes]:
        return {_digest(self.recordings.request(index)): self[index] for index in range(len(self.recordings))}


def _digest(request: Request) -> bytes:
    return sha256(b"%b %b %b" % (request.method.encode(), request.url.encode(), request.body)).digest()


class Lookup:
    """Which recordings of a cassette have been played, and which one answers the next request."""

    def __init__(self, keys: Keys) -> None:
        self.played: set[int] = set()
        self._keys = keys
        self._count = len(keys.recordings)
        self._first = 0
        self._is_indexed = keys.are_made
        self._passed: dict[bytes, int] = {}

    def take(self, request: Request) -> int | None:
        """The index of the recording that answers a request, which from now on counts as played; None without one."""
        while self._first in self.played:
            self._first += 1
        if self._first == self._count:
            return None
        if self._is_first(request):
            return self._play(self._first)
        return self._take_by_key(request)

    def _is_first(self, request: Request) -> bool:
        """Whether it is the first unplayed recording, byte for byte: no recording before it can have the same key."""
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
        indexes = self._keys.indexes.get(key, [])
        passed = self._passed.get(key, 0)
        while passed < len(indexes) and indexes[passed] in self.played:
            passed += 1
        self._passed[key] = passed
        return self._play(indexes[passed]) if passed < len(indexes) else None

    def candidates(self, request: Request) -> list[int]:
        """The indexes of all unplayed recordings with the key of a request, in the order of recording."""
        return [index for index in self._keys.indexes.get(self._keys.of(request), []) if index not in self.played]

    def unplayed(self, retryable: Collection[int]) -> list[int]:
        """The indexes of the unplayed recordings, without the errors of which an SDK retries only so many.

        `retryable` are the statuses after which SDKs try again. Of equal requests in a row with such a reply, all but
        the first are left out.
        """
        unplayed = [index for index in range(self._count) if index not in self.played]
        if self._keys.statuses.isdisjoint(retryable):
            return unplayed
        return [index for index in unplayed if not self._is_tail(index, retryable)]

    def _is_tail(self, index: int, retryable: Collection[int]) -> bool:
        """Whether a reply has such a status, and so has the reply to the equal request before it."""
        recordings = self._keys.recordings
        if recordings.status(index) not in retryable:
            return False
        equal = self._keys.indexes[self._keys[index]]
        before = equal[: equal.index(index)]
        return bool(before) and recordings.status(before[-1]) in retryable

    def _is_like_first(self, request: Request) -> bool:
        """Whether it is the first unplayed recording but for its bytes. Asked until calls come out of order."""
        matcher, recordings = self._keys.matcher, self._keys.recordings
        first = recordings.as_json(self._first) if matcher.is_of_values else recordings.request(self._first)
        return matcher.surely_equal(first, request)

    def _play(self, index: int) -> int:
        self.played.add(index)
        return index

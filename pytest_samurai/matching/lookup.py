"""Finds the recording that answers a request: by its bytes, else by its key. What was recorded first is played first.

Equal bytes have equal keys. So if the next recording matches byte for byte, it answers without making a key. Among
recordings with one key, those with the request's own URL come first: an application that falls back to another host
asks both the same.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from hashlib import sha256

from pytest_samurai.matching.matcher import Matcher
from pytest_samurai.wire import Recordings, Request

Scope = tuple[bytes, int, str]
"""Equal recordings: their key, and how near they are. 0: the same URL; 1: the same except for the query; 2: any URL."""


class Keys:
    """The keys of recordings, each made when it is first needed; tests with the same matcher can share them."""

    def __init__(self, recordings: Recordings, matcher: Matcher) -> None:
        self.recordings = recordings
        self.matcher = matcher
        self._made: dict[int, bytes] = {}
        self.respelled: dict[int, bytes] = {}
        """By the index of a recording, the digest of the last request that differed from it only in its bytes."""

    def __getitem__(self, index: int) -> bytes:
        if index not in self._made:
            request = self.recordings.as_json if self.matcher.is_of_values else self.recordings.request
            self._made[index] = self.matcher.key(request(index))
        return self._made[index]

    @property
    def are_made(self) -> bool:
        """Whether all keys have been made, because `indexes` was needed."""
        return "indexes" in vars(self)

    @cached_property
    def indexes(self) -> dict[Scope, list[int]]:
        """The indexes of the recordings in a scope, in the order of recording."""
        indexes: dict[Scope, list[int]] = {}
        for index in range(len(self.recordings)):
            for scope in self._scopes(self[index], self.recordings.url(index)):
                indexes.setdefault(scope, []).append(index)
        return indexes

    def scopes(self, request: Request) -> list[Scope]:
        """Where to look for the recording of a request, the nearest scope first."""
        return self._scopes(self.of(request), request.url)

    def scope(self, index: int) -> Scope:
        """The nearest scope of a recording: the equal recordings of its own URL."""
        return self._scopes(self[index], self.recordings.url(index))[0]

    def _scopes(self, key: bytes, url: str) -> list[Scope]:
        # Most cassettes know only one URL, and then none is nearer than another.
        return [(key, 0, url), (key, 1, _address(url)), (key, 2, "")] if self.places else [(key, 2, "")]

    @cached_property
    def places(self) -> frozenset[str]:
        """The URLs of all recordings, with and without their queries; none if all have the same URL."""
        urls = frozenset(map(self.recordings.url, range(len(self.recordings))))
        return urls.union(map(_address, urls)) if len(urls) > 1 else frozenset()

    @cached_property
    def statuses(self) -> frozenset[int]:
        """The statuses of all replies. They are shared too, because every test needs them when it ends."""
        return frozenset(map(self.recordings.status, range(len(self.recordings))))

    def of(self, request: Request) -> bytes:
        """The key of a request. If its bytes equal a recording or an earlier request, it isn't parsed again."""
        if not self.matcher.is_of_bytes:
            return self.matcher.key(request)
        digest = _digest(request)
        if digest not in self._by_bytes:
            self._by_bytes[digest] = self.matcher.key(request)
        return self._by_bytes[digest]

    @cached_property
    def _by_bytes(self) -> dict[bytes, bytes]:
        return {_digest(self.recordings.request(index)): self[index] for index in range(len(self.recordings))}


def _address(url: str) -> str:
    """A URL without the parts that may be secret and so may differ in a recording: user, password and query."""
    scheme, colon, rest = url.partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return "".join([scheme, colon, host.rpartition("@")[2], slash, path])


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
        self._passed: dict[Scope, int] = {}

    def take(self, request: Request) -> int | None:
        """The index of the recording that answers a request; it counts as played from now on. None if there is none."""
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
        for scope in self._keys.scopes(request):
            indexes = self._keys.indexes.get(scope, [])
            passed = self._passed.get(scope, 0)
            while passed < len(indexes) and indexes[passed] in self.played:
                passed += 1
            self._passed[scope] = passed
            if passed < len(indexes):
                return self._play(indexes[passed])
        return None

    def candidates(self, request: Request) -> list[int]:
        """The indexes of all unplayed recordings with the key of a request, in the order in which they will play."""
        return [index for index in self.equal(request) if index not in self.played]

    def equal(self, request: Request) -> list[int]:
        """The indexes of all recordings with the key of a request, played or not, in the order in which they play."""
        scopes = self._keys.scopes(request)
        return list(dict.fromkeys(index for scope in scopes for index in self._keys.indexes.get(scope, [])))

    def unplayed(self, retryable: Collection[int]) -> list[int]:
        """The indexes of the unplayed recordings, without errors that an SDK may retry fewer times.

        `retryable` are the statuses after which SDKs try again. If equal requests to one URL in a row have such a
        reply, all except the first are left out. So is one that another URL has answered: routers ask their hosts in
        random order.
        """
        unplayed = [index for index in range(self._count) if index not in self.played]
        if self._keys.statuses.isdisjoint(retryable):
            return unplayed
        statuses = self._keys.recordings.status
        return [
            index
            for index in unplayed
            if statuses(index) not in retryable
            or not (self._is_tail(index, retryable) or self._is_answered_elsewhere(index, retryable))
        ]

    def _is_answered_elsewhere(self, index: int, retryable: Collection[int]) -> bool:
        """Whether another URL's answer to an equal request has been played."""
        key, url, recordings = self._keys[index], self._keys.recordings.url(index), self._keys.recordings
        return any(
            recordings.url(other) != url and recordings.status(other) not in retryable
            for other in self._keys.indexes[key, 2, ""]
            if other in self.played
        )

    def _is_tail(self, index: int, retryable: Collection[int]) -> bool:
        """Whether the reply to the equal request before it has one of these statuses."""
        recordings = self._keys.recordings
        equal = self._keys.indexes[self._keys.scope(index)]
        before = equal[: equal.index(index)]
        return bool(before) and recordings.status(before[-1]) in retryable

    def _is_like_first(self, request: Request) -> bool:
        """Whether it equals the first unplayed recording except for its bytes. Asked until calls come out of order."""
        matcher, recordings = self._keys.matcher, self._keys.recordings
        if self._may_be_elsewhere(request.url, recordings.url(self._first)):
            return False
        first = recordings.as_json(self._first) if matcher.is_of_values else recordings.request(self._first)
        return matcher.surely_equal(first, request)

    def _may_be_elsewhere(self, url: str, first: str) -> bool:
        """Whether a later recording may be nearer to a URL than the first unplayed one; `first` is the URL of that
        one."""
        if url == first or not self._keys.places:
            return False
        address = _address(url)
        return url in self._keys.places or (address != _address(first) and address in self._keys.places)

    def _play(self, index: int) -> int:
        self.played.add(index)
        return index

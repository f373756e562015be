"""Which recording answers: the n-th equal request gets the n-th of them, however it is found."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.reader import recordings
from pytest_samurai.cassette.writer import dump
from pytest_samurai.matching.endpoints import Endpoints
from pytest_samurai.matching.lookup import Keys, Lookup
from pytest_samurai.matching.matcher import Matcher
from pytest_samurai.matching.paths import parse_path
from pytest_samurai.wire.http import Headers, Request
from pytest_samurai.wire.recordings import Recordings
from tests.cassette.test_damage import FILE, PLAIN

URL = "https://h/v1/chat/completions"
ENDPOINTS = Endpoints(("*/chat/completions",))
CHAT = Matcher(("method", "endpoint", "chat"), ENDPOINTS)

# Some spell the same value in other bytes; some differ only in what a matcher leaves out.
BODIES = [
    *(b'{"a":1,"b":[2]}', b'{"a": 1, "b": [2]}', b'{"b":[2],"a":1}', b'{"a":1.0,"b":[2]}', b'{"a":true,"b":[2]}'),
    *(b'{"a":1,"b":[2],"user":"x"}', b'{"a":1,"b":[2],"user":"y"}', b"no json", b"", b'{"a":"\\u00e9"}'),
    '{"a":"é"}'.encode(),
    *(
        b"[0]",
        b"[false]",
        b"[-0.0]",
        b"[1e400]",
        b"[1e23]",
        b"[100000000000000000000000]",
        b"[100000000000000008388608]",
    ),
    *(b"[1]", b"[1.00000000000000000001]", b"[1e-400]", b"[9007199254740992]", b"[9007199254740992.5]"),
    *(b'{"a":NaN,"b":[2]}', b'{"a":[-Infinity],"b":[2]}'),
]


def asked(body: bytes, url: str = URL) -> Request:
    return Request("POST", url, (), body)


def keys(bodies: Sequence[bytes], matcher: Matcher = CHAT, headers: Headers = (), *, in_a_file: bool = True) -> Keys:
    items = [replace(PLAIN, request=replace(PLAIN.request, url=URL, headers=headers, body=body)) for body in bodies]
    return Keys(recordings(dump(items), FILE, Memory()) if in_a_file and items else Recordings(items), matcher)


@given(
    st.lists(st.sampled_from(BODIES), max_size=8),
    st.lists(st.tuples(st.sampled_from(BODIES), st.sampled_from([URL, "http://other/chat/completions"])), max_size=12),
    st.sampled_from(
        [
            CHAT,
            replace(CHAT, ignore=(parse_path("user"),)),
            *(
                Matcher(match_on, ENDPOINTS)
                for match_on in (("raw_body",), ("raw_body", "headers"), ("chat", "headers"))
            ),
        ]
    ),
    st.booleans(),
)
def test_it_is_the_first_unplayed_one_with_the_same_key(
    recorded: list[bytes], requests: list[tuple[bytes, str]], matcher: Matcher, in_a_file: bool
) -> None:
    lookup = Lookup(keys(recorded, matcher, in_a_file=in_a_file))
    unplayed: dict[bytes, deque[int]] = {}
    for place, body in enumerate(recorded):
        unplayed.setdefault(matcher.key(asked(body)), deque()).append(place)

    for body, url in requests:
        request = asked(body, url)
        queue = unplayed.get(matcher.key(request))
        assert lookup.take(request) == (queue.popleft() if queue else None)


@pytest.mark.parametrize("match_on", [("raw_body", "headers"), ("chat", "headers"), ("chat",)])
@pytest.mark.parametrize("body", [b'{"a":1,"b":[2]}', b'{"a":NaN,"b":[2]}', b'{"a":[-Infinity],"b":[2]}'])
def test_a_body_that_is_laid_out_counts_as_it_was_sent(body: bytes, match_on: tuple[str, ...]) -> None:
    assert Lookup(keys([b"[0]", body], Matcher(match_on, ENDPOINTS))).take(asked(body)) == 1


@given(st.sampled_from(BODIES), st.sampled_from(BODIES))
def test_what_has_the_same_value_is_surely_equal_and_has_the_same_key(one: bytes, other: bytes) -> None:
    assert CHAT.surely_equal(asked(one), asked(other)) == (CHAT.key(asked(one)) == CHAT.key(asked(other)))


class Counted(Matcher):
    """Notes whose keys are made."""

    made: ClassVar[list[bytes]] = []

    def key(self, request: Request) -> bytes:
        self.made.append(request.body)
        return super().key(request)


@pytest.fixture
def counted() -> Counted:
    Counted.made.clear()
    return Counted(("method", "endpoint", "chat"), ENDPOINTS)


def test_in_the_order_of_the_recording_no_key_is_made_whether_bytes_or_values_are_equal(counted: Counted) -> None:
    values = [{"a": number, "b": [number]} for number in range(9)]
    lookup = Lookup(keys([json.dumps(value).encode() for value in values], counted))

    for place, value in enumerate(values):
        compact = json.dumps(value, separators=(",", ":")).encode()
        assert lookup.take(asked(json.dumps(value).encode() if place % 2 else compact)) == place
    assert counted.made == []


def test_out_of_order_each_key_is_made_once_whoever_plays(counted: Counted) -> None:
    bodies = [b'{"a":%d}' % number for number in range(9)]
    shared = keys(bodies, counted)

    for _ in range(3):
        lookup = Lookup(shared)
        for place in (5, 8, 2, 0, 7):
            assert lookup.take(asked(bodies[place])) == place
        assert lookup.played == {5, 8, 2, 0, 7}
    assert sorted(map(json.loads, counted.made), key=str) == list(map(json.loads, bodies))


def test_a_request_in_other_bytes_is_parsed_once_whoever_plays(counted: Counted) -> None:
    shared = keys([b'{"a":1}', b'{"a":2}', b'{"a":3}'], counted)

    for _ in range(2):
        lookup = Lookup(shared)
        assert [lookup.take(asked(b'{ "a": %d }' % number)) for number in (3, 1, 2, 2)] == [2, 0, 1, None]
    assert counted.made.count(b'{ "a": 3 }') == 1
    assert len(counted.made) == 6


def test_of_equal_ones_in_other_bytes_the_next_gets_the_next() -> None:
    shared = keys([b'{"a":1}', b'{"a":1}', b'{"a":2}'])

    for _ in range(2):
        lookup = Lookup(shared)
        assert [lookup.take(asked(body)) for body in (b'{"a":1 }', b'{"a": 1}', b'{"a":2}', b'{"a":1 }')] == [
            *(0, 1, 2),
            None,
        ]


@pytest.mark.parametrize("spaces", [(",", ":"), None])
def test_a_long_one_is_what_it_is_to_its_end(spaces: tuple[str, str] | None) -> None:
    def long(begin: str, end: str) -> bytes:
        value = {"model": begin, "messages": [{"content": str(number)} for number in range(500)], "user": end}
        return json.dumps(value, separators=spaces).encode()

    bodies = [long("a", "a"), long("b", "a"), long("a", "b")]
    lookup = Lookup(keys(bodies, Matcher(("raw_body",), ENDPOINTS)))

    assert lookup.take(asked(long("b", "b"))) is None
    assert [lookup.take(asked(body)) for body in (bodies[2], bodies[1], bodies[0])] == [2, 1, 0]


def test_headers_that_count_are_never_left_out() -> None:
    matcher = Matcher(("headers", "chat"), ENDPOINTS)
    lookup = Lookup(keys([BODIES[0]], matcher, PLAIN.request.headers))

    assert lookup.take(asked(BODIES[0])) is None
    assert lookup.take(replace(asked(BODIES[0]), headers=PLAIN.request.headers)) == 0

    shared = keys([BODIES[0]], matcher, PLAIN.request.headers)
    assert Lookup(shared).take(replace(asked(BODIES[1]), headers=PLAIN.request.headers)) == 0
    assert Lookup(shared).take(asked(BODIES[1])) is None


def test_what_was_asked_in_other_bytes_is_known_and_not_kept() -> None:
    shared = keys([b'{"a":1,"b":[2]}'], replace(CHAT, ignore=(parse_path("user"),)))
    request = asked(b'{"a":1,"b":[2],"user":"s3cr3t"}')
    assert Lookup(shared).take(request) == 0
    assert b"s3cr3t" not in repr(shared.respelled).encode()
    assert Lookup(shared).take(request) == 0

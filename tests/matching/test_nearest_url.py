"""Of several equal recordings, one with the request's own URL comes first: a law, over all orders and spellings."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.reader import recordings
from pytest_samurai.cassette.writer import dump
from pytest_samurai.matching.endpoints import Endpoints
from pytest_samurai.matching.lookup import Keys, Lookup
from pytest_samurai.matching.matcher import Matcher
from pytest_samurai.wire.http import Request
from pytest_samurai.wire.recordings import Recordings
from tests.cassette.test_damage import FILE, PLAIN

MATCHER = Matcher(("method", "endpoint", "chat"), Endpoints(("*/chat/completions",)))
BODIES = [b'{"a":1,"b":2}', b'{"b": 2, "a": 1}', b'{"a":2}']
URLS = [
    *("https://a/v1/chat/completions", "https://a/v1/chat/completions?key=x", "https://a/v1/chat/completions?v=1"),
    *("https://b/v1/chat/completions", "https://u:p@b/v1/chat/completions", "https://c/chat/completions"),
]
REQUESTS = st.tuples(st.sampled_from(BODIES), st.sampled_from(URLS))


def distance(recorded: str, asked: str) -> int:
    parts = [url.partition("?")[0].replace("u:p@", "") for url in (recorded, asked)]
    return 0 if recorded == asked else 1 if parts[0] == parts[1] else 2


@given(st.lists(REQUESTS, max_size=7), st.lists(REQUESTS, max_size=10), st.booleans(), st.booleans())
def test_it_is_the_first_unplayed_one_of_the_nearest_url(
    recorded: list[tuple[bytes, str]], asked: list[tuple[bytes, str]], in_a_file: bool, twice: bool
) -> None:
    items = [replace(PLAIN, request=replace(PLAIN.request, url=url, body=body)) for body, url in recorded]
    keys = Keys(recordings(dump(items), FILE, Memory()) if in_a_file and items else Recordings(items), MATCHER)
    # Tests share the keys, and what was found out about them.
    for _ in range(1 + twice):
        lookup = Lookup(keys)
        unplayed = list(range(len(items)))
        for body, url in asked:
            request = Request("POST", url, (), body)
            equal = [index for index in unplayed if MATCHER.key(items[index].request) == MATCHER.key(request)]
            equal.sort(key=lambda index: distance(items[index].request.url, url))
            assert lookup.take(request) == (equal[0] if equal else None)
            unplayed = [index for index in unplayed if index not in equal[:1]]
            assert lookup.candidates(request) == equal[1:]


def test_where_all_are_of_one_url_no_url_is_looked_at_again() -> None:
    class Counted(Recordings):
        asked = 0

        def url(self, index: int) -> str:
            self.asked += 1
            return super().url(index)

    items = [replace(PLAIN, request=replace(PLAIN.request, url=URLS[0], body=b'{"a":%d}' % n)) for n in range(9)]
    counted = Counted(items)
    lookup = Lookup(Keys(counted, MATCHER))
    for number in range(9):
        assert lookup.take(Request("POST", URLS[0], (), b'{"a":%d}' % number)) == number
    assert counted.asked == 0

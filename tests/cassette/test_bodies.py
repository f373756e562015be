"""Any body comes back byte for byte through a file and our loader, and through vcrpy's as far as vcrpy allows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import vcr.serialize
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from vcr.serializers import yamlserializer

from pytest_samurai.cassette.lastids import ids_at
from pytest_samurai.cassette.layout import take_back
from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import save
from pytest_samurai.wire.http import Chunk, Headers, Reply, Request
from pytest_samurai.wire.interaction import Interaction
from tests.cassette import test_cassette, test_layout
from tests.cassette.test_cassette import JSON_TYPE, STREAM_TYPE, URL, meaning
from tests.conftest import Size

_IN_A_CASSETTE = 20

_ANY = st.one_of(
    test_layout.BODIES,
    test_cassette.bodies,
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=200),
)
# What repeats is long: blocks of many lines, a lot of base64, a stream of many events.
BODIES = st.one_of(_ANY, _ANY, st.builds(lambda body, times: body * times, _ANY, st.integers(2, 40)))


def test_bodies_come_back_byte_for_byte_through_a_file_our_loader_and_vcrpys(tmp_path: Path, size: Size) -> None:
    path = tmp_path / "bodies.yaml"
    different: set[bytes] = set()
    laid_out: Counter[bool] = Counter()

    # Twenty in a cassette, so that a body that damages its neighbours is found too. One file for each would take hours.
    # So would making a failing one smaller, and the assertion shows the one body.
    @settings(
        max_examples=size(10, 50),
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(BODIES, min_size=_IN_A_CASSETTE, max_size=_IN_A_CASSETTE, unique=True))
    def check(bodies: list[bytes]) -> None:
        recorded = list(_interactions(bodies))
        save(path, recorded)
        assert load(path) == recorded
        for body, (seen, words, moved) in zip(bodies, _by_vcrpy(path), strict=True):
            # Our own notes undo the layout. Without them, it is the same value with other white space.
            assert ids_at(take_back(seen.decode() if words else seen, words), moved) == body
            assert meaning(seen) == meaning(body)
            if body not in different:
                different.add(body)
                laid_out[bool(words)] += 1

    rounds = 0
    while len(different) < size(150, 100_000):
        rounds += 1
        seed(rounds)(check)()
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in Counter(map(_kind, different)).most_common())
    size.tell(
        f"{len(different):,} different bodies ({kinds}), the longest of {max(map(len, different)):,} bytes: all came"
        f" back equal, {laid_out[True]:,} of them laid out for people"
    )


def _kind(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    if text.startswith("data: "):
        return "events"
    try:
        json.loads(text)
    except ValueError:
        return "other text"
    return "JSON"


def _interactions(bodies: Sequence[bytes]) -> Iterator[Interaction]:
    """Half of the bodies are requests, half are replies. Every other reply is a stream, in pieces."""
    for number, (asked, answered) in enumerate(zip(bodies[::2], bodies[1::2], strict=True)):
        streamed = bool(number % 2)
        headers: Headers = STREAM_TYPE if streamed else JSON_TYPE
        step = number + 1
        chunks = tuple(Chunk(min(step, len(answered) - at), at / 1000) for at in range(0, len(answered), step))
        reply = Reply(200, "OK", headers, answered, chunks if streamed else None, duration=0.5)
        yield Interaction(Request("POST", URL, JSON_TYPE, asked), reply, "2026-11-24T10:00:00.000000Z")


def _by_vcrpy(path: Path) -> Iterator[tuple[bytes, str, str]]:
    """Each body as stock vcrpy loads it, and what was done to it, in the given order."""
    requests, responses = vcr.serialize.deserialize(path.read_text(encoding="utf-8"), yamlserializer)
    for request, response in zip(requests, responses, strict=True):
        notes: dict[str, Any] = response["samurai"]
        yield request.body or b"", notes.get("request_layout", ""), ""
        yield response["body"]["string"], notes.get("layout", ""), notes.get("moved", "")

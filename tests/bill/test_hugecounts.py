"""A written usage can be read again, however large its counts are."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_samurai import Usage, use_cassette
from pytest_samurai.bill.figures import ModelFigures, TestFigures
from pytest_samurai.bill.lock import accepted, held_from_text, held_text
from pytest_samurai.bill.lockfile import dump, parse
from pytest_samurai.text import money
from pytest_samurai.wire.price import Price
from tests.intercept.scripted import API, Scripted

# How long one example takes is not a property of the code.
law = settings(deadline=None)

PRICE = Price(source="a test", input_mtok=Decimal("0.15"), output_mtok=Decimal("0.6"), cache_write_mtok=Decimal("0.2"))
counts = st.one_of(st.integers(0, 2**64), st.integers(0, 10**400), st.sampled_from([10**15, 2**63 - 1, 2**63, 0]))
details = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ["cached_tokens", "cache_write_tokens", "audio_tokens", "reasoning_tokens", "cache_creation_input_tokens"],
        counts,
    ),
)
wires = st.fixed_dictionaries(
    {"prompt_tokens": counts, "completion_tokens": counts},
    optional={"total_tokens": counts, "prompt_tokens_details": details, "completion_tokens_details": details},
)


@law
@given(st.lists(wires, min_size=1, max_size=4))
@example([{"prompt_tokens": 10**15, "completion_tokens": 1}])
@example([{"prompt_tokens": 2**63 - 1, "completion_tokens": 2**63 - 1}] * 4)
def test_what_is_written_of_any_usage_reads_back_as_itself(said: list[dict[str, Any]]) -> None:
    usages = [usage for wire in said if (usage := Usage.from_wire(wire)) is not None]
    used = sum(usages, Usage())
    cost, listed = PRICE.cost(used), PRICE.cost(used, as_listed=True)
    model = ModelFigures("m", used.requests, used, PRICE, cost, listed)
    figures = TestFigures("test_a.py::test_a", used.requests, models=(model,), saved=cost)

    lock = accepted(None, [figures])
    assert parse(dump(lock), "samurai.lock") == lock
    assert held_from_text(held_text(figures)).models == figures.models
    assert TestFigures.from_json(figures.test, json.loads(json.dumps(figures.as_json()))) == figures
    assert TestFigures.from_properties(figures.test, figures.properties()) == figures
    assert TestFigures.from_fixture_property(figures.fixture_property()[1]) == figures
    for amount in (cost, listed):
        assert amount is None or money(amount).startswith("$")


@pytest.mark.parametrize("count", [2**63, 10**30, 10**400])
def test_a_count_that_no_server_can_have_counted_is_unknown(count: int) -> None:
    assert Usage.from_wire({"prompt_tokens": count, "completion_tokens": 1}) is None


@pytest.mark.parametrize("count", [10**15, 2**63 - 1, 10**30, 10**400])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_recording_of_any_count_replays_with_the_same_usage(cassettes: Path, count: int, streamed: bool) -> None:
    wire = {"prompt_tokens": count, "completion_tokens": 1, "total_tokens": count + 1}
    reply: httpx.Response = httpx.Response(200, json={"model": "gpt-4o-mini", "choices": [], "usage": wire})
    if streamed:
        events: list[dict[str, Any]] = [{"model": "gpt-4o-mini", "choices": [{"index": 0, "delta": {"content": "x"}}]}]
        events.append({"model": "gpt-4o-mini", "choices": [], "usage": wire})
        text = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
        reply = httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})
    seen = []
    for mode in ("once", "none"):
        with (
            use_cassette(cassettes / "a.yaml", mode=mode) as recorder,
            httpx.Client(transport=Scripted(reply)) as client,
        ):
            client.post(API, json={"model": "gpt-4o-mini", "messages": [], "stream": streamed})
        [call] = recorder.calls
        seen.append((call.usage, call.cost))
    assert seen[0] == seen[1]
    assert (seen[0][0] is not None) == (count < 2**63)

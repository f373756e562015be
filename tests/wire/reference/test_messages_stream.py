"""Anthropic's Messages API, with everything in its reference: recorded, replayed, merged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import anthropic
import pytest
from anthropic.types import RawContentBlockDelta, RawMessageStreamEvent, beta, raw_content_block_start_event

from pytest_samurai.wire.message import Part
from pytest_samurai.wire.messages import MESSAGES, merge
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import streamed
from tests.wire.reference.messages import (
    BEGUN,
    BETA_BLOCKS,
    BETA_EVENTS,
    BLOCKS,
    ERROR,
    EVENTS,
    FIRST_USAGE,
    LAST_USAGE,
    stream,
)
from tests.wire.reference.peer import members, sse, take, types_of, wire

Json = Any
URL = "https://h/v1/messages"
ASKED: Json = {"model": "claude-any", "max_tokens": 99, "messages": [{"role": "user", "content": "Where?"}]}
COUNTED = Usage(
    1, 5900, 503, 6403, cached_tokens=4000, reasoning_tokens=400, cache_write_tokens=700, cache_write_1h_tokens=200
)
REFERENCES: dict[str, tuple[list[Json], Json, Json, Json]] = {
    "": (
        EVENTS,
        RawMessageStreamEvent,
        raw_content_block_start_event.ContentBlock,
        RawContentBlockDelta,
    ),
    "beta": (
        BETA_EVENTS,
        beta.BetaRawMessageStreamEvent,
        beta.beta_raw_content_block_start_event.ContentBlock,
        beta.BetaRawContentBlockDelta,
    ),
}


def merged(events: list[Json]) -> Json:
    return merge(map(json.dumps, events))


@pytest.mark.parametrize("api", REFERENCES)
def test_no_event_block_or_delta_of_the_reference_is_missing(api: str) -> None:
    events, all_events, blocks, deltas = REFERENCES[api]
    # Only the guide to streams has a ping.
    assert {event["type"] for event in events} == {*types_of(all_events), "ping"}
    assert {event["content_block"]["type"] for event in events if "content_block" in event} == types_of(blocks)
    assert {event["delta"].get("type", "") for event in events if "delta" in event} == {*types_of(deltas), ""}


@pytest.mark.parametrize("api", REFERENCES)
def test_each_event_has_the_shape_that_the_reference_gives_it(api: str) -> None:
    events, all_events, _, _ = REFERENCES[api]
    shapes: Json = {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in members(all_events)}
    for event in events:
        if event["type"] != "ping":
            shapes[event["type"]].model_validate(event)


@pytest.mark.parametrize("api", REFERENCES)
def test_a_stream_comes_back_chunk_for_chunk_and_merges_as_the_sdk_merges_it(api: str, tmp_path: Path) -> None:
    events = REFERENCES[api][0]

    def ask(url: str) -> Json:
        with anthropic.Anthropic(base_url=url, api_key="k", max_retries=0) as client:
            messages: Json = client.beta.messages if api else client.messages
            with messages.with_streaming_response.create(**ASKED, stream=True) as reply:
                chunks = list(reply.http_response.iter_raw())
            with messages.stream(**ASKED) as seen:
                return chunks, seen.get_final_message().to_dict(warnings=False)

    sent = list(sse(*events, named=True))
    taken = take(tmp_path / "a.yaml", {"/v1/messages": wire(sent)}, ask)

    assert taken.live == taken.replayed
    chunks, final = taken.live
    assert b"".join(chunks) == b"".join(sent)
    assert len(chunks) >= len(sent)
    for call in (*taken.recorded.calls, *taken.replay.calls):
        assert (call.endpoint, call.streamed) == ("messages", True)
        assert call.response["usage"] == {**FIRST_USAGE, **_said(events[-2]["usage"])}
        assert {**call.response, "usage": None} == {**final, "usage": None}
        # The SDK leaves out null values, and only knows the counts in its types.
        assert final["usage"].items() <= call.response["usage"].items()
        assert call.usage == COUNTED


def _said(usage: Json) -> Json:
    return {key: value for key, value in usage.items() if value is not None}


@pytest.mark.parametrize("length", range(len(BETA_EVENTS) - 1))
def test_a_stream_that_broke_has_the_blocks_so_far_and_no_usage(length: int) -> None:
    said = BETA_EVENTS[:length]
    done = [event for event in said if event["type"] == "content_block_stop"]
    blocks = merged(said).get("content", [])
    assert blocks[: len(done)] == [*BLOCKS, *BETA_BLOCKS][: len(done)]
    assert len(blocks) - len(done) in (0, 1)
    broken = streamed(*said, ERROR, done=False, url=URL)
    assert broken.usage == (COUNTED if said and said[-1]["type"] == "message_delta" else None)


def test_the_model_that_went_on_is_the_one_that_answered() -> None:
    assert merged(EVENTS)["model"] == BEGUN["model"]
    assert merged(BETA_EVENTS)["model"] == "claude-b"
    assert streamed(*BETA_EVENTS, done=False, url=URL).model == "claude-b"


def test_what_a_compaction_used_is_added_and_what_another_model_used_makes_the_price_unknown() -> None:
    """Source: the reference of `usage.iterations` in Anthropic's SDK."""
    counts = {"input_tokens": 10, "output_tokens": 7, "cache_creation_input_tokens": 2, "cache_read_input_tokens": 3}
    turns = [{**counts, "type": "message"}, {**counts, "type": "compaction"}, {**counts, "type": "compaction"}]
    said = streamed(*stream([], {**LAST_USAGE, "iterations": turns}), done=False, url=URL)
    assert said.usage == Usage(
        1, 5930, 517, 6447,
        cached_tokens=4006, reasoning_tokens=400, cache_write_tokens=704, cache_write_1h_tokens=200,
    )  # fmt: skip
    reply = said.response
    assert not MESSAGES.has_paid_tools(reply)
    for kind in ("advisor_message", "fallback_message"):
        turn = {**counts, "type": kind, "model": "claude-b"}
        assert MESSAGES.has_paid_tools({**reply, "usage": {**LAST_USAGE, "iterations": [turn]}})


@pytest.mark.parametrize(
    ("told", "is_known"),
    [
        ({"speed": "fast"}, False),
        ({"speed": "standard"}, True),
        ({"inference_geo": "us"}, False),
        ({"inference_geo": "global"}, True),
    ],
)
def test_a_mode_that_multiplies_the_prices_makes_the_price_unknown(told: Json, is_known: bool) -> None:
    """Source: claude.com/pricing, fast mode and US-only inference."""
    assert MESSAGES.has_paid_tools({**BEGUN, "usage": {**FIRST_USAGE, **told}}) is not is_known


def test_the_answer_has_what_was_said_what_was_asked_of_tools_and_what_they_said() -> None:
    [answer] = MESSAGES.answers(merged(BETA_EVENTS))
    assert answer.parts[:7] == (
        Part("reasoning", "I look for „Köln“."),
        Part("redacted_thinking", ""),
        Part("text", "It is Köln. 🏰"),
        Part("text", "No more."),
        Part("tool_call", '{"city": "Köln", "days": [1, 2]}', "weather"),
        Part("tool_call", '{"url": "https://example.org"}', "web_fetch"),
        Part("tool_call", '{"zone": "CET"}', "clock"),
    )
    assert answer.parts[14:17] == (
        Part("tool_call", '{"q": "rain"}', "search"), Part("tool_result", "Rain."), Part("compaction", "")
    )  # fmt: skip
    assert answer.text == "It is Köln. 🏰No more."

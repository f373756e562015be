"""Anthropic's Messages API: requests, answers, and streams."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from anthropic._models import construct_type
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import RawMessageStreamEvent

from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.messages import MESSAGES, merge
from pytest_samurai.wire.price import Price
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call, stream, streamed

Json = Any
URL = "https://h/v1/messages"
USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 2000,
    "cache_read_input_tokens": 300,
    "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 1500},
    "output_tokens": 1,
    "service_tier": "standard",
}
REPLY: Json = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5-20250929",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": USAGE,
}
EVENTS: list[Json] = [
    {"type": "message_start", "message": REPLY},
    {"type": "ping"},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "m."}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2ln"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "It is "}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Paris."}},
    {
        "type": "content_block_delta",
        "index": 1,
        "delta": {
            "type": "citations_delta",
            "citation": {"type": "char_location", "cited_text": "Paris", "document_index": 0},
        },
    },
    {"type": "content_block_stop", "index": 1},
    {
        "type": "content_block_start",
        "index": 2,
        "content_block": {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}},
    },
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": ""}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '{"city": '}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '"Paris"}'}},
    {"type": "content_block_stop", "index": 2},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None},
        "usage": {"output_tokens": 89, "input_tokens": None},
    },
    {"type": "message_stop"},
]
COUNTED = Usage(1, 2310, 89, 2399, cached_tokens=300, cache_write_tokens=2000, cache_write_1h_tokens=1500)


def test_a_stream_is_merged_as_the_sdk_merges_it() -> None:
    snapshot: Any = None
    buffers: dict[int, bytes] = {}
    for event in EVENTS:
        if event["type"] != "ping":
            made: Any = construct_type(type_=RawMessageStreamEvent, value=event)
            snapshot = accumulate_event(event=made, current_snapshot=snapshot, json_bufs=buffers)

    expected = json.loads(snapshot.to_json())
    merged = merge(map(json.dumps, EVENTS))
    assert merged["content"] == expected["content"]
    for key in ("id", "model", "role", "stop_reason", "stop_sequence", "type"):
        assert merged[key] == expected[key]
    assert merged["usage"] == {**USAGE, "output_tokens": 89}
    assert (merged["usage"]["output_tokens"], expected["usage"]["output_tokens"]) == (89, 89)


def test_what_was_read_from_and_written_to_the_cache_is_part_of_the_prompt() -> None:
    answered = streamed(*EVENTS, done=False, url=URL)

    assert (answered.endpoint, answered.text) == ("messages", "It is Paris.")
    assert (answered.usage, answered.model) == (COUNTED, "claude-sonnet-4-5-20250929")
    plain = call({**REPLY, "content": [{"type": "text", "text": "a"}]}, url=URL)
    assert (plain.text, plain.usage) == (
        "a",
        Usage(1, 2310, 1, 2311, cached_tokens=300, cache_write_tokens=2000, cache_write_1h_tokens=1500),
    )


def test_the_cost_is_that_of_a_hand_computation() -> None:
    """Source of the prices: claude.com/pricing, Sonnet 4.5 up to 200,000 tokens, in November 2026."""
    price = Price(
        source="by hand",
        input_mtok=Decimal(3),
        output_mtok=Decimal(15),
        cache_read_mtok=Decimal("0.3"),
        cache_write_mtok=Decimal("3.75"),
        cache_write_1h_mtok=Decimal(6),
    )
    by_hand = (10 * 3 + 300 * Decimal("0.3") + 500 * Decimal("3.75") + 1500 * 6 + 89 * 15) / Decimal(1_000_000)
    assert price.cost(COUNTED) == by_hand == Decimal("0.01233")


@pytest.mark.parametrize("length", [1, 10, 17])
def test_of_a_stream_that_broke_the_usage_is_unknown(length: int) -> None:
    assert streamed(*EVENTS[:length], done=False, url=URL).usage is None


def test_a_stream_that_broke_has_what_came() -> None:
    blocks = merge(map(json.dumps, EVENTS[:15]))["content"]
    assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use"]
    assert blocks[2]["input"] == '{"city": '
    assert merge(map(json.dumps, EVENTS[:14]))["content"][2]["input"] == {}


def test_what_is_no_stream_of_this_api_merges_to_nothing() -> None:
    assert merge(["", "1", *map(json.dumps, EVENTS[1:6])]) == {}
    odd = [EVENTS[0], {"type": "content_block_delta", "index": 7, "delta": {"text": "a"}}]
    assert merge(map(json.dumps, odd))["content"] == []


def test_a_stream_is_over_with_its_last_event() -> None:
    assert MESSAGES.is_over(stream(*EVENTS, done=False))
    assert not MESSAGES.is_over(stream(*EVENTS[:-1], done=False))
    assert not MESSAGES.is_over(stream({"type": "ping", "a": "message_stop"}))


def test_the_messages_of_a_request_have_one_shape() -> None:
    asked = {
        "system": [{"type": "text", "text": "Be short.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": "Where?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm", "signature": "x"},
                    {"type": "tool_use", "id": "t", "name": "weather", "input": {"city": "Köln"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "Rain"}]},
                    {"type": "image", "source": {}},
                ],
            },
        ],
    }
    assert list(MESSAGES.messages(asked)) == [
        Message("system", (Part("text", "Be short."),)),
        Message("user", (Part("text", "Where?"),)),
        Message("assistant", (Part("reasoning", "Hm"), Part("tool_call", '{"city": "Köln"}', "weather"))),
        Message("user", (Part("tool_result", "Rain"), Part("image", ""))),
    ]
    assert MESSAGES.answers({"error": {}}) == []


def test_a_search_on_the_server_and_a_container_make_the_price_unknown() -> None:
    searched = {**REPLY, "usage": {**USAGE, "server_tool_use": {"web_search_requests": 1}}}
    fetched = {**REPLY, "usage": {**USAGE, "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 3}}}
    ran = {**REPLY, "content": [{"type": "server_tool_use", "name": "bash_code_execution"}]}
    assert [MESSAGES.has_paid_tools(reply) for reply in (searched, fetched, ran, REPLY)] == [True, False, True, False]


def test_limits_tools_and_names_are_read_from_a_request() -> None:
    tools = [{"name": "weather", "input_schema": {}}]
    asked = {"system": "s", "messages": [], "tools": tools, "max_tokens": 7, "temperature": 1}
    assert (MESSAGES.most(asked), MESSAGES.most({}), MESSAGES.tools(asked), MESSAGES.tools({})) == (7, 0, [tools], [])
    assert MESSAGES.prompt(asked) == {"system": "s", "messages": [], "tools": tools}
    assert (MESSAGES.names["messages"]({"role": "user"}), MESSAGES.names["tools"](tools[0])) == ("user", "weather")
    assert call(REPLY, url=URL)._answer.tier == "standard"


def test_a_usage_that_tells_of_a_compaction_alone_is_unknown() -> None:
    usage = {"iterations": [{"type": "compaction", "input_tokens": 10, "output_tokens": 7}]}
    assert call({**REPLY, "usage": usage}, url=URL).usage is None

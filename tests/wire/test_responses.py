"""The Responses API: requests, answers, and streams."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai import omit
from openai._models import construct_type
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import ResponseStreamEvent

from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.responseevents import merge
from pytest_samurai.wire.responses import RESPONSES
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call, stream, streamed

Json = Any
URL = "https://h/v1/responses"
USAGE = {
    "input_tokens": 36,
    "input_tokens_details": {"cached_tokens": 16},
    "output_tokens": 87,
    "output_tokens_details": {"reasoning_tokens": 64},
    "total_tokens": 123,
}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "It is Paris.", "annotations": []}],
}
TOOL_CALL = {
    "id": "fc_1",
    "type": "function_call",
    "status": "completed",
    "call_id": "call_1",
    "name": "weather",
    "arguments": '{"city": "Paris"}',
}


def response(*output: Json, status: str = "completed", usage: Json = USAGE) -> Json:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": status,
        "model": "gpt-5-mini-2025-08-07",
        "output": list(output),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
    }


def events() -> list[Json]:
    """A stream with a thought, a message in pieces and a tool call."""
    begun = response(status="in_progress", usage=None)
    thought = {"id": "rs_1", "type": "reasoning", "summary": []}
    text = {"type": "output_text", "text": "", "annotations": []}
    said = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": thought},
        {
            "type": "response.reasoning_summary_part.added",
            "output_index": 0,
            "summary_index": 0,
            "part": {"type": "summary_text", "text": ""},
        },
        {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "Think"},
        {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "ing."},
        {
            "type": "response.output_item.done",
            "output_index": 0,
            "item": {**thought, "summary": [{"type": "summary_text", "text": "Thinking."}]},
        },
        {"type": "response.output_item.added", "output_index": 1, "item": {**MESSAGE, "content": []}},
        {"type": "response.content_part.added", "output_index": 1, "content_index": 0, "part": text},
        {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "It is "},
        {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "Paris."},
        {"type": "response.output_item.done", "output_index": 1, "item": MESSAGE},
        {"type": "response.output_item.added", "output_index": 2, "item": {**TOOL_CALL, "arguments": ""}},
        {"type": "response.function_call_arguments.delta", "output_index": 2, "delta": '{"city": '},
        {"type": "response.function_call_arguments.delta", "output_index": 2, "delta": '"Paris"}'},
        {"type": "response.output_item.done", "output_index": 2, "item": TOOL_CALL},
        {
            "type": "response.completed",
            "response": response(
                {**thought, "summary": [{"type": "summary_text", "text": "Thinking."}]}, MESSAGE, TOOL_CALL
            ),
        },
    ]
    return [{"sequence_number": number, **event} for number, event in enumerate(said)]


def test_a_plain_call_says_what_it_answered_what_it_used_and_who_answered() -> None:
    answered = call(response(MESSAGE), request={"model": "gpt-5-mini", "input": "Where?"}, url=URL)

    assert (answered.endpoint, answered.text, answered.model) == ("responses", "It is Paris.", "gpt-5-mini-2025-08-07")
    assert answered.usage == Usage(1, 36, 87, 123, cached_tokens=16, reasoning_tokens=64)


def test_a_stream_is_merged_as_the_sdk_merges_it() -> None:
    state: Any = ResponseStreamState(input_tools=[], text_format=omit)
    for event in events():
        state.handle_event(construct_type(type_=ResponseStreamEvent, value=event))
    whole = merge(map(json.dumps, events()))

    expected = state._completed_response.to_dict()
    assert [entry["id"] for entry in whole["output"]] == [entry["id"] for entry in expected["output"]]
    assert whole["output"][1]["content"][0]["text"] == expected["output"][1]["content"][0]["text"] == "It is Paris."
    assert whole["output"][2]["arguments"] == expected["output"][2]["arguments"]
    answered = streamed(*events(), done=False, url=URL)
    assert answered.usage == Usage(1, 36, 87, 123, cached_tokens=16, reasoning_tokens=64)
    assert answered.text == "It is Paris."


def test_a_last_event_without_the_output_has_what_came_before() -> None:
    said = events()
    del said[-1]["response"]["output"]

    assert [entry["type"] for entry in merge(map(json.dumps, said))["output"]] == [
        "reasoning", "message", "function_call"
    ]  # fmt: skip


@pytest.mark.parametrize(("length", "text"), [(1, None), (8, None), (9, ""), (10, "It is "), (13, "It is Paris.")])
def test_a_stream_that_broke_has_the_text_so_far_and_no_usage(length: int, text: str | None) -> None:
    broken = streamed(*events()[:length], done=False, url=URL)

    assert (broken.text, broken.usage) == (text, None)


def test_of_a_stream_that_broke_each_kind_of_text_is_joined() -> None:
    assert merge(map(json.dumps, events()[:6]))["output"][0]["summary"][0]["text"] == "Thinking."
    assert merge(map(json.dumps, events()[:15]))["output"][2]["arguments"] == '{"city": "Paris"}'
    refused = [
        *events()[:8],
        {"type": "response.content_part.added", "output_index": 1, "part": {"type": "refusal", "refusal": ""}},
        {"type": "response.refusal.delta", "output_index": 1, "content_index": 0, "delta": "No"},
        {"type": "response.refusal.delta", "output_index": 1, "content_index": 9, "delta": "?"},
        {"type": "response.refusal.delta", "output_index": 9, "content_index": 0, "delta": "?"},
        {"type": "response.refusal.delta", "delta": "?"},
    ]
    [message] = RESPONSES.answers(merge(map(json.dumps, refused)))
    assert message.parts[-1] == Part("refusal", "No")


def test_what_is_no_stream_of_this_api_merges_to_nothing() -> None:
    assert merge(["", "1", "{}", '{"type": "response.output_text.delta", "output_index": 0}']) == {}


def test_a_stream_is_over_with_its_last_event() -> None:
    assert RESPONSES.is_over(stream(*events(), done=False))
    assert not RESPONSES.is_over(stream(*events()[:-1], done=False))
    assert not RESPONSES.is_over(stream({"type": "x", "delta": '"response.completed"', "y": "response.completed"}))


def test_the_messages_of_a_request_have_one_shape() -> None:
    asked = {
        "instructions": "Be short.",
        "input": [
            {"role": "user", "content": "Where?"},
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "a"}, {"type": "input_image"}],
            },
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]},
            TOOL_CALL,
            {"type": "function_call_output", "call_id": "call_1", "output": "Rain"},
            {"type": "web_search_call", "id": "ws_1"},
            {"type": "item_reference", "id": "x"},
        ],
    }
    assert list(RESPONSES.messages(asked)) == [
        Message("system", (Part("text", "Be short."),)),
        Message("user", (Part("text", "Where?"),)),
        Message("user", (Part("text", "a"), Part("input_image", ""))),
        Message("assistant", (Part("reasoning", "Hm"),)),
        Message("assistant", (Part("tool_call", '{"city": "Paris"}', "weather"),)),
        Message("tool", (Part("text", "Rain"),)),
        Message("assistant", (Part("tool_call", "", "web_search"),)),
        Message("", (Part("item_reference", ""),)),
    ]
    assert list(RESPONSES.messages({"input": "Where?"})) == [Message("user", (Part("text", "Where?"),))]


def test_a_tool_that_is_billed_by_the_call_makes_the_price_unknown() -> None:
    assert RESPONSES.has_paid_tools(response({"type": "web_search_call", "id": "ws_1"}, MESSAGE))
    assert not RESPONSES.has_paid_tools(response(TOOL_CALL, MESSAGE))


@pytest.mark.parametrize(
    ("environment", "paid"),
    [({"type": "container_reference", "container_id": "cntr_1"}, True), ({"type": "local"}, False), (None, False)],
)
def test_commands_in_a_container_are_billed_and_on_a_machine_of_ones_own_are_not(environment: Any, paid: bool) -> None:
    """Source: `ResponseFunctionShellToolCall` in OpenAI's reference, and its page of prices, containers."""
    ran = {"type": "shell_call", "id": "sh_1", "action": {"commands": ["ls"]}, "environment": environment}
    assert RESPONSES.has_paid_tools(response(ran, MESSAGE)) is paid


def test_limits_tools_and_names_are_read_from_a_request() -> None:
    tools = [{"type": "function", "name": "weather"}, {"type": "web_search"}]
    asked = {"input": [], "tools": tools, "max_output_tokens": 7, "temperature": 1}
    assert (RESPONSES.most(asked), RESPONSES.most({}), RESPONSES.tools(asked), RESPONSES.tools({})) == (
        7, 0, [tools], []
    )  # fmt: skip
    assert RESPONSES.prompt(asked) == {"input": [], "tools": tools}
    assert [RESPONSES.names["tools"](tool) for tool in tools] == ["weather", "web_search"]
    assert [RESPONSES.names["input"](entry) for entry in ({"role": "user"}, TOOL_CALL)] == ["user", "function_call"]
    assert call(response(MESSAGE) | {"service_tier": "flex"}, url=URL)._answer.tier == "flex"
    assert RESPONSES.answers({}) == []

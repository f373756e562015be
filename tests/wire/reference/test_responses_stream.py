"""The Responses API, with everything in its reference: recorded, replayed, merged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import openai
import pytest
from openai import omit
from openai._models import construct_type
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import ResponseOutputItem, ResponseStreamEvent

from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.responseevents import merge
from pytest_samurai.wire.responses import RESPONSES
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import streamed
from tests.wire.reference.peer import members, sse, take, types_of, wire, without
from tests.wire.reference.responses import (
    AT_ONCE,
    CALL,
    FREE,
    IN_PIECES,
    OUTPUT,
    STREAMS,
    TALK,
    response,
    stream,
)

Json = Any
ASKED: Json = {"model": "gpt-5-mini", "input": "Where?", "previous_response_id": "resp_0"}
COUNTED = Usage(1, 3000, 800, 3800, cached_tokens=1000, reasoning_tokens=600, cache_write_tokens=500)
OF_THE_SDK = ("parsed", "parsed_arguments")
"""What the SDK adds to the objects it parses."""


def merged(events: list[Json]) -> Json:
    return merge(map(json.dumps, events))


def test_no_event_and_no_item_of_the_reference_is_missing() -> None:
    assert {event["type"] for events in STREAMS.values() for event in events} == types_of(ResponseStreamEvent)
    assert {item["type"] for item in OUTPUT} == types_of(ResponseOutputItem)


def test_each_event_has_the_shape_that_the_reference_gives_it() -> None:
    shapes: Json = {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in members(ResponseStreamEvent)}
    for events in STREAMS.values():
        for event in events:
            shapes[event["type"]].model_validate(event)


@pytest.mark.parametrize("end", STREAMS)
def test_a_stream_comes_back_chunk_for_chunk_and_merges_as_the_sdk_merges_it(end: str, tmp_path: Path) -> None:
    def ask(url: str) -> Json:
        with openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
            with client.responses.with_streaming_response.create(**ASKED, stream=True) as reply:
                chunks = list(reply.http_response.iter_raw())
            with client.responses.stream(**ASKED) as events:
                seen = [event.to_dict(warnings=False) for event in events]
                final = (
                    events.get_final_response().to_dict(warnings=False)
                    if end == "completed"
                    else seen[-1].get("response")
                )
        return chunks, seen, final

    sent = list(sse(*STREAMS[end], named=True))
    taken = take(tmp_path / "a.yaml", {"/v1/responses": wire(sent)}, ask)

    assert taken.live == taken.replayed
    chunks, seen, final = taken.live
    assert b"".join(chunks) == b"".join(sent)
    assert len(chunks) >= len(sent)
    assert [event["type"] for event in seen] == [event["type"] for event in STREAMS[end]]
    for call in (*taken.recorded.calls, *taken.replay.calls):
        assert (call.endpoint, call.streamed) == ("responses", True)
        assert call.usage == (COUNTED if end in ("completed", "incomplete") else None)
        if end != "error":
            assert call.response == without(final, *OF_THE_SDK)


def test_wherever_a_stream_breaks_it_has_what_the_sdk_has_of_it() -> None:
    """The SDK joins the text of messages and the arguments of functions."""
    said = stream(output=[IN_PIECES[0], CALL, TALK])[:-1]
    state: Any = ResponseStreamState(input_tools=[], text_format=omit)
    for length, event in enumerate(said, 1):
        state.handle_event(construct_type(type_=ResponseStreamEvent, value=event))
        of_sdk = [state._completed_output.get(number) or item for number, item in state._output_items.items()]
        ours = merged(said[:length])["output"]
        assert [item["id"] for item in ours] == [item.id for item in of_sdk]
        for item, expected in zip(ours, of_sdk, strict=True):
            if item["type"] == "function_call":
                assert item["arguments"] == expected.arguments
            if item["type"] == "message":
                texts = [getattr(part, "text", None) for part in expected.content]
                assert [part.get("text") for part in item["content"]] == texts
        assert streamed(*said[:length], done=False, url="https://h/v1/responses").usage is None


@pytest.mark.parametrize("item", IN_PIECES, ids=lambda item: item["id"])
@pytest.mark.parametrize("last", ["the event that ends it", "its last piece"])
def test_what_came_in_pieces_is_whole_before_the_api_has_sent_it_whole(item: Json, last: str) -> None:
    said = [event for event in stream(output=[item]) if not event["type"].startswith("response.output_item.done")]
    if last == "its last piece":
        said = [event for event in said if event["type"].endswith((".added", ".delta", "ed"))]
    came = merged(said[: -1 if said[-1]["type"] == "response.completed" else None])["output"][0]

    # What the API only says about the whole item.
    never = ("status", "logprobs", "result", "outputs", "results", "tools", "output", "error", "encrypted_content")
    is_printed = item["type"] == "shell_call_output"
    if is_printed:
        assert [output["stdout"] for output in came["output"]] == ["a.txt\n"]
    assert without(came, *never) == without(item, *never)


def test_an_item_that_begins_empty_and_a_number_that_is_left_out_lose_nothing() -> None:
    """As in the SDK: some servers send an event without an item, and leave out its number."""
    said = [
        {"type": "response.created", "response": response(status="in_progress", usage=None)},
        {"type": "response.output_item.added", "output_index": 0, "item": None},
        {"type": "response.output_item.added", "output_index": 1, "item": {**TALK, "content": []}},
        {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "It "},
        {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "rains."},
    ]
    [item] = merged(said)["output"]
    assert item["content"] == [{"type": "output_text", "text": "It rains."}]
    done = {"type": "response.output_item.done", "output_index": 1, "item": TALK}
    completed: Json = {"type": "response.completed", "response": {**response(), "output": None}}
    assert merged([*said, done, completed])["output"] == [TALK]


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "response.output_item.added", "item": TALK},
        {"type": "response.refusal.delta", "output_index": 7, "content_index": 0, "delta": "x"},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 9, "delta": "x"},
        {"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": None},
        {"type": "response.shell_call_command.delta", "output_index": 1, "command_index": 9, "delta": "x"},
        {"type": "response.shell_call_output_content.delta", "output_index": 2, "command_index": 9, "delta": {}},
        {"type": "response.shell_call_output_content.done", "output_index": 2, "command_index": 0, "output": []},
        {"type": "response.none.such.delta", "output_index": 0, "delta": "x"},
    ],
)
def test_an_event_that_belongs_nowhere_changes_nothing(odd: Json) -> None:
    said = stream(output=[TALK, IN_PIECES[10], IN_PIECES[11]])[:-1]
    assert merged([*said, odd]) == merged(said)


def test_the_answer_has_what_was_said_what_was_asked_of_tools_and_what_they_said() -> None:
    [answer] = RESPONSES.answers(merged(STREAMS["completed"]))
    assert answer == Message(
        "assistant",
        (
            Part("reasoning", "I look."),
            Part("reasoning", "I answer."),
            Part("reasoning", "Cathedral, Rhine ..."),
            Part("tool_call", '{"type": "search", "query": "Köln weather"}', "web_search"),
            Part("tool_call", '["Köln"]', "file_search"),
            Part("tool_call", "print(6 * 7)", "code_interpreter"),
            Part("tool_call", "", "image_generation"),
            Part("mcp_list_tools", ""),
            Part("tool_call", '{"q": "rain"}', "search"),
            Part("tool_result", "Nothing."),
            Part("tool_call", '{"q": "rain"}', "search"),
            Part("tool_call", '{"city": "Köln"}', "weather"),
            Part("tool_call", "SELECT 1", "sql"),
            Part(
                "tool_call", '{"commands": ["ls -l", "date"], "timeout_ms": null, "max_output_length": null}', "shell"
            ),
            Part("tool_result", "a.txt\n"),
            Part("text", "It is „Köln“. 🏰"),
            Part("refusal", "I can't say more."),
            Part("tool_result", "Rain"),
            Part("tool_call", '{"type": "click", "button": "left", "x": 1, "y": 2}', "computer"),
            *RESPONSES.answers({"output": AT_ONCE[2:]})[0].parts,
        ),
    )
    assert answer.text == "It is „Köln“. 🏰"
    assert [part for part in answer.parts if part.kind == "text"] == [Part("text", "It is „Köln“. 🏰")]


@pytest.mark.parametrize("item", OUTPUT, ids=lambda item: item["id"])
def test_what_is_billed_by_the_call_makes_the_price_unknown(item: Json) -> None:
    """Source: the built-in tools on OpenAI's page of prices, developers.openai.com/api/docs/pricing."""
    billed = {"web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "computer_call"}
    assert RESPONSES.has_paid_tools(response(item)) is (item["type"] in billed)
    assert not RESPONSES.has_paid_tools(response(*FREE))

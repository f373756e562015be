"""Both versions of Cohere's API: requests, answers, and streams."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_samurai.wire.cohere import COHERE, merge
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call, streamed

Json = Any
CHAT = "https://api.cohere.com/v2/chat"
MODEL = "command-a-03-2025"
USAGE = {
    "billed_units": {"input_tokens": 20.0, "output_tokens": 55},
    "tokens": {"input_tokens": 1400, "output_tokens": 60},
    "cached_tokens": 1300,
}
COUNTED = Usage(1, 20, 55, 75)
CITATION = {"start": 0, "end": 2, "text": "It", "sources": [{"type": "tool", "id": "a"}]}


def event(kind: str, piece: Json = None, **more: Json) -> Json:
    return {"type": kind, **more, **({} if piece is None else {"delta": {"message": piece}})}


# As in Cohere's guides to streaming, with and without tools.
EVENTS = [
    event("message-start", {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}, id="29f1"),
    event("tool-plan-delta", {"tool_plan": "I will "}),
    event("tool-plan-delta", {"tool_plan": "look."}),
    event(
        "tool-call-start",
        {"tool_calls": {"id": "w1", "type": "function", "function": {"name": "weather", "arguments": ""}}},
        index=0,
    ),
    event("tool-call-delta", {"tool_calls": {"function": {"arguments": '{"city":'}}}, index=0),
    event("tool-call-delta", {"tool_calls": {"function": {"arguments": '"Köln"}'}}}, index=0),
    event("tool-call-end", index=0),
    event("content-start", {"content": {"type": "thinking", "thinking": ""}}, index=0),
    event("content-delta", {"content": {"thinking": "Hmm."}}, index=0),
    event("content-end", index=0),
    event("content-start", {"content": {"type": "text", "text": ""}}, index=1),
    event("content-delta", {"content": {"text": "It is "}}, index=1),
    event("content-delta", {"content": {"text": "Paris.", "thinking": None}}, index=1),
    # An index that nothing has started.
    event("content-delta", {"content": {"text": "lost"}}, index=7),
    event("citation-start", {"citations": CITATION}, index=0),
    event("citation-end", index=0),
    event("content-end", index=1),
    {"type": "message-end", "id": "29f1", "delta": {"finish_reason": "COMPLETE", "usage": USAGE}},
]
PLAIN = {
    "id": "29f1",
    "finish_reason": "COMPLETE",
    "message": {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "Hmm."}, {"type": "text", "text": "It is Paris."}],
        "tool_plan": "I will look.",
        "tool_calls": [
            {"id": "w1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Köln"}'}}
        ],
        "citations": [CITATION],
    },
    "usage": USAGE,
}
# As in the reference of v1.
BILLED = {"billed_units": {"input_tokens": 5, "output_tokens": 7}}
PLAIN_1 = {"text": "It is Paris.", "finish_reason": "COMPLETE", "meta": BILLED}
EVENTS_1 = [
    {"is_finished": False, "event_type": "stream-start", "generation_id": "g"},
    {"is_finished": False, "event_type": "text-generation", "text": "It is "},
    {"is_finished": False, "event_type": "text-generation", "text": "Paris."},
    {"is_finished": True, "event_type": "stream-end", "finish_reason": "COMPLETE", "response": PLAIN_1},
]


def sse(*events: Json) -> bytes:
    return b"".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n".encode() for each in events)


def test_a_stream_says_what_a_plain_reply_would_have() -> None:
    asked = {"model": MODEL, "messages": []}
    for answered in (streamed(*EVENTS, done=False, request=asked, url=CHAT), call(PLAIN, request=asked, url=CHAT)):
        assert (answered.endpoint, answered.text, answered.model) == ("cohere", "It is Paris.", MODEL)
        assert answered.usage == COUNTED
        assert answered.response == PLAIN
        assert [(part.kind, part.text) for part in answered.answers[0].parts] == [
            ("reasoning", "I will look."),
            ("reasoning", "Hmm."),
            ("text", "It is Paris."),
            ("tool_call", '{"city":"Köln"}'),
        ]


def test_a_stream_of_v1_says_what_a_plain_reply_would_have() -> None:
    asked = {"model": MODEL, "message": "Where?", "preamble": "Be short.", "chat_history": [{"role": "USER"}]}
    lines = "\n".join(map(json.dumps, EVENTS_1)).encode()
    for body in (lines, PLAIN_1):
        answered = call(body, request=asked, url="https://api.cohere.com/v1/chat")
        assert (answered.text, answered.usage, answered.response) == ("It is Paris.", Usage(1, 5, 7, 12), PLAIN_1)
        assert [(message.role, message.text) for message in answered.messages] == [
            ("system", "Be short."),
            ("USER", None),
            ("user", "Where?"),
        ]


def test_a_stream_that_broke_has_its_text_and_an_unknown_usage() -> None:
    for body in (sse(*EVENTS[:13]), "\n".join(map(json.dumps, EVENTS_1[:3])).encode()):
        broken = call(body, request={"model": MODEL}, url=CHAT)
        assert (broken.text, broken.usage) == ("It is Paris.", None)


def test_what_is_billed_counts_and_the_tokens_only_where_that_is_not_said() -> None:
    tokens = {"tokens": {"input_tokens": 71, "output_tokens": 4}}
    assert call({"message": {}, "usage": tokens}, url=CHAT).usage == Usage(1, 71, 4, 75)
    for counts in ({"input_tokens": 7.5, "output_tokens": 1}, {"input_tokens": 7}):
        assert call({"message": {}, "usage": {"billed_units": counts}}, url=CHAT).usage is None


@pytest.mark.parametrize(
    ("billed", "counted", "beside"),
    [
        ({"input_tokens": 2}, Usage(1, 2, 0, 2), False),
        ({"input_tokens": 2, "images": 1}, Usage(1, 2, 0, 2), True),
        ({"images": 1}, None, True),
    ],
)
def test_embeddings_have_no_completion_and_pictures_a_price_of_their_own(
    billed: Json, counted: Usage | None, beside: bool
) -> None:
    reply = {"id": "e", "embeddings": {"float": [[0.5]]}, "texts": ["a"], "meta": {"billed_units": billed}}
    for version in ("v1", "v2"):
        embedded = call(reply, request={"model": "embed-v4.0"}, url=f"https://api.cohere.com/{version}/embed")
        assert (embedded.usage, embedded.text, embedded.has_paid_tools) == (counted, None, beside)


def test_a_request_is_read_whole() -> None:
    tools: Json = [{"type": "function", "function": {"name": "weather"}}, {"name": "old"}]
    document = {"data": "rain"}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "Where?"}, {"type": "image_url"}]},
        {"role": "assistant", "tool_calls": [{"name": "old", "parameters": {"a": 1}}]},
        {"role": "tool", "content": [{"type": "document", "document": document}]},
        {"role": "user", "content": "And?"},
    ]
    asked = {"model": MODEL, "messages": messages, "tools": tools, "max_tokens": 9}
    assert list(COHERE.messages(asked)) == [
        Message("user", (Part("text", "Where?"), Part("image_url", ""))),
        Message("assistant", (Part("tool_call", '{"a": 1}', "old"),)),
        Message("tool", (Part("document", '{"data": "rain"}'),)),
        Message("user", (Part("text", "And?"),)),
    ]
    embedded = {"texts": ["a", "b"], "inputs": [{"content": [{"type": "text", "text": "c"}]}]}
    assert [message.text for message in COHERE.messages(embedded)] == ["a", "b", "c"]
    assert (COHERE.most(asked), COHERE.most({}), COHERE.tools(asked)) == (9, 0, [tools])
    assert COHERE.prompt(asked) == {"messages": messages, "tools": tools}
    assert [COHERE.names["tools"](tool) for tool in tools] == ["weather", "old"]
    assert COHERE.names["messages"](messages[2]) == "tool"
    assert call({}, url=CHAT)._answer.tier is None


def test_a_stream_has_come_whole_with_its_last_event() -> None:
    assert COHERE.is_over(sse(*EVENTS))
    assert not COHERE.is_over(sse(*EVENTS[:-1]))
    assert COHERE.is_over("\n".join(map(json.dumps, EVENTS_1)).encode())
    assert not COHERE.is_over("\n".join(map(json.dumps, EVENTS_1[:-1])).encode())
    assert not COHERE.is_over(b'{"text": "\\"stream-end\\""}\n{"text": "stream-end"}')
    assert merge(["", "{}", json.dumps(EVENTS[1])]) == {}

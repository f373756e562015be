"""Ollama's own API: requests, answers, and streams of lines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.ollama import OLLAMA, merge
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call

Json = Any
CHAT = "http://h:11434/api/chat"
GENERATE = "http://h:11434/api/generate"
EMBED = "http://h:11434/api/embed"

# As in docs/api.md of Ollama: the events of a chat. The last one counts.
DONE = {"done": True, "done_reason": "stop", "total_duration": 4883583458, "prompt_eval_count": 26, "eval_count": 282}


def part(message: Json = None, **more: Json) -> Json:
    said = {} if message is None else {"message": {"role": "assistant", **message}}
    return {"model": "llama3.2", "created_at": "2023-08-04T08:52:19Z", **said, "done": False, **more}


CALLED = {"function": {"name": "weather", "arguments": {"city": "Köln"}}}
EVENTS = [
    part({"content": "", "thinking": "Hm"}),
    part({"content": "", "thinking": "m."}),
    part({"content": "It is ", "images": None}),
    part({"content": "Paris.", "images": None, "tool_calls": [CALLED]}),
    part({"content": "", "tool_calls": [CALLED]}, **DONE),
]


def lines(*events: Json) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def test_a_stream_says_what_a_plain_reply_would_have() -> None:
    message = {
        "role": "assistant",
        "content": "It is Paris.",
        "thinking": "Hmm.",
        "images": None,
        "tool_calls": [CALLED, CALLED],
    }
    plain = part(message, **DONE)
    for body in (lines(*EVENTS), lines(plain)):
        answered = call(body, request={"model": "llama3.2", "messages": []}, url=CHAT)
        assert (answered.endpoint, answered.text, answered.model) == ("ollama", "It is Paris.", "llama3.2")
        assert answered.usage == Usage(1, 26, 282, 308)
        assert answered.response == plain
        tool = Part("tool_call", '{"city": "Köln"}', "weather")
        [said] = answered.answers
        assert said == Message("assistant", (Part("reasoning", "Hmm."), Part("text", "It is Paris."), tool, tool))


def test_a_text_that_goes_on_is_read_as_a_chat_is() -> None:
    parts = [part(response="The ", thinking="Hm"), part(response="sky.", logprobs=[{"token": "sky"}])]
    body = lines(*parts, part(response="", context=[1, 2], logprobs=[{"token": "."}], **DONE))
    answered = call(body, request={"model": "llama3.2", "prompt": "Why?", "system": "Be short."}, url=GENERATE)

    assert (answered.text, answered.usage) == ("The sky.", Usage(1, 26, 282, 308))
    assert answered.response["logprobs"] == [{"token": "sky"}, {"token": "."}]
    assert [(message.role, message.text) for message in answered.messages] == [
        ("system", "Be short."),
        ("user", "Why?"),
    ]


@pytest.mark.parametrize(
    ("reply", "counted"),
    [
        ({"model": "m", "embeddings": [[0.5]], "prompt_eval_count": 8}, Usage(1, 8, 0, 8)),
        ({"model": "m", "embeddings": [[0.5]]}, None),
        # A prompt from the cache is not counted.
        ({"model": "m", "done": True, "eval_count": 3}, None),
        ({"model": "m", "done": False, "response": "The"}, None),
        # From a gateway.
        ({"model": "m", "done": True, "usage": {"prompt_tokens": 1, "completion_tokens": 2}}, Usage(1, 1, 2, 3)),
    ],
)
def test_what_is_not_counted_is_unknown(reply: Json, counted: Usage | None) -> None:
    assert call(reply, request={"model": "m", "input": ["a"]}, url=EMBED).usage == counted


def test_a_stream_that_broke_has_an_unknown_usage() -> None:
    assert call(lines(*EVENTS[:-1]), url=CHAT).usage is None


def test_the_texts_of_embeddings_are_messages_and_have_no_answer() -> None:
    assert [message.text for message in OLLAMA.messages({"input": ["a", 1, "b"]})] == ["a", "b"]
    assert [message.text for message in OLLAMA.messages({"input": "a"})] == ["a"]
    assert OLLAMA.answers({"embeddings": [[0.5]]}) == []


def test_a_request_is_read_whole() -> None:
    tools: Json = [{"type": "function", "function": {"name": "weather"}}]
    messages = [
        {"role": "user", "content": "Where?", "images": ["x"]},
        {"role": "tool", "content": "rain", "tool_name": "weather"},
    ]
    asked = {"model": "m", "messages": messages, "tools": tools, "options": {"num_predict": 7}}
    assert list(OLLAMA.messages(asked)) == [
        Message("user", (Part("text", "Where?"), Part("image", ""))),
        Message("tool", (Part("text", "rain"),), "weather"),
    ]
    assert (OLLAMA.most(asked), OLLAMA.most({"options": {"num_predict": -1}}), OLLAMA.most({})) == (7, 0, 0)
    assert OLLAMA.prompt(asked) == {"messages": messages, "tools": tools}
    assert (OLLAMA.tools(asked), OLLAMA.asking) == ([tools], None)
    assert OLLAMA.names["messages"](messages[1]) == "tool"
    assert OLLAMA.names["tools"](tools[0]) == "weather"
    assert call({}, url=CHAT)._answer.tier is None
    assert not OLLAMA.has_paid_tools({})


def test_a_stream_has_come_whole_once_it_is_done() -> None:
    assert OLLAMA.is_over(lines(*EVENTS))
    assert not OLLAMA.is_over(lines(*EVENTS[:-1]))
    assert not OLLAMA.is_over(lines(part({"content": '"done": true'})))
    assert merge(["", "{}"]) == {}

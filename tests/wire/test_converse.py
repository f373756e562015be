"""Bedrock's Converse: requests and answers."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.wire.converse import CONVERSE
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call

Json = Any
URL = "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse"
# As in the reference of the Amazon Bedrock API.
REPLY = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hmm."}}},
                {"text": "Paris."},
                {"toolUse": {"toolUseId": "t", "name": "weather", "input": {"city": "Köln"}}},
            ],
        }
    },
    "stopReason": "end_turn",
    "usage": {"inputTokens": 30, "outputTokens": 628, "totalTokens": 658},
    "serviceTier": {"type": "flex"},
}


def test_a_reply_is_read_and_the_model_is_that_of_the_url() -> None:
    answered = call(REPLY, request={"messages": []}, url=URL)

    assert (answered.endpoint, answered.text, answered.model) == ("converse", "Paris.", "amazon.nova-lite-v1:0")
    assert (answered.usage, answered._answer.tier) == (Usage(1, 30, 628, 658), "flex")
    assert [(part.kind, part.text, part.name) for part in answered.answers[0].parts] == [
        ("reasoning", "Hmm.", None),
        ("text", "Paris.", None),
        ("tool_call", '{"city": "Köln"}', "weather"),
    ]


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (
            {"inputTokens": 6, "outputTokens": 4, "cacheReadInputTokens": 20, "cacheWriteInputTokens": 10},
            Usage(1, 36, 4, 40, cached_tokens=20, cache_write_tokens=10),
        ),
        ({"inputTokens": 6}, None),
        (None, None),
    ],
)
def test_what_came_from_the_cache_is_counted_beside_the_input(usage: Json, counted: Usage | None) -> None:
    assert call({**REPLY, "usage": usage}, url=URL).usage == counted


def test_a_request_is_read_whole() -> None:
    config = {"tools": [{"toolSpec": {"name": "weather"}}]}
    messages = [
        {"role": "user", "content": [{"text": "Where?"}, {"image": {"format": "png"}}, {}]},
        {"role": "user", "content": [{"toolResult": {"content": [{"text": "rain"}]}}]},
    ]
    asked = {
        "system": [{"text": "Be short."}],
        "messages": messages,
        "toolConfig": config,
        "inferenceConfig": {"maxTokens": 7},
    }
    assert list(CONVERSE.messages(asked)) == [
        Message("system", (Part("text", "Be short."),)),
        Message("user", (Part("text", "Where?"), Part("image", ""), Part("", ""))),
        Message("user", (Part("tool_result", '[{"text": "rain"}]'),)),
    ]
    assert (CONVERSE.most(asked), CONVERSE.most({})) == (7, 0)
    assert (CONVERSE.tools(asked), CONVERSE.tools({})) == ([config["tools"]], [])
    assert CONVERSE.prompt(asked) == {name: asked[name] for name in ("system", "messages", "toolConfig")}
    assert CONVERSE.names["messages"](messages[0]) == "user"
    assert CONVERSE.model_asked("https://h/converse", {}) is None


def test_it_has_no_streams_and_an_error_no_answer() -> None:
    assert (CONVERSE.merge(["{}"]), CONVERSE.is_over(b"{}"), CONVERSE.has_paid_tools({})) == ({}, False, False)
    assert call({"message": "no"}, status=400, url=URL).answers == ()

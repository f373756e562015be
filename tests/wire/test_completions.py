"""The older completions: requests, answers, and streams."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_samurai.wire.asked import usage_asked
from pytest_samurai.wire.completions import COMPLETIONS, merge
from pytest_samurai.wire.http import Request
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import USAGE, call, streamed

Json = Any
URL = "https://h/v1/completions"


def part(text: str, index: int = 0, **more: Json) -> Json:
    choice = {"text": text, "index": index, "logprobs": None, "finish_reason": None, **more}
    return {"id": "cmpl-1", "object": "text_completion", "model": "m-served", "choices": [choice]}


def test_a_plain_call_has_the_text_of_its_first_choice() -> None:
    reply = {"model": "m-served", "choices": [{"text": "Paris.", "index": 0}, {"text": "x"}], "usage": USAGE}
    one = call(reply, request={"model": "m", "prompt": "The capital:"}, url=URL)

    assert (one.text, one.model, one.usage) == ("Paris.", "m-served", Usage(1, 28, 22, 50))


@pytest.mark.parametrize("choices", [None, [], [{}], [{"text": None}], [{"message": {"content": "a"}}]])
def test_a_reply_of_another_shape_has_no_text(choices: Json) -> None:
    assert call({"choices": choices}, url=URL).text is None


def test_a_stream_says_what_a_plain_reply_would_have() -> None:
    one = streamed(part("Par"), part("is.", finish_reason="stop"), {"choices": [], "usage": USAGE}, url=URL)

    assert one.response["object"] == "text_completion"
    assert one.response["choices"] == [{"index": 0, "text": "Paris.", "logprobs": None, "finish_reason": "stop"}]
    assert (one.text, one.usage) == ("Paris.", Usage(1, 28, 22, 50))


def test_choices_that_take_turns_stay_apart_and_their_log_probabilities_are_joined() -> None:
    def odds(token: str) -> Json:
        return {"tokens": [token], "token_logprobs": [-0.5], "top_logprobs": [{token: -0.5}]}

    events = [part("a", logprobs=odds("a")), part("x", 1), part("b", logprobs=odds("b")), part("y", 1)]

    first, second = merge(map(json.dumps, events))["choices"]
    assert (first["text"], second["text"]) == ("ab", "xy")
    assert first["logprobs"] == {
        "tokens": ["a", "b"], "token_logprobs": [-0.5, -0.5], "top_logprobs": [{"a": -0.5}, {"b": -0.5}]
    }  # fmt: skip


def test_the_usage_of_a_stream_is_asked_for_as_in_a_chat() -> None:
    asked = usage_asked(Request("POST", URL, (), b'{"prompt": "a", "stream": true}'))

    assert asked == b'{"prompt": "a", "stream": true, "stream_options": {"include_usage": true}}'


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        ({"prompt": "a"}, 16),
        ({"prompt": "a", "max_tokens": 5, "n": 2}, 10),
        ({"prompt": "a", "max_tokens": 5, "n": 2, "best_of": 4}, 20),
        ({"prompt": ["a", "b"], "max_tokens": 5}, 10),
        ({"prompt": [1, 2, 3], "max_tokens": 5}, 5),
        ({"prompt": [[1, 2], [3]], "max_tokens": 5}, 10),
        ({}, 16),
    ],
)
def test_the_most_that_may_be_answered_counts_all_that_is_generated(asked: Json, most: int) -> None:
    assert COMPLETIONS.most(asked) == most


def test_the_messages_are_the_texts_of_the_prompt() -> None:
    assert [message.text for message in COMPLETIONS.messages({"prompt": ["a", "b"]})] == ["a", "b"]
    assert COMPLETIONS.messages({"prompt": [1, 2]}) == []
    assert COMPLETIONS.tools({"tools": ["a"]}) == []

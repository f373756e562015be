"""Why the model stopped, in each API's own words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_samurai.bill import Call
from pytest_samurai.wire import Interaction, Reply, Request


def call(path: str, reply: Any, request: Any = None) -> Call:
    bodies = [json.dumps(body).encode() for body in ({} if request is None else request, reply)]
    answer = Reply(200, "OK", (("content-type", "application/json"),), bodies[1])
    return Call(
        Interaction(Request("POST", f"https://api.test/v1{path}", (), bodies[0]), answer), number=1, replayed=True
    )


@pytest.mark.parametrize(
    ("path", "reply", "stops"),
    [
        (
            "/chat/completions",
            {"choices": [{"finish_reason": "stop"}, {"finish_reason": "length"}]},
            ("stop", "length"),
        ),
        ("/chat/completions", {"choices": [{"finish_reason": None}, {}, {"finish_reason": 1}]}, ()),
        ("/completions", {"choices": [{"finish_reason": "length"}]}, ("length",)),
        ("/responses", {"status": "completed", "incomplete_details": None}, ("completed",)),
        (
            "/responses",
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            ("incomplete: max_output_tokens",),
        ),
        ("/responses", {}, ()),
        ("/messages", {"stop_reason": "tool_use"}, ("tool_use",)),
        ("/messages", {"stop_reason": None}, ()),
        ("/models/m:generateContent", {"candidates": [{"finishReason": "SAFETY"}, {}]}, ("SAFETY",)),
        ("/embeddings", {"data": [], "choices": [{"finish_reason": "stop"}]}, ()),
        ("/else", {"choices": [{"finish_reason": "stop"}]}, ("stop",)),
    ],
)
def test_each_choice_that_says_has_a_reason(path: str, reply: Any, stops: tuple[str, ...]) -> None:
    assert call(path, reply).stops == stops


def test_parameters_are_what_a_request_says_beside_its_messages() -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": [{}], "temperature": 0}
    assert call("/chat/completions", {}, asked).parameters == {"model": "m", "tools": [{}], "temperature": 0}
    asked = {"model": "m", "system": "x", "messages": [{"role": "user", "content": "x"}], "max_tokens": 1}
    assert call("/messages", {}, asked).parameters == {"model": "m", "max_tokens": 1}
    asked = {"model": "m", "instructions": "x", "input": "y"}
    assert call("/responses", {}, asked).parameters == {"model": "m"}

"""What a request asks for, as its dialect reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_samurai.wire.asked import likely_tokens, model_asked, summary
from pytest_samurai.wire.http import Request

Json = Any


def request(body: Json, path: str = "chat/completions") -> Request:
    return Request("POST", f"https://h/v1/{path}", (), body if isinstance(body, bytes) else json.dumps(body).encode())


def asking(content: Json) -> Request:
    return request(
        {"model": "m", "messages": [{"role": "system", "content": "x"}, {"role": "user", "content": content}]}
    )


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (asking("What is\n the  capital?"), "What is the capital?"),
        (asking("x" * 100), "x" * 80 + "..."),
        (asking([{"type": "text", "text": "What is "}, {"type": "image_url"}, {"text": "this?"}]), "What is this?"),
        (request({"prompt": "Once upon"}, "completions"), "Once upon"),
        (request({"prompt": ["Once", "Twice"]}, "completions"), "Twice"),
        (request({"prompt": [1, 2]}, "completions"), '{"prompt": [1, 2]}'),
        (request({"input": "Hi"}, "responses"), "Hi"),
        (request({"messages": [{"role": "user"}]}), '{"messages": [{"role": "user"}]}'),
        (request({"messages": "odd"}), '{"messages": "odd"}'),
        (request(b"no\njson \xff"), "no json \ufffd"),
    ],
)
def test_a_request_is_told_by_its_last_message(asked: Request, line: str) -> None:
    assert summary(asked) == line


@pytest.mark.parametrize(("model", "asked"), [("m", "m"), ("", None), (7, None), (None, None)])
def test_the_model_asked_for_is_a_name(model: Json, asked: str | None) -> None:
    assert model_asked(request({"model": model})) == asked


def test_a_request_that_is_no_json_asks_for_no_model_and_no_tokens() -> None:
    assert model_asked(request(b"text")) is None
    assert likely_tokens(request(b"text")) == (0, 0)


@pytest.mark.parametrize(
    ("more", "most"),
    [
        ({}, 0),
        ({"max_tokens": 7}, 7),
        ({"max_completion_tokens": 5, "max_tokens": 7}, 5),
        ({"max_completion_tokens": None, "max_tokens": 7}, 7),
        ({"max_tokens": 7, "n": 3}, 21),
        ({"max_tokens": "7", "n": "3"}, 0),
    ],
)
def test_a_chat_has_as_many_tokens_as_its_letters_tell_and_its_limits_let(more: Json, most: int) -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": "x" * 400}]}
    length = len(json.dumps({"messages": asked["messages"]}))

    assert likely_tokens(request({**asked, **more})) == (length // 4, most)

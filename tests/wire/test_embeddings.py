"""Embeddings: requests and usage."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.wire.embeddings import EMBEDDINGS
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call

Json = Any
URL = "https://h/v1/embeddings"


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 8, "total_tokens": 8}, Usage(1, 8, 0, 8)),
        ({"total_tokens": 8}, Usage(1, 8, 0, 8)),
        ({"input_tokens": 8, "total_tokens": 9}, Usage(1, 8, 0, 9)),
        ({"prompt_tokens": 8, "completion_tokens": 0, "total_tokens": 8}, Usage(1, 8, 0, 8)),
        ({"completion_tokens": 3}, None),
        ({"prompt_tokens": 0, "total_tokens": 0}, None),
        ({}, None),
        (None, None),
    ],
)
def test_an_embedding_has_a_prompt_and_no_completion(usage: Json, counted: Usage | None) -> None:
    reply = {"object": "list", "data": [{"embedding": [0.5]}], "model": "text-embedding-3-small", "usage": usage}
    answered = call(reply, request={"model": "text-embedding-3-small", "input": "a"}, url=URL)

    assert (answered.endpoint, answered.text, answered.model) == ("embeddings", None, "text-embedding-3-small")
    assert answered.usage == counted


def test_the_messages_are_the_texts() -> None:
    assert [message.text for message in EMBEDDINGS.messages({"input": ["a", [1, 2], "b"]})] == ["a", "b"]
    assert [message.text for message in EMBEDDINGS.messages({"input": "a"})] == ["a"]
    assert EMBEDDINGS.messages({}) == []
    assert (EMBEDDINGS.prompt({"input": "a", "model": "m"}), EMBEDDINGS.prompt({})) == ({"input": "a"}, {})
    assert (EMBEDDINGS.most({"max_tokens": 9}), EMBEDDINGS.asking) == (0, None)

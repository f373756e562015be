"""Moderations: requests, and where they are free."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.moderations import MODERATIONS
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call

Json = Any
URL = "https://h/v1/moderations"


@pytest.mark.parametrize(
    ("model", "usage", "counted"),
    [
        ("omni-moderation-latest", None, Usage(1)),
        ("text-moderation-007", None, Usage(1)),
        ("mistral-moderation-latest", None, None),
        (None, None, None),
        ("mistral-moderation-2411", {"prompt_tokens": 8, "total_tokens": 8}, Usage(1, 8, 0, 8)),
        ("omni-moderation-latest", {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, Usage(1)),
        ("x", {"prompt_tokens": 8, "completion_tokens": 1, "total_tokens": 9}, Usage(1, 8, 1, 9)),
    ],
)
def test_no_tokens_are_counted_where_they_are_free_and_elsewhere_nothing_is_guessed(
    model: str | None, usage: Json, counted: Usage | None
) -> None:
    checked = call({"model": model, "results": [{"flagged": False}], "usage": usage}, url=URL)
    assert (checked.endpoint, checked.text, checked.usage) == ("moderations", None, counted)


def test_a_reply_that_is_no_result_is_not_free() -> None:
    assert call({"model": "omni-moderation-latest"}, url=URL).usage is None


def test_the_messages_are_the_texts_and_pictures() -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://h/a.png"}}
    for given in (["a", picture], [{"type": "text", "text": "a"}, picture]):
        assert list(MODERATIONS.messages({"input": given})) == [
            Message("user", (Part("text", "a"),)),
            Message("user", (Part("image_url", ""),)),
        ]
    assert list(MODERATIONS.messages({"input": "a"})) == [Message("user", (Part("text", "a"),))]
    assert list(MODERATIONS.messages({})) == []

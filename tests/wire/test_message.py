"""A message in a conversation, in the same form for every API."""

from __future__ import annotations

import pytest

from pytest_samurai.wire.message import Part


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Part("text", "One.\nTwo."), "One.\nTwo."),
        (Part("refusal", "No."), "refusal: No."),
        (Part("image_url", ""), "(image url)"),
        (Part("tool_call", '{"a":1}', "add"), 'tool call add({"a":1})'),
        (Part("tool_call", ""), "tool call ?()"),
    ],
)
def test_a_part_is_said_as_text_or_by_its_kind(part: Part, said: str) -> None:
    assert part.said == said

"""The start of a successful reply: an answer, or a refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_samurai.wire.beginning import Beginning

PART = json.dumps({"choices": [{"index": 0, "delta": {"content": "Hi"}}]})
ERROR = json.dumps({"error": {"message": "no"}})


def told(*pieces: str) -> tuple[bool | None, int]:
    """Whether the pieces of a whole body are a refusal, and after how many of them that is known."""
    beginning = Beginning()
    for number, piece in enumerate(pieces, 1):
        refused = beginning.feed(piece.encode())
        if refused is not None:
            return refused, number
    return beginning.end(), len(pieces) + 1


@pytest.mark.parametrize(
    "pieces",
    [
        [f"data: {ERROR}\n\n", f"data: {PART}\n\n"],
        [f": ping\n\ndata: {ERROR}\n\n"],
        ['event: error\ndata: {"message": "no"}\n\n'],
        ["event:error\r\ndata: it is broken\r\n\r\n"],
        ['data: {"object": "error", "message": "no"}\n\n'],
        ['data: {"type": "error", "detail": null}\n\n'],
        ['data: {"choices": [], "error": "no"}\n\n'],
        ['data: {"choices": [{"index": 0}], "error": {"code": 502}}\n\n'],
        [f"{ERROR}\n"],
        ['{"errors": ["no"]}\n'],
    ],
)
def test_an_error_first_is_a_refusal_and_is_known_at_once(pieces: list[str]) -> None:
    assert told(*pieces) == (True, 1)


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [""],
        [": ping\n\n"],
        ["\n\n", "\n"],
        [ERROR],
        [ERROR[:5], ERROR[5:]],
        ['{\n "detail": "no"\n}\n'],
        ["no"],
        ["<html>"],
    ],
)
def test_a_body_that_ends_before_anything_was_said_or_says_no_more_than_an_error_is_a_refusal(
    pieces: list[str],
) -> None:
    assert told(*pieces) == (True, len(pieces) + 1)


@pytest.mark.parametrize(
    "pieces",
    [
        [f"data: {PART}\n\n", f"data: {ERROR}\n\n"],
        ['data: {"choices": [], "prompt_filter_results": [{}]}\n\n'],
        ['data: {"error": null, "choices": []}\n\n'],
        ["data: [DONE]\n\n"],
        [f"{PART}\n", f"{ERROR}\n"],
        ['event: message_start\ndata: {"type": "message_start"}\n\n'],
    ],
)
def test_anything_else_first_is_an_answer_and_is_known_at_once(pieces: list[str]) -> None:
    assert told(*pieces) == (False, 1)


@pytest.mark.parametrize("body", [PART, json.dumps({"choices": []}, indent=1), f"data: {PART}"])
def test_a_body_that_is_an_answer_when_it_ends_is_one(body: str) -> None:
    assert told(body) == (False, 2)


def test_what_is_too_long_for_a_refusal_is_none() -> None:
    assert told("x" * 65536, "x", "x") == (False, 2)


@pytest.mark.parametrize(
    ("body", "silent"), [("", True), ("\n", True), (": ping\n\n", True), ("data: {", False), ("{", False)]
)
def test_a_comment_says_nothing(body: str, silent: bool) -> None:
    beginning = Beginning()
    beginning.feed(body.encode())

    assert beginning.is_silent is silent


def test_a_whole_body_is_told_at_once() -> None:
    whole: list[Any] = [Beginning().whole(body.encode()) for body in (ERROR, f"data: {ERROR}\n\n", PART, "")]

    assert whole == [True, True, False, True]

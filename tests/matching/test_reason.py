"""Which kind of change a miss is, and which part of it can be ignored."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.matching.differences import differences
from pytest_samurai.matching.paths import parse_path, without
from pytest_samurai.matching.reason import reason_of
from pytest_samurai.text import Reason
from pytest_samurai.wire import dialect_of

CHAT = dialect_of("https://h/v1/chat/completions")
SAID: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi there?"}], "model": "m"}


def with_message(**more: Any) -> dict[str, Any]:
    return {**SAID, "messages": [{**SAID["messages"][0], **more}]}


@pytest.mark.parametrize(
    ("old", "new", "reason", "ignorable"),
    [
        (SAID, {**SAID, "store": False}, Reason.PARAMETERS, ("store",)),
        ({**SAID, "max_tokens": 9}, {**SAID, "max_completion_tokens": 9}, Reason.PARAMETERS, None),
        ({**SAID, "temperature": 0.2}, {**SAID, "temperature": 1}, Reason.PARAMETERS, ("temperature",)),
        (SAID, with_message(refusal=None), Reason.PARAMETERS, ("messages.*.refusal",)),
        (with_message(strict=True), SAID, Reason.PARAMETERS, ("messages.*.strict",)),
        (with_message(strict=True), with_message(strict=False), Reason.PROMPT, ()),
        (SAID, with_message(name="Ann"), Reason.PROMPT, ()),
        (SAID, with_message(content="Hello there?"), Reason.PROMPT, ()),
        (SAID, {**with_message(content="Hello?"), "store": False}, Reason.PROMPT, ()),
        (SAID, {**SAID, "messages": [*SAID["messages"], 7]}, Reason.PROMPT, ()),
        (SAID, {**SAID, "model": "n"}, Reason.OTHER, ()),
        (SAID, {**SAID, "stream": True, "store": False}, Reason.OTHER, ()),
        ({**SAID, "stop": ["a"]}, {**SAID, "stop": ["a", "b"]}, Reason.OTHER, ()),
        (SAID, {**SAID, "run id": 7}, Reason.OTHER, ()),
        ([1], [2], Reason.PROMPT, ()),
    ],
)
def test_a_change_is_of_the_prompt_or_of_parameters_that_can_be_ignored_or_neither(
    old: Any, new: Any, reason: Reason, ignorable: tuple[str, ...] | None
) -> None:
    told, paths = reason_of(list(differences(old, new)), CHAT, old, new)
    assert (told, paths) == (reason, ("max_tokens", "max_completion_tokens") if ignorable is None else ignorable)


@pytest.mark.parametrize(
    "new", [{**SAID, "store": False, "n": 2}, with_message(refusal=None), {**SAID, "a": {"b.c": 1}}]
)
def test_without_the_paths_that_may_be_ignored_nothing_differs(new: Any) -> None:
    _, paths = reason_of(list(differences(SAID, new)), CHAT, SAID, new)
    left = new
    for path in paths:
        left = without(left, parse_path(path))
    assert paths
    assert list(differences(SAID, left)) == []

"""The older completions: `POST /completions`, which continue a text.

Source: the OpenAI API reference (`text_completion`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pytest_samurai.wire import choices
from pytest_samurai.wire.chat import CHAT
from pytest_samurai.wire.dialect import Json, Object
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.objects import as_objects, as_text


def _messages(request: Object) -> list[Message]:
    """The texts of the prompt; none for a prompt given as token numbers."""
    return [Message("", (Part("text", text),)) for text in _prompts(request) if isinstance(text, str)]


def _prompts(request: Object) -> list[Json]:
    prompt = request.get("prompt")
    # A list of numbers is the tokens of one prompt.
    if isinstance(prompt, list) and not all(isinstance(token, int) for token in prompt):
        return prompt
    return [prompt]


def _no_tools(_: Object) -> list[Json]:
    return []


def _prompt(request: Object) -> dict[str, Json]:
    return {name: request[name] for name in ("prompt", "suffix") if name in request}


def _most(request: Object) -> int:
    # Source of the 16: the reference of `max_tokens`. Everything that `best_of` generates is billed.
    limit, best_of = request.get("max_tokens"), request.get("best_of")
    each = max(choices.number_asked(request), best_of if isinstance(best_of, int) else 1)
    return (limit if isinstance(limit, int) else 16) * each * len(_prompts(request))


def _answers(reply: Object) -> list[Message]:
    texts = (as_text(choice.get("text")) for choice in as_objects(reply.get("choices")))
    return [Message("assistant", () if text is None else (Part("text", text),)) for text in texts]


def merge(data: Iterable[str]) -> dict[str, Any]:
    """The `text_completion` that a plain reply would have been, from the data of a stream's events."""
    return choices.merge(data, lambda index: {"index": index, "text": ""})


COMPLETIONS = replace(
    CHAT,
    name="completions",
    paths=("/completions",),
    patterns=("*/completions",),
    messages=_messages,
    tools=_no_tools,
    prompt=_prompt,
    names={},
    most=_most,
    answers=_answers,
    merge=merge,
)

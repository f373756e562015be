"""The content of one choice: words, JSON, or a function call."""

from __future__ import annotations

import string
from typing import Any

from pytest_samurai.server.encoding import Json, compact
from pytest_samurai.server.errors import ApiError
from pytest_samurai.server.request import stop_sequences, text_of
from pytest_samurai.server.schema import example

FACTS = {
    "capital of france": "Paris.",
    "capital of japan": "Tokyo (東京).",
    "capital of germany": "Berlin.",
    "capital of india": "New Delhi (नई दिल्ली).",
    "say hello": "Hello! How can I help you today?",
    "count to ten": "1, 2, 3, 4, 5, 6, 7, 8, 9, 10.",
    "haiku": "The sword stays at home.\nOne tape remembers the duel,\nreplayed without end. ⚔️",
}
ECHOED_WORDS = 8


def call_or_content(body: Json, index: int) -> tuple[str | None, str]:
    """For choice `index`: the function to call and its arguments, or None and the content.

    Raises ApiError, LookupError, TypeError or AttributeError if the tools or the response format make no sense, and
    RecursionError for a schema that never ends.
    """
    function = _function_to_call(body)
    if function:
        return function["name"], compact(example(function.get("parameters") or {"type": "object"}))
    content = _formatted(body.get("response_format"), _words(body["messages"], index))
    return None, _before_stop(content, stop_sequences(body))


def _function_to_call(body: Json) -> Json | None:
    """The function that `tool_choice` demands; None if it demands none, or if it has already been called."""
    choice = body.get("tool_choice")
    if choice in (None, "auto", "none") or body["messages"][-1]["role"] == "tool":
        return None
    tools: list[Json] = body.get("tools") or []
    functions: dict[str, Json] = {tool["function"]["name"]: tool["function"] for tool in tools}
    name = next(iter(functions), None) if choice == "required" else choice["function"]["name"]
    if name not in functions:
        raise ApiError(400, "tool_choice demands a function that is not among the tools")
    return functions[name]


def _formatted(response_format: Json | None, answer: str) -> str:
    """The answer in the requested response format."""
    if response_format is None or response_format["type"] == "text":
        return answer
    if response_format["type"] == "json_object":
        return compact({"answer": answer})
    return compact(example(response_format["json_schema"]["schema"]))


def _before_stop(text: str, stops: list[Any]) -> str:
    """The text up to the first stop sequence. An empty one stops nothing."""
    return text[: min((text.index(stop) for stop in stops if stop and stop in text), default=None)]


def _words(messages: list[Json], index: int) -> str:
    """The answer in words. It only depends on the last message."""
    last = messages[-1]
    said = text_of(last)
    answer = f"The tool says: {said}" if last["role"] == "tool" else _fact(said) or _echo(said)
    # The choices differ, so that it is noticed if somebody mixes them up.
    return answer if index == 0 else f"{answer} ({index + 1})"


def _fact(said: str) -> str | None:
    return next((answer for topic, answer in FACTS.items() if topic in said.lower()), None)


def _echo(said: str) -> str:
    # Not `\w+`, which splits words at the vowel signs of Hindi and similar scripts.
    bare_words = (word.strip(string.punctuation) for word in said.split())
    distinct = list(dict.fromkeys(filter(None, bare_words)))[:ECHOED_WORDS]
    return f"You said: {' '.join(distinct)}." if distinct else "You said nothing in words."

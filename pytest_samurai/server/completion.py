"""A completion: what one request gets, before it is laid out as an object or as events."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_samurai.server.encoding import Json, compact
from pytest_samurai.server.errors import ApiError
from pytest_samurai.server.request import stop_sequences, text_of
from pytest_samurai.server.schema import example
from pytest_samurai.server.words import words

TOKENS_PER_MESSAGE = 4


def tokens(text: str) -> list[str]:
    """Cuts a text into tokens: a word or a punctuation mark each, with the blanks before it. Joined, they are the text.

    This is the server's one way of counting. A prompt has `TOKENS_PER_MESSAGE` on top for each message.
    """
    return re.findall(r"\s*(?:\w+|[^\w\s])|\s+", text)


@dataclass(frozen=True)
class Choice:
    """One of the `n` answers: the tokens of its content, or those of the arguments to the function it calls."""

    tokens: list[str]
    function: str | None
    finish_reason: str


@dataclass(frozen=True)
class Completion:
    """What one request gets, before it is laid out as an object or as events."""

    digest: str
    model: str
    choices: list[Choice]
    usage: Json

    def head(self, kind: str) -> Json:
        # Within half a year of November 2023: a plausible time that no clock has a part in.
        created = 1_700_000_000 + int(self.digest[:6], 16)
        return {"id": f"chatcmpl-{self.digest[:24]}", "object": kind, "created": created, "model": self.model}


def complete(body: Json, digest: str) -> Completion:
    """Answers a checked request. Raises ApiError(400) if its tools, tool_choice or response_format make no sense."""
    choices = [choose(body, index) for index in range(body.get("n") or 1)]
    prompt = sum(TOKENS_PER_MESSAGE + len(tokens(text_of(message))) for message in body["messages"])
    completion = sum(len(choice.tokens) for choice in choices)
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return Completion(digest, body["model"], choices, usage)


def choose(body: Json, index: int) -> Choice:
    try:
        function, text = call_or_content(body, index)
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ApiError(400, f"tools, tool_choice or response_format cannot be followed: {error!r}") from error
    every = tokens(text)
    kept = every[: body.get("max_tokens")]
    natural_end = "tool_calls" if function else "stop"
    return Choice(kept, function, natural_end if len(kept) == len(every) else "length")


def call_or_content(body: Json, index: int) -> tuple[str | None, str]:
    """The function to call and its arguments, or None and the content."""
    function = function_to_call(body)
    if function:
        return function["name"], compact(example(function.get("parameters") or {"type": "object"}))
    content = formatted(body.get("response_format"), words(body["messages"], index))
    return None, before_stop(content, stop_sequences(body))


def before_stop(text: str, stops: list[str]) -> str:
    """The text up to the earliest of the stop sequences; an empty one stops nothing."""
    return text[: min((text.index(stop) for stop in stops if stop and stop in text), default=None)]


def function_to_call(body: Json) -> Json | None:
    """The function that `tool_choice` demands; None when there is no demand, or it has been met."""
    choice = body.get("tool_choice")
    if choice in (None, "auto", "none") or body["messages"][-1]["role"] == "tool":
        return None
    tools: list[Json] = body.get("tools") or []
    functions: dict[str, Json] = {tool["function"]["name"]: tool["function"] for tool in tools}
    name = next(iter(functions), None) if choice == "required" else choice["function"]["name"]
    if name not in functions:
        raise ApiError(400, "tool_choice demands a function that is not among the tools")
    return functions[name]


def formatted(response_format: Json | None, answer: str) -> str:
    """The answer in the response format that was asked for."""
    if response_format is None or response_format["type"] == "text":
        return answer
    if response_format["type"] == "json_object":
        return compact({"answer": answer})
    return compact(example(response_format["json_schema"]["schema"]))

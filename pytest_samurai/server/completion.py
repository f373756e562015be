"""The answer to one request, before it becomes an object or events."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_samurai.server.answer import call_or_content
from pytest_samurai.server.encoding import Json
from pytest_samurai.server.errors import ApiError
from pytest_samurai.server.request import text_of

TOKENS_PER_MESSAGE = 4


@dataclass(frozen=True)
class Choice:
    """One of the `n` answers: the tokens of its content, or of the arguments to the function that it calls."""

    tokens: list[str]
    function: str | None
    finish_reason: str


@dataclass(frozen=True)
class Completion:
    """The choices and the usage. `digest` is the same for equal requests, and the ids are made from it."""

    digest: str
    model: str
    choices: list[Choice]
    usage: Json

    def head(self, kind: str) -> Json:
        """The first fields of an object or a chunk."""
        # Within half a year of November 2023: a plausible time that does not depend on a clock.
        created = 1_700_000_000 + int(self.digest[:6], 16)
        return {"id": f"chatcmpl-{self.digest[:24]}", "object": kind, "created": created, "model": self.model}


def complete(body: Json, digest: str) -> Completion:
    """Answer a checked request. Raises ApiError(400) if its tools, tool_choice or response_format make no sense."""
    choices = [_choice(body, index) for index in range(body.get("n") or 1)]
    prompt = sum(TOKENS_PER_MESSAGE + len(_tokens(text_of(message))) for message in body["messages"])
    completion = sum(len(choice.tokens) for choice in choices)
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return Completion(digest, body["model"], choices, usage)


def _choice(body: Json, index: int) -> Choice:
    try:
        function, text = call_or_content(body, index)
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ApiError(400, f"tools, tool_choice or response_format cannot be followed: {error!r}") from error
    tokens = _tokens(text)
    kept = tokens[: body.get("max_tokens")]
    natural_end = "tool_calls" if function else "stop"
    return Choice(kept, function, natural_end if len(kept) == len(tokens) else "length")


def _tokens(text: str) -> list[str]:
    """Cut a text into tokens: a word or a punctuation mark each, with the blanks before it. Joined, they give the text.

    This is the server's only way to count. A prompt has `TOKENS_PER_MESSAGE` more for each message.
    """
    return re.findall(r"\s*(?:\w+|[^\w\s])|\s+", text)

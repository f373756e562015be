"""A request, as its dialect reads it."""

from __future__ import annotations

from typing import Any

from pytest_samurai.files import json
from pytest_samurai.wire.dialects import dialect_of
from pytest_samurai.wire.http import Request
from pytest_samurai.wire.multipart import form_of
from pytest_samurai.wire.objects import parse_object
from pytest_samurai.wire.prompt import prompt_length

_LINE = 80

_CHARACTERS_A_TOKEN = 4
"""For English text, roughly. Source: OpenAI's help page on tokens."""


def model_asked(request: Request) -> str | None:
    """The model that a request names; None if it names none."""
    return dialect_of(request.url).model_asked(request.url, asked_object(request.body) or {})


def asked_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object of a request, or the fields of its form; None if it is neither."""
    asked = parse_object(body)
    return form_of(body) if asked is None else asked


def summary(request: Request) -> str:
    """What a request asks, on one short line: the beginning of its last message."""
    said = asked_object(request.body) or {}
    messages = dialect_of(request.url).messages(said)
    text = messages[-1].text if messages else None
    if text is None and request.body.startswith(b"--") and said:
        text = json.dumps(said, ensure_ascii=False)
    line = " ".join((request.body.decode("utf-8", "replace") if text is None else text).split())
    return line if len(line) <= _LINE else f"{line[:_LINE]}..."


def usage_asked(request: Request) -> bytes | None:
    """The body that also asks for the usage of a stream; None for a request that asks already, or doesn't need to."""
    asking = dialect_of(request.url).asking
    sent = parse_object(request.body)
    asked = None if asking is None or sent is None else asking.ask(sent)
    return None if asked is None else json.dumps(asked).encode()


def likely_tokens(request: Request) -> tuple[int, int]:
    """Roughly how many tokens a request has, by the length of its prompt, and the most that its answer may have."""
    dialect = dialect_of(request.url)
    sent = asked_object(request.body) or {}
    return prompt_length(dialect, sent) // _CHARACTERS_A_TOKEN, dialect.most(sent)

"""Moderations: `POST /moderations`.

Sources: the OpenAI API reference (`CreateModerationResponse`); Mistral's has the same shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pytest_samurai.wire import choices
from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.counted import usage_by_shape, usage_of_embeddings
from pytest_samurai.wire.dialect import Json, Object
from pytest_samurai.wire.embeddings import EMBEDDINGS
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.objects import as_object, as_text
from pytest_samurai.wire.usage import Usage

_FREE = re.compile(r"(?:omni|text)-moderation-[\w.-]+")


def is_free_moderation(model: str) -> bool:
    """Whether it is one of OpenAI's moderation models, which are free.

    Source: OpenAI's guide to moderation, which says that the endpoint is free to use.
    """
    return _FREE.fullmatch(model) is not None


def _messages(request: Object) -> list[Message]:
    given = request.get("input")
    inputs = given if isinstance(given, list) else [given]
    return [Message("user", tuple(_parts(entry))) for entry in inputs if isinstance(entry, str | dict)]


def _parts(entry: Json) -> Iterator[Part]:
    text = entry if isinstance(entry, str) else as_text(entry.get("text"))
    yield Part(as_text(as_object(entry).get("type")) or "", "") if text is None else Part("text", text)


def _usage(answer: Answer) -> Usage | None:
    """No tokens if they are free, because the server doesn't count them; else what the reply says."""
    told = as_object(answer.known.get("usage"))
    counted = usage_by_shape(told) or usage_of_embeddings(told)
    if counted is None and "results" in answer.known and is_free_moderation(choices.model(answer) or ""):
        return Usage(requests=1)
    return counted


MODERATIONS = replace(
    EMBEDDINGS,
    name="moderations",
    paths=("/moderations",),
    patterns=("*/moderations",),
    messages=_messages,
    usage=_usage,
    is_of_text=False,
    may_be_free=True,
)

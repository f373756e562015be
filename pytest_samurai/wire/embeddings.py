"""Embeddings: `POST /embeddings`.

Source: the OpenAI API reference (`CreateEmbeddingResponse`).
"""

from __future__ import annotations

from dataclasses import replace

from pytest_samurai.wire import choices
from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.completions import COMPLETIONS
from pytest_samurai.wire.counted import usage_by_shape, usage_of_embeddings
from pytest_samurai.wire.dialect import Json, Object
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.objects import as_object
from pytest_samurai.wire.texts import every_text
from pytest_samurai.wire.usage import Usage


def _inputs(request: Object) -> list[Json]:
    given = request.get("input")
    return given if isinstance(given, list) else [given]


def _messages(request: Object) -> list[Message]:
    """A message for each text of the input. An input of token numbers has no text."""
    return [Message("", (Part("text", text),)) for text in _inputs(request) if isinstance(text, str)]


def _prompt(request: Object) -> dict[str, Json]:
    return {"input": request["input"]} if "input" in request else {}


def _most(_: Object) -> int:
    return 0


def _usage(answer: Answer) -> Usage | None:
    usage = as_object(answer.known.get("usage"))
    return usage_by_shape(usage) or usage_of_embeddings(usage)


def _answers(_: Object) -> list[Message]:
    """No messages: the reply has only numbers."""
    return []


def _stops(_: Object) -> list[str]:
    return []


EMBEDDINGS = replace(
    COMPLETIONS,
    name="embeddings",
    paths=("/embeddings",),
    patterns=("*/embeddings",),
    may_be_own=True,
    messages=_messages,
    prompt=_prompt,
    most=_most,
    asking=None,
    usage=_usage,
    model=choices.model,
    answers=_answers,
    stops=_stops,
    texts=every_text,
)

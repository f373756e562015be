"""Audio: `POST /audio/speech`, `/audio/transcriptions` and `/audio/translations`.

Source: the OpenAI API reference (`CreateTranscriptionResponse`, and the events `transcript.text` and `speech.audio`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pytest_samurai.wire import common
from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.counted import usage_by_shape
from pytest_samurai.wire.dialect import Json, Object
from pytest_samurai.wire.embeddings import EMBEDDINGS
from pytest_samurai.wire.events import has_event
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.objects import as_object, as_text, parse_object
from pytest_samurai.wire.usage import Usage


def _messages(request: Object) -> list[Message]:
    """The text to speak, with its instructions; or the sound to transcribe, with its prompt."""
    said = [("system", request.get("instructions")), ("user", request.get("input"))]
    messages = [Message(role, (Part("text", text),)) for role, text in said if isinstance(text, str)]
    if "file" not in request:
        return messages
    prompt = as_text(request.get("prompt"))
    parts = [] if prompt is None else [Part("text", prompt)]
    return [*messages, Message("user", (*parts, Part("audio", "")))]


def _prompt(request: Object) -> dict[str, Json]:
    return {name: request[name] for name in ("input", "instructions", "prompt") if name in request}


def _usage(answer: Answer) -> Usage | None:
    """The tokens, for models that are billed by them. Models billed by the second or the letter have no tokens."""
    return usage_by_shape(as_object(answer.known.get("usage")))


def _answers(reply: Object) -> list[Message]:
    text = as_text(reply.get("text"))
    return [] if text is None else [Message("assistant", (Part("text", text),))]


_ENDS = ("transcript.text.done", "speech.audio.done")


def merge(data: Iterable[str]) -> dict[str, Any]:
    """The equivalent plain transcription. For speech, only the usage: a plain reply is the sound itself."""
    merged: dict[str, Any] = {}
    for text in data:
        event = parse_object(text) or {}
        kind = event.pop("type", None)
        if kind == "transcript.text.delta":
            merged["text"] = (merged.get("text") or "") + (as_text(event.get("delta")) or "")
        elif kind == "transcript.text.segment":
            merged["segments"] = [*merged.get("segments", []), event]
        elif kind in _ENDS:
            merged |= event
    return merged


def _is_over(body: bytes) -> bool:
    return has_event(body, *_ENDS)


AUDIO = replace(
    EMBEDDINGS,
    name="audio",
    paths=("/audio/speech", "/audio/transcriptions", "/audio/translations"),
    patterns=("*/audio/speech", "*/audio/transcriptions", "*/audio/translations"),
    messages=_messages,
    prompt=_prompt,
    usage=_usage,
    model=common.model,
    tier=common.unsaid,
    answers=_answers,
    merge=merge,
    is_over=_is_over,
    is_of_text=False,
)

"""Images: `POST /images/generations`, `/images/edits` and `/images/variations`.

Source: the OpenAI API reference (`ImagesResponse`, and the events of `image_generation` and `image_edit`).
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
from pytest_samurai.wire.objects import as_object, as_objects, as_text, parse_object
from pytest_samurai.wire.usage import Usage, count


def _messages(request: Object) -> list[Message]:
    text = as_text(request.get("prompt"))
    given = [request[name] for name in ("image", "image[]", "images", "mask") if name in request]
    pictures = [picture for each in given for picture in (each if isinstance(each, list) else [each])]
    parts = [Part("text", text)] if text is not None else []
    return [Message("user", (*parts, *(Part("image", "") for _ in pictures)))]


def _prompt(request: Object) -> dict[str, Json]:
    return {"prompt": request["prompt"]} if "prompt" in request else {}


def _usage(answer: Answer) -> Usage | None:
    """The tokens of GPT Image models. Other models are billed per picture and don't report usage.

    Pictures cost more than text. The answer counts as a picture unless `output_tokens_details` says otherwise.
    """
    told = as_object(answer.known.get("usage"))
    usage = usage_by_shape(told)
    if usage is None:
        return None
    asked, answered = (as_object(told.get(f"{side}_tokens_details")) for side in ("input", "output"))
    pictures = count(answered.get("image_tokens"))
    return replace(
        usage,
        prompt_image_tokens=count(asked.get("image_tokens")) or 0,
        completion_image_tokens=usage.completion_tokens if pictures is None else pictures,
    )


def _answers(reply: Object) -> list[Message]:
    """A message for each picture, with the revised prompt if there is one."""
    return [
        Message("assistant", (Part("image", as_text(picture.get("revised_prompt")) or ""),))
        for picture in as_objects(reply.get("data"))
    ]


def _has_paid_tools(reply: Object) -> bool:
    # These tokens are from another model, which writes the SVG.
    return "svg_usage" in reply


_ENDS = ("image_generation.completed", "image_edit.completed")


def merge(data: Iterable[str]) -> dict[str, Any]:
    """The equivalent plain reply: the completed pictures, and everything else from their last event."""
    merged: dict[str, Any] = {}
    pictures: list[dict[str, Any]] = []
    for text in data:
        event = parse_object(text) or {}
        if event.pop("type", None) in _ENDS:
            pictures.append({"b64_json": event.pop("b64_json", None)})
            merged |= {"created" if key == "created_at" else key: value for key, value in event.items()}
    return {**merged, "data": pictures} if pictures else {}


def _is_over(body: bytes) -> bool:
    return has_event(body, *_ENDS)


IMAGES = replace(
    EMBEDDINGS,
    name="images",
    paths=("/images/generations", "/images/edits", "/images/variations"),
    patterns=("*/images/generations", "*/images/edits", "*/images/variations"),
    messages=_messages,
    prompt=_prompt,
    usage=_usage,
    model=common.model,
    tier=common.unsaid,
    answers=_answers,
    has_paid_tools=_has_paid_tools,
    merge=merge,
    is_over=_is_over,
    is_of_text=False,
)

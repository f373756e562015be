"""Converse: Amazon Bedrock's `POST /model/NAME/converse`.

Source: "Converse" in the reference of the Amazon Bedrock API. Its streams are binary frames, not text, so they have no
dialect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_samurai.files import json
from pytest_samurai.wire import choices, common
from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.counted import usage_by_shape
from pytest_samurai.wire.dialect import Dialect, Json, Object
from pytest_samurai.wire.hostedmessages import model_on_bedrock
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.objects import as_object, as_objects, as_text
from pytest_samurai.wire.texts import every_text
from pytest_samurai.wire.usage import Usage


def _messages(request: Object) -> list[Message]:
    system = tuple(_parts(request.get("system")))
    said = [Message("system", system)] if system else []
    return [*said, *map(_message, as_objects(request.get("messages")))]


def _message(message: Object) -> Message:
    return Message(as_text(message.get("role")) or "", tuple(_parts(message.get("content"))))


def _parts(content: Json) -> Iterator[Part]:
    for block in as_objects(content):
        text = as_text(block.get("text"))
        asked, answered = as_object(block.get("toolUse")), as_object(block.get("toolResult"))
        if text is not None:
            yield Part("text", text)
        elif asked:
            yield Part("tool_call", json.dumps(asked.get("input"), ensure_ascii=False), as_text(asked.get("name")))
        elif answered:
            yield Part("tool_result", json.dumps(answered.get("content"), ensure_ascii=False))
        elif "reasoningContent" in block:
            thought = as_object(as_object(block["reasoningContent"]).get("reasoningText"))
            yield Part("reasoning", as_text(thought.get("text")) or "")
        else:
            yield Part(next(iter(block), ""), "")


def _tools(request: Object) -> list[Json]:
    tools = as_object(request.get("toolConfig")).get("tools")
    return [tools] if tools else []


def _prompt(request: Object) -> dict[str, Json]:
    return {name: request[name] for name in ("system", "messages", "toolConfig") if name in request}


def _most(request: Object) -> int:
    limit = as_object(request.get("inferenceConfig")).get("maxTokens")
    return limit if isinstance(limit, int) else 0


def _usage(answer: Answer) -> Usage | None:
    return usage_by_shape(answer.known.get("usage"))


def _tier(answer: Answer) -> str | None:
    return as_text(as_object(answer.known.get("serviceTier")).get("type")) or None


def _answers(reply: Object) -> list[Message]:
    message = as_object(as_object(reply.get("output")).get("message"))
    return [_message(message)] if message else []


def _merge(_: Iterable[str]) -> dict[str, Any]:
    """Nothing, because there are no events."""
    return {}


def _is_over(_: bytes) -> bool:
    return False


CONVERSE = Dialect(
    name="converse",
    paths=("/converse",),
    within="/model/",
    # Only the URL names the model, so the model is part of the endpoint.
    patterns=("*/model/*/converse",),
    may_be_own=False,
    model_asked=model_on_bedrock,
    messages=_messages,
    tools=_tools,
    prompt=_prompt,
    names={"messages": common.role},
    most=_most,
    asking=None,
    usage=_usage,
    told=common.told,
    model=common.unsaid,
    tier=_tier,
    answers=_answers,
    stops=choices.stop_under("stopReason"),
    has_paid_tools=common.no_paid_tools,
    merge=_merge,
    texts=every_text,
    is_over=_is_over,
)

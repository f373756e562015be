"""Messages: Anthropic's `POST /messages`.

Source: Anthropic's reference of the Messages API, and of its streams.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from pytest_samurai.files import json
from pytest_samurai.wire import choices, common
from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.counted import usage_by_shape
from pytest_samurai.wire.dialect import Dialect, Json, Object
from pytest_samurai.wire.events import has_event
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.objects import as_object, as_objects, as_text, parse_object
from pytest_samurai.wire.texts import every_text
from pytest_samurai.wire.usage import Usage

# --- a request


def _messages(request: Object) -> list[Message]:
    system = tuple(_parts(request.get("system")))
    said = [Message("system", system)] if system else []
    return [*said, *(_message(message) for message in as_objects(request.get("messages")))]


def _message(message: Object) -> Message:
    return Message(as_text(message.get("role")) or "", tuple(_parts(message.get("content"))))


def _parts(content: Json) -> Iterator[Part]:
    if isinstance(content, str):
        yield Part("text", content)
    for block in as_objects(content):
        kind = as_text(block.get("type")) or ""
        if kind == "text":
            yield Part("text", as_text(block.get("text")) or "")
        elif kind == "thinking":
            yield Part("reasoning", as_text(block.get("thinking")) or "")
        elif kind.endswith("tool_use"):
            asked = json.dumps(block.get("input"), ensure_ascii=False)
            yield Part("tool_call", asked, as_text(block.get("name")))
        elif kind.endswith("tool_result"):
            answered = [part.text for part in _parts(block.get("content")) if part.kind == "text"]
            yield Part("tool_result", "".join(answered))
        else:
            yield Part(kind, "")


def _prompt(request: Object) -> dict[str, Json]:
    return {name: request[name] for name in ("system", "messages", "tools") if name in request}


def _tool_name(tool: Json) -> object:
    return as_object(tool).get("name")


def _most(request: Object) -> int:
    limit = request.get("max_tokens")
    return limit if isinstance(limit, int) else 0


# --- a reply


def _usage(answer: Answer) -> Usage | None:
    """Unknown for a stream that broke before its last event: the output count in the first event is only a guess."""
    if answer.is_of_events and answer.last("usage") is None:
        return None
    told = as_object(answer.known.get("usage"))
    usage = usage_by_shape(told)
    for iteration in as_objects(told.get("iterations")):
        # Source: the reference of `iterations`. The other counts leave out what a compaction used.
        more = usage_by_shape(iteration) if iteration.get("type") == "compaction" else None
        if usage is not None and more is not None:
            usage = replace(usage + more, requests=1)
    return usage


def _tier(answer: Answer) -> str | None:
    return as_text(as_object(answer.known.get("usage")).get("service_tier")) or None


def _answers(reply: Object) -> list[Message]:
    return [_message(reply)] if isinstance(reply.get("content"), list) else []


_PAID_BY_THE_CALL = ("web_search_requests",)
"""Source: Anthropic's price page, server-side tools. Fetching a page costs only its tokens."""

_OF_OTHER_MODELS = ("advisor_message", "fallback_message")
"""Iterations of another model, at its prices. Source: the reference of `iterations`."""


def _has_paid_tools(reply: Object) -> bool:
    usage = as_object(reply.get("usage"))
    used = as_object(usage.get("server_tool_use"))
    ran = (as_text(block.get("name")) for block in as_objects(reply.get("content")))
    # Containers are billed by the hour.
    if any(used.get(name) for name in _PAID_BY_THE_CALL) or any("code_execution" in (name or "") for name in ran):
        return True
    # Source: the same page. Fast mode and US-only inference multiply all prices.
    if usage.get("speed") == "fast" or usage.get("inference_geo") == "us":
        return True
    return any(each.get("type") in _OF_OTHER_MODELS for each in as_objects(usage.get("iterations")))


# --- a stream


def merge(data: Iterable[str]) -> dict[str, Any]:
    """The equivalent plain `Message`, accumulated the way Anthropic's SDK does."""
    merged: dict[str, Any] = {}
    arguments: dict[int, list[str]] = {}
    for text in data:
        event = parse_object(text) or {}
        kind, delta = event.get("type"), as_object(event.get("delta"))
        if kind == "message_start":
            merged = {**as_object(event.get("message"))}
            merged["content"] = [*as_objects(merged.get("content"))]
        elif kind == "content_block_start" and merged:
            block = as_object(event.get("content_block"))
            merged["content"].append(block)
            if block.get("type") == "fallback":
                # Another model takes over, and its prices apply.
                merged["model"] = as_object(block.get("to")).get("model") or merged.get("model")
        elif kind == "content_block_delta":
            _add(merged.get("content"), event.get("index"), delta, arguments)
        elif kind == "message_delta" and merged:
            _add_last(merged, event, delta)
    for number, pieces in arguments.items():
        if whole := "".join(pieces):
            asked = parse_object(whole)
            # Truncated arguments don't parse, so they stay text.
            merged["content"][number]["input"] = whole if asked is None else asked
    return merged


def _add_last(merged: dict[str, Any], event: Object, delta: Object) -> None:
    """Add what the last event says about the message, its usage and, under other keys, the request."""
    more = {key: value for key, value in event.items() if key not in ("type", "delta", "usage")}
    for key, value in (*delta.items(), *more.items()):
        # A null doesn't replace an earlier value.
        if value is not None or (key.startswith("stop_") and key not in merged):
            merged[key] = value
    counts = {key: count for key, count in as_object(event.get("usage")).items() if count is not None}
    merged["usage"] = {**as_object(merged.get("usage")), **counts}


def _add(content: Any, number: Any, delta: Object, arguments: dict[int, list[str]]) -> None:
    """Add a piece of a block to the pieces before it."""
    if not isinstance(content, list) or not isinstance(number, int) or not 0 <= number < len(content):
        return
    block = content[number]
    for key, piece in delta.items():
        if key == "partial_json":
            arguments.setdefault(number, []).append(as_text(piece) or "")
        elif key == "citation":
            block["citations"] = [*as_objects(block.get("citations")), piece]
        elif key in ("text", "thinking"):
            block[key] = (as_text(block.get(key)) or "") + (as_text(piece) or "")
        elif key != "type":
            block[key] = piece


def _is_over(body: bytes) -> bool:
    return has_event(body, "message_stop")


MESSAGES = Dialect(
    name="messages",
    paths=("/messages",),
    patterns=("*/messages",),
    may_be_own=True,
    model_asked=choices.model_asked,
    messages=_messages,
    tools=choices.tools_asked,
    prompt=_prompt,
    names={"messages": common.role, "tools": _tool_name},
    most=_most,
    asking=None,
    usage=_usage,
    told=common.told,
    model=common.model,
    tier=_tier,
    answers=_answers,
    stops=choices.stop_under("stop_reason"),
    has_paid_tools=_has_paid_tools,
    merge=merge,
    texts=every_text,
    is_over=_is_over,
)

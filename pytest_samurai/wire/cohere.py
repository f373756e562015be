"""Cohere: `POST /v2/chat` and `/v2/embed`, and the same in v1.

Source: Cohere's API reference (Chat, Chat with streaming, Embed), and its guide to streaming.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pytest_samurai.files import json
from pytest_samurai.wire import choices, common
from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.counted import usage_by_shape, usage_of_cohere_embeddings
from pytest_samurai.wire.dialect import Dialect, Json, Object
from pytest_samurai.wire.events import events, has_event
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.objects import as_object, as_objects, as_text, parse_object
from pytest_samurai.wire.texts import every_text
from pytest_samurai.wire.usage import Usage

# --- a request


def _messages(request: Object) -> list[Message]:
    """The messages of a chat, also in v1; the texts of embeddings."""
    said = [*as_objects(request.get("chat_history")), *as_objects(request.get("messages"))]
    messages = [_message(message) for message in said]
    if isinstance(preamble := request.get("preamble"), str):
        messages.insert(0, Message("system", (Part("text", preamble),)))
    if isinstance(text := request.get("message"), str):
        messages.append(Message("user", (Part("text", text),)))
    texts = request.get("texts")
    messages += [Message("", (Part("text", text),)) for text in (texts if isinstance(texts, list) else [])]
    return [*messages, *(Message("", tuple(_parts(entry))) for entry in as_objects(request.get("inputs")))]


def _message(message: Object) -> Message:
    return Message(as_text(message.get("role")) or "", tuple(_parts(message)))


def _parts(message: Object) -> Iterator[Part]:
    if plan := as_text(message.get("tool_plan")):
        yield Part("reasoning", plan)
    # In v1 a message has a `message`, and a reply has a `text`.
    for text in (message.get("content"), message.get("message"), message.get("text")):
        if isinstance(text, str) and text:
            yield Part("text", text)
    for part in as_objects(message.get("content")):
        kind, text = as_text(part.get("type")) or "", as_text(part.get("text"))
        if text is not None:
            yield Part("text", text)
        elif kind == "thinking":
            yield Part("reasoning", as_text(part.get("thinking")) or "")
        else:
            shown = json.dumps(part["document"], ensure_ascii=False) if "document" in part else ""
            yield Part(kind, shown)
    for call in as_objects(message.get("tool_calls")):
        function = as_object(call.get("function"))
        asked = as_text(function.get("arguments")) or json.dumps(call.get("parameters", {}), ensure_ascii=False)
        yield Part("tool_call", asked, as_text(function.get("name")) or as_text(call.get("name")))


_PROMPT: Final = (
    "messages",
    "tools",
    "documents",
    "response_format",
    "preamble",
    "chat_history",
    "message",
    "tool_results",
    "texts",
    "inputs",
)


def _prompt(request: Object) -> dict[str, Json]:
    return {name: request[name] for name in _PROMPT if name in request}


def _tool_name(tool: Json) -> object:
    return as_object(as_object(tool).get("function")).get("name") or as_object(tool).get("name")


def _most(request: Object) -> int:
    limit = request.get("max_tokens")
    return limit if isinstance(limit, int) else 0


# --- a reply


def _usage(answer: Answer) -> Usage | None:
    reply = answer.known
    told = _told(reply)
    counted = usage_by_shape(told)
    return usage_of_cohere_embeddings(told) if counted is None and "embeddings" in reply else counted


def _told(reply: Object) -> Object:
    if "usage" in reply:
        return as_object(reply["usage"])
    # The older API says it next to these.
    return {
        name: said for name, said in as_object(reply.get("meta")).items() if name not in ("api_version", "warnings")
    }


def _answers(reply: Object) -> list[Message]:
    if "message" in reply:
        return [_message(as_object(reply["message"]))]
    return [Message("assistant", tuple(_parts(reply)))] if isinstance(reply.get("text"), str) else []


_PAID_BESIDE_TOKENS: Final = ("search_units", "images", "image_tokens", "classifications")
"""Source: `billed_units` in the reference. Cohere's price page has the price of each."""


def _has_paid_tools(reply: Object) -> bool:
    billed = as_object(_told(reply).get("billed_units"))
    return any(billed.get(name) for name in _PAID_BESIDE_TOKENS)


# --- a stream


def merge(data: Iterable[str]) -> dict[str, Any]:
    """The equivalent plain reply. In v1 it is in the last event, or else it is the text that came."""
    merged: dict[str, Any] = {}
    for text in data:
        event = parse_object(text) or {}
        kind = as_text(event.get("type")) or as_text(event.get("event_type"))
        delta = as_object(event.get("delta"))
        message = as_object(delta.get("message"))
        if kind == "message-start":
            merged = {"id": event.get("id"), "message": {"role": "assistant", **message}}
        elif kind == "message-end":
            merged |= delta
        elif kind == "text-generation":
            merged["text"] = (merged.get("text") or "") + (as_text(event.get("text")) or "")
        elif kind == "stream-end":
            merged |= as_object(event.get("response"))
        elif "message" in merged:
            _add(merged["message"], kind or "", event.get("index"), message)
    return merged


_LISTS: Final = {"content-start": "content", "tool-call-start": "tool_calls", "citation-start": "citations"}


def _add(merged: dict[str, Any], kind: str, number: Json, piece: Object) -> None:
    """Add the content of an event to the message."""
    if kind in _LISTS:
        name = _LISTS[kind]
        merged[name] = [*as_objects(merged.get(name)), as_object(piece.get(name))]
    elif kind == "tool-plan-delta":
        _grow(merged, piece)
    elif kind in ("content-delta", "tool-call-delta"):
        name = "content" if kind == "content-delta" else "tool_calls"
        entries = as_objects(merged.get(name))
        if isinstance(number, int) and 0 <= number < len(entries):
            _grow(entries[number], as_object(piece.get(name)))


def _grow(have: dict[str, Any], piece: Object) -> None:
    for key, new in piece.items():
        if isinstance(new, dict):
            _grow(have.setdefault(key, {}), new)
        elif isinstance(new, str):
            have[key] = (as_text(have.get(key)) or "") + new


def _is_over(body: bytes) -> bool:
    if has_event(body, "message-end"):
        return True
    return b'"stream-end"' in body and any(
        (parse_object(text) or {}).get("event_type") == "stream-end" for text in events(body)
    )


COHERE = Dialect(
    name="cohere",
    paths=("/v2/chat", "/v2/embed", "/v1/chat", "/v1/embed"),
    patterns=("*/v2/chat", "*/v2/embed", "*/v1/chat", "*/v1/embed"),
    may_be_own=True,
    model_asked=choices.model_asked,
    messages=_messages,
    tools=choices.tools_asked,
    prompt=_prompt,
    names={"messages": common.role, "chat_history": common.role, "tools": _tool_name},
    most=_most,
    asking=None,
    usage=_usage,
    told=_told,
    model=common.unsaid,
    tier=common.unsaid,
    answers=_answers,
    stops=choices.stop_under("finish_reason"),
    has_paid_tools=_has_paid_tools,
    merge=merge,
    texts=every_text,
    is_over=_is_over,
)

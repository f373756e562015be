"""Responses: `POST /responses`.

Source: the OpenAI API reference (`Response`, and the events of its stream).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_samurai.wire import choices
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
    said = []
    instructions, given = request.get("instructions"), request.get("input")
    if isinstance(instructions, str):
        said.append(Message("system", (Part("text", instructions),)))
    if isinstance(given, str):
        said.append(Message("user", (Part("text", given),)))
    return [*said, *map(_message, as_objects(given))]


def _message(entry: Object) -> Message:
    """The message in an entry of the input or of the output. The call of a tool, and its result, are messages too."""
    kind, name = as_text(entry.get("type")) or "message", as_text(entry.get("name"))
    if kind.endswith("_call_output"):
        return Message("tool", tuple(_parts(entry.get("output"))))
    if kind.endswith("_call"):
        asked = as_text(entry.get("arguments")) or as_text(entry.get("input")) or ""
        return Message("assistant", (Part("tool_call", asked, name or kind.removesuffix("_call")),))
    if kind == "reasoning":
        thoughts = [*_parts(entry.get("summary")), *_parts(entry.get("content"))]
        return Message("assistant", tuple(Part("reasoning", thought.text) for thought in thoughts))
    return Message(as_text(entry.get("role")) or "", tuple(_parts(entry.get("content"))))


def _parts(content: Json) -> Iterator[Part]:
    if isinstance(content, str):
        yield Part("text", content)
    for part in as_objects(content):
        kind, text, refusal = as_text(part.get("type")) or "", as_text(part.get("text")), as_text(part.get("refusal"))
        if text is not None:
            yield Part("text", text)
        elif refusal is not None:
            yield Part("refusal", refusal)
        else:
            yield Part(kind, "")


def _prompt(request: Object) -> dict[str, Json]:
    names = ("instructions", "input", "tools", "text", "prompt")
    return {name: request[name] for name in names if name in request}


def _role_or_type(entry: Json) -> object:
    return as_object(entry).get("role") or as_object(entry).get("type")


def _tool_name(tool: Json) -> object:
    return as_object(tool).get("name") or as_object(tool).get("type")


def _most(request: Object) -> int:
    limit = request.get("max_output_tokens")
    return limit if isinstance(limit, int) else 0


# --- a reply


def _usage(answer: Answer) -> Usage | None:
    return usage_by_shape(answer.known.get("usage"))


def _model(answer: Answer) -> str | None:
    return as_text(answer.known.get("model")) or None


def _tier(answer: Answer) -> str | None:
    return as_text(answer.known.get("service_tier")) or None


def _answers(reply: Object) -> list[Message]:
    """One message with all items of the output; none if there are no items."""
    entries = as_objects(reply.get("output"))
    parts = [part for entry in entries for part in _message(entry).parts]
    return [Message("assistant", tuple(parts))] if entries else []


def _stops(reply: Object) -> list[str]:
    """Its status, with the reason of one that is incomplete."""
    said = (reply.get("status"), as_object(reply.get("incomplete_details")).get("reason"))
    text = ": ".join(filter(None, map(as_text, said)))
    return [text] if text else []


_PAID_BY_THE_CALL = frozenset(
    {"web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "computer_call"}
)
"""Source: the table of built-in tools on OpenAI's page of prices."""


def _has_paid_tools(reply: Object) -> bool:
    return any(entry.get("type") in _PAID_BY_THE_CALL for entry in as_objects(reply.get("output")))


# --- a stream

_ENDS = ("response.completed", "response.incomplete", "response.failed")

_PIECES = {
    "response.output_text": ("content", "text"),
    "response.refusal": ("content", "refusal"),
    "response.reasoning_text": ("content", "text"),
    "response.reasoning_summary_text": ("summary", "text"),
    "response.function_call_arguments": (None, "arguments"),
    "response.mcp_call_arguments": (None, "arguments"),
    "response.custom_tool_call_input": (None, "input"),
    "response.code_interpreter_call_code": (None, "code"),
}
"""The texts that come in pieces, by the events that bring them: the list in the entry that holds them, and the key."""


def merge(data: Iterable[str]) -> dict[str, Any]:
    """The equivalent plain `Response`: that of the last event or, if it never came, what the others brought."""
    merged: dict[str, Any] = {}
    for text in data:
        event = parse_object(text) or {}
        kind, whole = as_text(event.get("type")) or "", as_object(event.get("response"))
        if whole:
            came = merged.get("output", [])
            merged = whole
            # Some servers leave the output out of the last event, since it has already been sent.
            merged["output"] = whole.get("output") or came
        if kind in _ENDS:
            return merged
        _add(merged.get("output"), kind, event)
    return merged


def _add(output: Any, kind: str, event: Object) -> None:
    """Add what an event brings to the output."""
    number = event.get("output_index")
    if not isinstance(output, list) or not isinstance(number, int):
        return
    if kind == "response.output_item.added" and number == len(output):
        output.append(as_object(event.get("item")))
    if not 0 <= number < len(output):
        return
    entry = output[number]
    if kind == "response.output_item.done":
        output[number] = as_object(event.get("item"))
    elif kind == "response.content_part.added":
        entry.setdefault("content", []).append(event.get("part"))
    elif kind == "response.reasoning_summary_part.added":
        entry.setdefault("summary", []).append(event.get("part"))
    elif kind.endswith(".delta") and kind.removesuffix(".delta") in _PIECES:
        group, key = _PIECES[kind.removesuffix(".delta")]
        _add_piece(entry, group, key, event)


def _add_piece(entry: dict[str, Any], group: str | None, key: str, event: Object) -> None:
    piece = as_text(event.get("delta")) or ""
    holder: Any = entry
    if group is not None:
        parts = as_objects(entry.get(group))
        at = event.get("content_index" if group == "content" else "summary_index")
        holder = parts[at] if isinstance(at, int) and 0 <= at < len(parts) else {}
    holder[key] = (as_text(holder.get(key)) or "") + piece


def _is_over(body: bytes) -> bool:
    return has_event(body, *_ENDS)


RESPONSES = Dialect(
    name="responses",
    paths=("/responses",),
    patterns=("*/responses",),
    may_be_own=True,
    model_asked=choices.model_asked,
    messages=_messages,
    tools=choices.tools_asked,
    prompt=_prompt,
    names={"input": _role_or_type, "tools": _tool_name},
    most=_most,
    asking=None,
    usage=_usage,
    model=_model,
    tier=_tier,
    answers=_answers,
    stops=_stops,
    has_paid_tools=_has_paid_tools,
    merge=merge,
    texts=every_text,
    is_over=_is_over,
)

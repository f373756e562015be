"""Responses: `POST /responses`.

Source: the OpenAI API reference (`Response`, and the events of its stream).
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_samurai.files import json
from pytest_samurai.wire import choices, common
from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.counted import usage_by_shape
from pytest_samurai.wire.dialect import Dialect, Json, Object
from pytest_samurai.wire.events import has_event
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.objects import as_object, as_objects, as_text
from pytest_samurai.wire.responseevents import ENDS, merge
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
    """The message in an entry of the input or output. A tool call and its result are messages too."""
    kind, name = as_text(entry.get("type")) or "message", as_text(entry.get("name"))
    if kind.endswith("_call_output"):
        return Message("tool", tuple(_parts(entry.get("output"))))
    if kind.endswith("_call"):
        call = Part("tool_call", _asked(entry), name or kind.removesuffix("_call"))
        # Some tools run on the server, which puts the result beside the call.
        results = (Part("tool_result", part.text) for part in _parts(entry.get("output")))
        return Message("assistant", (call, *results))
    if kind == "reasoning":
        thoughts = [*_parts(entry.get("summary")), *_parts(entry.get("content"))]
        return Message("assistant", tuple(Part("reasoning", thought.text) for thought in thoughts))
    said = tuple(_parts(entry.get("content")))
    return Message(as_text(entry.get("role")) or "", said if said or kind == "message" else (Part(kind, ""),))


_ASKED = ("arguments", "input", "code", "action", "actions", "operation", "queries", "revised_prompt")
"""The keys that may hold what a tool is asked to do."""


def _asked(call: Object) -> str:
    """What a tool is asked to do, as JSON if it isn't text."""
    asked = next((call[name] for name in _ASKED if call.get(name)), "")
    return asked if isinstance(asked, str) else json.dumps(asked, ensure_ascii=False)


def _parts(content: Json) -> Iterator[Part]:
    if isinstance(content, str):
        yield Part("text", content)
    for part in as_objects(content):
        kind, text, refusal = as_text(part.get("type")) or "", as_text(part.get("text")), as_text(part.get("refusal"))
        printed = [as_text(part.get(name)) for name in ("stdout", "stderr")]
        if text is not None:
            yield Part("text", text)
        elif refusal is not None:
            yield Part("refusal", refusal)
        elif any(text is not None for text in printed):
            yield Part("text", "".join(filter(None, printed)))
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


def _tier(answer: Answer) -> str | None:
    return as_text(answer.known.get("service_tier")) or None


def _answers(reply: Object) -> list[Message]:
    """One message with all items of the output; none if there are no items."""
    entries = as_objects(reply.get("output"))
    messages = list(map(_message, entries))
    # The output of a server's tool is not the model's text.
    parts = [
        Part("tool_result", part.text) if message.role == "tool" and part.kind == "text" else part
        for message in messages
        for part in message.parts
    ]
    return [Message("assistant", tuple(parts))] if entries else []


def _stops(reply: Object) -> list[str]:
    """Its status; for an incomplete one, the reason."""
    said = (reply.get("status"), as_object(reply.get("incomplete_details")).get("reason"))
    text = ": ".join(filter(None, map(as_text, said)))
    return [text] if text else []


_PAID_BY_THE_CALL = frozenset(
    {"web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "computer_call"}
)
"""Source: the table of built-in tools on OpenAI's price page."""


def _has_paid_tools(reply: Object) -> bool:
    return any(map(_is_paid_by_the_call, as_objects(reply.get("output"))))


def _is_paid_by_the_call(entry: Object) -> bool:
    if entry.get("type") in _PAID_BY_THE_CALL:
        return True
    # The same page: OpenAI bills its own containers. Commands may also run on the user's machine.
    ran = entry.get("type") == "shell_call"
    return ran and as_object(entry.get("environment")).get("type") == "container_reference"


# --- a stream


def _is_over(body: bytes) -> bool:
    return has_event(body, *ENDS)


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
    told=common.told,
    model=common.model,
    tier=_tier,
    answers=_answers,
    stops=_stops,
    has_paid_tools=_has_paid_tools,
    merge=merge,
    texts=every_text,
    is_over=_is_over,
)

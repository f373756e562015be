"""Ollama: its own `POST /api/chat`, `/api/generate` and `/api/embed`.

Source: docs/api.md of Ollama. A stream has one JSON object on each line; the last has `done` and the counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pytest_samurai.files import json
from pytest_samurai.wire import choices, common
from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.counted import usage_by_shape
from pytest_samurai.wire.dialect import Dialect, Json, Object
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.objects import as_object, as_objects, as_text, parse_object
from pytest_samurai.wire.texts import every_text
from pytest_samurai.wire.usage import Usage, count

# --- a request


def _messages(request: Object) -> list[Message]:
    """The messages of a chat; the system prompt and prompt of a generation; the texts of embeddings."""
    if "messages" in request:
        return list(map(_message, as_objects(request["messages"])))
    given = request.get("input")
    said = [("system", request.get("system")), ("user", request.get("prompt"))]
    said += [("", text) for text in (given if isinstance(given, list) else [given])]
    return [Message(role, (Part("text", text),)) for role, text in said if isinstance(text, str)]


def _message(message: Object) -> Message:
    return Message(as_text(message.get("role")) or "", tuple(_parts(message)), as_text(message.get("tool_name")))


def _parts(message: Object) -> Iterator[Part]:
    for kind, key in (("reasoning", "thinking"), ("text", "content")):
        if text := as_text(message.get(key)):
            yield Part(kind, text)
    pictures = message.get("images")
    yield from [Part("image", "")] * (len(pictures) if isinstance(pictures, list) else 0)
    for call in as_objects(message.get("tool_calls")):
        function = as_object(call.get("function"))
        asked = json.dumps(function.get("arguments"), ensure_ascii=False)
        yield Part("tool_call", asked, as_text(function.get("name")))


_PROMPT: Final = ("system", "messages", "prompt", "suffix", "template", "tools", "format", "input")


def _prompt(request: Object) -> dict[str, Json]:
    return {name: request[name] for name in _PROMPT if name in request}


def _most(request: Object) -> int:
    # Negative numbers mean no limit.
    return count(as_object(request.get("options")).get("num_predict")) or 0


# --- a reply


_COUNTS: Final = {"prompt_eval_count": "prompt_tokens", "eval_count": "completion_tokens"}


def _usage(answer: Answer) -> Usage | None:
    """The counts at the top of the reply. If the whole prompt was cached, it has no count, so the usage is unknown."""
    reply = answer.known
    prompt, completion = (count(reply.get(name)) for name in _COUNTS)
    if "embeddings" in reply:
        completion = 0
    if prompt is None or completion is None:
        return usage_by_shape(reply.get("usage"))
    return Usage(1, prompt, completion, prompt + completion)


def _told(reply: Object) -> Object:
    counts = {name: reply[own] for own, name in _COUNTS.items() if own in reply}
    return counts or common.told(reply)


def _answers(reply: Object) -> list[Message]:
    if "message" in reply:
        return [_message(as_object(reply["message"]))]
    if "response" in reply:
        said = {"content": reply["response"], "thinking": reply.get("thinking")}
        return [Message("assistant", tuple(_parts(said)))]
    return []


# --- a stream


def merge(data: Iterable[str]) -> dict[str, Any]:
    """The equivalent plain reply: its texts joined, its tool calls in one list, the last value of everything else."""
    merged: dict[str, Any] = {}
    message: dict[str, Any] = {}
    for text in data:
        event = parse_object(text) or {}
        _add(message, as_object(event.pop("message", None)))
        _add(merged, event)
    return {**merged, "message": message} if message else merged


_PIECES: Final[dict[str, Any]] = {
    "content": str,
    "thinking": str,
    "response": str,
    "tool_calls": list,
    "logprobs": list,
}
"""The keys with values that come piece by piece, and their types."""


def _add(merged: dict[str, Any], event: Object) -> None:
    for key, new in event.items():
        have = merged.get(key)
        kind = _PIECES.get(key)
        if kind is not None and isinstance(have, kind) and isinstance(new, kind):
            merged[key] = have + new
        elif new is not None or key not in merged:
            merged[key] = new


_DONE = re.compile(rb'"done"\s*:\s*true')


def _is_over(body: bytes) -> bool:
    return _DONE.search(body) is not None


OLLAMA = Dialect(
    name="ollama",
    paths=("/api/chat", "/api/generate", "/api/embed"),
    patterns=("*/api/chat", "*/api/generate", "*/api/embed"),
    may_be_own=True,
    model_asked=choices.model_asked,
    messages=_messages,
    tools=choices.tools_asked,
    prompt=_prompt,
    names={"messages": common.role, "tools": common.function_name},
    most=_most,
    asking=None,
    usage=_usage,
    told=_told,
    model=common.model,
    tier=common.unsaid,
    answers=_answers,
    stops=choices.stop_under("done_reason"),
    has_paid_tools=common.no_paid_tools,
    merge=merge,
    texts=every_text,
    is_over=_is_over,
    # It runs locally or by subscription, so nobody bills its tokens.
    is_listed=False,
)

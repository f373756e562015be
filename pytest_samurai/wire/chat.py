"""Chat completions: `POST /chat/completions`.

Source: the OpenAI API reference (`chat.completion`, `chat.completion.chunk`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_samurai.wire import choices, common
from pytest_samurai.wire.dialect import Dialect, Json, Object
from pytest_samurai.wire.events import ends_stream
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.objects import as_object, as_objects, as_text

# --- a request


def _messages(request: Object) -> list[Message]:
    return list(map(_message, as_objects(request.get("messages"))))


def _message(message: Object) -> Message:
    return Message(as_text(message.get("role")) or "", tuple(_parts(message)), as_text(message.get("name")))


def _parts(message: Object) -> Iterator[Part]:
    content, refusal = message.get("content"), message.get("refusal")
    # Some gateways send it under both.
    thought = next(filter(None, (as_text(message.get(name)) for name in _THOUGHTS)), None)
    if thought is not None:
        yield Part("reasoning", thought)
    if isinstance(content, str):
        yield Part("text", content)
    for part in as_objects(content):
        kind, text = as_text(part.get("type")) or "", as_text(part.get("text"))
        if text is not None:
            yield Part("text", text)
        elif kind != "text":
            yield Part(kind, "")
    if isinstance(refusal, str):
        yield Part("refusal", refusal)
    if audio := as_object(message.get("audio")):
        yield Part("audio", as_text(audio.get("transcript")) or "")
    for call in as_objects(message.get("tool_calls")):
        yield _tool_call(as_object(call.get("function") or call.get("custom")))
    if older := as_object(message.get("function_call")):
        yield _tool_call(older)


def _tool_call(called: Object) -> Part:
    asked = as_text(called.get("arguments")) or as_text(called.get("input"))
    return Part("tool_call", asked or "", as_text(called.get("name")))


_THOUGHTS = ("reasoning_content", "reasoning")
"""Where servers put the model's thinking. Sources: DeepSeek's API reference; OpenRouter's."""


def _tools(request: Object) -> list[Json]:
    return [request[name] for name in ("tools", "functions") if request.get(name)]


def _prompt(request: Object) -> dict[str, Json]:
    names = ("messages", "tools", "functions", "response_format")
    return {name: request[name] for name in names if name in request}


def _most(request: Object) -> int:
    limits = (request.get(name) for name in ("max_completion_tokens", "max_tokens"))
    return next((limit for limit in limits if isinstance(limit, int)), 0) * choices.number_asked(request)


# --- a reply


def _answers(reply: Object) -> list[Message]:
    return [_message(as_object(choice.get("message"))) for choice in as_objects(reply.get("choices"))]


def _has_paid_tools(_: Object) -> bool:
    # Searches have their own models, and the price of the model covers them.
    return False


# --- a stream


def merge(data: Iterable[str]) -> dict[str, Any]:
    """The `chat.completion` that a plain reply would have been, from the data of `chat.completion.chunk` events."""
    merged = choices.merge(data, lambda index: {"index": index, "message": {"role": "assistant", "content": None}})
    for choice in as_objects(merged.get("choices")):
        for call in as_objects(as_object(choice["message"]).get("tool_calls")):
            # It numbers the parts; a plain reply doesn't have it.
            call.pop("index", None)
    if merged.get("object") == "chat.completion.chunk":
        merged["object"] = "chat.completion"
    return merged


CHAT = Dialect(
    name="chat",
    paths=("/chat/completions",),
    patterns=("*/chat/completions",),
    may_be_own=False,
    model_asked=choices.model_asked,
    messages=_messages,
    tools=_tools,
    prompt=_prompt,
    names={"messages": common.role, "tools": common.function_name},
    most=_most,
    asking=choices.ASKING,
    usage=choices.usage,
    told=common.told,
    model=choices.model,
    tier=choices.tier,
    answers=_answers,
    stops=choices.stops,
    has_paid_tools=_has_paid_tools,
    merge=merge,
    texts=choices.texts,
    is_over=ends_stream,
)

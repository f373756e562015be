"""Choices: what chat has in common with the older completions.

Source: the OpenAI API reference (`chat.completion.chunk`, the streamed `text_completion`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.asking import Asking
from pytest_samurai.wire.counted import usage_by_shape
from pytest_samurai.wire.dialect import Channel, Json, Object, Text
from pytest_samurai.wire.objects import as_object, as_objects, as_text, parse_object
from pytest_samurai.wire.texts import every_text
from pytest_samurai.wire.usage import Usage

# --- what is asked for


def model_asked(_: str, request: Object) -> str | None:
    """The model that a request names."""
    return _name(request.get("model"))


def tools_asked(request: Object) -> list[Json]:
    """What describes tools to the model, with APIs that have one list of these."""
    return [request["tools"]] if request.get("tools") else []


def number_asked(request: Object) -> int:
    """How many choices a request asks for."""
    number = request.get("n")
    return number if isinstance(number, int) else 1


def _name(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _ask(request: Object) -> Object | None:
    options = request.get("stream_options")
    if request.get("stream") is not True or not (options is None or isinstance(options, dict)):
        return None
    if any("usage" in name and asked for name, asked in (*request.items(), *as_object(options).items())):
        return None
    return {**request, "stream_options": {**as_object(options), "include_usage": True}}


def _is_last_part(event: Object) -> bool:
    # With several choices, one may go on after another has finished; then it is the one that was heard last.
    return any(choice.get("finish_reason") for choice in as_objects(event.get("choices")))


_OF_ANSWER = frozenset(
    {
        "id",
        "object",
        "created",
        "model",
        "choices",
        "usage",
        "service_tier",
        "system_fingerprint",
        "obfuscation",
        "timings",
    }
)
"""What the event with the usage may hold.

Sources: `chat.completion.chunk` in the OpenAI API reference; `obfuscation` is the padding of
`stream_options.include_obfuscation`. llama.cpp's server moves its `timings` from the last part to this event.
"""


def _is_usage(event: Object, part: Object) -> bool:
    """Whether an event tells the usage and nothing else.

    By the reference its choices are an empty list, and its usage is numbers. What is empty says nothing, and a word or
    a number that the part before it has as well says nothing new: gateways put their `provider` or `model_version` into
    each event.
    """
    if event.get("choices") != [] or not as_object(event.get("usage")) or not _is_counts(event["usage"]):
        return False
    more = {name: value for name, value in event.items() if name not in _OF_ANSWER and value not in (None, "", [], {})}
    if "error" in more:
        return False
    return all(isinstance(value, str | int | float) and part.get(name) == value for name, value in more.items())


def _is_counts(value: Json) -> bool:
    """Whether all that is said here is numbers."""
    if isinstance(value, dict):
        return all(map(_is_counts, value.values()))
    return isinstance(value, int | float) or value in (None, "", [])


def _is_failure(event: Object) -> bool:
    """Whether an event tells of an error. vLLM's server has an `object` of this name, and nothing around it."""
    return bool(event.get("error")) or event.get("object") == "error"


ASKING = Asking(
    ask=_ask,
    key="usage",
    part=re.compile(rb'"choices"\s*:\s*\[\s*\{'),
    is_last_part=_is_last_part,
    is_answer=_is_usage,
    is_failure=_is_failure,
)
"""`stream_options.include_usage`, and the event without choices that answers it.

An application asks itself if anything in its request whose name has `usage` in it is set: `usage.include` of
OpenRouter, `stream_options.continuous_usage_stats` of vLLM. Options that are no object are left for the server to
refuse.
"""


# --- what is answered


def usage(answer: Answer) -> Usage | None:
    """The `usage` of a reply; of a stream, the last one that an event has."""
    return usage_by_shape(answer.last("usage"))


def model(answer: Answer) -> str | None:
    """The model as served."""
    return _name(answer.last("model"))


def tier(answer: Answer) -> str | None:
    """The level of service, such as `flex`."""
    return _name(answer.last("service_tier"))


def stop_under(key: str) -> Callable[[Object], list[str]]:
    """What gives the reason why the model stopped, where a reply has one, under this key."""

    def stops(reply: Object) -> list[str]:
        reason = as_text(reply.get(key))
        return [reason] if reason else []

    return stops


def stops(reply: Object) -> list[str]:
    """Why the model stopped: the `finish_reason` of each choice that has one."""
    reasons = (as_text(choice.get("finish_reason")) for choice in as_objects(reply.get("choices")))
    return [reason for reason in reasons if reason]


# --- a stream


def texts(event: Json) -> Iterator[Text]:
    """The texts of all choices. An event without choices is none of this API's, so it may hold them anywhere."""
    if isinstance(event, dict) and "choices" in event:
        return _texts_below(event["choices"], (), ())
    return every_text(event)


def _texts_below(value: Json, path: Channel, listed: Channel) -> Iterator[Text]:
    """Each with its path, on which the `index` of an object stands for its place in a list.

    `listed` is the path without places in lists. The texts of one list have it as well: tokens go on in the next one,
    and so may parts of a message.
    """
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            index = inner["index"] if isinstance(inner, dict) and isinstance(inner.get("index"), int) else None
            step = key if index is None else index
            below = listed if isinstance(value, list) and index is None else (*listed, step)
            if isinstance(inner, str):
                yield (*path, step), value, key
                if len(below) <= len(path):
                    yield below, value, key
            else:
                yield from _texts_below(inner, (*path, step), below)


def merge(data: Iterable[str], begin: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
    """A reply from the data of events whose choices come in parts; `begin` gives a choice of which nothing came yet.

    For keys beside the choices, the last non-empty value counts: usage is a running total with some servers, and null
    in all chunks but one with others.
    """
    merged: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for text in data:
        event = parse_object(text) or {}
        for choice in as_objects(event.pop("choices", None)):
            number = choice.get("index")
            index = number if isinstance(number, int) else 0
            _merge_choice(choices.setdefault(index, begin(index)), choice)
        for key, value in event.items():
            if value not in (None, "", {}) or key not in merged:
                merged[key] = value
    if choices:
        merged["choices"] = [_whole(choices[index]) for index in sorted(choices)]
    return merged


def _merge_choice(merged: dict[str, Any], choice: Object) -> None:
    if "message" in merged:
        merged["message"] = _merge_delta(as_object(merged["message"]), as_object(choice.get("delta")))
    for key, value in choice.items():
        if key == "logprobs":
            merged[key] = _merge_delta(as_object(merged.get(key)), as_object(value)) or None
        elif key == "text":
            _merge_delta(merged, {key: value})
        elif key not in ("index", "delta") and (value is not None or key not in merged):
            merged[key] = value


@dataclass(slots=True)
class _Parts:
    """A text as it grows. It is joined once, since a copy for each word would take quadratic time."""

    texts: list[str]


def _whole(value: Any) -> Any:
    """What was merged, its texts joined."""
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return list(map(_whole, value))
    return "".join(value.texts) if isinstance(value, _Parts) else value


# Some servers repeat these in every part; none sends them in parts.
_SAID_ONCE = frozenset({"id", "type", "role", "format"})


def _merge_delta(merged: dict[str, Any], delta: Object) -> dict[str, Any]:
    """Put a part into what came before it, which is changed: a copy for each part would take quadratic time."""
    for key, new in delta.items():
        have = merged.get(key)
        if isinstance(new, list):
            merged[key] = _merge_list(have if isinstance(have, list) else [], new)
        elif isinstance(have, dict) and isinstance(new, dict):
            _merge_delta(have, new)
        elif isinstance(have, str) and isinstance(new, str) and key not in _SAID_ONCE:
            if key != "name":
                merged[key] = _Parts([have, new])
            elif have != new:
                # Some servers repeat the whole name of a function, others send it in parts.
                merged[key] = have + new
        elif isinstance(have, _Parts) and isinstance(new, str):
            have.texts.append(new)
        elif have is None or new not in (None, ""):
            merged[key] = new
    return merged


def _merge_list(merged: list[Any], new: Sequence[Any]) -> list[Any]:
    """Tool calls come in parts that name their `index`; anything else is appended."""
    for part in new:
        call = _begun(merged, part) if isinstance(part, dict) else None
        if call is None:
            merged.append(part)
        else:
            _merge_delta(call, part)
    return merged


def _begun(merged: Sequence[Any], part: Object) -> dict[str, Any] | None:
    """The call of which this is a further part; None for the first part of one.

    Some servers give every tool call the index 0: there, another id with a function's name begins another call.
    """
    index, identity = part.get("index"), part.get("id")
    if not isinstance(index, int):
        return None
    for call in reversed(as_objects(merged)):
        if call.get("index") == index:
            has_name = as_object(part.get("function")).get("name")
            is_new = identity and call.get("id") not in (None, "", identity) and has_name
            return None if is_new else call
    return None

"""Choices: what chat and the older completions have in common.

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
    """The descriptions of tools for the model, in APIs that have one list of them."""
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
    # With several choices, one may go on after another has finished. Then the part heard last decides.
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
"""The keys that the event with the usage may have.

Sources: `chat.completion.chunk` in the OpenAI API reference; `obfuscation` is the padding of
`stream_options.include_obfuscation`. llama.cpp's server moves its `timings` from the last part to this event.
"""


def _is_usage(event: Object, part: Object) -> bool:
    """Whether an event tells the usage and nothing else.

    The reference says that its choices are an empty list and its usage is numbers. Empty values say nothing. A word or
    number that the previous part has too says nothing new: gateways put their `provider` or `model_version` into every
    event.
    """
    if event.get("choices") != [] or not as_object(event.get("usage")) or not _is_counts(event["usage"]):
        return False
    more = {name: value for name, value in event.items() if name not in _OF_ANSWER and value not in (None, "", [], {})}
    if "error" in more:
        return False
    return all(isinstance(value, str | int | float) and part.get(name) == value for name, value in more.items())


def _is_counts(value: Json) -> bool:
    """Whether every value in it is a number."""
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

The application asks itself if it sets any option with `usage` in its name: `usage.include` of OpenRouter,
`stream_options.continuous_usage_stats` of vLLM. If `stream_options` isn't an object, the server may refuse it.
"""


# --- what is answered


def usage(answer: Answer) -> Usage | None:
    """The `usage` of a reply; for a stream, the last one in its events."""
    return usage_by_shape(answer.last("usage"))


def model(answer: Answer) -> str | None:
    """The model as served."""
    return _name(answer.last("model"))


def tier(answer: Answer) -> str | None:
    """The level of service, such as `flex`."""
    return _name(answer.last("service_tier"))


def stop_under(key: str) -> Callable[[Object], list[str]]:
    """A function that finds the reason why the model stopped under this key, if a reply has one."""

    def stops(reply: Object) -> list[str]:
        reason = as_text(reply.get(key))
        return [reason] if reason else []

    return stops


def stops(reply: Object) -> list[str]:
    """Why the model stopped: the `finish_reason` of each choice that has one."""
    reasons = (as_text(choice.get("finish_reason")) for choice in as_objects(reply.get("choices")))
    return [reason for reason in reasons if reason]


# --- a stream


_SAID_WHOLE = _OF_ANSWER - {"choices"}
"""The keys whose texts no server sends in pieces."""


def texts(event: Json) -> Iterator[Text]:
    """The texts of all choices, and those that a server adds next to them.

    An event without choices isn't from this API, so it may hold texts anywhere.
    """
    if not isinstance(event, dict) or "choices" not in event:
        yield from every_text(event)
        return
    yield from _texts_below(event["choices"], (), ())
    yield from every_text(event, _SAID_WHOLE)


def _texts_below(value: Json, path: Channel, listed: Channel) -> Iterator[Text]:
    """Each text with its path, where the `index` of an object replaces its position in a list.

    `listed` is the path without positions in lists. The texts of one list have it as a channel too: tokens continue in
    the next item, and so may the parts of a message.
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
    """A reply, merged from the data of events that bring choices in parts. `begin` returns an empty choice.

    For keys outside the choices, the last non-empty value counts. Some servers send the usage as a running total,
    others send null in all chunks except one.
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
    """A text as it grows. It is joined only once: copying it for each word would take quadratic time."""

    texts: list[str]


def _whole(value: Any) -> Any:
    """The merged value, with its texts joined."""
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return list(map(_whole, value))
    return "".join(value.texts) if isinstance(value, _Parts) else value


# Some servers repeat these in every part; no server splits them into parts.
_SAID_ONCE = frozenset({"id", "type", "role", "format"})


def _merge_delta(merged: dict[str, Any], delta: Object) -> dict[str, Any]:
    """Merge a part into what came before, in place: copying for each part would take quadratic time."""
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
                # Some servers repeat a function's whole name, others send it in parts.
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
    """The call that this part continues; None if the part begins a new call.

    Some servers give every tool call the index 0. There, a different id together with a function's name begins a new
    call.
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

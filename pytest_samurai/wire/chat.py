"""The wire: a chat request, its reply, and the events of a streamed one.

Shapes follow the OpenAI API reference (`chat.completion`, `chat.completion.chunk`) and the WHATWG
specification of server-sent events.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_samurai.errors import SamuraiError
from pytest_samurai.wire.events import EVENT_END, SAID, events, last_word
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.objects import as_object, as_objects, json_object, parse_object
from pytest_samurai.wire.usage import Usage

USAGE_OPTION = {"include_usage": True}


def with_usage_asked(body: bytes) -> bytes | None:
    """The body of a streamed request with `stream_options.include_usage` set; None if it needs no change."""
    request = parse_object(body)
    if request is None or request.get("stream") is not True:
        return None
    options = as_object(request.get("stream_options"))
    if options.get("include_usage") is True:
        return None
    return json.dumps({**request, "stream_options": {**options, **USAGE_OPTION}}).encode()


def received(reply: Reply) -> dict[str, Any]:
    """The JSON of a reply; of a stream, the merged `chat.completion`. Raises SamuraiError if it is no JSON object."""
    merged = merge(events(reply.body)) if reply.chunks is not None else None
    if not merged:
        return json_object(reply.body, "reply")
    if reply.hidden_usage is not None:
        merged["usage"] = dict(reply.hidden_usage)
    return merged


def said(reply: Reply, name: str, whole: Callable[[], Mapping[str, Any]]) -> Any:
    """What a reply says beside its choices; a stream is not merged for that, which `whole` would do."""
    if reply.chunks is None or SAID.search(reply.body) is None:
        return whole().get(name)
    if name == "usage" and reply.hidden_usage is not None:
        return reply.hidden_usage
    return last_word(reply.body, name)


def usage_of(reply: Reply) -> Usage | None:
    """What a reply says that it used; None if it does not. An HTTP error has used one request and no tokens."""

    def whole() -> Mapping[str, Any]:
        try:
            return received(reply)
        except SamuraiError:
            return {}

    usage = Usage.from_wire(said(reply, "usage", whole))
    return Usage(requests=1) if usage is None and reply.status >= 300 else usage


def summary(request: Request) -> str:
    """What a request asks, on one short line: the end of its last message."""
    messages = (parse_object(request.body) or {}).get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    content = last.get("content") if isinstance(last, dict) else None
    text = content if isinstance(content, str) else request.body.decode("utf-8", "replace")
    line = " ".join(text.split())
    return line if len(line) <= _LINE else f"{line[:_LINE]}..."


_LINE = 80


def merge(data: Iterable[str]) -> dict[str, Any]:
    """Merge `chat.completion.chunk` events into the `chat.completion` that a plain reply would have been.

    Of what stands beside the choices the last word counts, if it says anything: usage is a running total with some
    servers, and null in all chunks but one with others.
    """
    merged: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for text in data:
        event = parse_object(text) or {}
        for choice in as_objects(event.pop("choices", None)):
            _merge_choice(choices, choice)
        for key, value in event.items():
            if value not in (None, "", {}) or key not in merged:
                merged[key] = value
    for choice in choices.values():
        for call in as_objects(as_object(choice["message"]).get("tool_calls")):
            # The number of a part; a plain reply has none.
            call.pop("index", None)
    if choices:
        merged["choices"] = [_whole(choices[index]) for index in sorted(choices)]
    if merged.get("object") == "chat.completion.chunk":
        merged["object"] = "chat.completion"
    return merged


def _merge_choice(choices: dict[int, dict[str, Any]], choice: Mapping[str, Any]) -> None:
    index = choice.get("index")
    index = index if isinstance(index, int) else 0
    merged = choices.setdefault(index, {"index": index, "message": {"role": "assistant", "content": None}})
    merged["message"] = _merge_delta(merged["message"], as_object(choice.get("delta")))
    for key, value in choice.items():
        if key == "logprobs":
            merged[key] = _merge_delta(as_object(merged.get(key)), as_object(value)) or None
        elif key not in ("index", "delta") and (value is not None or key not in merged):
            merged[key] = value


@dataclass(slots=True)
class _Parts:
    """A text as it grows: put together once, since a copy for each word would be quadratic."""

    texts: list[str]


def _whole(value: Any) -> Any:
    """What was merged, its texts put together."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return list(map(_whole, value))
    return "".join(value.texts) if isinstance(value, _Parts) else value


# Repeated in every part by some servers; never in parts.
_SAID_ONCE = frozenset({"id", "type", "role", "format"})


def _merge_delta(merged: dict[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    """Put a part into what has come before it, which is changed, as a copy for each part would be quadratic."""
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
                # A function's name comes whole and again, or in parts.
                merged[key] = have + new
        elif isinstance(have, _Parts) and isinstance(new, str):
            have.texts.append(new)
        elif have is None or new not in (None, ""):
            merged[key] = new
    return merged


def _merge_list(merged: list[Any], new: Sequence[Any]) -> list[Any]:
    """Tool calls come in parts that name their `index`; anything else is appended."""
    for item in new:
        place = _begun(merged, item) if isinstance(item, dict) else None
        if place is None:
            merged.append(item)
        else:
            _merge_delta(merged[place], item)
    return merged


def _begun(merged: Sequence[Any], part: Mapping[str, Any]) -> int | None:
    """The place of what this is a further part of.

    Some servers give every tool call the index 0: there, another id with a function's name begins another call.
    """
    index, identity = part.get("index"), part.get("id")
    if not isinstance(index, int):
        return None
    for place in reversed(range(len(merged))):
        other = as_object(merged[place])
        if other.get("index") == index:
            is_new = (
                identity and other.get("id") not in (None, "", identity) and as_object(part.get("function")).get("name")
            )
            return None if is_new else place
    return None


class UsageFilter:
    """Takes out of a live stream the one event that we asked for and the application did not.

    That event has no choices and a usage; everything else passes, in the pieces in which it came. An event that
    is not whole yet waits for its end, since only then can it be told.
    """

    def __init__(self) -> None:
        self.usage: dict[str, Any] | None = None
        self._pending = b""

    def feed(self, data: bytes) -> bytes:
        """The part of `data`, and of what waited, that the application may have."""
        if not self._pending and data.endswith(b"\n\n") and b'"usage"' not in data:
            return data
        # What waited has no end of an event in it, but perhaps the beginning of one.
        searched = max(len(self._pending) - 3, 0)
        data = self._pending + data
        passed = []
        start = 0
        for end in EVENT_END.finditer(data, searched):
            event = data[start : end.end()]
            start = end.end()
            if not self._takes(event):
                passed.append(event)
        self._pending = data[start:]
        return b"".join(passed)

    def flush(self) -> bytes:
        rest, self._pending = self._pending, b""
        return b"" if self._takes(rest) else rest

    def _takes(self, event: bytes) -> bool:
        if b'"usage"' not in event:
            return False
        for text in events(event):
            chunk = parse_object(text)
            if chunk and not chunk.get("choices") and isinstance(chunk.get("usage"), dict):
                self.usage = chunk["usage"]
                return True
        return False

"""The prompt in a request: its length, and the parts that people know it by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from pytest_samurai.files import json
from pytest_samurai.wire.dialect import Dialect, Json

Path = Sequence[str | int]

_DATA_URL = re.compile(r"data:[^,\s]*,\S*")


def prompt_length(dialect: Dialect, value: Json) -> int:
    """The characters of a request that count as prompt: no parameters. A body that isn't an object counts whole."""
    prompt = dialect.prompt(value) if isinstance(value, dict) else value
    return text_length(prompt) if prompt else 0


def text_length(value: Json) -> int:
    """The characters of a JSON value or of bytes. Pictures don't count: their tokens don't depend on their length."""
    if isinstance(value, bytes):
        return len(value.decode("utf-8", "replace"))
    return len(json.dumps(_without_pictures(value), ensure_ascii=False))


def _without_pictures(value: Json) -> Json:
    if isinstance(value, str):
        return _DATA_URL.sub("", value)
    if isinstance(value, dict):
        return {key: _without_pictures(inner) for key, inner in value.items()}
    return list(map(_without_pictures, value)) if isinstance(value, list) else value


class RequestPart(NamedTuple):
    """A part of a request: its path, its name for people, and whether it counts as prompt."""

    path: tuple[str | int, ...]
    name: str
    is_prompt: bool


def part_at(dialect: Dialect, path: Path, *requests: Json) -> RequestPart:
    """The part of a request that contains a path: a message, a tool, a parameter.

    Its name has the role of the message or the name of the tool, from the first of the `requests` that has it. If one
    of them isn't an object, the whole body is one part.
    """
    if not path or not all(isinstance(request, dict) for request in requests):
        return RequestPart((), "the body", True)
    prompts: list[Json] = [dialect.prompt(request) for request in requests]
    is_prompt = any(_leads_into(path, prompt) for prompt in prompts)
    key = str(path[0])
    if len(path) == 1 or key not in dialect.names:
        return RequestPart((key,), key, is_prompt)
    part = next((request[key][path[1]] for request in requests if _leads_into(path[:2], request)), None)
    name = dialect.names[key](part)
    return RequestPart((key, path[1]), f"{key}[{path[1]}]" + (f" ({name})" if isinstance(name, str) else ""), is_prompt)


def _leads_into(path: Path, value: Any) -> bool:
    """Whether a path leads to something in a JSON value."""
    for step in path:
        is_there = (
            step in value
            if isinstance(value, dict)
            else isinstance(value, list) and isinstance(step, int) and step < len(value)
        )
        if not is_there:
            return False
        value = value[step]
    return True

"""The texts in the events of a stream, as they are found where nothing is known of the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_samurai.wire.dialect import Channel, Json, Label, Object, Text


def every_text(event: Json) -> Iterator[Text]:
    """Every string in an event, each with two channels: one of its key alone, one of all that tells where it belongs.

    Its key alone will do while one text goes on, however the API numbers its events and calls its objects. Where the
    texts of several items take turns, they are told apart by their paths: the keys, the numbers called `index` or the
    like, the types of the objects, and the ids of the object that holds the text.
    """
    # A stack, not a recursion: JSON may be nested as deep as Python's own stack is.
    todo: list[tuple[str, Channel, Any, Any]] = [("", (None,), [event], 0)]
    while todo:
        name, path, holder, key = todo.pop()
        value = holder[key]
        if isinstance(value, str):
            yield (name,), holder, key
            yield (*path, *_ids(holder)), holder, key
        elif isinstance(value, dict):
            path = (*path, *_numbers_and_types(value))
            todo += [(inner, (*path, inner), value, inner) for inner in reversed(value)]
        elif isinstance(value, list):
            todo += [(name, (*path, _step(value, at)), value, at) for at in reversed(range(len(value)))]


def _numbers_and_types(value: Object) -> Iterator[Any]:
    for key, inner in value.items():
        if _is_index(key) and isinstance(inner, int):
            yield key
            yield inner
        elif key == "type" and isinstance(inner, str):
            yield Label(inner)


def _is_index(key: str) -> bool:
    return key == "index" or key.endswith(("_index", "Index"))


def _step(items: list[Json], at: int) -> int | None:
    """Where something stands in a list; nothing if it has a number of its own."""
    return None if isinstance(items[at], dict) and any(map(_is_index, items[at])) else at


def _ids(holder: Json) -> Iterator[Label]:
    if isinstance(holder, dict):
        for key, inner in holder.items():
            if isinstance(inner, str) and (key == "id" or key.endswith(("_id", "Id", "ID"))):
                yield Label(inner)

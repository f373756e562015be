"""The texts in the events of a stream, as they are found where nothing is known about the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_samurai.wire.dialect import Channel, Json, Label, Object, Text


def every_text(event: Json) -> Iterator[Text]:
    """Every string in an event, each with the channels that it may continue.

    By its key alone: that will do while one text goes on, however the API numbers its events and calls its objects. By
    its path, if the texts of several items take turns: the keys, the numbers called `index` or the like, the types of
    the objects. By its path without places in lists, since tokens go on in the next one. And by its path together with
    the ids of the objects on it.
    """
    # A stack, not a recursion: JSON may be nested as deep as Python's own stack is.
    todo: list[tuple[str, Channel, Channel, Channel, Any, Any]] = [("", (None,), (None,), (), [event], 0)]
    while todo:
        name, path, listed, ids, holder, key = todo.pop()
        value = holder[key]
        if isinstance(value, str):
            yield (name,), holder, key
            yield path, holder, key
            if listed != path:
                yield listed, holder, key
            if ids:
                yield (*path, *ids), holder, key
        elif isinstance(value, dict):
            own = [*_numbers_and_types(value)]
            path, listed, ids = (*path, *own), (*listed, *own), (*ids, *_ids(value))
            todo += [(inner, (*path, inner), (*listed, inner), ids, value, inner) for inner in reversed(value)]
        elif isinstance(value, list):
            # The same length as the path, so that the two are never taken for each other.
            below = (*listed, None)
            todo += [(name, (*path, _step(value, at)), below, ids, value, at) for at in reversed(range(len(value)))]


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


def _ids(value: Object) -> Iterator[Label]:
    for key, inner in value.items():
        if isinstance(inner, str) and (key == "id" or key.endswith(("_id", "Id", "ID"))):
            yield Label(inner)

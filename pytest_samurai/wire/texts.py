"""The texts in events and bodies, found without knowing the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pytest_samurai.wire.dialect import Channel, Json, Label, Object, Text

# Some messages have their text in parts, some don't.
_OF_A_TEXT: Final = frozenset({b"content", b"parts", b"text"})


def message_of(path: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The keys that lead to a message, from the keys that lead to a text in it; the same keys for any other text."""
    while path and path[-1] in _OF_A_TEXT:
        path = path[:-1]
    return path


def every_text(event: Json) -> Iterator[Text]:
    """Every string in an event, each with the channels that it may continue:

    - By its key alone. This works while only one text continues, however the API numbers its events and objects.
    - By its path, if the texts of several items take turns: the keys, the numbers under `index` and similar keys, and
      the types of the objects.
    - By its path without positions in lists, because tokens continue in the next position.
    - By its path together with the ids of the objects on it.
    """
    # A stack, not recursion: JSON may be nested as deep as Python's own stack.
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
            # As long as the path, so that the two are never mistaken for each other.
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
    """The position of an item in a list; None if the item has a number of its own."""
    return None if isinstance(items[at], dict) and any(map(_is_index, items[at])) else at


def _ids(value: Object) -> Iterator[Label]:
    for key, inner in value.items():
        if isinstance(inner, str) and (key == "id" or key.endswith(("_id", "Id", "ID"))):
            yield Label(inner)

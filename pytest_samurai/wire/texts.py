"""The texts in events and bodies, found without knowing the API."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final, NamedTuple

from pytest_samurai.wire.dialect import Channel, Json, Label, Object, Text

# Some messages have their text in parts, some don't.
_PARTED: Final = frozenset({"content", "parts", "text"})
_OF_A_TEXT: Final = frozenset(key.encode() for key in _PARTED)


def message_of(path: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The keys that lead to a message, from the keys that lead to a text in it; the same keys for any other text."""
    while path and path[-1] in _OF_A_TEXT:
        path = path[:-1]
    return path


class _Way(NamedTuple):
    """The way to a value in an event. For `path` to `labels` see `every_text`."""

    name: str
    group: str
    path: Channel
    listed: Channel
    ids: Channel
    labels: tuple[tuple[str, Any], ...]
    holder: Any
    key: Any


def every_text(event: Json, but: Collection[str] = ()) -> Iterator[Text]:
    """Every string in an event, except below the keys in `but`, each with the channels that it may continue:

    - By its key alone. This works while only one text continues, however the API numbers its events and objects.
    - By its key together with any one label of the objects around it: a number, an id, a type, a name, a role. That
      tells the texts of several items apart if they take turns, whatever else changes from event to event.
    - By its key together with the other keys of its object, and what is true or false in it.
    - By its path: the keys, the numbers under `index` and similar keys, and the types of the objects.
    - By its path without positions in lists, because tokens continue in the next position.
    - By its path together with the ids of the objects on it.
    - By the key that leads to its message, because some servers send a content now as a text, now as a list of parts.
    """
    # A stack, not recursion: JSON may be nested as deep as Python's own stack.
    todo = [_Way("", "", (None,), (None,), (), (), [event], 0)]
    while todo:
        way = todo.pop()
        value = way.holder[way.key]
        if isinstance(value, str):
            for channel in _channels(way):
                yield channel, way.holder, way.key
        elif isinstance(value, dict):
            todo += _below(way, value, but if way.path == (None,) else ())
        elif isinstance(value, list):
            # As long as the path, so that the two are never mistaken for each other.
            below = (*way.listed, None)
            todo += [
                way._replace(path=(*way.path, _step(value, at)), listed=below, holder=value, key=at)
                for at in reversed(range(len(value)))
                if isinstance(value[at], str | dict | list)
            ]


def _below(way: _Way, value: dict[str, Any], but: Collection[str]) -> Iterator[_Way]:
    own = [*_numbers_and_types(value)]
    path, listed = (*way.path, *own), (*way.listed, *own)
    ids, labels = (*way.ids, *_ids(value)), (*way.labels, *_labels(value))
    for key in reversed(value):
        if key not in but and isinstance(value[key], str | dict | list):
            group = way.group if key in _PARTED else key
            yield _Way(key, group, (*path, key), (*listed, key), ids, labels, value, key)


def _channels(way: _Way) -> Iterator[Channel]:
    yield (way.name,)
    yield way.path
    if way.listed != way.path:
        yield way.listed
    if way.ids:
        yield (*way.path, *way.ids)
    for label, value in dict.fromkeys(way.labels):
        if label != way.name:
            yield way.name, label, value
    if isinstance(way.holder, dict):
        yield way.name, _KEYS, *_keys_and_switches(way.holder)
    if way.name in _PARTED:
        yield _GROUP, way.group


_KEYS, _GROUP = ("keys",), ("group",)
"""The beginnings of channels. They are tuples, so that no key is mistaken for one."""

_NAMES = frozenset(
    {
        *("name", "role", "author", "source", "agent", "node", "object", "kind", "event", "channel", "stream"),
        # Updates of a document tell which text they continue: RFC 6902, and `partialArgs` in Google's API reference.
        *("p", "path", "jsonPath"),
    }
)


def _labels(value: Object) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        is_number = _is_index(key) or _is_id(key)
        if isinstance(inner, str) and (is_number or key in _NAMES or key.endswith("type")):
            yield key, Label(inner)
        elif is_number and isinstance(inner, int):
            yield key, inner


def _keys_and_switches(value: Object) -> Iterator[Any]:
    for key, inner in value.items():
        yield key
        if isinstance(inner, bool):
            yield inner


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


def _is_id(key: str) -> bool:
    return key == "id" or key.endswith(("_id", "Id", "ID"))


def _ids(value: Object) -> Iterator[Label]:
    for key, inner in value.items():
        if isinstance(inner, str) and _is_id(key):
            yield Label(inner)

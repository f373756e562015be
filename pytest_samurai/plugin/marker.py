"""The marker of a test."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from pytest_samurai.errors import SettingsError
from pytest_samurai.settings import Layer

_MARKER = "samurai"
MARKERS = pytest.StashKey[tuple[str, ...]]()
"""The names of all markers that count as ours in this run."""
_DEFAULT = "default_cassette"
"""Another recorder's marker, which names the cassette. The test's own marker gives options."""


_IGNORED = ("cassette_name",)
"""Keywords in pytest-vcr markers that vcrpy ignores, because it has no such option."""


def note_markers(config: pytest.Config, more: Iterable[str]) -> None:
    """Begin a run in which more markers count as ours."""
    config.stash[MARKERS] = (_MARKER, *more)


def marker_of(item: pytest.Item) -> tuple[Path | None, Layer] | None:
    """The cassette and the options that a test's markers name; None for a test without a marker.

    The nearest marker wins, option by option. Raises SettingsError, naming the test, for an invalid marker.
    """
    markers = _markers(item)
    if not markers:
        return None
    # Imported only for a marked test: pytest's start needs no texts.
    from pytest_samurai.text import visible

    source = f"@pytest.mark.{markers[0].name} of {visible(item.nodeid)}"
    name: object = None
    values: dict[str, object] = {}
    for marker in reversed(markers):
        if len(marker.args) > 1:
            raise SettingsError(f"{source}: it takes one cassette name, not {len(marker.args)}")
        name = marker.args[0] if marker.args else name
        without = () if marker.name == _MARKER else _IGNORED
        values.update((key, value) for key, value in marker.kwargs.items() if key not in without)
    name = _default(item, source, name)
    if name is None:
        return None, Layer(source, "test", values)
    # Imported only when needed: it loads YAML, and a deselected test has no use for that.
    from pytest_samurai.cassette import named_cassette

    try:
        return named_cassette(name), Layer(source, "test", values)
    except SettingsError as error:
        raise SettingsError(f"{source}: {error}") from None


def _default(item: pytest.Item, source: str, name: object) -> object:
    """The name of the cassette. In a test with another tool's marker, `default_cassette` may give it."""
    default = item.get_closest_marker(_DEFAULT) if is_of_another_tool(item) else None
    if default is None:
        return name
    if name is not None or len(default.args) != 1:
        raise SettingsError(f"{source}: `default_cassette` names the one cassette, so this marker can name none")
    return default.args[0]


def is_of_another_tool(item: pytest.Item) -> bool:
    """Whether a test has another tool's marker that `samurai_marker` makes ours."""
    return any(marker.name != _MARKER for marker in _markers(item))


def _markers(item: pytest.Item) -> list[pytest.Mark]:
    """The same as `item.iter_markers`, nearest first, but several times faster: this runs for every test."""
    names = item.config.stash[MARKERS]
    markers: list[pytest.Mark] = []
    node: pytest.Item | pytest.Collector | None = item
    while node is not None:
        if node.own_markers:
            markers += [marker for marker in node.own_markers if marker.name in names]
        node = node.parent
    return markers


def is_marked(item: pytest.Item) -> bool:
    """Whether a test asks for a recorder, with the marker or with the fixture."""
    return "samurai" in getattr(item, "fixturenames", ())


def file_of(test: str) -> str:
    """The file of a test, taken from its id."""
    return test.partition("::")[0]

"""The marker of a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_samurai.errors import SettingsError
from pytest_samurai.settings import Layer

_MARKER = "samurai"


def marker_of(item: pytest.Item) -> tuple[Path | None, Layer] | None:
    """The path that a marker gives to the cassette, and its options: the nearest marker wins, key by key."""
    markers = _markers(item)
    if not markers:
        return None
    source = f"@pytest.mark.samurai of {item.nodeid}"
    name: object = None
    values: dict[str, object] = {}
    for marker in reversed(markers):
        if len(marker.args) > 1:
            raise SettingsError(f"{source}: it takes one cassette name, not {len(marker.args)}")
        name = marker.args[0] if marker.args else name
        values.update(marker.kwargs)
    if name is None:
        return None, Layer(source, "test", values)
    # Only now: it brings YAML along, which a marked test that is deselected has no use for.
    from pytest_samurai.cassette import named_cassette

    try:
        return named_cassette(name), Layer(source, "test", values)
    except SettingsError as error:
        raise SettingsError(f"{source}: {error}") from None


def _markers(item: pytest.Item) -> list[pytest.Mark]:
    """What `item.iter_markers` gives, for a fraction of its time: every test of a suite is asked."""
    found: list[pytest.Mark] = []
    node: pytest.Item | pytest.Collector | None = item
    while node is not None:
        if node.own_markers:
            found += [marker for marker in node.own_markers if marker.name == _MARKER]
        node = node.parent
    return found


def is_marked(item: pytest.Item) -> bool:
    """Whether a test asks for a recorder, by the marker or by the fixture."""
    return "samurai" in getattr(item, "fixturenames", ())


def file_of(test: str) -> str:
    """The file of a test, by its id."""
    return test.partition("::")[0]

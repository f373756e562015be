"""The order in which the fixtures of a test are set up."""

from __future__ import annotations

import pytest

from pytest_samurai.plugin.internals import own_definitions, visible_definitions


def open_first(item: pytest.Item) -> None:
    """Open the test's own recorder after the wider fixtures and before the test's other fixtures."""
    _lighten(item)
    definitions = own_definitions(item)
    names: list[str] = [name for name in getattr(item, "fixturenames", ()) if name != "samurai"]
    own = (
        index
        for index, name in enumerate(names)
        if name not in definitions or definitions[name][-1].scope == "function"
    )
    index = next(own, len(names))
    # A new list, because pytest shares one among all parametrizations of a function.
    item.fixturenames = [*names[:index], "samurai", *names[index:]]  # type: ignore[attr-defined]  # functions have it


def _lighten(item: pytest.Item) -> None:
    """Give a marked test that overrides none of our fixtures a recorder that asks for none of them.

    Setting up a fixture takes pytest as long as replaying a call. A test that asks by name gets all of them from the
    start.
    """
    definitions = own_definitions(item)
    if not any(name in definitions or len(visible_definitions(item, name)) != 1 for name in _OURS):
        definitions["samurai"] = visible_definitions(item, "_samurai")


_OURS = ("samurai", "samurai_config", "samurai_cassette_dir")

"""What we use of pytest that pytest does not promise to keep.

All of it is here, each with what it is for; tests/plugin/test_internals.py fails when a pytest comes that has it
otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, cast

import pytest
from _pytest._code.code import TerminalRepr

Definitions = Sequence[pytest.FixtureDef[Any]]
"""The fixtures of one name that a test can see, each overridden by the next."""


def own_definitions(item: pytest.Item) -> MutableMapping[str, Definitions]:
    """The fixtures by which pytest will set up a test, by name; empty for an item that has none.

    Pytest's public way to a fixture's scope is `FixtureDef.scope`, and it shows no definition before it is set up. The
    order has to be known before, and a definition that is put in here is the one that is used. (Before pytest 9.1 it is
    not used, which costs a test some time, and nothing else.)
    """
    if isinstance(item, pytest.Function):
        return cast("MutableMapping[str, Definitions]", item._fixtureinfo.name2fixturedefs)
    # Items of other plugins have no fixtures, or bring pytest's own record of them along.
    return getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})


def visible_definitions(item: pytest.Item, name: str) -> Definitions:
    """The fixtures of a name that a test could ask for; more than one if it is overridden.

    Pytest's public way, `request.getfixturevalue`, sets the fixture up.
    """
    return item.session._fixturemanager.getfixturedefs(name, item) or ()


def failed_in_unittest(item: pytest.Item) -> bool:
    """Whether the body of a `unittest` test has failed: pytest keeps that to itself until it makes the report."""
    return bool(getattr(item, "_excinfo", None))


def parameter_number(request: pytest.FixtureRequest) -> int:
    """The place of a fixture's parameter among all: of an object, nothing else stays the same from run to run."""
    return cast("int", request.param_index)  # type: ignore[attr-defined]  # no part of pytest's typed surface


def rewrite_texts(shown: Any, rewrite: Callable[[str], str]) -> Any:
    """What a report shows of an error, with each of its texts rewritten. Pytest's own objects are changed in place.

    Pytest's public way is to make another text of all of it. Then terminal and JUnit could no longer show its parts.
    """
    if isinstance(shown, str):
        return rewrite(shown)
    if type(shown) in (list, tuple):
        return type(shown)([rewrite_texts(part, rewrite) for part in shown])
    if isinstance(shown, TerminalRepr):
        for name, part in vars(shown).items():
            setattr(shown, name, rewrite_texts(part, rewrite))
    return shown

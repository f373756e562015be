"""The tests beside a test, run or not: which of them would have its cassette."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Generator, Iterable
from typing import Any

import pytest

from pytest_samurai.plugin.marker import file_of


class Siblings:
    """What the collection has seen of tests with parameters.

    It sees all of them, whichever are selected: so a test has the same cassette in every run.
    """

    def __init__(self) -> None:
        self._made: dict[str, list[str]] = {}
        self._alike: dict[str, frozenset[str]] = {}
        self._claimed: dict[str, dict[str, set[str]]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_pycollect_makeitem(self, collector: pytest.Collector, name: str) -> Generator[None, Any, Any]:
        made = yield
        if isinstance(made, list) and len(made) > 1:
            self._made[f"{collector.nodeid}::{name}"] = [item.nodeid for item in made]
        return made

    def is_alike(self, item: pytest.Item, test: str) -> bool:
        """Whether another test has the name of a test but for its case, which some file systems ignore.

        `test` is the id of the test.
        """
        function = str(getattr(item, "originalname", None) or item.name)
        return (
            has_alike_class(item)
            or _has_alike(item.parent, function)
            or self._has_alike_parameters(f"{_parent_id(item)}::{function}", test)
        )

    def _has_alike_parameters(self, function: str, test: str) -> bool:
        if function not in self._made:
            return False
        if function not in self._alike:
            self._alike[function] = _more_than_once(made.casefold() for made in self._made[function])
        return test.casefold() in self._alike[function]

    def is_claimed(self, test: str, name: str, marked: Iterable[str]) -> bool:
        """Whether the cassette of a test may be that of another, as other tools name theirs.

        `name` is that of the cassette; `marked` are the ids of the tests that have one.
        """
        file = file_of(test)
        if file not in self._claimed:
            parametrized = (test for tests in self._made.values() for test in tests)
            self._claimed[file] = _claims({known for known in (*marked, *parametrized) if file_of(known) == file})
        return bool(self._claimed[file].get(name, set()) - {test})


def has_alike_class(item: pytest.Item) -> bool:
    """Whether another class has the name of one that a test is in but for its case.

    Classes and functions are attributes of what they are in, whether they are collected or not.
    """
    return any(_has_alike(node.parent, node.name) for node in item.listchain() if isinstance(node, pytest.Class))


def _parent_id(item: pytest.Item) -> str:
    return "" if item.parent is None else item.parent.nodeid


def _claims(tests: Iterable[str]) -> dict[str, set[str]]:
    """By the names of cassettes, the tests that other tools would have there."""
    from pytest_samurai.cassette import candidates_of, file_and_parts

    claims: dict[str, set[str]] = {}
    for test in tests:
        for candidate in candidates_of(file_and_parts(test)[1]):
            claims.setdefault(candidate.path.name, set()).add(test)
    return claims


def _has_alike(parent: pytest.Collector | pytest.Item | None, name: str) -> bool:
    """Whether another class or function beside one has its name but for its case."""
    holder = getattr(parent, "obj", None)
    folded = name.casefold()
    return any(
        other.casefold() == folded and other != name and callable(inspect.getattr_static(holder, other, None))
        for other in dir(holder)
    )


def _more_than_once(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name, count in Counter(names).items() if count > 1)

"""The other tests, run or not, and which of them would have the same cassette."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial

import pytest

from pytest_samurai.plugin.marker import file_of


class Siblings:
    """What is known about tests and those around them. `made` maps each parametrized function to the ids of its tests.

    It holds all tests, selected or not, so a test has the same cassette in every run.
    """

    def __init__(self, made: Mapping[str, Collection[str]]) -> None:
        self._made = made
        self._alike: dict[str, frozenset[str]] = {}
        self._claimed: dict[str, dict[str, set[str]]] = {}

    def is_alike(self, item: pytest.Item, test: str) -> bool:
        """Whether another test's name differs only in case, which some file systems ignore.

        `test` is the id of the test.
        """
        function = str(getattr(item, "originalname", None) or item.name)
        made = f"{_parent_id(item)}::{function}"
        return (
            self.has_alike_class(item)
            or self._is_alike_in(item.parent, function)
            or test.casefold() in self._known(made, lambda: self._made.get(made, ()))
        )

    def has_alike_class(self, item: pytest.Item) -> bool:
        """Whether one of a test's classes has a name that differs from another class's only in case."""
        classes = [node for node in item.listchain() if isinstance(node, pytest.Class)]
        return any(self._is_alike_in(node.parent, node.name) for node in classes)

    def _is_alike_in(self, node: pytest.Collector | pytest.Item | None, name: str) -> bool:
        """Whether another class or function in a module or class has this name in another case, collected or not."""
        holder = getattr(node, "obj", None)
        return node is not None and name.casefold() in self._known(node.nodeid, partial(_alike_callables, holder))

    def _known(self, of: str, names: Callable[[], Iterable[str]]) -> frozenset[str]:
        """The names that occur more than once when case is ignored."""
        if of not in self._alike:
            counts = Counter(name.casefold() for name in names())
            self._alike[of] = frozenset(name for name, count in counts.items() if count > 1)
        return self._alike[of]

    def is_claimed(self, item: pytest.Item, test: str, name: str, marked: Iterable[str]) -> bool:
        """Whether the cassette of a test may be another test's, by the names that other tools give.

        `test` is the id of the test, `name` the name of the cassette; `marked` are the ids of the tests that have a
        cassette.
        """
        if _has_class_of_same_name(item):
            return True
        file = file_of(test)
        if file not in self._claimed:
            parametrized = (test for tests in self._made.values() for test in tests)
            self._claimed[file] = _claims({known for known in (*marked, *parametrized) if file_of(known) == file})
        return bool(self._claimed[file].get(name, set()) - {test})


def _parent_id(item: pytest.Item) -> str:
    return "" if item.parent is None else item.parent.nodeid


def _claims(tests: Iterable[str]) -> dict[str, set[str]]:
    """The tests that other tools would record to each cassette, by its name."""
    from pytest_samurai.cassette import candidates_of, file_and_parts

    claims: dict[str, set[str]] = {}
    for test in tests:
        for candidate in candidates_of(file_and_parts(test)[1]):
            claims.setdefault(candidate.path.name, set()).add(test)
    return claims


def _alike_callables(holder: object) -> list[str]:
    """The names of classes and functions in a module or class that differ from another one only in case."""
    counts = Counter(map(str.casefold, dir(holder)))
    # Looking at the objects themselves takes longer than everything else.
    alike = (name for name in dir(holder) if counts[name.casefold()] > 1)
    return [name for name in alike if callable(inspect.getattr_static(holder, name, None))]


def _has_class_of_same_name(item: pytest.Item) -> bool:
    """Whether any other class in a test's module has the same name as the test's class."""
    module = item.getparent(pytest.Module)
    if module is None or not isinstance(item.parent, pytest.Class):
        return False
    return sum(name == item.parent.name for name in _classes_in(module.obj, set())) > 1


def _classes_in(holder: object, seen: set[type]) -> Iterator[str]:
    """The names of the classes in a module or class, and in those, except classes in `seen`."""
    classes = {name: value for name, value in vars(holder).items() if isinstance(value, type)}
    yield from classes
    for value in {*classes.values()} - seen:
        seen.add(value)
        yield from _classes_in(value, seen)

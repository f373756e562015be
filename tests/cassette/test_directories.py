"""The directories that are known to have no journal."""

from __future__ import annotations

import pytest

from pytest_samurai.cassette.directories import Directories


def test_a_directory_is_known_as_long_as_it_stays_the_same() -> None:
    directories = Directories()
    directories.add("a", (1, 2))
    assert directories.has_same("a", (1, 2))
    assert not directories.has_same("a", (1, 3))
    assert not directories.has_same("b", (1, 2))


def test_a_directory_that_may_change_and_look_the_same_is_never_known() -> None:
    directories = Directories()
    directories.add("a", ())
    assert not directories.has_same("a", ())


def test_a_process_that_opens_cassettes_everywhere_forgets_the_first() -> None:
    directories = Directories()
    for number in range(1500):
        directories.add(str(number), (number,))
    assert not directories.has_same("0", (0,))
    assert directories.has_same("1499", (1499,))


def test_directories_past_the_limit_are_forgotten_too(monkeypatch: pytest.MonkeyPatch) -> None:
    directories = Directories()
    for name in ("a", "b", "c"):
        directories.add(name, (1,))
    # As if threads had added them at the same moment.
    monkeypatch.setattr("pytest_samurai.cassette.directories._MOST", 2)
    directories.add("d", (1,))
    assert [directories.has_same(name, (1,)) for name in ("a", "b", "c", "d")] == [False, False, False, True]

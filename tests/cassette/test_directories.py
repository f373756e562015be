"""The directories that are known to have no journal."""

from __future__ import annotations

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

"""A run's memory: everything is read once, and no more than needed is kept."""

from __future__ import annotations

import pytest

from pytest_samurai.cassette.remembered import Remembered


def test_what_was_read_is_not_read_again() -> None:
    read: list[str] = []

    def length(text: str) -> int:
        read.append(text)
        return len(text)

    known = Remembered(length, 2)

    assert [known[text] for text in ("a", "bb", "a", "bb")] == [1, 2, 1, 2]
    assert read == ["a", "bb"]


def test_it_never_holds_more_than_it_may() -> None:
    known: Remembered[int, int] = Remembered(lambda number: -number, 3)

    for number in range(10):
        assert known[number] == -number
        assert len(known) <= 3


def test_what_cannot_be_read_is_not_remembered() -> None:
    known: Remembered[str, int] = Remembered(int, 3)

    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            known["x"]
    assert known == {}

"""A difference in lines: short values on one line, texts on two."""

from __future__ import annotations

from pytest_samurai.matching.description import describe
from pytest_samurai.matching.differences import Difference


def test_short_words_are_shown_on_a_line_and_texts_on_two() -> None:
    assert describe(Difference("a", "x", "y")) == ['    a: "x" -> "y"']
    assert describe(Difference("a", "x" * 40, "y")) == [f'    a: "{"x" * 40}" -> "y"']
    assert describe(Difference("a", "x" * 41, "y")) == ["    a:", f"      - [{'x' * 41}]", "      + [y]"]
    assert describe(Difference("a", "x y", "y")) == ["    a:", "      - [x ]y", "      + y"]
    assert describe(Difference("a", "x", "\n")) == ["    a:", "      - [x]", "      + [\\n]"]

"""How a text changed, in a few words. The same change has the same words in any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.text import Rewording, reworded


@pytest.mark.parametrize(
    ("old", "new", "what", "removed", "added"),
    [
        ("You guide. Be kind.", "You guide. Use a word. Be kind.", "one sentence added", "", "Use a word."),
        ("A b. C d? E!", "E!", "2 sentences removed", "A b.\nC d?", ""),
        ("- a\n- b", "- a\n- c\n- b", "one line added", "", "- c"),
        ("- a\n- c\n- d\n- b", "- a\n- b", "2 lines removed", "- c\n- d", ""),
        ("Rome is a town.", "Rome is a city.", "one word changed", "town", "city"),
        ("hello world", "hello big wide world", "2 words added", "", "big wide"),
        ("hello big world", "hello world", "one word removed", "big", ""),
        ("Hi there!", "Hi there?", "signs changed", "Hi there!", "Hi there?"),
        ("a\nb", "a  b", "white space changed", "a\nb", "a  b"),
        ("hello", "good bye", "text replaced", "hello", "good bye"),
        ("One thing here. Keep.", "Quite another. Keep.", "one sentence changed", "One thing here.", "Quite another."),
        (
            "Keep a b c d e f g h i j k l m n o p q r s t.",
            "Keep a b c d e f g h i j 1 2 3 4 5 6 7 8 9.",
            "one sentence changed",
            "Keep a b c d e f g h i j k l m n o p q r s t.",
            "Keep a b c d e f g h i j 1 2 3 4 5 6 7 8 9.",
        ),
        ("", "A.", "one sentence added", "", "A."),
        ("x", "", "one word removed", "x", ""),
        (
            "\u65e5\u672c\u3002\u6771\u4eac\u3002",
            "\u65e5\u672c\u3002",
            "one sentence removed",
            "\u6771\u4eac\u3002",
            "",
        ),
        ('He said "no." Then left.', 'He said "no." Bye. Then left.', "one sentence added", "", "Bye."),
    ],
)
def test_a_change_is_told_in_a_few_words(old: str, new: str, what: str, removed: str, added: str) -> None:
    assert reworded(old, new) == Rewording(what, removed, added)


def test_the_same_change_is_the_same_in_texts_that_say_something_else_besides() -> None:
    first = reworded("You help Ann. Be kind.", "You help Ann. Be brief. Be kind.")
    assert first == reworded("You help Bob, who is 7. Sing.", "You help Bob, who is 7. Be brief. Sing.")


def test_a_change_in_two_places_is_one_rewording() -> None:
    told = reworded("Start. Middle. End.", "New. Start. Middle. Other. End.")
    assert told == Rewording("2 sentences added", "", "New.\nOther.")


def test_texts_that_are_too_long_to_be_compared_word_by_word_are_told_in_their_length() -> None:
    old, new = " ".join(f"a{n}" for n in range(400)), " ".join(f"b{n}" for n in range(400))
    assert reworded(old, new).what == "text replaced"
    assert reworded(f"{old}.", f"{old}." + " Thanks." * 3).what == "3 sentences added"


def test_a_long_row_of_dots_takes_no_time() -> None:
    assert reworded("." * 100_000 + "x", "." * 100_000 + "y").what == "text replaced"


@given(st.text("ab.!? \n", max_size=12), st.text("ab.!? \n", max_size=12))
def test_any_change_is_told_and_an_equal_text_is_only_white_space(old: str, new: str) -> None:
    told = reworded(old, new)
    assert told.what
    assert told.removed or told.added or old.split() == new.split()

"""The changed words are in brackets, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.text.changes import TextChange, changed_words


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("Say hi", "Say hi now", "Say hi", "Say hi[ now]"),
        ("Say hi now", "Say hi", "Say hi[ now]", "Say hi"),
        ("a red big fox", "a blue small fox", "a [red big] fox", "a [blue small] fox"),
        ("one two three four", "1 two three 4", "[one] two three [four]", "[1] two three [4]"),
        ("one, two", "one; two", "one[,] two", "one[;] two"),
        ("a b", "a  b", "a[ ]b", "a[  ]b"),
        ("a\nb\t\x1b", "a b", "a[\\n]b[\\t\\x1b]", "a[ ]b"),
        ("\ud800", "é\u202e", "[\\ud800]", "[é\\u202e]"),
        ("", "new", "", "[new]"),
        ("👨‍👩‍👧 a", "👨‍👩‍👧 b", "👨‍👩‍👧 [a]", "👨‍👩‍👧 [b]"),
        ("the cat the dog", "the dog", "the [cat the ]dog", "the dog"),
        ("Be kind. Be brief.", "Be kind. Be exact. Be brief.", "Be kind. Be brief.", "Be kind. [Be exact. ]Be brief."),
        ("You a. You b. You c.", "You a. You c.", "You a. [You b. ]You c.", "You a. You c."),
        ("Be kind.", "Be exact. Be kind.", "Be kind.", "[Be exact. ]Be kind."),
        ("a b\na c", "a c", "[a b\\n]a c", "a c"),
    ],
)
def test_changed_words_stand_in_brackets_and_nothing_else_does(old: str, new: str, before: str, after: str) -> None:
    assert changed_words(old, new) == (before, after)


def test_of_a_long_text_only_what_is_around_the_change_is_shown() -> None:
    left, middle, right = ("".join(f"{letter}{n} " for n in range(100)) for letter in "lmr")

    before, after = changed_words(f"{left}old {middle}old {right}", f"{left}new {middle}{right}")

    assert before.startswith(f"...{left[-60:]}[old] m0 m1 ")
    assert " m98 m99[ old] r0 r1 " in before
    assert after.startswith(f"...{left[-60:]}[new] m0 m1 ")
    assert " m98 m99 r0 r1 " in after
    for text in (before, after):
        assert text.count("...") == 3
        assert text.endswith("...")
        assert len(text) < 300


def test_a_long_change_is_cut_short() -> None:
    before, after = changed_words("a b", f"a {'x' * 1000} b")

    assert before == "a b"
    assert after == f"a [{'x' * 120}...{'x' * 119} ]b"


def test_very_long_texts_are_marked_from_the_first_change_to_the_last() -> None:
    old, new = ("same " + "".join(f"{letter}{n} and " for n in range(200)) + "end" for letter in "ab")

    before, after = changed_words(old, new)

    # Word by word, which would also mark "and" two hundred times.
    assert (before.count("["), after.count("[")) == (1, 1)
    assert before.startswith("same [a0 and a1 and ")
    assert after.endswith(" and b199] and end")


WORDS = st.lists(st.sampled_from(["a", "b", "word", " ", "  ", "\n", ",", "é", "."]), max_size=12).map("".join)


@given(WORDS, WORDS)
def test_without_the_brackets_both_texts_are_what_they_were(old: str, new: str) -> None:
    before, after = changed_words(old, new)

    assert before.replace("[", "").replace("]", "") == old.replace("\n", "\\n")
    assert after.replace("[", "").replace("]", "") == new.replace("\n", "\\n")
    assert ("[" in before + after) == (old != new)


@pytest.mark.parametrize(
    ("old", "new", "is_replaced"),
    [
        ("It is Paris.", "It was Paris.", False),
        ("It is Paris, I think.", "No idea, sorry.", True),
        ("a b c d", "a b x y", False),
        ("a b c d", "a w x y", True),
        ("a", "a b c d", False),
        ("x #", "x [#", False),
        ("", "new", False),
    ],
)
def test_a_text_is_replaced_if_most_words_of_the_shorter_one_are_gone(old: str, new: str, is_replaced: bool) -> None:
    assert TextChange(old, new).is_replaced is is_replaced

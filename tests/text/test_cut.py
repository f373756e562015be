"""A shortened text says how much is missing."""

from __future__ import annotations

from pytest_samurai.text import cut_in_the_middle


def test_a_long_text_is_cut_in_the_middle_and_says_how_much_is_missing() -> None:
    assert cut_in_the_middle("abc", 3) == "abc"
    assert cut_in_the_middle("a" * 1_000 + "b" * 1_001, 6) == "aaa [... 1,995 characters ...] bbb"
    assert cut_in_the_middle("ab" + "c" * 30 + "de", 5) == "ab [... 30 characters ...] de"


def test_a_text_is_whole_if_the_number_would_take_as_much_room_as_what_is_left_out() -> None:
    assert cut_in_the_middle("ab" + "c" * 25 + "de", 5) == "ab" + "c" * 25 + "de"
    assert cut_in_the_middle("abcdefgh", 5) == "abcdefgh"

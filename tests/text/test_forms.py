"""Texts that look the same but are not are told apart by the names of their forms."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from pytest_samurai.matching import Difference, describe
from pytest_samurai.matching.cause import cause_of
from pytest_samurai.text import forms_apart, reworded
from pytest_samurai.wire import dialect_of

ACUTE = "\u00e9 is U+00E9 (NFC) in -, and U+0065 U+0301 (NFD) in +"
SENTENCE = "Un caf\u00e9, et une bi\u00e8re"


def nfd(text: str) -> str:
    return normalize("NFD", text)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("caf\u00e9", nfd("caf\u00e9"), ACUTE),
        (SENTENCE, nfd(SENTENCE).replace("une", "deux"), ACUTE),
        (nfd("\u00e9"), "\u00e9", "\u00e9 is U+0065 U+0301 (NFD) in -, and U+00E9 (NFC) in +"),
        ("10 \u2126", "10 \u03a9", "\u03a9 is U+2126 in -, and U+03A9 (NFC) in +"),
        ("\ud55c", nfd("\ud55c"), "\ud55c is U+D55C (NFC) in -, and U+1112 U+1161 U+11AB (NFD) in +"),
        (
            "\ud55c\uae00\ud55c\uae00\ud55c\uae00\ud55c",
            nfd("\ud55c\uae00\ud55c\uae00\ud55c\uae00\ud55c"),
            "\ud55c\uae00\ud55c\uae00\ud55c\uae00 is U+D55C U+AE00 U+D55C U+AE00 U+D55C U+AE00 ... (NFC) in -,"
            " and U+1112 U+1161 U+11AB U+1100 U+1173 U+11AF ... (NFD) in +",
        ),
        (SENTENCE, SENTENCE.replace("une", "deux"), None),
        ("cafe", "caf\u00e9", None),
        ("a", "b", None),
        ("\u00e9", "\u00e9", None),
        ("", "\u00e9", None),
    ],
)
def test_the_first_character_that_only_looks_the_same_is_named(old: str, new: str, told: str | None) -> None:
    assert forms_apart(old, new) == told


def test_a_rewording_a_difference_and_a_cause_say_it() -> None:
    assert reworded(SENTENCE, nfd(SENTENCE)).what == f"the same to the eye: {ACUTE}"
    assert describe(Difference("messages[0].content", SENTENCE, nfd(SENTENCE)))[-1] == f"      {ACUTE}"
    decomposed = nfd("caf\u00e9")
    short = Difference("user", "caf\u00e9", decomposed)
    assert describe(short) == [f'    user: "caf\u00e9" -> "{decomposed}" ({ACUTE})']
    dialect = dialect_of("https://h/v1/chat/completions")
    assert cause_of([short], dialect, {"user": short.recorded}, {"user": short.asked}).what == f"user, {ACUTE}"

"""A shown text contains nothing that a terminal or a CI log obeys, or that nobody could see."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.text.visible import visible, visible_json

JOINERS = "\u200c\u200d"
# Default_Ignorable_Code_Point in DerivedCoreProperties.txt, without what has one of the categories below.
IGNORABLE = {
    *map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2065, 0x3164, 0xFFA0)),
    *map(chr, (*range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000))),
}
NONCHARACTERS = {chr(code) for code in range(0x110000) if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF}
UNSEEN = [
    char
    for code in range(0x110000)
    if (unicodedata.category(char := chr(code)) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and char not in JOINERS)
    or char in IGNORABLE
    or char in NONCHARACTERS
]


def test_all_that_is_obeyed_or_ignored_or_no_character_is_escaped_but_for_the_joiners() -> None:
    for char in UNSEEN:
        assert visible(f"a{char}b") == f"a{ascii(char)[1:-1]}b"
        assert visible(f"a{char}b", keep=char) == f"a{char}b"


def test_what_people_write_stays() -> None:
    text = "Größe 東京　\xa0 👨‍👩‍👧 می‌خواهم مرحبا ❤️ 👩‍❤️‍👨 🕵️‍♀️ 1️⃣ #️⃣ ™️ # ## :: a::b [x] \\n"
    assert visible(text) == text


def test_a_selector_of_a_variant_is_escaped_where_it_makes_no_emoji() -> None:
    assert visible("gpt-4o\ufe0f") == r"gpt-4o\ufe0f"
    assert visible("1\ufe0f \ufe0f\u20e3 ❤\ufe0f\ufe0f ❤\ufe0e") == "1\\ufe0f \\ufe0f\u20e3 ❤\ufe0f\\ufe0f ❤\\ufe0e"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::add-mask::x", "\\x3a:add-mask::x"),
        ("  ::add-mask::x", "  \\x3a:add-mask::x"),
        ("\t::add-mask::x", "\\t::add-mask::x"),
        ("a\n::stop-commands::x", "a\\n::stop-commands::x"),
        ("a ##[add-mask]x", "a #\\x23[add-mask]x"),
        ("a ##vso[task.setvariable variable=x]y", "a #\\x23vso[task.setvariable variable=x]y"),
        ("a ##VSO[task.complete]", "a #\\x23VSO[task.complete]"),
        ("##teamcity[buildStop]", "#\\x23teamcity[buildStop]"),
        ("###[group]x", "##\\x23[group]x"),
    ],
)
def test_a_command_of_a_workflow_is_none_any_more(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible(shown) == shown


def test_lines_are_kept_where_they_are_ours() -> None:
    assert visible("a\n ::x\r\x1b[2J", keep="\n") == "a\n \\x3a:x\\r\\x1b[2J"


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5))
def test_json_says_the_same_and_shows_all_that_is_in_it(value: object) -> None:
    text = visible_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(text) == value
    assert not {*text} & {*UNSEEN} - {"\n", "\ufe0f"}
    assert visible_json(text) == text


def test_json_beyond_the_first_plane_is_escaped_as_a_pair() -> None:
    assert visible_json('"\U000e0041\u202e"') == '"\\udb40\\udc41\\u202e"'


def test_json_has_no_command_of_a_workflow() -> None:
    assert visible_json('["##[group]x", "::y", "#"]') == '["#\\u0023[group]x", "::y", "#"]'
    assert json.loads(visible_json('["##[group]x"]')) == ["##[group]x"]

"""Paths into a JSON value: their text, and what they remove."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_samurai.errors import SettingsError
from pytest_samurai.matching.paths import format_path, parse_path

PATHS = st.lists(st.text(min_size=0, max_size=5) | st.integers(0, 99), min_size=1, max_size=4).map(tuple)


@given(PATHS)
@example(("messages", 0, "content"))
@example((0, "a.b", "[0]", ".a", '["x"]', 'qu"ote', "", "back\\slash", "blank s", "\n", "é", "*"))
@example(("\ud800", "\u200b"))
def test_a_path_comes_back_from_its_text(path: tuple[str | int, ...]) -> None:
    assert parse_path(format_path(path)) == path


def test_a_path_is_written_as_people_write_it() -> None:
    assert format_path(("messages", 0, "content")) == "messages[0].content"
    assert format_path((0, "a")) == "[0].a"
    assert format_path(("metadata", "run id", "grün")) == 'metadata["run id"].grün'
    assert format_path(("größe in m",)) == '["größe in m"]'
    assert format_path(()) == "(whole body)"


def test_a_star_is_any_key_or_index() -> None:
    assert parse_path("tools[*].*.name") == ("tools", "*", "*", "name")


@pytest.mark.parametrize(
    "text", ["", ".", "a.", ".a.", "a..b", "[", "a[", "a[x]", "a[-1]", 'a["b]', r'["\x"]', "a b", "a[0]b", "]", "a.[0]"]
)
def test_text_that_is_no_path_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError, match=r'is not a path .*"messages\[0\]\.content"'):
        parse_path(text)

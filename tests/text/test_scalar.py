"""Short texts as YAML scalars: they are read back unchanged, and nothing else is read."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_samurai.text.scalar import quoted, read_scalar, scalar
from pytest_samurai.text.visible import visible_quoted

# How long one example takes is not a property of the code.
law = settings(deadline=None)


@law
@given(st.text())
@example('tests/test_geo.py::test_capital[a\\xe9 "b"]')
@example("yes")
@example("\ud800")
@example("a\u2028b\x85c\x7f")
@example("a\\\U000e0041\U000e0042\\U000e0041\u202e\u200b")
def test_a_text_reads_back_as_itself(text: str) -> None:
    for written in (scalar(text), quoted(text), visible_quoted(scalar(text)), visible_quoted(quoted(text))):
        assert len(written.splitlines()) == 1
        assert read_scalar(written) == text


@law
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_quoted_text_is_the_same_to_every_reader_of_yaml(text: str) -> None:
    assert yaml.safe_load(quoted(text)) == text
    assert yaml.safe_load(visible_quoted(quoted(text))) == text


@law
@given(st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cc", "Cs"])))
@example("it's 'that'")
def test_a_text_in_single_quotes_as_formatters_put_them_is_read(text: str) -> None:
    assert read_scalar("'" + text.replace("'", "''") + "'") == text


@pytest.mark.parametrize(
    "written",
    [
        "yes",
        "a: b",
        "",
        '"a',
        '"a" b',
        '"\\q"',
        "'",
        "'a",
        "'a'b'",
        '"\\u0061"',
        '"a\tb"',
        '"\\U00000061"',
        '"\\U00110000"',
    ],
)
def test_what_is_not_written_here_is_not_read(written: str) -> None:
    with pytest.raises(ValueError, match="."):
        read_scalar(written)

"""Short texts as YAML scalars: read back as themselves, and nothing else is read."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_samurai.text.scalar import quoted, read_scalar, scalar

# How long a machine takes for one example is no property of the code.
law = settings(deadline=None)


@law
@given(st.text())
@example('tests/test_geo.py::test_capital[a\\xe9 "b"]')
@example("yes")
@example("\ud800")
@example("a\u2028b\x85c\x7f")
def test_a_text_reads_back_as_itself(text: str) -> None:
    for written in (scalar(text), quoted(text)):
        assert len(written.splitlines()) == 1
        assert read_scalar(written) == text


@law
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_quoted_text_is_the_same_to_every_reader_of_yaml(text: str) -> None:
    assert yaml.safe_load(quoted(text)) == text


@pytest.mark.parametrize("written", ["yes", "a: b", "", '"a', '"a" b', '"\\q"', "'a'", '"\\u0061"', '"a\tb"'])
def test_what_is_not_written_here_is_not_read(written: str) -> None:
    with pytest.raises(ValueError, match="."):
        read_scalar(written)

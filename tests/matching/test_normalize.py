"""What varies from run to run, and what only looks like it."""

from __future__ import annotations

import tempfile

import pytest

from pytest_samurai.errors import SettingsError
from pytest_samurai.matching.normalize import parse_substitution, substitute
from tests.matching.test_matcher import match, matcher


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("uuid", "id 123e4567-e89b-12d3-a456-426614174000.", "id 00000000-0000-0000-0000-00000000ABCD."),
        ("datetime", "on 2024-01-31,", "on 1999-12-01,"),
        ("datetime", "at 2024-01-31T10:20", "at 1999-12-01 10:20:30.123456"),
        ("datetime", "at 2024-01-31T10:20:30Z!", "at 1999-12-01 10:20:30,5 +02:00!"),
        ("tmp_path", f"see {tempfile.gettempdir()}/abc/x.txt.", f"see {tempfile.gettempdir()}/def/x.txt."),
        ("tmp_path", "/tmp/pytest-of-a/pytest-1/test_a0/x", "/tmp/pytest-of-b/pytest-23/popen-gw1/test_a1/x"),
        ("tmp_path", "'/tmp/abc/x'", "'/private/var/folders/xy/z_0/T/pytest-of-me/pytest-0/test_a0/x'"),
        ("tmp_path", "/var/folders/xy/z_0/T/abc", "/var/tmp/abc"),
        ("tmp_path", "C:\\Users\\Jo Do\\AppData\\Local\\Temp\\abc", "/tmp/def"),
    ],
)
def test_what_varies_from_run_to_run_can_be_told_not_to_count(name: str, one: str, other: str) -> None:
    assert match({"a": [one]}, {"a": [other]}, matcher(normalize=(name,)))
    assert not match({"a": [one]}, {"a": [other]})


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("uuid", "x123e4567-e89b-12d3-a456-426614174000", "x123e4567-e89b-12d3-a456-426614174001"),
        ("datetime", "gpt-4o-2024-05-13", "gpt-4o-2024-08-06"),
        ("datetime", "2024-01-311", "2024-01-312"),
        ("datetime", "12024-01-31", "22024-01-31"),
        ("tmp_path", "/tmp/abc/one.txt", "/tmp/abc/two.txt"),
        ("tmp_path", "/tmp/pytest-of-a/pytest-1/test_a0/one", "/tmp/pytest-of-a/pytest-1/test_a0/two"),
        ("tmp_path", "/home/tmp/abc", "/home/tmp/def"),
        ("tmp_path", "see /tmp/ and a", "see /tmp/ and b"),
    ],
)
def test_what_only_looks_like_it_still_counts(name: str, one: str, other: str) -> None:
    assert not match([one], [other], matcher(normalize=(name,)))


def test_a_pattern_of_ones_own_is_replaced_in_every_text_and_nowhere_else() -> None:
    by = matcher(normalize=((r"run-\d+", "run-N"), [r"\bN\b", "M"]))

    assert match({"a": [{"b": "run-1 run-2"}]}, {"a": [{"b": "run-3 run-N"}]}, by)
    assert not match({"run-1": 1}, {"run-2": 1}, by)
    assert not match({"a": 1}, {"a": 2}, by)


def test_substitutions_are_made_in_their_order() -> None:
    entries = [parse_substitution(("a", "b")), parse_substitution(("b", "c"))]

    assert substitute({"k": ["a", 1, None]}, entries) == {"k": ["c", 1, None]}


@pytest.mark.parametrize("entry", ["guid", ("a",), ("a", 1), 3, None, ("a", "b", "c")])
def test_an_entry_that_is_neither_a_name_nor_a_pair_is_refused_with_the_names(entry: object) -> None:
    with pytest.raises(SettingsError, match="neither one of uuid, datetime, tmp_path nor a pair"):
        parse_substitution(entry)


def test_a_pattern_that_is_no_regular_expression_is_refused_with_the_reason() -> None:
    with pytest.raises(SettingsError, match=r"'\(' is not a regular expression: missing \)"):
        parse_substitution(("(", ""))


def test_a_replacement_that_its_pattern_cannot_fill_is_refused_with_the_reason() -> None:
    with pytest.raises(SettingsError, match=r"'\\\\9' is not a replacement for 'a': invalid group reference 9"):
        parse_substitution(("a", "\\9"))

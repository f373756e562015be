"""What varies from run to run, and what only looks like it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from itertools import permutations
from pathlib import Path

import pytest

from pytest_samurai.errors import SettingsError
from pytest_samurai.matching.normalize import VOLATILE, parse_substitution, substitute
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
        ("date", "27 November 2026!", "1 Jan 2020!"),
        ("date", "on Friday, 27 November 2026, we", "on Mon, November 2nd, 2026, we"),
        ("date", "Friday the 27th of November.", "Sun the 1st of May."),
        ("date", "Fri Nov 27 13:05:01 2026", "Fri Nov  6 01:05:01 UTC 2020"),
        ("date", "Fri, 27 Nov 2026 13:05:01 GMT", "Sat, 28 Nov 2026 13:05:02 GMT"),
        ("date", "27/11/2026", "1.2.2020"),
        ("time", "at 14:32, and", "at 9:05, and"),
        ("time", "at 14:32:01.123", "at 2:05 PM"),
        ("epoch", "run_1764288000", "run_1764288001"),
        ("epoch", "at 1764288000.25", "at 1764288000123"),
        ("hex", "run-1a2b3c4d", "run-0123456789abcdef0123456789abcdef"),
        ("hex", "A1B2C3D4_x", "00FF00FF_x"),
        ("port", "http://127.0.0.1:54321/v1", "http://127.0.0.1:80/v1"),
        ("port", "localhost:54321", "localhost:8000"),
        ("address", "<Foo object at 0x7f3a2b1c4d5e>", "<Foo object at 0x00007F3A>"),
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
        ("date", "May be, 5", "May be, 6"),
        ("date", "version 1.2.3", "version 1.2.4"),
        ("date", "10.11.2026.1", "10.11.2026.2"),
        ("time", "12:30:99", "12:30:98"),
        ("time", "3:16", "3:17 and"),
        ("time", "a:12:30", "a:12:31"),
        ("epoch", "5551234567", "5551234568"),
        ("epoch", "a1764288000", "a1764288001"),
        ("epoch", "17642880001", "17642880002"),
        ("hex", "deadbeef", "feedbeef"),
        ("hex", "12345678", "12345679"),
        ("hex", "aB1c2d3e", "aB1c2d3f"),
        ("hex", "0x1a2b3c4d", "0x1a2b3c4e"),
        ("port", "example.com:54321", "example.com:54322"),
        ("port", "http://127.0.0.1:54321/one", "http://127.0.0.1:54321/two"),
        ("address", "0xff", "0xfe"),
        ("tmp_path", "/tmp/abc/one.txt", "/tmp/abc/two.txt"),
        ("tmp_path", "/tmp/pytest-of-a/pytest-1/test_a0/one", "/tmp/pytest-of-a/pytest-1/test_a0/two"),
        ("tmp_path", "/home/tmp/abc", "/home/tmp/def"),
        ("tmp_path", "see /tmp/ and a", "see /tmp/ and b"),
    ],
)
def test_what_only_looks_like_it_still_counts(name: str, one: str, other: str) -> None:
    assert not match([one], [other], matcher(normalize=(name,)))


def test_the_directory_for_temporary_files_may_be_anywhere(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    # Another process, because the directory is looked up when the module is imported.
    code = (
        "import sys; from pytest_samurai.matching.normalize import parse_substitution, substitute;"
        "print(substitute(sys.argv[1], [parse_substitution('tmp_path')]))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code, f"see {own / 'abc' / 'x.txt'}"],
        env={**os.environ, "TMPDIR": str(own)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert printed == "see <tmp_path>/x.txt\n"


TEXTS = {
    "uuid": ("1a2b3c4d-e89b-12d3-a456-42661417400a", "4d3c2b1a-0000-4000-8000-0123456789ab"),
    "datetime": ("2024-01-31T10:20:30Z", "1999-12-01T11:21:31Z"),
    "tmp_path": ("/tmp/pytest-of-a/pytest-1/test_a0/x", "/tmp/pytest-of-b/pytest-23/test_a1/x"),
    "date": ("27 November 2026", "1 Jan 2020"),
    "time": ("14:32", "9:05"),
    "epoch": ("1764288000", "1764288001"),
    "hex": ("1a2b3c4d", "0123456789abcdef0123456789abcdef"),
    "port": ("localhost:54321", "localhost:8000"),
    "address": ("0x7f3a2b1c4d5e", "0x00007F3A"),
}


@pytest.mark.parametrize(
    "names", [*permutations(VOLATILE, 2), tuple(VOLATILE), tuple(reversed([*VOLATILE]))], ids=" ".join
)
def test_several_names_hold_at_once_in_any_order(names: tuple[str, ...]) -> None:
    texts = [TEXTS[name] for name in names]
    by = matcher(normalize=names)

    assert match([one for one, _ in texts], [other for _, other in texts], by)
    assert match(", ".join(one for one, _ in texts), ", ".join(other for _, other in texts), by)
    for name, (one, other) in TEXTS.items():
        assert match([one], [other], by) is (name in names)


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
    with pytest.raises(SettingsError, match=f"neither one of {', '.join(VOLATILE)} nor a pair"):
        parse_substitution(entry)


def test_a_pattern_that_is_no_regular_expression_is_refused_with_the_reason() -> None:
    with pytest.raises(SettingsError, match=r"'\(' is not a regular expression: missing \)"):
        parse_substitution(("(", ""))


def test_a_replacement_that_its_pattern_cannot_fill_is_refused_with_the_reason() -> None:
    with pytest.raises(SettingsError, match=r"'\\\\9' is not a replacement for 'a': invalid group reference 9"):
        parse_substitution(("a", "\\9"))

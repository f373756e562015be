"""The lock as a file: every YAML reader reads what was written, and anything else is refused by line."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_samurai import Usage
from pytest_samurai.bill.lock import Lock, Spent
from pytest_samurai.bill.lockfile import dump, load, parse, update
from pytest_samurai.errors import SamuraiError, SettingsError
from pytest_samurai.wire.price import Price

# How long one example takes is not a property of the code.
law = settings(deadline=None)

counts = st.integers(0, 10**12)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
rates = st.decimals(0, 1000, places=4)
spents = st.one_of(
    st.builds(Spent, counts, st.none()),
    st.builds(
        lambda requests, prompt, completion, total, reasoning, audio, estimated: Spent(
            requests,
            Usage(
                requests,
                prompt,
                completion,
                total,
                reasoning_tokens=reasoning,
                prompt_audio_tokens=audio,
                estimated=estimated,
            ),
        ),
        *[counts] * 6,
        st.booleans(),
    ),
)
locks = st.builds(
    Lock,
    st.dictionaries(names, st.dictionaries(names, spents, max_size=3), max_size=4),
    st.dictionaries(names, st.builds(Price, source=names, input_mtok=rates, output_mtok=rates), max_size=3),
)

FILE = """\
# Written by hand.
version: 1
prices:
  gpt-4o: {source: "a, b", input_mtok: "2.5", output_mtok: "10"}
tests:
  "test_a.py::test_a":
    gpt-4o: {requests: 1, prompt_tokens: 11, completion_tokens: 2, total_tokens: 13}
  "test_a.py::test_none": {}
"""


@law
@given(locks)
def test_a_lock_reads_back_as_itself(lock: Lock) -> None:
    assert parse(dump(lock), "samurai.lock") == lock
    assert parse(dump(lock).replace(b"\n", b"\r\n"), "samurai.lock") == lock


def test_what_nobody_could_see_in_a_name_is_escaped_and_read_as_it_was() -> None:
    name = "m\u202egnp.\u2066x\u200b\u3164\U000e0041"
    spent = Spent(1, Usage(1, 11, 2, 13))
    lock = Lock(
        {f"t.py::test_a[{name}]": {name: spent}},
        {name: Price(source=name, input_mtok=Decimal(1), output_mtok=Decimal(2))},
    )
    content = dump(lock).decode()
    assert content.isascii()
    assert content.count(r"m\u202egnp.\u2066x\u200b\u3164\U000e0041") == 4
    assert parse(content.encode(), "samurai.lock") == lock
    # The form of locks in earlier versions.
    raw = content.encode().decode("unicode_escape").encode()
    assert parse(raw, "samurai.lock") == lock
    assert parse(raw, "samurai.lock").by_hand == frozenset()


@law
@given(locks)
def test_a_lock_is_the_same_to_every_reader_of_yaml(lock: Lock) -> None:
    written: Any = yaml.safe_load(dump(lock))
    assert written["version"] == 1
    assert written["prices"] == {model: price.as_written() for model, price in lock.prices.items()}
    tests = {test: {model: spent["requests"] for model, spent in row.items()} for test, row in written["tests"].items()}
    assert tests == {test: {model: spent.requests for model, spent in row.items()} for test, row in lock.tests.items()}


def test_blank_lines_and_comments_are_nothing_and_the_order_is_that_of_the_file() -> None:
    lock = parse(FILE.encode(), "samurai.lock")
    assert lock.prices == {"gpt-4o": Price(source="a, b", input_mtok=Decimal("2.5"), output_mtok=Decimal(10))}
    assert lock.tests == {
        "test_a.py::test_a": {"gpt-4o": Spent(1, Usage(1, 11, 2, 13))},
        "test_a.py::test_none": {},
    }
    assert parse(FILE.replace("\n  ", "\n\n  # why\n  ").replace("\n  # why", "\n# why").encode(), "") == lock


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("version: 1", "version: 2", 2, "version is 2; this tool reads version 1"),
        ("version: 1\n", "", 2, "`prices` does not belong here"),
        ("prices:", "prices: 7", 3, "`prices` is 7; its rows must be below it, one on each line"),
        ("prices:", "costs:", 3, "`costs` does not belong here"),
        ("tests:", "tests:\nmore:", 6, "`more` does not belong here"),
        ('input_mtok: "2.5", ', "", 4, "`input_mtok` is missing"),
        ("2.5", "much", 4, "'much' is not an amount; *"),
        ("input_mtok", "mtok", 4, "`input_mtok` is missing"),
        ("requests: 1, ", "", 7, "`requests` is missing"),
        (", total_tokens: 13", "", 7, "`total_tokens` is missing"),
        ("prompt_tokens: 11", "cached_tokens: 11", 7, "`cached_tokens: 11` does not belong here"),
        ("prompt_tokens: 11", "tokens: 11", 7, "`tokens: 11` does not belong here"),
        ("requests: 1,", "requests: 1, requests: 2,", 7, "requests appears twice: keep one of them"),
        ("requests: 1", "requests: -1", 7, "`requests` is -1, not a count"),
        ("requests: 1", "requests: ٣", 7, "`requests` is ٣, not a count"),
        ("requests: 1", "requests: 1, estimated: 1", 7, "`estimated: 1` does not belong here"),
        ("{requests: 1", "{[requests: 1", 7, "this line has been changed"),
        ("13}", "13", 7, "this line has been changed"),
        ("13}", "13} # why", 7, "this line has been changed"),
        ("    gpt-4o", "   gpt-4o", 7, "this line has been changed"),
        ("    gpt-4o", "  gpt-4o", 7, "this line has been changed"),
        ("test_none", "test_a", 8, "test_a.py::test_a appears twice: keep one of them"),
        ("test_none\": {}", "test_none\":", 9, "the file is incomplete"),
        ("  \"test_a.py::test_none\": {}", "    gpt-4o: {requests: 1}", 8, "gpt-4o appears twice: keep one of them"),
        ("  \"test_a.py::test_none\": {}", "    yes: {requests: 1}", 8, "yes is not in the form that this tool writes"),
        ("  \"test_a.py::test_none\": {}", "    gpt-4: {}", 8, "this line has been changed"),
    ],
)  # fmt: skip
def test_what_was_not_written_here_is_named_by_its_line(old: str, new: str, line: int, reason: str) -> None:
    assert FILE.count(old) == 1 or old in ("requests: 1", "version: 1")
    with pytest.raises(SettingsError) as caught:
        parse(FILE.replace(old, new, 1).encode(), "samurai.lock")
    expected = re.escape(f"samurai.lock:{line}: {reason}").replace(r"\*", ".*")
    assert re.fullmatch(f"{expected}; restore it, or delete it .*", str(caught.value)), str(caught.value)


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"version: 1\nprices: {}\n", FILE.encode()[:-70], b"\xff"])
def test_a_file_that_is_cut_off_is_not_read(content: bytes) -> None:
    with pytest.raises(SettingsError, match="samurai.lock:[0-9]+: "):
        parse(content, "samurai.lock")


def test_there_may_be_no_file_and_a_directory_is_none(tmp_path: Path) -> None:
    assert load(tmp_path / "samurai.lock") is None
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_an_update_changes_the_file_as_it_is_now_and_leaves_it_alone_where_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "samurai.lock"
    nothing = Lock({}, {})
    assert update(path, lambda _: nothing) == (None, nothing)
    assert not path.exists()
    lock = Lock({"a": {}}, {})
    assert update(path, lambda _: lock) == (None, lock)
    written = path.stat()
    assert update(path, lambda _: Lock(dict(lock.tests), {})) == (lock, lock)
    # Not all of it, because reading a file may change its access time.
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert update(path, lambda _: nothing) == (lock, nothing)
    assert load(path) == nothing


def test_a_file_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("no directory")
    with pytest.raises(SamuraiError, match="samurai.lock: cannot be (read|written): "):
        update(tmp_path / "locks" / "samurai.lock", lambda _: Lock({"a": {}}, {}))


def test_a_conflict_of_which_a_side_is_no_lock_cannot_be_settled() -> None:
    content = b"<<<<<<< HEAD\nno lock\n=======\nnone either\n>>>>>>> other\n"
    for settles in (False, True):
        with pytest.raises(SettingsError, match="the marks of a merge conflict"):
            parse(content, "samurai.lock", settles=settles)

"""A lock row that was edited or damaged is named, and a truncated file is not read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.bill.lock import PRICES, TESTS, Lock, Spent
from pytest_samurai.bill.lockfile import dump, load, parse
from pytest_samurai.bill.locksums import END
from pytest_samurai.errors import SettingsError
from pytest_samurai.wire.price import Price
from pytest_samurai.wire.usage import Usage
from tests.bill.test_lock import UPDATE, Locked, said_of_lock
from tests.bill.test_lock import locked as locked
from tests.bill.test_lockfile import FILE, law, locks

LOCK = Lock(
    {
        "t.py::a": {"gpt-4o": Spent(1, Usage(1, 11, 2, 13)), "other": Spent(2, None)},
        "t.py::b": {},
        "t.py::c": {"gpt-4o": Spent(1, Usage(1, 5, 5, 10, reasoning_tokens=3, estimated=True))},
    },
    {"gpt-4o": Price(source="x", input_mtok=Decimal("2.5"), output_mtok=Decimal(10))},
)
CONTENT = dump(LOCK)


def refused(content: bytes) -> str:
    with pytest.raises(SettingsError) as caught:
        parse(content, "samurai.lock")
    return str(caught.value)


NAMES = ["gpt-4o", *LOCK.tests]


def verdict(content: bytes) -> str:
    """The line of a refused lock, or the changed row in one that can be read."""
    try:
        [(_, name)] = parse(content, "samurai.lock").by_hand
    except SettingsError as error:
        return str(error).partition(": ")[0]
    return "gpt-4o" if name.startswith("gpt-") else name


@law
@given(locks, st.data())
def test_a_lock_that_was_cut_off_at_the_end_of_any_line_is_refused(lock: Lock, data: st.DataObject) -> None:
    lines = dump(lock).split(b"\n")[:-1]
    # An empty lock has no end that could be missing.
    kept = data.draw(st.integers(0, len(lines) - (1 if lock.tests or lock.prices else 2)))
    assert refused(b"\n".join([*lines[:kept], b""]))


def test_a_lock_that_was_cut_off_anywhere_is_refused() -> None:
    # The last line end says nothing.
    for end in range(len(CONTENT) - 1):
        assert refused(CONTENT[:end])
    assert parse(CONTENT[:-1], "samurai.lock") == LOCK


@pytest.mark.parametrize("number", range(3, CONTENT.count(b"\n")))
def test_each_digit_that_is_flipped_is_named_by_its_row(number: int) -> None:
    lines = CONTENT.split(b"\n")
    line = lines[number - 1]
    said = [index for index, char in enumerate(line) if chr(char).isdigit()]
    for index in said:
        flipped = line[:index] + bytes([line[index] ^ 1]) + line[index + 1 :]
        content = b"\n".join([*lines[: number - 1], flipped, *lines[number:]])
        told = verdict(content)
        assert told == f"samurai.lock:{number}" or told in NAMES, flipped


@pytest.mark.parametrize(
    ("old", "new", "by_hand"),
    [
        (b"prompt_tokens: 11", b"prompt_tokens: 12", {(TESTS, "t.py::a")}),
        (b'input_mtok: "2.5"', b'input_mtok: "2.6"', {(PRICES, "gpt-4o")}),
        (b'  "t.py::c":', b'  "t.py::d":', {(TESTS, "t.py::d")}),
        (b'  "t.py::b": {}', b'  "t.py::e": {}', {(TESTS, "t.py::e")}),
        (b"    other: {requests: 2}", b"    another: {requests: 2}", {(TESTS, "t.py::a")}),
        (b'  "t.py::c":', b'  "t.py::bb":\n    m: {requests: 1}\n  "t.py::c":', {(TESTS, "t.py::bb")}),
        (b"prices:\n", b'prices:\n  m: {source: x, input_mtok: "1", output_mtok: "1"}\n', {(PRICES, "m")}),
    ],
)
def test_a_row_that_was_changed_or_added_by_hand_is_read_and_stays_named_when_it_is_written(
    old: bytes, new: bytes, by_hand: set[tuple[str, str]]
) -> None:
    assert CONTENT.count(old) == 1
    lock = parse(CONTENT.replace(old, new), "samurai.lock")
    assert lock.by_hand == by_hand
    assert parse(dump(lock), "samurai.lock") == lock


def test_a_row_that_is_taken_out_is_nothing_to_tell() -> None:
    lines = [line for line in CONTENT.split(b"\n") if not line.startswith(b'  "t.py::b"')]
    assert parse(b"\n".join(lines), "samurai.lock") == Lock(
        {k: v for k, v in LOCK.tests.items() if k != "t.py::b"}, LOCK.prices
    )


def test_the_rows_of_a_merge_are_those_of_both_sides_in_whichever_order() -> None:
    mine = dump(Lock({"a": {}, "c": {}}, {})).split(b"\n")
    theirs = dump(Lock({"b": {}}, {})).split(b"\n")
    both = [*mine[:-1], *theirs[4:]]
    assert both.count(END.encode()) == 2
    lock = parse(b"\n".join(both), "samurai.lock")
    assert lock == Lock({"a": {}, "b": {}, "c": {}}, {})
    # The last row came after the end of one side, so it could have been cut off.
    assert "the file is incomplete" in refused(b"\n".join(both[:-2]))


def test_a_lock_from_before_there_were_checksums_is_read_as_it_was() -> None:
    assert parse(FILE.encode(), "samurai.lock").by_hand == frozenset()
    assert parse(FILE.encode() + f"{END}\n".encode(), "samurai.lock").by_hand == {
        (PRICES, "gpt-4o"),
        (TESTS, "test_a.py::test_a"),
        (TESTS, "test_a.py::test_none"),
    }


@pytest.mark.parametrize(
    "formatted",
    [
        b"\xef\xbb\xbf" + CONTENT,
        b"---\n" + CONTENT,
        CONTENT + b"\n\n",
        CONTENT.replace(b"{", b"{ ").replace(b"}", b" }").replace(b"{  }", b"{}"),
        CONTENT.replace(b" # ", b"  # "),
        CONTENT.replace(b"\n", b"  \n"),
        CONTENT.replace(b"    other:", b"    # why\n    other:"),
        CONTENT.replace(b'"', b"'"),
    ],
    ids=["mark", "document", "blank lines", "braces", "comments", "blanks", "comment", "quotes"],
)
def test_what_a_formatter_has_made_of_a_lock_is_read(formatted: bytes) -> None:
    assert formatted != CONTENT
    assert parse(formatted, "samurai.lock") == LOCK


def test_tests_without_a_row_below_them_were_cut_off() -> None:
    assert "samurai.lock:4: the file is incomplete" in refused(b"version: 1\nprices: {}\ntests:\n")
    assert parse(b"version: 1\nprices: {}\ntests: {}\n", "samurai.lock") == Lock({}, {})


@pytest.mark.parametrize("line", [b"version: 1", b'  "t.py::a":', b"tests:"])
def test_a_checksum_stands_behind_rows_alone(line: bytes) -> None:
    assert "this line has been changed" in refused(CONTENT.replace(line, line + b" # 12345678"))


# --- as a user meets it


TWO = """
def say(client): client.post("/chat/completions", json=body("Say hello"))

@pytest.mark.samurai
def test_one(samurai_client): say(samurai_client)

@pytest.mark.samurai
def test_two(samurai_client): say(samurai_client)
"""


def test_a_row_by_hand_is_named_in_each_run_until_a_run_accepts_what_the_test_uses(locked: Locked) -> None:
    locked.start(TWO)
    whole = locked.path.read_text("utf-8")
    locked.path.write_text(whole.replace("requests: 1", "requests: 2"), "utf-8")
    both = "test_it.py::test_one, test_it.py::test_two"
    for _ in range(2):
        result = locked.run()
        result.assert_outcomes(passed=2)
        assert f"samurai: samurai.lock was changed by hand: {both}" in said_of_lock(result)
    assert said_of_lock(locked.run(UPDATE, "-k", "one")) == [
        "samurai: samurai.lock: 1 changed, changed by hand, and not by this run: test_it.py::test_two"
    ]
    assert "samurai: samurai.lock was changed by hand: test_it.py::test_two" in said_of_lock(locked.run())
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: 1 changed"]
    assert locked.path.read_text("utf-8") == whole
    assert said_of_lock(locked.run()) == []


def test_a_row_by_hand_that_says_what_the_test_uses_is_accepted_by_an_update(locked: Locked) -> None:
    locked.start(TWO)
    whole = locked.path.read_text("utf-8")
    # As after a manual merge that lost the checksums.
    by_hand = "\n".join(line.partition("} # ")[0] + ("}" if "} # " in line else "") for line in whole.split("\n"))
    locked.path.write_text(by_hand, "utf-8")
    assert said_of_lock(locked.run()) == [
        "samurai: samurai.lock was changed by hand: test_it.py::test_one, test_it.py::test_two,"
        " the price of gpt-4o-mini"
    ]
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: what was changed by hand is accepted"]
    assert locked.path.read_text("utf-8") == whole
    assert load(locked.path) is not None

"""Failures as the page shows them."""

from __future__ import annotations

from dataclasses import replace

from pytest_samurai.report.causes import Group
from pytest_samurai.report.forms.failing import MOST_TEXT, Line, faults, told
from pytest_samurai.report.run import Failure
from pytest_samurai.text import Cause, Diagnosis

MISS = """POST /chat/completions has no recording
    messages[0].content:
      - ...Be brief. Be [very] kind [sic].
      + ...Be brief. Be kind [sic].[ Always.]
  To record this test again: pytest"""


def failure(text: str, kind: str = "RequestNotRecorded") -> Failure:
    return Failure("t.py::test_a", kind, text, "t.py", 1)


def test_what_changed_is_told_by_the_word() -> None:
    [fault] = faults([failure(MISS)])
    assert (fault.kind, fault.test, fault.reason) == (
        "RequestNotRecorded",
        "t.py::test_a",
        "POST /chat/completions has no recording",
    )
    assert [line.kind for line in fault.lines] == ["", "", "old", "new", ""]
    old, new = fault.lines[2:4]
    assert ([text for text, changed in old.pieces if changed], old.tag) == (["[very] "], "del")
    assert ([text for text, changed in new.pieces if changed], new.tag) == (["[ Always.]"], "ins")
    assert "\n".join("".join(text for text, _ in line.pieces) for line in fault.lines) == MISS


def test_a_line_that_only_begins_like_one_of_a_pair_is_a_line() -> None:
    [fault] = faults([failure("a\n      - b\n      - c\n      + c")])
    assert [line.kind for line in fault.lines] == ["", "", "old", "new"]
    assert fault.lines[1] == Line([("      - b", False)])


def test_the_reason_is_the_first_line_cut_short() -> None:
    [fault] = faults([failure("\n" + "x" * 300 + "\r\nmore\r\n")])
    assert fault.reason == f"{'x' * 134} [... 100 characters left out ...] {'x' * 66}"


def test_a_long_text_is_cut_and_of_many_the_last_are_left_out() -> None:
    shown = list(faults([failure("x" * 100_000)] * 50))
    room = [len(fault.lines) for fault in shown]
    assert room == sorted(room, reverse=True)
    assert (room[0], room[-1]) == (3, 0)
    assert sum(len(text) for fault in shown for line in fault.lines for text, _ in line.pieces) <= MOST_TEXT
    assert all(fault.reason for fault in shown)


def test_the_reason_of_a_failure_whose_cause_is_known_is_the_cause() -> None:
    [fault] = faults([replace(failure(MISS), diagnosis=Diagnosis(Cause("miss-0", "temperature 0 -> 1")))])
    assert fault.reason == "temperature 0 -> 1"


def test_of_a_cause_what_was_only_added_or_taken_away_is_marked_as_a_line() -> None:
    shown = told(Group(Cause("miss-0", "two changes", ("messages[0]:", "- old", "tools:", "+ new")), {"t": ""}))
    assert (shown.what, shown.tests, shown.more) == ("1 test: two changes", ["t"], "")
    assert [(line.kind, line.pieces) for line in shown.lines] == [
        ("", [("messages[0]:", False)]),
        ("old", [("- old", False)]),
        ("", [("tools:", False)]),
        ("new", [("+ new", False)]),
    ]

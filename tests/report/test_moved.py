"""The state of a suite that moved in, as lines in a terminal."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pytest_samurai.report.moved import moved_lines
from pytest_samurai.report.run import Failure, Run, TestRun
from pytest_samurai.text import MISS, Cause, Diagnosis, Reason
from tests.report.test_run import figures


def miss(number: int, what: str, reason: Reason, *ignorable: str) -> Cause:
    return Cause(f"{MISS}-{number}", what, reason=reason, ignorable=ignorable)


def failed(cause: Cause | None, test: str, text: str = "no recording", kind: str = "RequestNotRecorded") -> Failure:
    return Failure(test, kind, text, "t.py", 1, None if cause is None else Diagnosis(cause, 1, "update"))


def run(failures: Sequence[Failure], **outcomes: str) -> Run:
    tests = [TestRun(figures(f"t.py::{name}"), outcome, "t.py", 1) for name, outcome in outcomes.items()]
    return Run("1", "2026-11-24T13:00:00Z", "none", tuple(tests), failures=tuple(failures))


def command(tests: Collection[str]) -> str:
    return f"record {' '.join(tests)}"


def test_tests_are_green_that_passed_or_failed_as_expected() -> None:
    missed = [failed(miss(1, "no recordings", Reason.UNRECORDED), "t.py::f")]
    lines = moved_lines(run(missed, a="passed", b="xfailed", c="skipped", d="error", f="failed"), command)
    assert lines == [
        "samurai: recordings of another tool are used. Of 4 tests, 2 are green, 1 missed a recording,"
        " 1 failed for another reason",
        "  1 test: nothing is recorded, so this needs the network",
        "    1 test: no recordings",
        "      t.py::f",
        "    To record it, with paid calls: record t.py::f",
    ]


def test_a_test_that_missed_and_has_no_figures_counts_as_well() -> None:
    missed = [failed(miss(1, "no recordings", Reason.UNRECORDED), "t.py::fixture")]
    assert moved_lines(run(missed), command)[0] == (
        "samurai: recordings of another tool are used. Of 1 test, 0 are green, 1 missed a recording"
    )


def test_nothing_is_said_where_nothing_missed() -> None:
    failure = failed(None, "t.py::a", "too dear", kind="BudgetExceeded")
    assert moved_lines(run([failure], a="failed"), command) == []


def test_what_costs_nothing_comes_first_with_all_paths_once() -> None:
    missed = [
        failed(miss(1, "messages[0]", Reason.PROMPT), "t.py::p"),
        failed(miss(2, "a added", Reason.PARAMETERS, "user", "a"), "t.py::q"),
        failed(miss(3, "b[1].c removed", Reason.PARAMETERS, "user", "b[*].c"), "t.py::r"),
        failed(miss(4, "model m -> n", Reason.OTHER), "t.py::s"),
    ]
    lines = moved_lines(run(missed), command)
    assert [line for line in lines if line.startswith(("  2", "  1", "      samurai"))] == [
        "  2 tests: the parameters differ from the recorded ones, as with a newer client",
        "      samurai_ignore = user a b[*].c",
        "  1 test: the prompt has changed since it was recorded",
        "  1 test: another reason, which each failure explains",
    ]


def test_what_varies_is_not_to_be_recorded_again() -> None:
    missed = [failed(miss(1, 'only values that vary, add to `normalize`: "uuid"', Reason.VARYING), "t.py::v")]
    assert moved_lines(run(missed, v="failed"), command)[1:] == [
        "  1 test: only values differ that vary from run to run",
        '    1 test: only values that vary, add to `normalize`: "uuid"',
        "      t.py::v",
    ]


def test_no_command_is_said_where_none_records_all_of_them() -> None:
    lines = moved_lines(run([failed(miss(1, "x", Reason.OTHER), "t.py::a")]), lambda _: None)
    assert lines[-1] == "      t.py::a"


def test_a_refusal_without_a_cause_is_told_by_its_first_line_unless_its_test_has_one() -> None:
    text = "POST https://a/v1/chat is a call of a model.\n  More."
    known = miss(1, "no recordings", Reason.UNRECORDED)
    missed = [failed(None, "t.py::a", text), failed(None, "t.py::b", text), failed(known, "t.py::c")]
    lines = moved_lines(run([*missed, failed(None, "t.py::c", "another")]), command)
    assert lines[1:] == [
        "  3 tests: nothing is recorded, so this needs the network",
        "    1 test: no recordings",
        "      t.py::c",
        "    2 tests: POST https://a/v1/chat is a call of a model.",
        "      t.py::a, b",
        "    To record them, with paid calls: record t.py::c t.py::a t.py::b",
    ]


def test_of_many_causes_ten_are_listed() -> None:
    missed = [failed(miss(number, f"n {number}", Reason.PROMPT), f"t.py::{number}") for number in range(12)]
    lines = moved_lines(run(missed), lambda _: None)
    assert lines[-3:] == ["    1 test: n 9", "      t.py::9", "    and 2 other causes"]
    assert lines[1].startswith("  12 tests")

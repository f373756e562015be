"""What a run says about the lock: what is new, gone, cheaper, newly priced, or in no lock at all."""

from __future__ import annotations

import pytest

from pytest_samurai.bill.lock import Lock, accepted
from pytest_samurai.bill.locknotes import summary_lines
from tests.bill.test_lock import (
    ONE,
    RECORD,
    THREE,
    UPDATE,
    Locked,
    figures,
    said_of_lock,
    used,
)
from tests.bill.test_lock import locked as locked
from tests.bill.test_regression import USUAL
from tests.recorder.conftest import fail as fail


def test_many_tests_are_named_by_the_first_of_them() -> None:
    held = [figures(test=f"t.py::test_{number:02}") for number in range(12)]
    lines = summary_lines(Lock({}, {}), "samurai.lock", held, USUAL, gone=(), recorded=False)
    names = ", ".join(f"t.py::test_{number:02}" for number in range(10))
    assert lines[0] == f"samurai: samurai.lock has no row yet for {names} and 2 more"


def test_a_cost_that_cannot_be_held_against_the_lock_any_more_is_named_with_what_would_set_it() -> None:
    before = accepted(None, [figures(used("m", 100, 2), test=test) for test in "abcd"])
    held = [
        figures(used("n", 100, 2, price=None), test="a"),
        figures(used("m", 100, 2), used("n", 1, 0, price=None), used("(unknown)", 1, 0, price=None), test="b"),
        figures(used("error", 0, 0, price=None), test="c"),
        figures(used("o", 100, 2), test="d"),
        figures(used("p", 100, 2, price=None), test="new"),
    ]
    lines = summary_lines(before, "samurai.lock", held, USUAL, gone=(), recorded=False)
    assert lines[1:] == [
        "samurai: samurai.lock has a cost, but the recording has none, because the price of (unknown), n is unknown,"
        " for a, b",
        "samurai: to set it, in US dollars per million tokens, add to pyproject.toml:",
        "  [tool.pytest-samurai.prices]",
        '  "n" = { input_mtok = "?", output_mtok = "?" }',
        "samurai: --samurai-update brings it up to date",
    ]
    # Nor does it if there was no price, or if no model is named.
    unpriced = accepted(None, [figures(used("m", 100, 2, price=None))])
    held = [figures(used("n", 100, 2, price=None))]
    assert summary_lines(unpriced, "samurai.lock", held, USUAL, gone=(), recorded=False) == []
    held = [figures(used("(unknown)", 100, 2, price=None), test="a")]
    assert len(summary_lines(before, "samurai.lock", held, USUAL, gone=(), recorded=False)) == 2


# --- as a user meets it


def test_a_changed_price_list_passes_and_is_mentioned(locked: Locked) -> None:
    locked.start(ONE)
    text = locked.path.read_text("utf-8")
    locked.path.write_text(text.replace('input_mtok: "0.15"', 'input_mtok: "0.015"'), "utf-8")
    result = locked.run()
    result.assert_outcomes(passed=1)
    assert said_of_lock(result) == [
        "samurai: samurai.lock has a different price for gpt-4o-mini than the recordings, which fails no test:"
        " input_mtok 0.015 -> 0.15"
    ]
    assert "samurai: --samurai-update brings it up to date" in result.outlines
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: other prices"]
    assert locked.path.read_text("utf-8") == text


def test_new_tests_and_cheaper_ones_are_named_once(locked: Locked) -> None:
    locked.start(THREE)
    locked.tests(
        THREE.replace("300]", "300, 400]").replace("client, prompt)\n", "client, {300: 50}.get(prompt, prompt))\n")
    )
    result = locked.run(RECORD)
    result.assert_outcomes(passed=4)
    assert [line for line in result.outlines if "lock" in line or "update" in line] == [
        "samurai: samurai.lock has no row yet for test_it.py::test_it[400]",
        "samurai: samurai.lock has more than is used by test_it.py::test_it[300]",
        "samurai: --samurai-update brings it up to date",
    ]
    # That only matters if something was recorded.
    assert said_of_lock(locked.run()) == ["samurai: samurai.lock has no row yet for test_it.py::test_it[400]"]
    assert said_of_lock(locked.run("-q")) == []
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: 1 new, 1 changed"]


def test_a_test_that_tells_no_more_what_it_uses_passes_and_is_named(locked: Locked) -> None:
    text = "@pytest.mark.samurai(stream_usage={})\ndef test_it(samurai_client): say_streamed(samurai_client)\n"
    text += "def say_streamed(client): client.post('/chat/completions', json=body('Say hello', stream=True))"
    locked.start(text.format(True))
    locked.tests(text.format(False))
    result = locked.run(RECORD)
    result.assert_outcomes(passed=1)
    assert said_of_lock(result) == [
        "samurai: samurai.lock has tokens, but the recording has none, for test_it.py::test_it"
    ]
    locked.run(UPDATE)
    assert "    gpt-4o-mini: {requests: 1} # " in locked.path.read_text()
    assert said_of_lock(locked.run()) == []


def test_a_missing_lock_is_hinted_at_where_something_was_recorded_on_a_machine_of_somebodys(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked.tests(THREE)
    hint = "samurai: no samurai.lock; --samurai-update writes down what each test uses"
    assert said_of_lock(locked.run("-q", RECORD)) == []
    assert said_of_lock(locked.run(RECORD)) == [hint]
    assert said_of_lock(locked.run()) == []
    monkeypatch.setenv("CI", "1")
    assert said_of_lock(locked.run(RECORD)) == []
    assert not locked.path.exists()


def test_an_update_that_no_test_earned_writes_no_file(locked: Locked) -> None:
    locked.tests("@pytest.mark.samurai\ndef test_it(samurai_client): assert 0")
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: no test of this run gave it a row"]
    assert not locked.path.exists()


@pytest.mark.parametrize("distributed", [[], ["-n", "1"]], ids=["", "-n 1"])
def test_no_test_in_common_is_an_error_in_ci_and_none_elsewhere(
    locked: Locked, monkeypatch: pytest.MonkeyPatch, distributed: list[str]
) -> None:
    locked.start(ONE)
    locked.tests(ONE.replace("test_it", "test_renamed"))
    locked.run(RECORD)
    pytester = locked.project.pytester
    assert pytester.runpytest_inprocess(*distributed).ret == 0
    monkeypatch.setenv("CI", "1")
    result = pytester.runpytest_inprocess("-q", *distributed)
    assert result.ret == 1
    assert said_of_lock(result) == [
        "samurai: samurai.lock has no row for any test of this run, so nothing was compared; to compare, commit what"
        " --samurai-update writes"
    ]
    assert pytester.runpytest_inprocess(UPDATE, *distributed).ret == 0
    assert pytester.runpytest_inprocess(*distributed).ret == 0


def test_a_lock_that_is_named_and_not_there_is_an_error_in_ci(locked: Locked, monkeypatch: pytest.MonkeyPatch) -> None:
    locked.start(ONE)
    locked.path.unlink()
    assert locked.run("--samurai-lock=typo.lock").ret == 0
    monkeypatch.setenv("CI", "1")
    assert locked.run().ret == 0
    result = locked.run("--samurai-lock=typo.lock", "--samurai-report=json:report.json")
    assert result.ret == 1
    said = "typo.lock is set as the lock, but does not exist; commit what --samurai-update writes"
    result.stdout.fnmatch_lines([f"samurai: {said}"])
    assert said in (locked.project.pytester.path / "report.json").read_text()


def test_a_test_in_common_that_did_not_pass_is_one(locked: Locked, monkeypatch: pytest.MonkeyPatch) -> None:
    locked.start(ONE)
    locked.tests("def test_it(samurai_client): assert 0\n\ndef test_new(samurai_client): say(samurai_client)")
    locked.run(RECORD)
    monkeypatch.setenv("CI", "1")
    assert said_of_lock(locked.run()) == ["samurai: samurai.lock has no row yet for test_it.py::test_new"]

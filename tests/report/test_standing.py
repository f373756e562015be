"""How a run compares with its lock: what is written, what is compared, and why a run fails."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from pytest_samurai.bill import Lock, TestFigures, accepted, fixture_key, held_text, load_lock, update_lock
from pytest_samurai.report.standing import Collected, Standing, Used, standing
from pytest_samurai.settings import Settings
from tests.report.test_run import figures

ONE, TWO = "tests/test_it.py::test_one", "tests/test_it.py::test_two"
WIDE = fixture_key("module fixture wide", "cassettes/fixtures/wide.yaml")
NO_OVERLAP = (
    "samurai.lock has no row for any test of this run, so nothing was compared; to compare, commit what"
    " --samurai-update writes"
)


def used(*tests: str, recorded: bool = False) -> Used:
    result = Used()
    for test in tests:
        result.add([("samurai_recorded", int(recorded))], [held_text(figures(test))], failed=False)
    return result


def lock_of(*tests: str) -> Lock:
    return accepted(None, [figures(test) for test in tests])


def stand(
    run: Used,
    lock: Lock | None,
    root: Path,
    /,
    *,
    tests: Collection[str] = (ONE,),
    files: Collection[str] = ("tests/test_it.py",),
    full: bool = False,
    ci: bool = False,
    **options: object,
) -> Standing:
    return standing(run, Collected(tests, files, full), lock, Settings(**options), root, ci=ci)


# --- what is gathered


def test_what_a_failed_test_used_is_not_held_and_what_its_fixtures_used_is() -> None:
    run = Used()
    run.add([], [held_text(figures(ONE)), held_text(figures(WIDE))], failed=True)
    assert set(run.figures) == {WIDE}


@pytest.mark.parametrize(
    ("carried", "recorded"),
    [
        (("samurai_recorded", 0), False),
        (("samurai_recorded", 1), True),
        (TestFigures("session fixture wide", recorded=0).fixture_property(), False),
        (TestFigures("session fixture wide", recorded=1).fixture_property(), True),
        (("recorded", 1), False),
    ],
)
def test_a_run_has_recorded_if_one_of_its_tests_or_fixtures_has(carried: tuple[str, object], recorded: bool) -> None:
    run = Used()
    run.add([carried], [], failed=False)
    assert run.recorded is recorded


# --- what is written


def test_an_update_writes_what_was_used_and_drops_what_is_no_more_after_a_full_run(tmp_path: Path) -> None:
    update_lock(tmp_path / "samurai.lock", lambda _: lock_of(ONE, TWO))
    lock = load_lock(tmp_path / "samurai.lock")
    for full, line in ((False, "nothing to change"), (True, "1 removed")):
        result = stand(used(ONE), lock, tmp_path, full=full, update=True)
        assert result == Standing([f"samurai: samurai.lock: {line}"])
    assert load_lock(tmp_path / "samurai.lock") == lock_of(ONE)


def test_an_update_without_anything_to_write_says_so(tmp_path: Path) -> None:
    result = stand(used(), None, tmp_path, update=True)
    assert result == Standing(["samurai: samurai.lock: no test of this run gave it a row"])
    assert not (tmp_path / "samurai.lock").exists()


def test_a_lock_that_cannot_be_written_is_an_error_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "samurai.lock").mkdir()
    result = stand(used(ONE), None, tmp_path, update=True)
    assert result.error == f"{tmp_path / 'samurai.lock'}: cannot be read: Is a directory"
    assert result.lines == []


# --- what is compared


@pytest.mark.parametrize(
    ("full", "file_is_there", "files", "gone"),
    [
        (True, True, ["tests/test_it.py"], True),
        (True, True, [], False),
        (True, False, [], True),
        (False, False, ["tests/test_it.py"], False),
    ],
)
def test_a_row_is_gone_if_a_full_run_collected_its_file_without_it_or_the_file_is_no_more(
    full: bool, file_is_there: bool, files: list[str], gone: bool, tmp_path: Path
) -> None:
    (tmp_path / "tests").mkdir()
    if file_is_there:
        (tmp_path / "tests" / "test_it.py").touch()
    result = stand(used(ONE), lock_of(ONE, TWO), tmp_path, files=files, full=full)
    assert (f"samurai: samurai.lock has rows for tests that no longer exist: {TWO}" in result.lines) is gone


def test_the_row_of_a_fixture_is_gone_with_its_cassette(tmp_path: Path) -> None:
    line = f"samurai: samurai.lock has rows for tests that no longer exist: {WIDE}"
    assert line in stand(used(ONE), lock_of(ONE, WIDE), tmp_path, full=True).lines
    (tmp_path / "cassettes" / "fixtures").mkdir(parents=True)
    (tmp_path / "cassettes" / "fixtures" / "wide.yaml").touch()
    assert stand(used(ONE), lock_of(ONE, WIDE), tmp_path, full=True) == Standing([])


def test_a_run_that_used_nothing_and_has_a_lock_says_nothing(tmp_path: Path) -> None:
    assert stand(used(), lock_of(ONE), tmp_path, tests=(), ci=True) == Standing([])


@pytest.mark.parametrize("ci", [False, True])
def test_that_there_is_no_lock_is_news_where_something_was_recorded_and_not_in_ci(ci: bool, tmp_path: Path) -> None:
    result = stand(used(ONE, recorded=True), None, tmp_path, ci=ci)
    line = "samurai: no samurai.lock; --samurai-update writes down what each test uses"
    assert result == Standing([] if ci else [line])


@pytest.mark.parametrize(
    ("ci", "lock", "name", "error"),
    [
        (
            True,
            None,
            "other.lock",
            "other.lock is set as the lock, but does not exist; commit what --samurai-update writes",
        ),
        (True, None, "samurai.lock", None),
        (False, None, "other.lock", None),
        (True, lock_of(TWO), "samurai.lock", NO_OVERLAP),
        (True, lock_of(ONE), "samurai.lock", None),
        (False, lock_of(TWO), "samurai.lock", None),
    ],
)
def test_in_ci_a_lock_that_holds_nothing_is_an_error(
    ci: bool, lock: Lock | None, name: str, error: str | None, tmp_path: Path
) -> None:
    assert stand(used(ONE), lock, tmp_path, ci=ci, lock=name).error == error

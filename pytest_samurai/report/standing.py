"""How a run compares with the lock."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pytest_samurai import bill
from pytest_samurai.bill import (
    FIXTURE_PROPERTY,
    PREFIX,
    Growth,
    Lock,
    TestFigures,
    Tolerance,
    accepted,
    fixture_cassette,
    held_from_text,
    no_overlap,
    summary_lines,
    update_line,
)
from pytest_samurai.errors import SamuraiError
from pytest_samurai.settings import LOCK, Settings


class Used:
    """What the tests and fixtures of a run used, as far as it can be compared with the lock.

    `figures` may be written to the lock; `grown` are those that grew beyond it.
    """

    def __init__(self) -> None:
        self.figures: dict[str, TestFigures] = {}
        self.grown: dict[str, TestFigures] = {}
        self.recorded = False

    def add(
        self, properties: Iterable[tuple[str, object]], held: Iterable[str], grown: Iterable[str] = (), *, failed: bool
    ) -> None:
        """Add what a test's report carries. `held` and `grown` are figures of the test and its fixtures, as text.

        What a failed test used is accidental, but its fixtures were set up all the same.
        """
        self.recorded = self.recorded or any(map(_tells_of_recording, properties))
        for figures in map(held_from_text, held):
            if not failed or fixture_cassette(figures.test) is not None:
                self.figures[figures.test] = figures
                # The test ran again, and did not grow this time.
                self.grown.pop(figures.test, None)
        self.grown |= {figures.test: figures for figures in map(held_from_text, grown)}


def _tells_of_recording(user_property: tuple[str, object]) -> bool:
    name, value = user_property
    if name == FIXTURE_PROPERTY:
        return bool(TestFigures.from_fixture_property(str(value)).recorded)
    return name == f"{PREFIX}recorded" and bool(value)


@dataclass(frozen=True, slots=True)
class Collected:
    """What a run collected: its marked tests, and all files with tests. `full` means that every existing test ran."""

    tests: Collection[str]
    files: Collection[str]
    full: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What the summary says about the lock.

    `error` is why the run fails; `growth` covers all tests, if some have grown.
    """

    lines: list[str]
    error: str | None = None
    growth: Growth | None = None


def standing(
    used: Used, collected: Collected, lock: Lock | None, settings: Settings, root: Path, *, ci: bool
) -> Standing:
    """Update the lock of a run, if asked for, or compare it with what was used.

    `lock` is its state when the run began, None if it did not exist; `root` is the directory that its path is relative
    to.
    """
    gone = _gone(used, collected, lock, root) if lock is not None and collected.full else set()
    if settings.update:
        return _updated(used, gone, root / settings.lock, settings.lock)
    if used.figures or used.grown or gone or used.recorded or (collected.tests and lock is None):
        return _compared(used, gone, collected, lock, settings, ci=ci)
    return Standing([])


def _gone(used: Used, collected: Collected, lock: Lock, root: Path) -> set[str]:
    """The rows of tests that no longer exist: the file is gone, or was collected without them.

    An existing file without any test may have been skipped, or excluded by a `conftest.py`.
    """
    gone = set()
    for test in lock.tests.keys() - used.figures.keys() - set(collected.tests):
        cassette, file = fixture_cassette(test), test.partition("::")[0]
        is_there = (root / (cassette or file)).exists()
        if not is_there or (cassette is None and file in collected.files):
            gone.add(test)
    return gone


def _updated(used: Used, gone: Collection[str], path: Path, name: str) -> Standing:
    figures = list(used.figures.values())
    if not figures and not gone:
        return Standing([f"samurai: {name}: no test of this run gave it a row"])
    try:
        old, new = bill.update_lock(path, lambda lock: accepted(lock, figures, gone))
    except SamuraiError as error:
        return Standing([], str(error))
    return Standing([update_line(name, old, new)])


def _compared(
    used: Used, gone: Collection[str], collected: Collected, lock: Lock | None, settings: Settings, *, ci: bool
) -> Standing:
    name = settings.lock
    tests = {*collected.tests, *(test for test in used.figures if fixture_cassette(test) is None)}
    error = None
    if ci and tests and lock is not None:
        error = no_overlap(lock, name, tests)
    elif ci and lock is None and name != LOCK:
        error = f"{name} is set as the lock, but does not exist; commit what --samurai-update writes"
    figures = [used.figures[test] for test in sorted(used.figures)]
    tolerance = settings.tolerance or Tolerance()
    # Nobody commits what CI records.
    recorded = used.recorded and not ci
    lines = summary_lines(lock, name, figures, tolerance, gone=gone, recorded=recorded)
    growth = Growth.of([*figures, *used.grown.values()], lock) if lock is not None and used.grown else None
    return Standing(lines, error, growth)

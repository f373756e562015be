"""What stands against the lock."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_samurai.errors import SamuraiError, SettingsError
from pytest_samurai.plugin.marker import file_of
from pytest_samurai.plugin.state import RunState, lock_of
from pytest_samurai.plugin.use import Use
from pytest_samurai.settings import LOCK, in_ci

if TYPE_CHECKING:
    from pytest_samurai.bill import Lock, TestFigures


class Held:
    """Gathers what tests used, whichever process they ran in; brings the lock up to date by it, or compares the two."""

    def __init__(self, run: RunState, use: Use) -> None:
        self.lines: list[str] = []
        self.error: str | None = None
        self._run = run
        self._use = use
        self._held: dict[str, TestFigures] = {}
        self._failed: set[str] = set()
        self._recorded = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.add(report.nodeid)
        self._recorded = self._recorded or any(map(_tells_of_recording, report.user_properties))
        texts = getattr(report, "samurai_held", ())
        if not texts:
            return
        from pytest_samurai.bill import fixture_cassette, held_from_text

        for held in map(held_from_text, texts):
            if report.nodeid not in self._failed or fixture_cassette(held.test) is not None:
                self._held[held.test] = held

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Bring the lock up to date, or see what it has to do with this run; no error of that may leave this hook."""
        run, output = self._run, getattr(session.config, "workeroutput", None)
        if output is not None:
            output["samurai_collected"] = sorted(run.collected)
            output["samurai_collected_files"] = sorted(run.collected_files)
            return
        gone: set[str] = set()
        try:
            # Where no marked test is left, nobody has read it.
            lock = lock_of(session.config)
        except SettingsError as error:
            self.error = str(error)
        else:
            gone = set() if lock is None or self._use.not_full else self._gone(lock, session.config.rootpath)
        if run.settings.update:
            self._write(session.config.rootpath / run.settings.lock, gone)
        elif self._held or gone or self._recorded or (run.collected and run.lock is None):
            self._compare(gone)
        if self.error is not None and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, path: Path, gone: set[str]) -> None:
        from pytest_samurai import bill
        from pytest_samurai.bill import accepted, update_line

        name, held = self._run.settings.lock, list(self._held.values())
        if not held and not gone:
            self.lines = [f"samurai: {name}: no test of this run earned a row"]
            return
        try:
            old, new = bill.update_lock(path, lambda lock: accepted(lock, held, gone))
        except SamuraiError as error:
            self.error = str(error)
        else:
            self.lines = [update_line(name, old, new)]

    def _compare(self, gone: set[str]) -> None:
        from pytest_samurai.bill import Tolerance, fixture_cassette, no_overlap, summary_lines

        run = self._run
        name, ci = run.settings.lock, in_ci(os.environ)
        tests = run.collected | {test for test in self._held if fixture_cassette(test) is None}
        if ci and tests and run.lock is not None:
            self.error = no_overlap(run.lock, name, tests)
        elif ci and run.lock is None and name != LOCK:
            self.error = f"{name} is to be the lock, and is not there; commit what --samurai-update writes"
        recorded = not ci and self._recorded
        held = [self._held[test] for test in sorted(self._held)]
        tolerance = run.settings.tolerance or Tolerance()
        self.lines = summary_lines(run.lock, name, held, tolerance, gone=gone, recorded=recorded)

    def _gone(self, lock: Lock, rootpath: Path) -> set[str]:
        """The rows of tests that are no more: the file is gone, or was collected and did not have them.

        A file that is there and gave no test at all may have been skipped, or left out by a `conftest.py`.
        """
        from pytest_samurai.bill import fixture_cassette

        run = self._run
        gone = set()
        for test in lock.tests.keys() - self._held.keys() - run.collected:
            cassette = fixture_cassette(test)
            there = (rootpath / (cassette or file_of(test))).exists()
            if not there or (cassette is None and file_of(test) in run.collected_files):
                gone.add(test)
        return gone


def _tells_of_recording(user_property: tuple[str, object]) -> bool:
    name, value = user_property
    if name == "samurai_fixture":
        return bool(json.loads(str(value))["figures"]["samurai_recorded"])
    return name == "samurai_recorded" and bool(value)

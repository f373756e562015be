"""What tests used, compared with the lock at the end of a run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_samurai.errors import SettingsError
from pytest_samurai.plugin.fullness import Fullness
from pytest_samurai.plugin.state import RunState, lock_of
from pytest_samurai.settings import in_ci

if TYPE_CHECKING:
    from pytest_samurai.bill import Growth, Lock
    from pytest_samurai.report import Used


class Held:
    """Gathers what tests used, in any process, and compares it with the lock: see `lines` and `error`.

    `growth` is set if something grew beyond the lock.
    """

    def __init__(self, run: RunState, fullness: Fullness) -> None:
        self.lines: list[str] = []
        self.error: str | None = None
        self.growth: Growth | None = None
        self._run = run
        self._fullness = fullness
        self._failed: set[str] = set()
        # None until one of our tests ends, so that a run without any does not import the report.
        self._used: Used | None = None

    def _use(self) -> Used:
        if self._used is None:
            from pytest_samurai.report import Used

            self._used = Used()
        return self._used

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.add(report.nodeid)
        held, grown = getattr(report, "samurai_held", ()), getattr(report, "samurai_grown", ())
        if held or grown or report.user_properties:
            self._use().add(report.user_properties, held, grown, failed=report.nodeid in self._failed)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Compare with the lock.

        An error of the lock must not leave this hook: pytest would not call the other plugins' hooks.
        """
        try:
            # Without a marked test, nobody has read the lock yet.
            self._judge(session.config.rootpath, lock_of(session.config))
        except SettingsError as error:
            self.error = str(error)
        if self.error is not None and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _judge(self, root: Path, lock: Lock | None) -> None:
        settings, collection = self._run.settings, self._run.collection
        if lock is None and self._used is None and not collection.marked and not settings.update:
            return
        from pytest_samurai.report import Collected, standing

        collected = Collected(collection.marked, collection.files, full=not self._fullness.missing)
        result = standing(self._use(), collected, lock, settings, root, ci=in_ci(os.environ))
        self.lines, self.error, self.growth = result.lines, result.error, result.growth

"""Whether a run was a full run."""

from __future__ import annotations

from collections.abc import Generator, Iterable

import pytest

from pytest_samurai.plugin.state import RUN

_NARROWING = ("--lf", "--ignore", "--ignore-glob", "--collect-only", "--setup-plan", "--setup-only")


class Fullness:
    """Follows which tests were chosen, which ran, and whether they passed, in any process.

    In a full run, every existing test ran and passed. `missing` says why a run is not a full one, as the end of a
    sentence; it is empty for a full run.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.missing = "it has not ended"
        self._config = config
        self._collection = config.stash[RUN].collection
        self._chosen: set[str] = set()
        self._ran: set[str] = set()
        self._failed = False

    def catch_up(self, session: pytest.Session, ran: Iterable[str]) -> None:
        """Take over what is known about the tests that ran before this was registered."""
        self.pytest_collection_finish(session)
        self._ran.update(ran)
        self._failed = session.testsfailed > 0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._chosen.update(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._chosen.update(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed = self._failed or report.failed
        if report.when == "teardown":
            self._ran.add(report.nodeid)

    # A wrapper, so that it runs before the hooks that read `missing`.
    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, exitstatus: int) -> Generator[None, object, object]:
        self.missing = self._missing(exitstatus)
        return (yield)

    def _missing(self, exitstatus: int) -> str:
        config, collection = self._config, self._collection
        flag = next((flag for flag in _NARROWING if config.getoption(flag, None)), None)
        not_run = len(self._chosen - self._ran)
        reasons = {
            "it did not pass": exitstatus != pytest.ExitCode.OK or self._failed,
            "paths were given": config.args_source == pytest.Config.ArgsSource.ARGS,
            "it was not started in pytest's root directory": config.invocation_params.dir != config.rootpath,
            f"{flag} was given": flag,
            f"{collection.deselected} of its tests were deselected": collection.deselected,
            f"{''.join(collection.skipped[:1])} was skipped as a whole": collection.skipped,
            f"it ended before {not_run} of its tests had run": not_run,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

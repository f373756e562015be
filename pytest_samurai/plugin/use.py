"""What a run used of its cassettes."""

from __future__ import annotations

import sys
from collections.abc import Generator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_samurai.plugin.marker import is_marked, marker_of
from pytest_samurai.plugin.place import classes
from pytest_samurai.plugin.state import PASSED, PLAYS, RUN, RunState, cassette_root

if TYPE_CHECKING:
    from pytest_samurai.report import Absent, Play


class Use:
    """Gathers what tests played of which cassettes, whichever process they ran in, and whether all of them did.

    Only after a full run is what none of them played of no use. It travels with the reports, but not among the
    properties of a test, which JUnit shows.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.plays: list[Play] = []
        self.absent: list[Absent] = []
        self.not_full = "it has not ended"
        self._config = config
        self._run: RunState = config.stash[RUN]
        self._deselected = 0
        self._failed = False
        self._chosen: set[str] = set()
        self._ran: set[str] = set()

    # Where tests run.

    def catch_up(self, session: pytest.Session) -> None:
        """Where tests ran before anything was gathered: not of ours, and of each it is only wanted that it ran."""
        self.pytest_collection_finish(session)
        self._ran.update(self._run.begun)
        self._failed = session.testsfailed > 0
        self.plays += self._opened(set())

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._chosen.update(item.nodeid for item in session.items)
        # Counted, because some plugins drop tests and call no hook for it.
        self._deselected = self._run.collection.seen - len(session.items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        carried = cast("Any", report)
        if call.when == "setup" and is_marked(item) and PASSED not in item.stash and not report.failed:
            carried.samurai_absent = asdict(_absent(item))
        if call.when == "teardown":
            carried.samurai_plays = [play.as_json() for play in self._played(item)]
        return report

    def _played(self, item: pytest.Item) -> list[Play]:
        plays = item.stash.get(PLAYS, [])
        others = self._opened({play.cassette for play in plays})
        return [*plays, *others] if others else plays

    def _opened(self, known: set[str]) -> list[Play]:
        intercept = sys.modules.get("pytest_samurai.intercept")
        opened = intercept.take_cassettes() if intercept is not None else ()
        others = sorted(path for path in opened if str(path) not in known and path.exists())
        if not others:
            return []
        from pytest_samurai.report import Play

        return [Play(str(path), 0, [], shared=True, unknown="`use_cassette` opened it") for path in others]

    # Where the run is led from: under xdist, another process.

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._chosen.update(ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        # A worker that crashed has none.
        self._deselected += getattr(node, "workeroutput", {}).get("samurai_deselected", 0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed = self._failed or report.failed
        if report.when == "teardown":
            self._ran.add(report.nodeid)
        plays, absent = getattr(report, "samurai_plays", ()), getattr(report, "samurai_absent", None)
        if not plays and absent is None:
            return
        from pytest_samurai.report import Absent, Play

        self.plays += [Play(**play) for play in plays]
        if absent is not None:
            self.absent.append(Absent(**absent))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["samurai_deselected"] = self._deselected
            return
        self.not_full = self._why_not_full(exitstatus)
        if self.plays:
            from pytest_samurai.report import placed

            self.plays = placed(self.plays, self._config.rootpath)
        cache = getattr(self._config, "cache", None)
        directory = cassette_root(self._config)
        if cache is None or not (self.plays or directory.is_dir()):
            return
        if self.not_full:
            self._add_to_note(cache)
            return
        from pytest_samurai.report import NOTE, noted

        run = self._run
        mode = run.settings.mode
        full = noted(self._config.rootpath, directory, self.plays, self.absent, mode=mode, began=run.began)
        cache.set(NOTE, full.as_json())

    def _add_to_note(self, cache: pytest.Cache) -> None:
        from pytest_samurai.report import NOTE, FullRun

        try:
            full = FullRun.from_json(cache.get(NOTE, None))
        except (KeyError, TypeError):
            # None yet, or one of another version.
            cache.set(NOTE, {"not_full": self.not_full})
        else:
            cache.set(NOTE, full.with_plays(self.plays).as_json())

    def _why_not_full(self, exitstatus: int) -> str:
        """Why not all tests ran and passed, as the end of a sentence; nothing if they did."""
        config = self._config
        narrowing = ("--lf", "--ignore", "--ignore-glob", "--collect-only", "--setup-plan", "--setup-only")
        flag = next((flag for flag in narrowing if config.getoption(flag, None)), None)
        missing = len(self._chosen - self._ran)
        skipped = self._run.collection.skipped
        reasons = {
            "it did not pass": exitstatus != pytest.ExitCode.OK or self._failed,
            "paths were given": config.args_source == pytest.Config.ArgsSource.ARGS,
            "it was not started in pytest's root directory": config.invocation_params.dir != config.rootpath,
            f"{flag} was given": flag,
            f"{self._deselected} of its tests were deselected": self._deselected,
            f"{''.join(skipped[:1])} was skipped as a whole": skipped,
            f"it ended before {missing} of its tests had run": missing,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")


def _absent(item: pytest.Item) -> Absent:
    from pytest_samurai.cassette import cassette_name
    from pytest_samurai.report import Absent

    name, _ = marker_of(item) or (None, None)
    cassette = cassette_name([*classes(item), item.name]) if name is None else name.as_posix()
    return Absent(item.nodeid, cassette, list(item.fixturenames))  # type: ignore[attr-defined]  # functions have it

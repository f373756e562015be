"""What the tests of a run played from their cassettes."""

from __future__ import annotations

import sys
from collections.abc import Collection, Generator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_samurai.plugin.fullness import Fullness
from pytest_samurai.plugin.marker import is_marked, marker_of
from pytest_samurai.plugin.place import classes
from pytest_samurai.plugin.state import PASSED, PLAYS, RUN, SPOKEN, VARYING, cassette_root

if TYPE_CHECKING:
    from pytest_samurai.report import Absent, Play


# --- where tests run


class CarriedUse:
    """Lets a test's report carry what the test played, and what varies in its recordings.

    It uses attributes, which xdist passes on. JUnit would show properties of the test.
    """

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        carried = cast("Any", report)
        if call.when == "setup" and is_marked(item) and PASSED not in item.stash and not report.failed:
            carried.samurai_absent = asdict(_absent(item))
        if call.when == "teardown":
            carried.samurai_plays = [play.as_json() for play in _played(item)]
            if spoken := item.stash.get(SPOKEN, None):
                carried.samurai_spoken = [conversation.as_json() for conversation in spoken]
            if varied := item.stash.get(VARYING, None):
                carried.samurai_varying = [each.as_json() for each in varied.values()]
        return report


def _played(item: pytest.Item) -> list[Play]:
    plays = item.stash.get(PLAYS, [])
    others = opened_elsewhere({play.cassette for play in plays})
    return [*plays, *others] if others else plays


def opened_elsewhere(known: Collection[str] = ()) -> list[Play]:
    """The cassettes that `use_cassette` has opened since the last call of this, except the `known` ones."""
    intercept = sys.modules.get("pytest_samurai.intercept")
    opened = intercept.take_cassettes() if intercept is not None else ()
    others = sorted(path for path in opened if str(path) not in known and path.exists())
    if not others:
        return []
    from pytest_samurai.report import Play

    return [Play(str(path), 0, [], shared=True, unknown="`use_cassette` opened it") for path in others]


def _absent(item: pytest.Item) -> Absent:
    from pytest_samurai.cassette import candidates_of, safe_cassette
    from pytest_samurai.report import Absent

    name, _ = marker_of(item) or (None, None)
    paths = (
        [candidate.path for candidate in candidates_of([*classes(item), item.name])]
        if name is None
        else [name, safe_cassette(name)]
    )
    cassettes = list(dict.fromkeys(path.as_posix() for path in paths))
    return Absent(item.nodeid, cassettes, list(item.fixturenames))  # type: ignore[attr-defined]  # functions have it


# --- in the process that leads the run; under xdist, the controller


class Use:
    """Gathers what tests played, and notes it at the end of the run.

    Only a full run proves that nobody needs an interaction. Any other run is added to the note of the last full run.
    """

    def __init__(self, config: pytest.Config, fullness: Fullness) -> None:
        self.plays: list[Play] = []
        self.absent: list[Absent] = []
        self.orphans: list[str] = []
        self.errors: list[str] = []
        self._config = config
        self._fullness = fullness

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        plays, absent = getattr(report, "samurai_plays", ()), getattr(report, "samurai_absent", None)
        if not plays and absent is None:
            return
        from pytest_samurai.report import Absent, Play

        self.plays += [Play(**play) for play in plays]
        if absent is not None:
            self.absent.append(Absent(**absent))

    @property
    def dropped(self) -> int | None:
        """How many interactions were dropped from cassettes; None if no test was in a mode that drops them."""
        return sum(play.dropped for play in self.plays) if any(play.updates for play in self.plays) else None

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.plays:
            from pytest_samurai.report import placed

            self.plays = placed(self.plays, self._config.rootpath)
        if not self._fullness.missing and self.dropped is not None:
            self._drop(session)
        cache = getattr(self._config, "cache", None)
        if cache is not None and (self.plays or cassette_root(self._config).is_dir()):
            self._note(cache)

    def _drop(self, session: pytest.Session) -> None:
        """Drop what no test played from shared cassettes. Recorders have already done so for unshared ones."""
        from pytest_samurai.report import drop_outdated

        run, root = self._config.stash[RUN], self._config.rootpath
        self.plays, self.errors = drop_outdated(self.plays, self.absent, root, run.began)
        if self.errors:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _note(self, cache: pytest.Cache) -> None:
        from pytest_samurai.report import NOTE, amended, noted

        if self._fullness.missing:
            cache.set(NOTE, amended(cache.get(NOTE, None), self.plays, self._fullness.missing))
            return
        config = self._config
        run, directory = config.stash[RUN], cassette_root(config)
        mode = run.settings.mode
        full = noted(config.rootpath, directory, self.plays, self.absent, mode=mode, began=run.began)
        cache.set(NOTE, full.as_json())
        if len(full.files) > len(full.plays):
            from pytest_samurai.recorder import RECORD_MODES
            from pytest_samurai.report import orphans

            # A mode that plays nothing does not show that a cassette is unused.
            self.orphans = orphans(full, config.rootpath) if RECORD_MODES[mode].plays else []

"""What pytest prints at the end of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_samurai.plugin.fullness import Fullness
from pytest_samurai.plugin.held import Held
from pytest_samurai.plugin.state import RUN
from pytest_samurai.plugin.use import Use
from pytest_samurai.plugin.varying import Varying
from pytest_samurai.text import visible

if TYPE_CHECKING:
    from pytest_samurai.report import Gathered, Run


class Summary:
    """Gathers what test reports carry, from any process, then prints and publishes it."""

    def __init__(self, config: pytest.Config, fullness: Fullness, use: Use, held: Held, varying: Varying) -> None:
        self._config = config
        self._run = config.stash[RUN]
        self._fullness = fullness
        self._use = use
        self._held = held
        self._varying = varying
        self._phases: dict[tuple[str, str], list[pytest.TestReport]] = {}
        # None until one of our tests ends, so that a run without any does not import the report.
        self._gathered: Gathered | None = None
        self._published: tuple[str, ...] = ()
        self._unpublished: tuple[str, ...] = ()
        self._over: list[str] = []

    def _gather(self) -> Gathered:
        if self._gathered is None:
            from pytest_samurai.report import Gathered

            self._gathered = Gathered()
        return self._gathered

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # `--dist=each` runs a test once in each worker.
        key = (report.nodeid, getattr(report, "worker_id", ""))
        if report.when == "setup":
            # The test may run again (pytest-rerunfailures).
            self._phases[key] = []
        phases = self._phases.setdefault(key, [])
        phases.append(report)
        if report.when != "teardown":
            return
        del self._phases[key]
        failed = [phase for phase in phases if phase.failed and hasattr(phase, "samurai_failure")]
        if report.user_properties or failed:
            failures = [cast("Any", phase).samurai_failure for phase in failed]
            file, line = report.location[0].replace(os.sep, "/"), (report.location[1] or 0) + 1
            outcome, properties = _outcome(phases), report.user_properties
            self._gather().add(report.nodeid, outcome, properties, failures, file=file, line=line)
            self._gather().hear(getattr(report, "samurai_spoken", ()))

    def _so_far(self) -> Run:
        run = self._run
        return self._gather().run(run.began, run.settings.mode, self._of_the_run(), self._held.growth, self._use.plays)

    @property
    def _unproved(self) -> str | None:
        """Why the recordings could not be proved."""
        return None if self._run.proof is None else self._run.proof.error

    def _of_the_run(self) -> list[str]:
        """What is wrong with the run as a whole."""
        return [*self._over, *filter(None, [self._held.error, self._unproved]), *self._use.errors]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._run.tally is not None:
            self._over = self._run.tally.last_word()
            # The test that broke the limit may have failed for another reason, or be expected to fail.
            if self._over and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self._gathered is not None and len(self._gathered.failures) > 1:
            self._shorten_repeats(session.config)
        targets = self._run.settings.report
        if not targets:
            return
        from pytest_samurai.report import publish

        published = publish(
            self._so_far(),
            targets,
            directory=session.config.invocation_params.dir,
            environ=os.environ,
            rootdir=session.config.rootpath,
        )
        self._published, self._unpublished = published.lines, published.errors
        if self._unpublished and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def _shorten_repeats(self, config: pytest.Config) -> None:
        from pytest_samurai.plugin.repeats import shorten

        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            shorten(reporter)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        loud = terminalreporter.verbosity >= 0
        if self._gathered is not None and self._gathered.tests and loud:
            self._write_figures(terminalreporter)
        if self._gathered is not None and self._gathered.may_have_causes:
            self._write_causes(terminalreporter, loud=loud)
        # A quiet run also says that the lock was written, because the file must be committed.
        for line in self._held.lines if loud or self._run.settings.update else ():
            terminalreporter.write_line(visible(line, keep="\n"))
        for line, markup in self._notices():
            terminalreporter.write_line(visible(line, keep="\n"), **markup)
        # Not filtered: they are commands for CI and contain nothing else.
        for line in self._published:
            terminalreporter.write_line(line)
        for error in self._unpublished:
            terminalreporter.write_line(visible(f"samurai: {error}"), red=True)

    def _write_figures(self, terminalreporter: pytest.TerminalReporter) -> None:
        from pytest_samurai.report import origin_line, top_lines, totals_line

        run = self._so_far()
        recordings = origin_line(run.origins)
        most = top_lines(run.figures, self._run.settings.top)
        lines = [totals_line(run.totals), *most]
        if recordings:
            lines.append(f"samurai: {recordings}")
        for line in ["", *lines]:
            terminalreporter.write_line(line)

    def _write_causes(self, terminalreporter: pytest.TerminalReporter, *, loud: bool) -> None:
        """The causes of failures, unless the only one is a single test's miss, which has already said everything."""
        from pytest_samurai.plugin.advice import commands
        from pytest_samurai.report import cause_lines, causes

        run = self._so_far()
        if any(play.moved for play in self._use.plays):
            self._write_moved(terminalreporter, run)
            run = replace(run, failures=())
        groups = causes(run)
        tests = {test for group in groups for test in group.tests}
        if len(tests) > 1 or (loud and any(test.regressions for test in run.tests)):
            for line in cause_lines(run, commands(terminalreporter.config, run, groups)):
                terminalreporter.write_line(line, red=True)

    @staticmethod
    def _write_moved(terminalreporter: pytest.TerminalReporter, run: Run) -> None:
        from pytest_samurai.plugin.advice import recording
        from pytest_samurai.report import moved_lines

        for line in moved_lines(run, partial(recording, terminalreporter.config, run)):
            terminalreporter.write_line(line, red=True)

    def _notices(self) -> Iterator[tuple[str, dict[str, bool]]]:
        """What even a quiet run says."""
        red, yellow = {"red": True}, {"yellow": True}
        gathered = self._gathered
        yield from ((f"samurai: {error}", red) for error in self._of_the_run())
        if self._use.dropped is not None and gathered is not None:
            from pytest_samurai.report import updated_line

            yield updated_line(self._so_far().totals, self._use.dropped), {}
        # All tests of a shared cassette say the same about it.
        notes = dict.fromkeys(gathered.notes if gathered is not None else ())
        yield from ((f"samurai: {note}", yellow) for note in notes)
        if self._run.proof is not None and self._run.proof.line is not None:
            yield self._run.proof.line, {}
        yield from ((line, yellow) for line in self._varying.lines())
        if self._use.plays and not self._fullness.missing:
            from pytest_samurai.report import shared_lines

            yield from ((line, yellow) for line in shared_lines(self._use.plays, self._use.absent))
        if self._use.orphans:
            from pytest_samurai.report import orphan_lines

            yield from ((line, yellow) for line in orphan_lines(self._use.orphans))
        if gathered is not None and gathered.unmarked:
            from pytest_samurai.report import unmarked_line

            yield unmarked_line(gathered.unmarked), yellow
        if gathered is not None and gathered.failures:
            from pytest_samurai.plugin.advice import update_line
            from pytest_samurai.report import causes

            run = self._so_far()
            yield from ((line, yellow) for line in update_line(self._config, run, causes(run)))


def _outcome(phases: Sequence[pytest.TestReport]) -> str:
    """The result of a test, in pytest's words."""
    failed = [phase for phase in phases if phase.failed]
    if failed:
        return "failed" if failed[0].when == "call" else "error"
    skipped = any(phase.skipped for phase in phases)
    if any(hasattr(phase, "wasxfail") for phase in phases):
        return "xfailed" if skipped else "xpassed"
    return "skipped" if skipped else "passed"

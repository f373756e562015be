"""The proof that a run's recordings can be replayed: a second run at the end, in a new process.

It needs a new process because a later replay has different ids at import, string hashes, ports and session fixtures. In
this process, all of these would stay the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from pytest_samurai.errors import CassetteError, RequestNotRecorded
from pytest_samurai.files import REAL, json, remove, scratch
from pytest_samurai.plugin.hashseed import HASH_SEED, other_seed
from pytest_samurai.plugin.internals import replaced_at, take_back
from pytest_samurai.plugin.secondrun import AGAIN, FILE
from pytest_samurai.plugin.varying import Varying
from pytest_samurai.text import plural, visible

_SHOWN_LINES = 20
_FAILED = "ProofFailed"
_NO_TEST = "The replay has no test with this id: part of the id varies from run to run, such as a parameter."
_ADVICE = (
    "These differences vary from run to run. Fix them in the test, for example with a seed or by sorting, or leave"
    " them out with `ignore` or `normalize`."
)
_HAS_RUN = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


class Proof:
    """Replays the tests that recorded and passed, and fails those whose replay does not pass.

    `line` is the result; `error` says why no replay was possible.
    """

    def __init__(self, config: pytest.Config, varying: Varying) -> None:
        self.line: str | None = None
        self.error: str | None = None
        self._config = config
        self._varying = varying
        self._calls: dict[str, pytest.TestReport] = {}
        self._red: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if str(report.outcome) in AGAIN:
            # Its last run counts.
            self._red.discard(report.nodeid)
        elif not report.passed or hasattr(report, "wasxfail"):
            self._red.add(report.nodeid)
        elif report.when == "call":
            self._calls[report.nodeid] = report

    def prove(self, session: pytest.Session) -> None:
        """Run the tests once more, and report those that fail."""
        reports = self._recorded()
        if not reports:
            return
        self._announce(len(reports))
        orders = [items for varied in self._varying.recorded.values() for each in varied for items in each.orders]
        results = self._second_run(list(reports), orders)
        if results is None:
            session.testsfailed += 1
            return
        failed = 0
        for test, report in reports.items():
            failed += self._judge(report, results.get(test))
        self.line = f"samurai: {plural(len(reports), 'test')} replayed in another process: {failed:,} failed"

    def leave_out(self) -> None:
        """Say that nothing was proved, because the run was cut short."""
        if count := len(self._recorded()):
            self.line = (
                f"samurai: {plural(count, 'test')} recorded and passed, but nothing was replayed in another process,"
                " because the run ended early. The next run replays what was recorded"
            )

    def _recorded(self) -> dict[str, pytest.TestReport]:
        """The reports of the tests that recorded and passed, by test id."""
        return {
            varied[0].test: self._calls[nodeid]
            for nodeid, varied in self._varying.recorded.items()
            if nodeid in self._calls and nodeid not in self._red
        }

    def _announce(self, count: int) -> None:
        """Say why the run takes longer now."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and reporter.verbosity >= 0:
            reporter.ensure_newline()
            reporter.write_line(f"samurai: replaying {plural(count, 'test')} in another process")

    def _second_run(self, tests: Sequence[str], orders: Sequence[Sequence[str]]) -> dict[str, list[Any]] | None:
        """The result of each test, by its id; empty if it passed. None if the second run did not happen."""
        try:
            file = scratch("second-run")
        except CassetteError as error:
            self.error = f"--samurai-prove: {error}"
            return None
        file.write_text(json.dumps(tests), encoding="utf-8")
        try:
            ended = subprocess.run(
                _command(self._config),
                cwd=self._config.invocation_params.dir,
                env={**os.environ, FILE: str(file), HASH_SEED: other_seed(orders)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            results = json.loads(file.read_text(encoding="utf-8"))
        finally:
            remove(file)
        if isinstance(results, dict) and ended.returncode in _HAS_RUN:
            return results
        said = ended.stdout.decode(errors="replace").strip().splitlines()[-_SHOWN_LINES:]
        text = "".join(f"\n    {line}" for line in said)
        self.error = (
            f"--samurai-prove: the second run ended with status {ended.returncode}, which is not how a test run"
            f" ends:{text}"
        )
        return None

    def _judge(self, report: pytest.TestReport, result: Sequence[Any] | None) -> bool:
        """Report the test if its replay failed. Returns whether it did."""
        from pytest_samurai.report import clock_failure

        varied = self._varying.recorded[report.nodeid]
        if result is None:
            self._fail(report, _NO_TEST, _NO_TEST, (_FAILED, _NO_TEST, None))
        elif result:
            outcome, text, line, failure = result
            came_of = "was skipped" if outcome == "skipped" else "failed"
            said = f"This test was recorded in this run, and its replay in another process {came_of}:\n\n{text}"
            if failure and failure[0] == RequestNotRecorded.__name__:
                said = f"{said}\n\n{_ADVICE}"
            self._fail(report, said, line, failure or (_FAILED, line, None))
        else:
            # A value that another process repeats is the same in every run, unless it tells the time.
            self._varying.recorded[report.nodeid] = [each.of_clock for each in varied]
            if (clock := clock_failure(varied)) is None:
                return False
            text, diagnosis = clock
            self._fail(report, text, text, (_FAILED, text, diagnosis.as_json()))
        return True

    def _fail(self, report: pytest.TestReport, text: str, line: str, failure: Sequence[Any]) -> None:
        """Replace the test's success with a failure."""
        take_back(self._config, report)
        path, number, _ = report.location
        # The text of a failure comes from outside.
        kind, told_text, diagnosis = failure
        shown = replaced_at(visible(text, keep="\n\t"), path, (number or 0) + 1, visible(line, keep="\n"))
        known = (report.nodeid, report.location, dict(report.keywords))
        failed = pytest.TestReport(*known, "failed", shown, "call")
        failed.samurai_failure = (kind, visible(told_text, keep="\n"), diagnosis)  # type: ignore[attr-defined]  # a report takes any
        for told in (failed, pytest.TestReport(*known, "passed", None, "teardown")):
            self._config.hook.pytest_runtest_logreport(report=told)


def _command(config: pytest.Config) -> list[str]:
    """The command that started pytest, plus the plugin that makes it a second run."""
    # `python -m` puts the current directory on the path; `pytest` does not.
    safe = [] if not {"", str(REAL.getcwd())}.isdisjoint(sys.path) else ["-P"]
    plugin = ["-p", "pytest_samurai.plugin.secondrun"]
    # The second run would start by deleting this process's coverage.
    no_coverage = ["--no-cov"] if config.pluginmanager.has_plugin("pytest_cov") else []
    arguments = map(str, config.invocation_params.args)
    return [sys.executable, *safe, "-m", "pytest", *plugin, *no_coverage, *arguments]

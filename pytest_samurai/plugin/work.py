"""The hooks that are registered when there is something to do."""

from __future__ import annotations

import warnings

import pytest

from pytest_samurai.plugin.fixture import fixture_setup
from pytest_samurai.plugin.fullness import Fullness
from pytest_samurai.plugin.held import Held
from pytest_samurai.plugin.phases import runtest_setup, runtest_teardown
from pytest_samurai.plugin.redacted import redact_subtest, redact_warning
from pytest_samurai.plugin.state import RUN, RunState
from pytest_samurai.plugin.summary import Summary
from pytest_samurai.plugin.testreport import runtest_makereport
from pytest_samurai.plugin.unmarked import unwatch
from pytest_samurai.plugin.use import CarriedUse, Use, opened_elsewhere
from pytest_samurai.plugin.varying import Varying
from pytest_samurai.plugin.verdict import runtest_call
from pytest_samurai.plugin.worker import Worker, is_worker


class AtWork:
    """The hooks for tests that may call an API. The first such test registers them: each hook costs time."""

    pytest_fixture_setup = staticmethod(fixture_setup)
    pytest_runtest_setup = staticmethod(runtest_setup)
    pytest_runtest_call = staticmethod(runtest_call)
    pytest_runtest_teardown = staticmethod(runtest_teardown)
    pytest_runtest_makereport = staticmethod(runtest_makereport)

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._ended: pytest.Item | None = None

    # First, before anything shows them or sends them to another process.
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        redact_subtest(report, self._run)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        # Pytest reports a test's warnings after the test has ended.
        item = self._ended
        redact_warning(warning_message, item if item is not None and item.nodeid == nodeid else None)

    def pytest_runtest_logfinish(self) -> None:
        self._ended = self._run.item
        unwatch(self._run)


def be_at_work(config: pytest.Config, session: pytest.Session | None = None) -> None:
    """Register the hooks for tests that may make calls, because there is one now."""
    run = config.stash[RUN]
    run.at_work = True
    if not run.gathers:
        gather(config, session)
    run.refusals.watchdog.install()
    config.pluginmanager.register(AtWork(run), "samurai-at-work")


def gather(config: pytest.Config, session: pytest.Session | None = None) -> None:
    """Register the gatherers. Tests of `session` may have run before."""
    run = config.stash[RUN]
    run.gathers = True
    register = config.pluginmanager.register
    register(CarriedUse(), "samurai-carried-use")
    if is_worker(config):
        register(Worker(), "samurai-worker")
        return
    fullness = Fullness(config)
    use = Use(config, fullness)
    if session is not None:
        # None of those tests was ours. It only matters that they ran, and which cassettes they opened themselves.
        fullness.catch_up(session, run.begun)
        use.plays += opened_elsewhere()
    held = Held(run, fullness)
    varying = Varying()
    if run.settings.prove:
        from pytest_samurai.plugin.proof import Proof

        run.proof = Proof(config, varying)
        register(run.proof, "samurai-proof")
    summary = Summary(config, fullness, use, held, varying)
    for gatherer in (fullness, use, held, varying, summary):
        register(gatherer, f"samurai-{type(gatherer).__name__.lower()}")

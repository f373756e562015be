"""A run from its beginning to its end."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_samurai.errors import SamuraiError
from pytest_samurai.files import now
from pytest_samurai.plugin.idle import be_at_work, gather
from pytest_samurai.plugin.marker import note_markers
from pytest_samurai.plugin.options import marker_line, written
from pytest_samurai.plugin.state import RUN, RunState, cassette_root, resolved
from pytest_samurai.plugin.worker import is_worker, worker_input
from pytest_samurai.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_samurai.bill import Tally


def pytest_configure(config: pytest.Config) -> None:
    """Begin the run: resolve its options and register what it needs from the start."""
    config.addinivalue_line("markers", marker_line())
    told = worker_input(config)
    try:
        run = _begin(config, told)
    except SamuraiError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[RUN] = run
    note_markers(config, run.settings.marker)
    if run.settings.marker:
        from pytest_samurai.plugin.moved import take_over

        take_over(config)
    config.pluginmanager.register(run.collection, "samurai-collection")
    # A run notes at its end which cassettes exist, even if it plays none.
    if told is not None or run.settings.report or cassette_root(config).is_dir():
        gather(config)
    if run.settings.unmarked == "block":
        be_at_work(config)
    if sys.stdout.isatty():
        from pytest_samurai.plugin.progressline import ProgressLine, shows_progress

        if shows_progress(config):
            config.pluginmanager.register(ProgressLine(config), "samurai-progress")


def _begin(config: pytest.Config, told: Mapping[str, Any] | None) -> RunState:
    """The state of a run. In an xdist worker, `told` is what the controller said."""
    began = _began(told)
    layers = written(config)
    settings = resolved(layers)
    return RunState(began, settings, layers, _tally(settings, told))


def _began(told: Mapping[str, Any] | None) -> datetime:
    if told is None:
        return now()
    from pytest_samurai.text import parse_moment

    return parse_moment(told["samurai_began"])


def _tally(settings: Settings, told: Mapping[str, Any] | None) -> Tally | None:
    limits = settings.limits
    if limits is None:
        return None
    from pytest_samurai.bill import Tally

    return Tally.begin(limits) if told is None else Tally(Path(told["samurai_tally"]), limits)


# First, so that it wraps all other hooks. They see a second import as an ordinary collection.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """If a test module cannot be imported, try again with placeholders for its keys."""
    report = yield
    if report.failed and isinstance(collector, pytest.Module):
        from pytest_samurai.plugin.importkeys import imported_with_keys

        report = imported_with_keys(collector, report) or report
    collector.config.stash[RUN].collection.see(report)
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the run: leave no counter file and no patch behind."""
    run = config.stash.get(RUN, None)
    if run is None:
        return
    if run.tally is not None and not is_worker(config):
        run.tally.end()
    if run.at_work:
        from pytest_samurai.plugin.unmarked import unwatch

        run.refusals.watchdog.remove()
        # An interrupted run does not announce the end of its last test.
        unwatch(run)
    if run.watching:
        from pytest_samurai import intercept

        intercept.uninstall()

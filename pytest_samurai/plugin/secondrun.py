"""The second run of tests that were just recorded, in its own process. `plugin.proof` starts it."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from pytest_samurai.files import json
from pytest_samurai.plugin.internals import crash_of
from pytest_samurai.plugin.state import RUN

FILE: Final = "SAMURAI_SECOND_RUN"
"""The environment variable that names the file. It first holds the test ids, and later their results."""

AGAIN: Final = ("rerun",)
"""What other plugins call the outcome of a test that they will run again. Source: pytest-rerunfailures."""

_OPTIONS: Mapping[str, object] = {
    # Run all of them, one by one, in this process, and ask nobody.
    "maxfail": 0,
    "usepdb": False,
    "trace": False,
    "numprocesses": 0,
    "distload": False,
    "dist": "no",
    "tx": [],
    # Do not touch the first run's files. The ini file may name a log file, so this run needs another.
    "log_file": os.devnull,
    "xmlpath": None,
    "report_log": None,
    "htmlpath": None,
    # Use the cassettes alone. The run that recorded also reports, and compares with the lock.
    "samurai_mode": "none",
    "samurai_prove": None,
    "samurai_report": None,
    "samurai_update": None,
}


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Use the options of the first run, except those that this run sets itself."""
    known = vars(config.option)
    known.update({name: value for name, value in _OPTIONS.items() if name in known})
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Compare nothing with the lock, and follow the results of the tests."""
    run = config.stash[RUN]
    run.proves = True
    run.lock_is_read = True
    config.pluginmanager.register(_Follower(Path(os.environ[FILE])), "samurai-second-run")


class _Follower:
    """Runs the tests that the file names, and writes each result into it: see `_told`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._results: dict[str, list[Any]] = {}
        self._wanted = frozenset(json.loads(file.read_text(encoding="utf-8")))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        others = [item for item in items if item.nodeid not in self._wanted]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item.nodeid in self._wanted]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        result = self._results.setdefault(report.nodeid, [])
        if str(report.outcome) in AGAIN:
            result.clear()
        elif not report.passed and not result:
            result += _told(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        self._file.write_text(json.dumps(self._results), encoding="utf-8")


def _told(report: pytest.TestReport) -> list[Any]:
    """A failed phase: its outcome, its error, and its line in the short summary.

    Errors of ours come with their name, text and diagnosis.
    """
    text = report.longreprtext
    if isinstance(report.longrepr, tuple):
        # Pytest stores file, line and reason of a skip, and shows the reason.
        text = report.longrepr[-1]
    crash = crash_of(report.longrepr)
    line = text if crash is None else crash.message
    return [report.outcome, text, line, getattr(report, "samurai_failure", None)]

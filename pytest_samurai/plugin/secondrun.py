"""The second run of tests that have just been recorded, in a process of its own. `plugin.proof` starts it."""

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
"""The variable of the environment that names the file with the ids of the tests, and later with what came of them."""

AGAIN: Final = ("rerun",)
"""What other plugins call the outcome of a test that they will run again. Source: pytest-rerunfailures."""

_OPTIONS: Mapping[str, object] = {
    # All of them run, one after the other, in this process, and nobody is asked.
    "maxfail": 0,
    "usepdb": False,
    "trace": False,
    "numprocesses": 0,
    "distload": False,
    "dist": "no",
    "tx": [],
    # The files of the first run stay its own. That of the log may be named in the ini file, so it needs another one.
    "log_file": os.devnull,
    "xmlpath": None,
    "report_log": None,
    "htmlpath": None,
    # From the cassettes alone. What was recorded is reported, and compared with the lock, by the run that recorded it.
    "samurai_mode": "none",
    "samurai_prove": None,
    "samurai_report": None,
    "samurai_update": None,
}


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Take the options of the first run, but for those that this run has of its own."""
    known = vars(config.option)
    known.update({name: value for name, value in _OPTIONS.items() if name in known})
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Compare nothing with the lock, and follow what becomes of the tests."""
    run = config.stash[RUN]
    run.proves = True
    run.lock_is_read = True
    config.pluginmanager.register(_Follower(Path(os.environ[FILE])), "samurai-second-run")


class _Follower:
    """Runs the tests that the file names, and writes into it what came of each: see `_told`."""

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
    """What there is to tell of a phase that did not pass: its outcome, its error, the line for the short summary.

    Of an error of ours it has the name, the text and the diagnosis.
    """
    text = report.longreprtext
    if isinstance(report.longrepr, tuple):
        # Pytest has file, line and reason of a skip, and shows the reason.
        text = report.longrepr[-1]
    crash = crash_of(report.longrepr)
    line = text if crash is None else crash.message
    return [report.outcome, text, line, getattr(report, "samurai_failure", None)]

"""The line that shows the progress of a recording."""

from __future__ import annotations

import os
import sys

import pytest

from pytest_samurai.plugin.state import RUN


def shows_progress(config: pytest.Config) -> bool:
    """Whether the terminal can erase a line, and only pytest writes to it."""
    return (
        sys.stdout is sys.__stdout__
        and os.environ.get("TERM", "dumb") != "dumb"
        and config.get_verbosity() >= 0
        and config.getoption("capture", "no") != "no"
        and not (config.getini("log_cli") or config.getoption("log_cli_level"))
    )


class ProgressLine:
    """Shows the progress of a recording until pytest writes something itself.

    It writes to the terminal directly, past pytest's capture. Pytest switches its capture off to write a line; doing
    that here would let through what other threads are printing.
    """

    def __init__(self, config: pytest.Config) -> None:
        from pytest_samurai.report import Progress

        self._file = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding=sys.stdout.encoding, errors="replace")
        writer = config.get_terminal_writer
        self._progress = Progress(self._file, lambda: (writer().fullwidth, writer().width_of_current_line))
        config.stash[RUN].progress = self._progress

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self) -> None:
        self._progress.clear()

    def pytest_enter_pdb(self) -> None:
        # Too late to clear the line: pytest has already written a headline.
        self._progress.leave()

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        self._progress.clear()

    def pytest_unconfigure(self) -> None:
        self._file.close()

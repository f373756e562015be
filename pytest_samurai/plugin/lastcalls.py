"""The last calls of a failed test, shown below its traceback."""

from __future__ import annotations

import pytest

from pytest_samurai.plugin.internals import add_section
from pytest_samurai.plugin.state import RUN

_TITLE = "samurai: last calls"


def show_calls(report: pytest.TestReport, item: pytest.Item) -> bool:
    """Show the calls of a failed test in its report. Returns whether there are any."""
    run = item.config.stash[RUN]
    if run.settings.show == "never":
        return False
    # The calls of a wider fixture belong to it, unless its setup is what failed.
    recorders = [
        recorder for recorder in run.refusals.opened_in_test if report.when == "setup" or not recorder.owner.is_fixture
    ]
    calls = [call for recorder in recorders for call in recorder.calls]
    if not calls:
        return False
    from pytest_samurai.report import last_calls

    add_section(report, _TITLE, "\n".join(last_calls(calls)))
    return True

"""Recorded values that will not come back: noted by each test, gathered by the run's main process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from pytest_samurai.plugin.state import RUN, VARYING
from pytest_samurai.plugin.verdict import test_id

if TYPE_CHECKING:
    from pytest_samurai.recorder import Recorder
    from pytest_samurai.report import Varied
    from pytest_samurai.settings import Layer


# --- where tests run


def note_variations(item: pytest.Item, recorder: Recorder, layers: Mapping[str, Layer]) -> None:
    """Note which recorded values vary, and that the test recorded at all, after its recorder closed.

    `layers` maps a name to each layer of settings that may set `normalize`, nearest to the test first. `samurai_config`
    is one of them.
    """
    if not recorder.recorded:
        return
    from pytest_samurai.recorder import orders_in, varying
    from pytest_samurai.report import Varied

    run = item.config.stash[RUN]
    told = varying(recorder, run.sources.hold)
    home = _home(run.written[0].values, layers)
    # If the test runs again (pytest-rerunfailures), its last run counts.
    varied = Varied(test_id(item), home, tuple(told), orders_in(recorder) if run.settings.prove else [])
    item.stash.setdefault(VARYING, {})[recorder.owner.test] = varied


def _home(ini: Mapping[str, object], layers: Mapping[str, Layer]) -> str:
    """Where to add an entry of `normalize` so that it counts along with the existing ones."""
    for name, layer in layers.items():
        if "normalize" in layer.values:
            return name
    if "normalize" in ini:
        return "samurai_normalize"
    return "samurai_config" if layers["samurai_config"].values else ""


# --- in the process that leads the run


class Varying:
    """Gathers what varies in a run's recordings, by the test id that reports use."""

    def __init__(self) -> None:
        self.recorded: dict[str, list[Varied]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        varied = getattr(report, "samurai_varying", ())
        if varied:
            from pytest_samurai.report import Varied

            self.recorded[report.nodeid] = list(map(Varied.from_json, varied))

    def lines(self) -> list[str]:
        """The lines about it at the end of a run."""
        if not self.recorded:
            return []
        from pytest_samurai.report import varied_lines

        return varied_lines([varied for of_test in self.recorded.values() for varied in of_test])

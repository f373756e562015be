"""What tests have recorded that will not come back, noted where they run and gathered where the run is led from."""

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
    """Note what a closed recorder has written that varies, and that the test has recorded at all.

    `layers` are those of its settings that may have a word on `normalize`, by what they are called; the nearest to the
    test comes first, and `samurai_config` is one of them.
    """
    if not recorder.recorded:
        return
    from pytest_samurai.recorder import orders_in, varying
    from pytest_samurai.report import Varied

    run = item.config.stash[RUN]
    told = varying(recorder, run.sources.hold)
    home = _home(run.written[0].values, layers)
    # If the test is run again (pytest-rerunfailures), its last run counts.
    varied = Varied(test_id(item), home, tuple(told), orders_in(recorder) if run.settings.prove else [])
    item.stash.setdefault(VARYING, {})[recorder.owner.test] = varied


def _home(ini: Mapping[str, object], layers: Mapping[str, Layer]) -> str:
    """Where an entry of `normalize` has to go, to count beside those that there are."""
    for name, layer in layers.items():
        if "normalize" in layer.values:
            return name
    if "normalize" in ini:
        return "samurai_normalize"
    return "samurai_config" if layers["samurai_config"].values else ""


# --- where the run is led from


class Varying:
    """Gathers what varies in the recordings of a run: by the id of the test, as reports have it."""

    def __init__(self) -> None:
        self.recorded: dict[str, list[Varied]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        varied = getattr(report, "samurai_varying", ())
        if varied:
            from pytest_samurai.report import Varied

            self.recorded[report.nodeid] = list(map(Varied.from_json, varied))

    def lines(self) -> list[str]:
        """What to say of it at the end of a run."""
        if not self.recorded:
            return []
        from pytest_samurai.report import varied_lines

        return varied_lines([varied for of_test in self.recorded.values() for varied in of_test])

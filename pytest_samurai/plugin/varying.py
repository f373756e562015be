"""What tests have recorded that will not come back, noted where they run and gathered where the run is led from."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_samurai.files import REAL, without_fakes
from pytest_samurai.plugin.state import RUN, VARYING
from pytest_samurai.plugin.verdict import test_id

if TYPE_CHECKING:
    from pytest_samurai.recorder import Recorder
    from pytest_samurai.report import Varied
    from pytest_samurai.settings import Layer


# --- where tests run


class Sources:
    """The user's modules, as they are written: what stands there is the same in each run."""

    def __init__(self, libraries: tuple[Path, ...]) -> None:
        self._libraries = libraries
        self._texts: dict[str, str] = {}

    def hold(self, text: str) -> bool:
        """Whether a text stands in a module that is loaded."""
        with without_fakes():
            self._read()
        return any(text in source for source in self._texts.values())

    def _read(self) -> None:
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if not isinstance(file, str) or not file.endswith(".py") or file in self._texts:
                continue
            is_library = any(REAL.Path(file).is_relative_to(directory) for directory in self._libraries)
            try:
                self._texts[file] = "" if is_library else REAL.Path(file).read_text(encoding="utf-8")
            except (OSError, ValueError):
                # Made by a program, deleted since, or in another encoding: then it tells nothing.
                self._texts[file] = ""


def note_variations(item: pytest.Item, recorder: Recorder, config: Layer, marker: Layer | None = None) -> None:
    """Note what a closed recorder has written that varies, and that the test has recorded at all.

    `config` and `marker` are the layers of the recorder's settings that have a word on `normalize`.
    """
    if not recorder.recorded:
        return
    from pytest_samurai.recorder import varying
    from pytest_samurai.report import Varied

    run = item.config.stash[RUN]
    told = varying(recorder, run.sources.hold)
    home = _home(run.written[0].values, config.values, {} if marker is None else marker.values)
    item.stash.setdefault(VARYING, []).append(Varied(test_id(item), home, tuple(told)))


def _home(ini: Mapping[str, object], config: Mapping[str, object], marker: Mapping[str, object]) -> str:
    """Where an entry of `normalize` has to go, to count beside those that there are."""
    if "normalize" in marker:
        return "marker"
    if "normalize" in config:
        return "samurai_config"
    if "normalize" in ini:
        return "samurai_normalize"
    return "samurai_config" if config else ""


class CarriedVariations:
    """Has the report of a test carry what varies in its recordings. Attributes are handed on by xdist."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        report = yield
        if call.when == "teardown" and (varied := item.stash.get(VARYING, None)):
            cast("Any", report).samurai_varying = [each.as_json() for each in varied]
        return report


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

"""What the tests of a run leave behind, gathered as they end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from pytest_samurai.bill import FIXTURE_PROPERTY, REGRESSION_PROPERTY, Growth, TestFigures
from pytest_samurai.files import json
from pytest_samurai.report.lines import NOTE_PROPERTY, UNMARKED_PROPERTY
from pytest_samurai.report.play import Play, origins_of
from pytest_samurai.report.run import Failure, Run, TestRun
from pytest_samurai.report.spoken import Spoken
from pytest_samurai.report.version import own_version
from pytest_samurai.text import Diagnosis


class Gathered:
    """The tests, fixtures, failures and notes of a run, its conversations, and its unrecorded live calls by test."""

    def __init__(self) -> None:
        self.tests: list[TestRun] = []
        self.fixtures: list[TestFigures] = []
        self.failures: list[Failure] = []
        self.notes: list[str] = []
        self.unmarked: dict[str, int] = {}
        self.spoken: list[Spoken] = []

    def add(
        self,
        test: str,
        outcome: str,
        properties: Sequence[tuple[str, object]],
        failures: Iterable[tuple[str, str, Sequence[Any] | None]],
        *,
        file: str,
        line: int,
    ) -> None:
        """Add a test that has ended.

        `outcome` is one of `OUTCOMES`; `properties` are the notes about the test and its fixtures; `failures` are our
        errors that made it fail, each with its class name, its text, and its diagnosis as JSON values. `line` counts
        from 1.
        """
        for kind, text, told in failures:
            diagnosis = None if told is None else Diagnosis.from_json(told)
            self.failures.append(Failure(test, kind, text, file, line, diagnosis))
        regressions = []
        for name, value in properties:
            if name == FIXTURE_PROPERTY:
                self.fixtures.append(TestFigures.from_fixture_property(str(value)))
            elif name == NOTE_PROPERTY:
                self.notes.append(str(value))
            elif name == REGRESSION_PROPERTY:
                regressions.append(json.loads(str(value)))
            elif name == UNMARKED_PROPERTY:
                self.unmarked[test] = cast("int", value)
        figures = TestFigures.from_properties(test, properties)
        if figures is None:
            # The test was already added, and its replay failed later.
            self.tests = [replace(told, outcome=outcome) if told.figures.test == test else told for told in self.tests]
        else:
            self.tests.append(TestRun(figures, outcome, file, line, tuple(regressions)))

    def hear(self, spoken: Iterable[Mapping[str, Any]]) -> None:
        """Take over the conversations of a test and its fixtures from a report: see `Spoken.as_json`."""
        self.spoken += map(Spoken.from_json, spoken)

    @property
    def may_have_causes(self) -> bool:
        """Whether a test has failed because of us, or has grown."""
        return bool(self.failures) or any(test.regressions for test in self.tests)

    def run(
        self,
        began: datetime,
        mode: str,
        errors: Iterable[str],
        growth: Growth | None = None,
        plays: Iterable[Play] = (),
    ) -> Run:
        """The run so far.

        `errors` are its problems as a whole, `growth` compares it with the lock, `plays` is what it has played.
        """
        return Run(
            own_version(),
            began.strftime("%Y-%m-%dT%H:%M:%SZ"),
            mode,
            tuple(self.tests),
            tuple(self.fixtures),
            tuple(self.failures),
            (*errors, *self.notes),
            self.unmarked,
            spoken=tuple(self.spoken),
            growth=growth,
            origins=origins_of(plays),
        )

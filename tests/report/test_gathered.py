"""What tests leave behind becomes a run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import metadata

from pytest_samurai.bill import REGRESSION_PROPERTY
from pytest_samurai.report import NOTE_PROPERTY, UNMARKED_PROPERTY
from pytest_samurai.report.gathered import Gathered
from pytest_samurai.report.run import Failure, Run, TestRun
from pytest_samurai.report.spoken import Spoken
from tests.report.test_run import MISSED, REGRESSION, figures

BEGAN = datetime(2026, 11, 24, 13, tzinfo=UTC)
WIDE = figures("session fixture wide")
CAPITAL = figures("test_capital")


def test_what_a_test_leaves_behind_is_in_the_run() -> None:
    gathered = Gathered()
    properties = [
        *CAPITAL.properties(),
        WIDE.fixture_property(),
        (NOTE_PROPERTY, "a note"),
        (REGRESSION_PROPERTY, json.dumps(REGRESSION)),
        ("own", "no concern of ours"),
    ]
    spoken = Spoken("test_capital", "cassettes/test_capital.yaml", ["0123456789abcdef"])
    gathered.hear([spoken.as_json()])
    gathered.add(
        "test_capital",
        "failed",
        properties,
        [("UsageRegression", "it grew", MISSED.as_json())],
        file="test_geo.py",
        line=5,
    )
    run = gathered.run(BEGAN, "once", ["an error"])
    assert run == Run(
        version=metadata.version("pytest-samurai"),
        began="2026-11-24T13:00:00Z",
        mode="once",
        tests=(TestRun(run.tests[0].figures, "failed", "test_geo.py", 5, (REGRESSION,)),),
        fixtures=run.fixtures,
        failures=(Failure("test_capital", "UsageRegression", "it grew", "test_geo.py", 5, MISSED),),
        notes=("an error", "a note"),
        unmarked={},
        spoken=(spoken,),
    )
    assert run.tests[0].figures.properties() == CAPITAL.properties()
    assert [fixture.fixture_property() for fixture in run.fixtures] == [WIDE.fixture_property()]


def test_a_test_without_a_recorder_is_counted_by_its_live_calls_alone() -> None:
    gathered = Gathered()
    gathered.add("test_plain", "passed", [(UNMARKED_PROPERTY, 3)], [], file="test_geo.py", line=9)
    run = gathered.run(BEGAN, "once", [])
    assert (run.tests, run.unmarked) == ((), {"test_plain": 3})

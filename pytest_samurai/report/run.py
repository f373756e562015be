"""A run as a record: what every test did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from pytest_samurai.bill import Growth, TestFigures
from pytest_samurai.errors import SettingsError
from pytest_samurai.files import json
from pytest_samurai.report.spoken import Spoken
from pytest_samurai.report.totals import Totals
from pytest_samurai.text import Cause, Diagnosis
from pytest_samurai.wire import Origins

if TYPE_CHECKING:
    from pytest_samurai.report.library import Library

FORM: Final = 1
"""The version of the JSON. It changes when the meaning of something in it does."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test with a recorder. `file` is relative to rootdir, `line` counts from 1.

    `outcome` is one of `OUTCOMES`. Each of the `regressions` has the texts of `bill.Regression` by their names, without
    `cause` if an earlier version wrote it.
    """

    __test__ = False

    figures: TestFigures
    outcome: str
    file: str
    line: int
    regressions: tuple[Mapping[str, str], ...] = ()


OUTCOMES: Final = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that failed because of pytest-samurai. `kind` is the name of the error, `text` its message.

    `diagnosis` is set for a miss and for growth beyond the lock.
    """

    test: str
    kind: str
    text: str
    file: str
    line: int
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that a report shows. `began` is UTC in ISO 8601; `unmarked` counts live calls without a recorder, by
    test.

    `growth` is set if something grew beyond the lock. `origins` counts the recordings, in the opened cassettes, that
    are no longer as recorded.

    `root` is the path of rootdir from the top of the repository, and `library` has the cassettes. Neither is in the
    JSON, which may be read on another machine.
    """

    version: str
    began: str
    mode: str
    tests: tuple[TestRun, ...] = ()
    fixtures: tuple[TestFigures, ...] = ()
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    unmarked: Mapping[str, int] = field(default_factory=dict)
    root: str = ""
    spoken: tuple[Spoken, ...] = ()
    library: Library | None = None
    growth: Growth | None = None
    origins: Origins = field(default_factory=Origins)

    @property
    def figures(self) -> list[TestFigures]:
        return [*(test.figures for test in self.tests), *self.fixtures]

    @property
    def totals(self) -> Totals:
        return Totals.of([test.figures for test in self.tests], self.fixtures)

    @property
    def regressions(self) -> list[Mapping[str, str]]:
        return [regression for test in self.tests for regression in test.regressions]

    def redacted(self, redact: Callable[[str], str]) -> Run:
        """The run with every text passed through `redact`."""

        def redacted(figures: TestFigures) -> TestFigures:
            models = tuple(replace(model, model=redact(model.model)) for model in figures.models)
            return replace(figures, test=redact(figures.test), models=models)

        def redacted_test(test: TestRun) -> TestRun:
            regressions = tuple(
                {name: redact(text) for name, text in regression.items()} for regression in test.regressions
            )
            return replace(test, figures=redacted(test.figures), regressions=regressions)

        return replace(
            self,
            tests=tuple(map(redacted_test, self.tests)),
            fixtures=tuple(map(redacted, self.fixtures)),
            failures=tuple(_redacted(failure, redact) for failure in self.failures),
            notes=tuple(map(redact, self.notes)),
            unmarked={redact(name): calls for name, calls in self.unmarked.items()},
            spoken=tuple(
                replace(spoken, user=redact(spoken.user), cassette=redact(spoken.cassette)) for spoken in self.spoken
            ),
        )

    # --- JSON

    def as_json(self) -> dict[str, Any]:
        """The run as JSON values, as docs/report.schema.json describes them."""
        growth = {} if self.growth is None else {"growth": self.growth.as_json()}
        recordings = {"recordings": asdict(self.origins)} if self.origins.told else {}
        return {
            "report": FORM,
            "version": self.version,
            "began": self.began,
            "mode": self.mode,
            "totals": self.totals.as_json(),
            "tests": [_test_json(test) for test in self.tests],
            "fixtures": [{"fixture": fixture.test, **fixture.as_json()} for fixture in self.fixtures],
            "failures": [_failure_json(failure) for failure in self.failures],
            "notes": list(self.notes),
            "unmarked": dict(self.unmarked),
            "conversations": [spoken.as_json() for spoken in self.spoken],
            **growth,
            **recordings,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Run:
        """The inverse of `as_json`. Raises KeyError, TypeError or ValueError for anything else."""
        if value["report"] != FORM:
            raise ValueError(f"its form is {value['report']!r}, but this version reads {FORM}")
        return cls(
            value["version"],
            value["began"],
            value["mode"],
            tuple(map(_test, value["tests"])),
            tuple(TestFigures.from_json(fixture["fixture"], fixture) for fixture in value["fixtures"]),
            tuple(map(_failure, value["failures"])),
            tuple(value["notes"]),
            dict(value["unmarked"]),
            # Reports from earlier versions have none.
            spoken=tuple(map(Spoken.from_json, value.get("conversations", ()))),
            growth=Growth.from_json(value["growth"]) if "growth" in value else None,
            origins=Origins(**{name: int(count) for name, count in value.get("recordings", {}).items()}),
        )


def read_run(content: bytes, name: str) -> Run:
    """The run in a JSON report, called `name` in errors. Raises SettingsError if it is not a JSON report."""
    try:
        return Run.from_json(json.loads(content))
    except (KeyError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        reason = f"`{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error)
        raise SettingsError(f"{name}: not a JSON report of pytest-samurai: {reason}") from None


def merged_runs(runs: Sequence[Run]) -> Run:
    """One or more runs, or the shards of a run, as one run with everything they did."""
    unmarked: Counter[str] = Counter()
    growths = [run.growth for run in runs if run.growth is not None]
    for run in runs:
        unmarked.update(run.unmarked)
    return Run(
        ", ".join(dict.fromkeys(run.version for run in runs)),
        min(run.began for run in runs),
        ", ".join(dict.fromkeys(run.mode for run in runs)),
        tuple(test for run in runs for test in run.tests),
        tuple(fixture for run in runs for fixture in run.fixtures),
        tuple(failure for run in runs for failure in run.failures),
        tuple(dict.fromkeys(note for run in runs for note in run.notes)),
        unmarked,
        spoken=tuple(spoken for run in runs for spoken in run.spoken),
        growth=reduce(Growth.plus, growths) if growths else None,
        origins=Origins.sum(run.origins for run in runs),
    )


def _redacted(failure: Failure, redact: Callable[[str], str]) -> Failure:
    diagnosis = failure.diagnosis
    if diagnosis is not None:
        difference = tuple(map(redact, diagnosis.cause.difference))
        cause = replace(diagnosis.cause, what=redact(diagnosis.cause.what), difference=difference)
        diagnosis = replace(diagnosis, cause=cause, moved=redact(diagnosis.moved))
    return replace(failure, test=redact(failure.test), text=redact(failure.text), diagnosis=diagnosis)


def _failure_json(failure: Failure) -> dict[str, Any]:
    names = ("test", "kind", "text", "file", "line")
    written = {name: getattr(failure, name) for name in names}
    if (diagnosis := failure.diagnosis) is not None:
        written["cause"] = {
            "name": diagnosis.cause.name,
            "what": diagnosis.cause.what,
            "difference": list(diagnosis.cause.difference),
            "call": diagnosis.call,
            "mode": diagnosis.mode,
            "moved": diagnosis.moved,
        }
    return written


def _failure(value: Mapping[str, Any]) -> Failure:
    written = dict(value)
    cause = written.pop("cause", None)
    if cause is not None:
        known = Cause(cause["name"], cause["what"], tuple(cause["difference"]))
        written["diagnosis"] = Diagnosis(known, cause["call"], cause["mode"], cause["moved"])
    return Failure(**written)


def _test_json(test: TestRun) -> dict[str, Any]:
    return {
        "test": test.figures.test,
        "outcome": test.outcome,
        "file": test.file,
        "line": test.line,
        **test.figures.as_json(),
        "regressions": [dict(regression) for regression in test.regressions],
    }


def _test(value: Mapping[str, Any]) -> TestRun:
    figures = TestFigures.from_json(value["test"], value)
    return TestRun(figures, value["outcome"], value["file"], value["line"], tuple(map(dict, value["regressions"])))

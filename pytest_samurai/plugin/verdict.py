"""The verdict on a test, from its recorder or from the lock."""

from __future__ import annotations

import shlex
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pytest_samurai.errors import UsageRegression
from pytest_samurai.files import REAL
from pytest_samurai.plugin.internals import fail_teardown, tear_down, tear_down_own, unittest_outcomes
from pytest_samurai.plugin.state import GROWN, HELD, PASSED, RECORDER, REQUEST, RUN, TEST, UNUSED, lock_of
from pytest_samurai.settings import CASSETTES, LOCK

if TYPE_CHECKING:
    from pytest_samurai.recorder import Recorder


# First, so that it also judges what any other hook makes of a refusal.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge a test whose body succeeded, during its call phase, so that the failure is in the test's own report."""
    refusals = item.config.stash[RUN].refusals
    with refusals.phase(item.session, "call"):
        result = yield
        outcomes = unittest_outcomes(item)
        if outcomes and refusals.pending and refusals.overrules(outcomes[0].value):
            outcomes.clear()
        if not outcomes:
            _judge(item)
        elif refusals.pending:
            refusals.tell()
        return result


def _judge(item: pytest.Item) -> None:
    """Raise what fails a test whose body succeeded."""
    refusals, recorder = item.config.stash[RUN].refusals, item.stash.get(RECORDER, None)
    verdict: BaseException | None = None
    refusals.listen()
    if recorder is not None:
        verdict = recorder.verdict()
        item.stash[PASSED] = verdict is None and not refusals.pending
        # A test that only grew is recorded in full, so its replay shows the growth too.
        verdict = verdict or held_against_lock(item, recorder, test_id(item))
        from pytest_samurai.recorder import has_unused

        if item.stash[PASSED] and has_unused(recorder):
            verdict = _tear_down(item) or verdict
    if refusals.pending:
        raise refusals.tell()
    if verdict is not None:
        raise verdict


def _tear_down(item: pytest.Item) -> BaseException | None:
    """Tear down a test that has not played everything: its fixtures may play the rest. Returns its failure otherwise.

    The teardown phase would be too late: pytest would report the test as passed, and then as an error.
    """
    __tracebackhide__ = True
    refusals = item.config.stash[RUN].refusals
    try:
        tear_down_own(item)
    except BaseException as error:
        if refusals.ends_the_run(error):
            raise
        fail_teardown(item, error)
        if RECORDER in item.stash:
            # The error kept pytest from tearing it down.
            tear_down(item.stash[REQUEST])
    refusals.listen()
    unused = item.stash[UNUSED]
    if unused is not None or refusals.pending:
        # The test fails for that reason, so the message leaves out the lock.
        forget(item)
    return unused


def forget(item: pytest.Item) -> None:
    """Forget how a test compared with the lock. What is known about its fixtures stays."""
    from pytest_samurai.bill import REGRESSION_PROPERTY, Regression

    test = test_id(item)
    item.stash.get(HELD, {}).pop(test, None)
    item.stash.get(GROWN, {}).pop(test, None)
    item.user_properties[:] = [
        (name, value)
        for name, value in item.user_properties
        if name != REGRESSION_PROPERTY or Regression.from_json(str(value)).test != test
    ]


def held_against_lock(item: pytest.Item, recorder: Recorder, test: str) -> UsageRegression | None:
    """The failure to raise if a test or fixture grew; None, and its figures are kept, if it did not.

    The figures are taken at the moment of the verdict, so they never include calls of the teardown. They also leave out
    errors that are not recorded, because a replay has none of them. Live calls that are not recorded differ from run to
    run, so they are not compared at all.
    """
    from pytest_samurai.bill import REGRESSION_PROPERTY, TestFigures, Tolerance, judge, regression_text
    from pytest_samurai.text import GROWTH, Cause, Diagnosis

    config = item.config
    run, lock = config.stash[RUN], lock_of(config)
    if not recorder.record_mode.has_cassette or (lock is None and not run.settings.update):
        return None
    if not recorder.calls and (lock is None or test not in lock.tests):
        # Most wider fixtures, such as pytest's own, call no model.
        return None
    figures = TestFigures.of(test, recorder.kept_calls, recorded=0)
    tolerance = recorder.settings.tolerance or Tolerance()
    regressions = judge(figures, lock, tolerance) if lock is not None and not run.settings.update else ()
    if not regressions:
        item.stash.setdefault(HELD, {})[test] = figures
        return None
    item.stash.setdefault(GROWN, {})[test] = figures
    item.user_properties += [(REGRESSION_PROPERTY, regression.as_json()) for regression in regressions]
    text = regression_text(
        regressions, tolerance, lock=run.settings.lock, rerun=target(item), why=_why(config, recorder, test)
    )
    failure = UsageRegression(text)
    failure.diagnosis = Diagnosis(Cause.of(GROWTH, regressions[0].cause), moved=regressions[0].why)
    return failure


def _why(config: pytest.Config, recorder: Recorder, test: str) -> str:
    """The arguments of `pytest-samurai why` for a test. The command does not know pytest's options."""
    from pytest_samurai.bill import fixture_cassette
    from pytest_samurai.cassette import cassette_of

    arguments, lock = [test], config.stash[RUN].settings.lock
    if lock != LOCK:
        arguments.append(f"--lock={lock}")
    usual = fixture_cassette(test) or f"{CASSETTES}/{cassette_of(test)}"
    if recorder.cassette_path != config.rootpath / usual:
        arguments.append(f"--cassette={recorder.shown_path}")
    return " ".join(map(shlex.quote, arguments))


def target(item: pytest.Item) -> str:
    """The test as an argument of `pytest`, typed in the directory where pytest was started."""
    # The id is relative to rootdir, so the path of the file is built again.
    file = REAL.relpath(item.path, item.config.invocation_params.dir)
    _, colons, inside = item.nodeid.partition("::")
    return shlex.quote(f"{file}{colons}{inside}")


def test_id(item: pytest.Item) -> str:
    """The id of a test, the same for any distribution of the run."""
    return item.stash.get(TEST, item.nodeid)

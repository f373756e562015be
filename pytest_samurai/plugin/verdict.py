"""The verdict on a test, by its recorder or by the lock."""

from __future__ import annotations

import os
import shlex
from collections.abc import Generator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_samurai.errors import UsageRegression
from pytest_samurai.plugin.internals import failed_in_unittest
from pytest_samurai.plugin.state import HELD, PASSED, RECORDER, RUN, TEST, lock_of
from pytest_samurai.plugin.unmarked import UNMARKED
from pytest_samurai.settings import CASSETTES, LOCK

if TYPE_CHECKING:
    from pytest_samurai.recorder import Recorder


@pytest.hookimpl(wrapper=True)
def runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge a test whose body went through, in its call phase, so that it is that test's own report which fails."""
    try:
        result = yield
    except pytest.skip.Exception:
        # An application that swallows a miss may take the network for missing, and a test may skip for that.
        recorder = item.stash.get(RECORDER, None)
        if recorder is not None and recorder.misses:
            raise recorder.misses[0] from None
        raise
    recorder = item.stash.get(RECORDER, None)
    unmarked = item.stash.get(UNMARKED, None)
    verdict: BaseException | None = None
    if failed_in_unittest(item):
        return result
    if recorder is not None:
        verdict = recorder.verdict()
        item.stash[PASSED] = verdict is None
        # What it recorded is whole, and what it grew by is to be seen in the replay too.
        verdict = verdict or held_against_lock(item, recorder, test_id(item))
    elif unmarked is not None and unmarked.refusals:
        verdict = unmarked.refusals[0]
    if verdict is not None:
        raise verdict
    return result


def forget(item: pytest.Item) -> None:
    """Forget how a test, not one of its fixtures, stood against the lock."""
    from pytest_samurai.bill import REGRESSION_PROPERTY, Regression

    test = test_id(item)
    item.stash.get(HELD, {}).pop(test, None)
    item.user_properties[:] = [
        (name, value)
        for name, value in item.user_properties
        if name != REGRESSION_PROPERTY or Regression.from_json(str(value)).test != test
    ]


def held_against_lock(item: pytest.Item, recorder: Recorder, test: str) -> UsageRegression | None:
    """What a test, or fixture, grew by; if it did not, its figures are kept, to be written down or compared.

    They are those of now, when the verdict is given: what a test calls as it is torn down is in neither of the two. Nor
    are errors that are not recorded, of which a replay has none. What goes live without being recorded differs from run
    to run, so that is not held against anything.
    """
    from pytest_samurai.bill import REGRESSION_PROPERTY, TestFigures, Tolerance, judge, regression_text

    config = item.config
    run, lock = config.stash[RUN], lock_of(config)
    if recorder.mode == "live" or (lock is None and not run.settings.update):
        return None
    if not recorder.calls and (lock is None or test not in lock.tests):
        # Most fixtures of wider scope, pytest's own among them, have nothing to do with chat.
        return None
    figures = TestFigures.of(test, recorder.kept_calls, recorded=0)
    tolerance = recorder.settings.tolerance or Tolerance()
    regressions = judge(figures, lock, tolerance) if lock is not None and not run.settings.update else ()
    if not regressions:
        item.stash.setdefault(HELD, {})[test] = figures
        return None
    item.user_properties += [(REGRESSION_PROPERTY, one.as_json()) for one in regressions]
    text = regression_text(
        regressions, tolerance, lock=run.settings.lock, rerun=target(item), why=_why(config, recorder, test)
    )
    return UsageRegression(text)


def _why(config: pytest.Config, recorder: Recorder, test: str) -> str:
    """What `pytest-samurai why` is given for a test; it knows no options of pytest's."""
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
    """The test as it is typed after `pytest`."""
    # The part of the id after the file, which is relative to rootdir: the command is typed where pytest was started.
    file = _as_typed(item.path, item.config.invocation_params.dir)
    _, colons, inside = item.nodeid.partition("::")
    return shlex.quote(f"{file}{colons}{inside}")


@lru_cache
def _as_typed(path: Path, directory: Path) -> str:
    """Asked for each test of a file, before it is known whether it fails."""
    return os.path.relpath(path, directory)


def test_id(item: pytest.Item) -> str:
    """The id of a test, the same however the run is distributed."""
    return item.stash.get(TEST, item.nodeid)

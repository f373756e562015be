"""The command that settles what many tests failed of."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence

import pytest

from pytest_samurai.recorder import UPDATE, record_command
from pytest_samurai.report import Group, Run
from pytest_samurai.settings import in_ci
from pytest_samurai.text import GROWTH, MISS

_ADVISED = record_command(UPDATE, "")
"""How the command begins that the failure of one test advises."""

_RENAMED = "    pytest-samurai mv "
"""How the line begins that the failure of a test advises if it may have been renamed."""

_MOST_TYPED = 3
"""Of so many tests, the command has the ids."""


def commands(config: pytest.Config, run: Run, groups: Sequence[Group]) -> Mapping[str, str]:
    """What to run next, by the kind of cause; nothing for a failure that is alone, which has a command in its text."""
    advised: dict[str, str] = {}
    if len(_tests(groups, MISS)) > 1 and _advising(run) == _tests(groups, MISS):
        advised[MISS] = _update(config)
    if len(_tests(groups, GROWTH)) > 1:
        advised[GROWTH] = " ".join(["pytest --samurai-update", *_arguments(config)])
    return advised


def update_line(config: pytest.Config, run: Run, groups: Sequence[Group]) -> Iterator[str]:
    """The line with one command for all tests whose failures advise one for each, unless all of them are misses."""
    tests = _advising(run)
    if len(tests) > 1 and tests != _tests(groups, MISS):
        yield f"samurai: to bring these {len(tests):,} tests up to date: {_update(config)}"


def recording(config: pytest.Config, run: Run, tests: Collection[str]) -> str | None:
    """The command that records what these tests missed; None if there is none for all of them."""
    if not _advising(run).issuperset(tests):
        return None
    if len(tests) > _MOST_TYPED:
        return _update(config)
    texts = [failure.text for failure in run.failures if failure.test in tests]
    typed = [text.partition(_ADVISED)[2].split("\n", 1)[0] for text in texts]
    return _ADVISED + " ".join(dict.fromkeys(filter(None, typed)))


def _advising(run: Run) -> set[str]:
    # What `mv` settles for nothing would be paid for.
    if any(_RENAMED in failure.text for failure in run.failures):
        return set()
    return {failure.test for failure in run.failures if _ADVISED in failure.text}


def _tests(groups: Sequence[Group], kind: str) -> set[str]:
    return {test for group in groups if group.cause.kind == kind for test in group.tests}


def _update(config: pytest.Config) -> str:
    return record_command(UPDATE, " ".join(_arguments(config))).rstrip()


def _arguments(config: pytest.Config) -> Iterator[str]:
    """What takes the tests that failed, as it is typed in a shell."""
    # What failed on a machine of CI, pytest does not know anywhere else.
    if config.pluginmanager.has_plugin("lfplugin") and not in_ci(os.environ):
        yield "--lf"
    if config.args_source == pytest.Config.ArgsSource.ARGS:
        # Without the paths that were typed, pytest might look for the tests elsewhere.
        yield from map(shlex.quote, config.args)

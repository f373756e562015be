"""The one command that fixes what many tests failed on."""

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
"""The start of the command that a failing test's message advises."""

_RENAMED = "    pytest-samurai mv "
"""The start of the line that a failing test's message shows if the test may have been renamed."""

_MOST_TYPED = 3
"""Up to this many tests, the command lists their ids."""


def commands(config: pytest.Config, run: Run, groups: Sequence[Group]) -> Mapping[str, str]:
    """The next command to run, by kind of cause. A lone failure gets none: its message already has a command."""
    advised: dict[str, str] = {}
    if len(_tests(groups, MISS)) > 1 and _advising(run) == _tests(groups, MISS):
        advised[MISS] = _update(config)
    if len(_tests(groups, GROWTH)) > 1:
        advised[GROWTH] = " ".join(["pytest --samurai-update", *_arguments(config)])
    return advised


def update_line(config: pytest.Config, run: Run, groups: Sequence[Group]) -> Iterator[str]:
    """The line with one command for all tests that each advise one; nothing if all of them are misses."""
    tests = _advising(run)
    if len(tests) > 1 and tests != _tests(groups, MISS):
        yield f"samurai: to bring these {len(tests):,} tests up to date: {_update(config)}"


def recording(config: pytest.Config, run: Run, tests: Collection[str]) -> str | None:
    """The command that records what these tests missed; None if no single command works for all of them."""
    if not _advising(run).issuperset(tests):
        return None
    if len(tests) > _MOST_TYPED:
        return _update(config)
    texts = [failure.text for failure in run.failures if failure.test in tests]
    typed = [text.partition(_ADVISED)[2].split("\n", 1)[0] for text in texts]
    return _ADVISED + " ".join(dict.fromkeys(filter(None, typed)))


def _advising(run: Run) -> set[str]:
    # Recording would cost money, and `mv` fixes a renamed test for free.
    if any(_RENAMED in failure.text for failure in run.failures):
        return set()
    return {failure.test for failure in run.failures if _ADVISED in failure.text}


def _tests(groups: Sequence[Group], kind: str) -> set[str]:
    return {test for group in groups if group.cause.kind == kind for test in group.tests}


def _update(config: pytest.Config) -> str:
    return record_command(UPDATE, " ".join(_arguments(config))).rstrip()


def _arguments(config: pytest.Config) -> Iterator[str]:
    """The arguments that select the failed tests, quoted for a shell."""
    # Pytest only knows on the CI machine which tests failed there.
    if config.pluginmanager.has_plugin("lfplugin") and not in_ci(os.environ):
        yield "--lf"
    if config.args_source == pytest.Config.ArgsSource.ARGS:
        # Without the paths the user typed, pytest might look for the tests elsewhere.
        yield from map(shlex.quote, config.args)

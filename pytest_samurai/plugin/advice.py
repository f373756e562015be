"""The command that settles what many tests failed of."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import cast

import pytest

from pytest_samurai.recorder import record_command
from pytest_samurai.report import Group, Run
from pytest_samurai.settings import Mode
from pytest_samurai.text import GROWTH, MISS


def commands(config: pytest.Config, run: Run, groups: Sequence[Group]) -> Mapping[str, str]:
    """What to run next, by the kind of cause; nothing where no single command serves all tests.

    A failure that is alone has its own command in its text.
    """
    tests = _failed_last(config)
    counts = {kind: len(_tests(groups, kind)) for kind in (MISS, GROWTH)}
    if tests is None:
        return {}
    advised: dict[str, str] = {}
    told = (failure.diagnosis for failure in run.failures)
    modes = {diagnosis.mode for diagnosis in told if diagnosis is not None and diagnosis.mode}
    if counts[MISS] > 1 and len(modes) == 1:
        advised[MISS] = record_command(cast("Mode", modes.pop()), tests)
    if counts[GROWTH] > 1:
        advised[GROWTH] = f"pytest --samurai-update {tests}"
    return advised


def _tests(groups: Sequence[Group], kind: str) -> set[str]:
    return {test for group in groups if group.cause.kind == kind for test in group.tests}


def _failed_last(config: pytest.Config) -> str | None:
    """The tests that have failed, as they are typed after `pytest`; None where pytest remembers none."""
    if not config.pluginmanager.has_plugin("lfplugin"):
        return None
    # Without the paths that were typed, pytest might look for them elsewhere.
    paths = cast("list[str]", config.getoption("file_or_dir"))
    return " ".join(["--lf", *map(shlex.quote, paths)])

"""How to run again all tests that a change has reached."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator

import pytest

from pytest_samurai.report import Failure
from pytest_samurai.settings import in_ci

_ADVISED = "pytest --samurai-mode=update "
"""How the command begins that the failure of one test advises."""


def again_line(config: pytest.Config, failures: Iterable[Failure]) -> Iterator[str]:
    """The line with one command for all tests whose failures advise one for each; none for a single test."""
    tests = {failure.test for failure in failures if _ADVISED in failure.text}
    if len(tests) < 2:
        return
    arguments = [*_last_failed(config), *(map(shlex.quote, _paths(config)))]
    yield f"samurai: to bring these {len(tests):,} tests up to date: {' '.join([_ADVISED.strip(), *arguments])}"


def _last_failed(config: pytest.Config) -> Iterator[str]:
    # What failed on a machine of CI, pytest does not know anywhere else.
    if config.pluginmanager.hasplugin("cacheprovider") and not in_ci(os.environ):
        yield "--lf"


def _paths(config: pytest.Config) -> list[str]:
    """The paths that this run was given."""
    return list(config.args) if config.args_source == pytest.Config.ArgsSource.ARGS else []

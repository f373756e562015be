"""The pytest-recording hook that a suite may have in its `conftest.py`: see `moved`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_samurai.plugin.movedvcr import Vcr


@pytest.hookspec
def pytest_recording_configure(config: pytest.Config, vcr: Vcr) -> None:
    """Set options, and register matchers and serializers; called once in a run, before its first test."""

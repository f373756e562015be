"""Fixtures of another recorder's that a suite overrides, or asks for as it does: see `moved`."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.plugin.marker import is_marked
from pytest_samurai.plugin.state import RUN


@pytest.fixture(scope="session")
def vcr_config() -> dict[str, Any]:
    """Options of all tests with the marker `vcr` for which this fixture is overridden."""
    return {}


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """The directory of the cassettes of a test file, where pytest-recording and cassetter have it, or pytest-vcr."""
    beside = request.path.parent / "cassettes"
    of_module = beside / request.path.stem
    # pytest-vcr has those of all test files of a directory in one.
    return str(beside if not of_module.is_dir() and any(beside.glob("*.yaml")) else of_module)


@pytest.fixture
def vcr(request: pytest.FixtureRequest) -> Any:
    """The recorder of a test that has the marker, else None. Most tests that ask for it do not look at it."""
    return request.getfixturevalue("samurai") if is_marked(request.node) else None


@pytest.fixture(scope="session")
def record_mode(pytestconfig: pytest.Config) -> str:
    """The mode of the run."""
    return pytestconfig.stash[RUN].settings.mode

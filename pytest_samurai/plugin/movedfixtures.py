"""Fixtures of another recorder's that a suite overrides, or asks for as it does: see `moved`."""

from __future__ import annotations

from typing import Any

import pytest


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

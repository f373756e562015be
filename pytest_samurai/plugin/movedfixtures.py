"""Another recorder's fixtures that a suite overrides or asks for: see `moved`."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from pytest_samurai.plugin.marker import is_marked
from pytest_samurai.plugin.state import RUN


def is_of_pytest_vcr(config: pytest.Config) -> bool:
    """Whether the suite used pytest-vcr. Then that plugin is blocked, because two recorders cannot share a marker."""
    return config.pluginmanager.is_blocked("vcr")


@pytest.fixture(scope="session")
def vcr_config() -> dict[str, Any]:
    """Options of all tests with the marker `vcr` for which this fixture is overridden."""
    return {}


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """The directory of the cassettes of a test file, where pytest-recording and cassetter have it, or pytest-vcr."""
    beside = request.path.parent / "cassettes"
    of_module = beside / request.path.stem
    # pytest-vcr keeps one directory for all test files that are next to each other.
    is_of_all = is_of_pytest_vcr(request.config) or (not of_module.is_dir() and any(beside.glob("*.yaml")))
    return str(beside if is_of_all else of_module)


def _scope(fixture_name: str, config: pytest.Config) -> Literal["module", "function"]:  # noqa: ARG001 - pytest's names
    return "module" if is_of_pytest_vcr(config) else "function"


@pytest.fixture(scope=_scope)
def vcr(request: pytest.FixtureRequest) -> Any:
    """What stands for vcrpy's cassette, if the test has the marker, else None, as in pytest-recording.

    With `-p no:vcr` the suite is one of pytest-vcr's, where it is the `VCR` of the test file.
    """
    from pytest_samurai.plugin.movedvcr import VcrCassette, VcrOfModule

    if request.scope == "module":
        said = request.getfixturevalue("vcr_config")
        return VcrOfModule(request.config, said, request.getfixturevalue("vcr_cassette_dir"))
    return VcrCassette(request.getfixturevalue("samurai")) if is_marked(request.node) else None


@pytest.fixture(scope="session")
def record_mode(pytestconfig: pytest.Config) -> str:
    """The mode of the run."""
    return pytestconfig.stash[RUN].settings.mode

"""The door to pytest: the hooks and the fixtures that it finds by their names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_samurai.plugin.claim import pytest_collection_modifyitems
from pytest_samurai.plugin.controller import pytest_configure_node, pytest_testnodedown
from pytest_samurai.plugin.idle import pytest_runtest_protocol, pytest_runtestloop
from pytest_samurai.plugin.lifecycle import pytest_configure, pytest_make_collect_report, pytest_unconfigure
from pytest_samurai.plugin.options import pytest_addoption

if TYPE_CHECKING:
    from pytest_samurai.intercept import AsyncClient, Client
    from pytest_samurai.recorder import Recorder

__all__ = [
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_make_collect_report",
    "pytest_runtest_protocol",
    "pytest_runtestloop",
    "pytest_testnodedown",
    "pytest_unconfigure",
    "samurai",
    "samurai_async_client",
    "samurai_cassette_dir",
    "samurai_client",
    "samurai_config",
]


@pytest.fixture(scope="session")
def samurai_config() -> dict[str, Any]:
    """Options of all marked tests for which this fixture is overridden: a dict of the marker's keywords."""
    return {}


@pytest.fixture(scope="module")
def samurai_cassette_dir(request: pytest.FixtureRequest) -> Path:
    """The directory of the cassettes of a test file."""
    from pytest_samurai.plugin.place import default_cassette_dir

    return default_cassette_dir(request)


@pytest.fixture
def samurai(
    request: pytest.FixtureRequest, samurai_config: dict[str, Any], samurai_cassette_dir: Path
) -> Iterator[Recorder]:
    """The recorder of this test: its calls, its usage, its cassette."""
    from pytest_samurai.plugin.recording import recorded

    yield from recorded(request, samurai_config, samurai_cassette_dir)


@pytest.fixture
def _samurai(request: pytest.FixtureRequest) -> Iterator[Recorder]:
    """What `samurai` is to a test that overrides no fixture of ours: see `plugin.order`."""
    from pytest_samurai.plugin.place import default_cassette_dir
    from pytest_samurai.plugin.recording import recorded

    yield from recorded(request, {}, default_cassette_dir(request))


@pytest.fixture
def samurai_client(samurai: Recorder) -> Iterator[Client]:
    """An `httpx.Client` with the base URL and the key set."""
    from pytest_samurai import intercept
    from pytest_samurai.plugin.client import client_options

    with intercept.client(**client_options()) as client:
        yield client


@pytest.fixture
def samurai_async_client(samurai: Recorder) -> AsyncClient:
    """An `httpx.AsyncClient` with the base URL and the key set."""
    from pytest_samurai import intercept
    from pytest_samurai.plugin.client import client_options

    return intercept.async_client(**client_options())

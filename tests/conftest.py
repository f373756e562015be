from __future__ import annotations

import gc
import importlib.metadata
import os
import pkgutil
import sys
from collections.abc import Generator, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

# These are loaded before pytester takes its snapshot of the modules, so that not every test loads them again.
import genai_prices.data_snapshot  # noqa: F401 - see above
import httpx
import hypothesis
import pytest
import trustme

import pytest_samurai
from pytest_samurai.intercept.state import STATE
from pytest_samurai.plugin import sources
from pytest_samurai.plugin.sources import Sources
from pytest_samurai.server.chat_server import ChatServer
from tests.project import Project
from tests.real_server import RealServer

# The same for our own modules. Pytest would also compile them again for its own assertions: a quarter of a run's time.
# An environment without an extra has no `movein`.
for module in pkgutil.walk_packages(pytest_samurai.__path__, "pytest_samurai."):
    if not module.name.endswith("__main__") and (find_spec("libcst") or ".movein" not in module.name):
        import_module(module.name)

KEY = "sk-samurai-test-0123456789abcdef"

hypothesis.settings.register_profile("thorough", max_examples=1_000)

FOREIGN = (
    *("anyio", "asyncio", "cassetter", "fakefs", "hypothesispytest", "pytest_httpx", "recording", "respx"),
    "time_machine",
)
"""Plugins that runs inside of tests leave out: two of them cannot be loaded together, and each costs time."""


_OF_XDIST = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID")
"""Variables in a suite worker's environment that a run inside of a test must not use as its own."""

_TOLD = "size"
"""The property of a test's report with its counts: xdist sends nothing else from a worker."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="only the tests that have a size, each at its full one")
    parser.addoption("--brief", action="store_true", help="without the tests that have a size")


def pytest_configure(config: pytest.Config) -> None:
    # Before the tests are imported: a law takes the settings of the profile at that moment.
    if config.getoption("thorough"):
        hypothesis.settings.load_profile("thorough")


def _has_a_size(item: pytest.Item) -> bool:
    return "size" in getattr(item, "fixturenames", ()) or hypothesis.is_hypothesis_test(getattr(item, "obj", None))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    thorough, brief = config.getoption("thorough"), config.getoption("brief")
    if thorough or brief:
        config.hook.pytest_deselected(items=[item for item in items if _has_a_size(item) != thorough])
        items[:] = [item for item in items if _has_a_size(item) == thorough]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    # What is loaded by now and here stays. Each full collection of garbage would look through all of it, in 0.2 s.
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, line in report.user_properties:
                if name == _TOLD:
                    terminalreporter.write_line(f"size: {line}")


class Size:
    """How large a test is: small in the suite, full size with `--thorough`."""

    def __init__(self, test: pytest.Item) -> None:
        self._test = test

    def __call__(self, small: int, full: int) -> int:
        return full if cast("bool", self._test.config.getoption("thorough")) else small

    def tell(self, line: str) -> None:
        """Print a count at the end of the run."""
        self._test.user_properties.append((_TOLD, line))


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Size:
    return Size(request.node)


@pytest.fixture(scope="session")
def real_server() -> Iterator[RealServer]:
    with RealServer() as server:
        yield server


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer(api_key=KEY) as server:
        yield server


@pytest.fixture
def project(pytester: pytest.Pytester, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("SAMURAI_BASE_URL", chat_server.base_url)
    monkeypatch.setenv("SAMURAI_API_KEY", KEY)
    return Project(pytester, chat_server, monkeypatch)


@pytest.fixture(autouse=True)
def no_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A miss of `use_cassette` would fail the suite's own test. Runs inside of tests have their own judge."""
    monkeypatch.setattr(STATE, "judge", None)


@pytest.fixture(autouse=True)
def no_environment(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's settings must not affect a test. The examples are still recorded with them."""
    if request.path.name == "test_examples.py":
        return
    for name in (
        "CI",
        *_OF_XDIST,
        "SAMURAI_MODE",
        "SAMURAI_API_KEY",
        "SAMURAI_BASE_URL",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        # With these, a replay's client makes its TLS context at once, from all of the machine's certificates.
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ):
        monkeypatch.delenv(name, raising=False)


def message(content: str) -> str:
    """A message as httpx writes it: with blanks before 0.28, without them later."""
    return httpx.Request("POST", "http://h", json={"role": "user", "content": content}).content.decode()


def uncovered() -> dict[str, str]:
    """The environment for a process whose coverage is useless.

    A killed process leaves none, and coverage takes as long to start as Python.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_PROCESS_")}


@pytest.fixture
def no_foreign_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in FOREIGN))


@pytest.fixture(scope="session")
def one_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificates") / "one.pem"
    trustme.CA().cert_pem.write_to_path(path)
    return path


class Installed:
    """A distribution that reads its files once. To find plugins, each pytest run reads all files of each one twice."""

    def __init__(self, distribution: importlib.metadata.Distribution) -> None:
        self._distribution = distribution

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._distribution, name)
        if name in ("entry_points", "files", "metadata"):
            setattr(self, name, value)
        return value


@pytest.fixture(scope="session")
def installed() -> list[Installed]:
    return [Installed(distribution) for distribution in importlib.metadata.distributions()]


@pytest.fixture
def pytester(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    no_foreign_plugins: None,
    one_certificate: Path,
    installed: list[Installed],
) -> pytest.Pytester:
    # The suite's own modules are loaded in the runs inside of its tests, and a day that one of them names may be today.
    monkeypatch.setattr(sources, "Sources", lambda libraries: Sources((*libraries, Path(__file__).parent)))
    every = importlib.metadata.distributions
    monkeypatch.setattr(
        "importlib.metadata.distributions", lambda **which: every(**which) if which else iter(installed)
    )
    # Each client that may connect would load all certificates, in 15 ms, just to reach 127.0.0.1.
    monkeypatch.setattr("certifi.where", lambda: str(one_certificate))
    # A file that is rewritten in the same second with the same length would run in its old form.
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return pytester


@pytest.fixture
def cassettes(tmp_path: Path) -> Path:
    return tmp_path / "cassettes"

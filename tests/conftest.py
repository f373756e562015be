from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

# These two are loaded before pytester takes its snapshot of the modules: it would have each test load them anew.
import genai_prices.data_snapshot  # noqa: F401 - see above
import pytest

import pytest_samurai.intercept.seam  # noqa: F401 - see above
from pytest_samurai.server.chat_server import ChatServer
from tests.real_server import RealServer

KEY = "sk-samurai-test-0123456789abcdef"

FOREIGN = ("anyio", "asyncio", "cassetter", "hypothesispytest", "pytest_httpx", "recording", "respx")
"""Plugins that runs inside of tests go without: two of them cannot be loaded together, and each costs time."""


_TOLD = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="only the tests that have a size, each at its full one")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("thorough"):
        sized = [item for item in items if "size" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=[item for item in items if item not in sized])
        items[:] = sized


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(_TOLD, []):
        terminalreporter.write_line(f"size: {line}")


class Size:
    """How large a test is made: small in the suite, as large as was promised with `--thorough`."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def __call__(self, small: int, full: int) -> int:
        return full if cast("bool", self._config.getoption("thorough")) else small

    def tell(self, line: str) -> None:
        """Have a count printed at the end of the run."""
        self._config.stash.setdefault(_TOLD, []).append(line)


@pytest.fixture
def size(pytestconfig: pytest.Config) -> Size:
    return Size(pytestconfig)


@pytest.fixture(scope="session")
def real_server() -> Iterator[RealServer]:
    with RealServer() as server:
        yield server


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer(api_key=KEY) as server:
        yield server


@pytest.fixture(autouse=True)
def no_environment(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine has set must not decide how a test goes; but the examples are recorded with it."""
    if request.path.name == "test_examples.py":
        return
    for name in ("CI", "SAMURAI_MODE", "SAMURAI_API_KEY", "SAMURAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in FOREIGN))
    return pytester


@pytest.fixture
def cassettes(tmp_path: Path) -> Path:
    return tmp_path / "cassettes"

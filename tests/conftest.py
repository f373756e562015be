from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

# These two are loaded before pytester takes its snapshot of the modules: it would have each test load them anew.
import genai_prices.data_snapshot  # noqa: F401 - see above
import pytest

import pytest_samurai.intercept  # noqa: F401 - see above
from pytest_samurai.server import ChatServer
from tests.real_server import RealServer

KEY = "sk-samurai-test-0123456789abcdef"

FOREIGN = ("anyio", "asyncio", "cassetter", "hypothesispytest", "pytest_httpx", "recording", "respx")
"""Plugins that runs inside of tests go without: two of them cannot be loaded together, and each costs time."""


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

"""The common part of the recorder's tests: a server that may fail, and questions to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import use_cassette
from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.shelf import Shelf
from pytest_samurai.recorder.exchange import Played
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.recorder import Recorder
from pytest_samurai.recorder.shared import Shared
from pytest_samurai.server import request as server
from pytest_samurai.server.chat_server import ChatServer
from pytest_samurai.server.errors import ApiError
from pytest_samurai.settings.layers import Layer, resolve
from pytest_samurai.wire.http import COMPLETE, Headers, Request
from tests.conftest import KEY


@pytest.fixture
def url(chat_server: ChatServer) -> str:
    return f"{chat_server.base_url}/chat/completions"


@pytest.fixture
def path(cassettes: Path) -> Path:
    return cassettes / "a.yaml"


@pytest.fixture
def seven(path: Path, url: str) -> Path:
    with use_cassette(path):
        for number in range(7):
            ask(url, f"question {number} {'about all ' * 20}")
    return path


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make the server answer the next requests with these statuses."""
    statuses: list[int] = []
    right = server.check_model

    def check(model: object) -> None:
        if statuses:
            raise ApiError(statuses.pop(0), "not now")
        right(model)

    monkeypatch.setattr(server, "check_model", check)
    return lambda *more: statuses.extend(more)


def ask(url: str, content: str = "hi", *, attempt: int | None = None, **more: Any) -> httpx.Response:
    """Ask the server for the first time, or as the `attempt` with this number, like an SDK that counts attempts."""
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}], **more}
    # Without `verify`, each call would read all certificates.
    counted = {} if attempt is None else {"x-stainless-retry-count": str(attempt)}
    return httpx.post(url, json=body, headers={"Authorization": f"Bearer {KEY}", **counted}, verify=False)


def opened(path: Path, mode: str = "once", *, shared: bool = False, **options: Any) -> Recorder:
    settings = resolve([Layer("a test", "test", {"mode": mode, **options})])
    owner = Owner("a test", datetime.now(UTC) - timedelta(hours=1), shared=shared)
    recorder = Recorder(path, settings, owner, Shared(PriceList(), Shelf()))
    recorder.open()
    return recorder


def answered(recorder: Recorder, content: str, status: int = 200, ending: str = COMPLETE, headers: Headers = ()) -> str:
    """Get a question answered, from the cassette or as if by a server."""
    body = json.dumps({"messages": [{"role": "user", "content": content}]}).encode()
    exchange = recorder.handle(Request("POST", "http://h/v1/chat/completions", headers, body))
    if isinstance(exchange, Played):
        return "replayed"
    assert exchange is not None
    exchange.reply(status, "", (), "HTTP/1.1")
    exchange.end(ending)
    return "live"


def asked_and_got(path: Path) -> list[tuple[str, int]]:
    return [(json.loads(item.request.body)["messages"][0]["content"], item.reply.status) for item in load(path)]


def statuses(path: Path) -> list[int]:
    return [item.reply.status for item in load(path)]

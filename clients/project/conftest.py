"""Observes a row from the inside, and writes it to `told.json` for `clients/runner.py`.

Nothing leaves 127.0.0.1: any attempt is refused and noted. A client's requests in a test are counted at the client,
above the recorder.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_LOOPBACK = ("127.0.0.1", "::1", "localhost", "", None)
_TESTS: dict[str, dict[str, Any]] = {}
_NOW: dict[str, str] = {"test": ""}


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        if arguments[1][0] not in _LOOPBACK:
            _outside(arguments[1][0])
            raise ConnectionRefusedError(f"not on this machine: {arguments[1][0]}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
        if host not in (*_LOOPBACK, socket.gethostname()):
            _outside(host)
            raise socket.gaierror(f"not on this machine: {host}")


def _outside(host: object) -> None:
    hosts = _test(_NOW["test"])["outside"]
    if str(host) not in hosts:
        hosts.append(str(host))


def _counted(send: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(send)
    def counting(*arguments: Any, **named: Any) -> Any:
        _test(_NOW["test"])["sends"] += 1
        return send(*arguments, **named)

    return counting


sys.addaudithook(_guard)
for _name in ("httpx", "httpx2"):
    try:
        _library = importlib.import_module(_name)
    except ModuleNotFoundError:
        continue
    for _client in (_library.Client, _library.AsyncClient):
        _client.send = _counted(_client.send)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[..., None]:
    def keep(**what: Any) -> None:
        _test(request.node.name).update(what)

    return keep


def _test(name: str) -> dict[str, Any]:
    return _TESTS.setdefault(name, {"outcome": "passed", "text": "", "sends": 0, "outside": []})


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart(nodeid: str) -> None:
    _NOW["test"] = nodeid.rpartition("::")[2]
    _test(_NOW["test"])["outcome"] = "not ended"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    test = _test(report.nodeid.rpartition("::")[2])
    if report.failed:
        test.update(outcome="failed", text=f"{test['text']}{report.longreprtext}\n")
    elif report.when == "call" and test["outcome"] != "failed":
        test.update(outcome=report.outcome)


def pytest_runtest_logfinish() -> None:
    # After each test, so that the results are known even if the process is killed.
    Path(os.environ["CLIENTS_TOLD"]).write_text(json.dumps(_TESTS, default=str), encoding="utf-8")

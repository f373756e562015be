"""Clients that replay, and their TLS contexts."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import trustme

from pytest_samurai import use_cassette
from pytest_samurai.intercept.tls import DeferredContext

LIBRARIES = pytest.mark.parametrize("module", [httpx, httpx2], ids=lambda module: module.__name__)


VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's settings for certificates and proxies."""
    for name in (*VARIABLES, "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One entry for each time that certificates were loaded."""
    seen: list[object] = []
    original = ssl.SSLContext.load_verify_locations

    def load_verify_locations(context: ssl.SSLContext, *args: Any, **options: Any) -> None:
        seen.append(args or options)
        original(context, *args, **options)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", load_verify_locations)
    return seen


def replaying(tmp_path: Path, **options: Any) -> use_cassette:
    return use_cassette(tmp_path / "empty.yaml", **{"mode": "none", **options})


def context_of(transport: Any) -> Any:
    return transport._pool._ssl_context


def is_deferred(client: Any) -> bool:
    # `isinstance` would ask the context, which the test is about.
    return type(context_of(client._transport)) is DeferredContext


def real_context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()

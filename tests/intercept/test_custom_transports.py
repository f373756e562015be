"""Users' own transports, which may connect to a different host than the request's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
import httpx2
import pytest
import requests

from pytest_samurai import BudgetExceeded, use_cassette
from tests.intercept.leading import Upstream, refused, upstream
from tests.intercept.scripted import body


@pytest.fixture
def server() -> Iterator[Upstream]:
    with upstream() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Upstream]:
    with upstream() as other:
        yield other


@pytest.fixture
def cassette(tmp_path: Path, server: Upstream) -> Path:
    path = tmp_path / "a.yaml"
    with use_cassette(path):
        httpx.post(server.url, json=body())
    server.asked.clear()
    return path


ASKED = "http://gateway.internal/ask"


def by_inner_transport(url: str) -> None:
    class Gateway(httpx.BaseTransport):
        inner = httpx.HTTPTransport()

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return self.inner.handle_request(httpx.Request("POST", url, content=request.read()))

    with httpx.Client(transport=Gateway()) as client:
        client.post(ASKED, json={"text": "x"})


def by_inner_async_transport(url: str) -> None:
    class Gateway(httpx2.AsyncBaseTransport):
        inner = httpx2.AsyncHTTPTransport()

        async def handle_async_request(self, request: Any) -> Any:
            return await self.inner.handle_async_request(httpx2.Request("POST", url, content=await request.aread()))

    async def ask() -> None:
        async with httpx2.AsyncClient(transport=Gateway()) as client:
            await client.post(ASKED, json={"text": "x"})

    asyncio.run(ask())


def by_another_url(url: str) -> None:
    class Routed(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            request.url = httpx.URL(url)
            return super().handle_request(request)

    with httpx.Client(transport=Routed()) as client:
        client.post(ASKED, json={"text": "x"})


def by_requests(url: str) -> None:
    class Gateway(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(requests.post(url, data=request.read(), timeout=5).status_code)

    with httpx.Client(mounts={"all://gateway.internal": Gateway()}) as client:
        client.post(ASKED, json={"text": "x"})


def by_aiohttp(url: str) -> None:
    class Gateway(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            content = await request.aread()
            async with aiohttp.ClientSession() as session, session.post(url, data=content) as response:
                return httpx.Response(response.status)

    async def ask() -> None:
        async with httpx.AsyncClient(transport=Gateway()) as client:
            await client.post(ASKED, json={"text": "x"})

    asyncio.run(ask())


GATEWAYS = [by_inner_transport, by_inner_async_transport, by_another_url, by_requests, by_aiohttp]


@pytest.mark.parametrize("ask", GATEWAYS)
def test_what_a_transport_of_the_users_own_connects_to_is_judged(
    cassette: Path, server: Upstream, ask: Callable[[str], None]
) -> None:
    text = refused(cassette, lambda: ask(server.url))
    assert text.startswith(f"a connection to 127.0.0.1:{server.port}, which serves models (in the cassette)")
    assert server.asked == []
    with pytest.raises(BudgetExceeded, match="max_requests cannot be judged: 1 call went live and was not recorded"):
        with use_cassette(cassette, mode="new_episodes", max_requests=9, unused="ignore") as recorder:
            ask(server.url)
            recorder.notes.clear()


@pytest.mark.parametrize("ask", GATEWAYS)
def test_one_that_connects_to_a_host_that_serves_no_models_passes(
    cassette: Path, other: Upstream, ask: Callable[[str], None]
) -> None:
    with use_cassette(cassette, mode="none", unused="ignore") as recorder:
        ask(other.url)
    assert recorder.notes == []
    assert len(other.asked) == 1


def test_a_recorded_call_may_be_carried_anywhere_by_its_transport(
    tmp_path: Path, server: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.root)
    monkeypatch.setattr("tests.intercept.test_custom_transports.ASKED", "http://gateway.internal/chat/completions")
    with use_cassette(tmp_path / "a.yaml", max_requests=1) as recorder:
        by_requests(server.url)
    assert recorder.notes == []
    assert len(recorder.calls) == 1


def test_a_request_that_was_named_is_not_named_once_more_as_it_connects(cassette: Path, server: Upstream) -> None:
    class Wrapped(httpx.BaseTransport):
        inner = httpx.HTTPTransport()

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return self.inner.handle_request(request)

    for host in ("127.0.0.1", "localhost"):
        with use_cassette(cassette, mode="new_episodes", unused="ignore") as recorder:
            with httpx.Client(transport=Wrapped()) as client:
                client.get(server.root.replace("127.0.0.1", host) + "/x")
            assert [call.what.partition(" ")[0] for call in recorder.unrecorded] == ["GET"]
            recorder.notes.clear()
    assert server.asked == ["GET /x"] * 2


def test_the_proxy_of_a_client_may_be_connected_to(
    cassette: Path, server: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.root)
    with use_cassette(cassette, mode="none", unused="ignore") as recorder:
        with httpx.Client(proxy=server.root) as client:
            client.get("http://app.test/x")
    assert recorder.notes == []
    assert [urlsplit(asked.split()[1]).path for asked in server.asked] == ["/x"]

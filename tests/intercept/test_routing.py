"""Which requests pass, are recorded, or are watched."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import RequestNotRecorded, intercept, use_cassette
from pytest_samurai.server.chat_server import ChatServer
from tests.intercept.scripted import API, HEADERS, Scripted, ask, body


def test_other_requests_pass_untouched(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, text="hello"))
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        request = client.build_request("GET", "https://example.test/page")
        response = client.send(request)
    assert response.text == "hello"
    assert transport.requests == [request]
    assert recorder.calls == ()
    assert not cassettes.exists()


def test_the_librarys_own_stand_ins_for_a_network_pass(cassettes: Path) -> None:
    async def app(scope: object, receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def wsgi(environ: object, start: Any) -> list[bytes]:
        start("202 Accepted", [])
        return [b""]

    async def over_asgi() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
            return (await client.post(API)).status_code

    with use_cassette(cassettes / "a.yaml", mode="none"):
        assert httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(203))).post(API).status_code == 203
        assert asyncio.run(over_asgi()) == 201
        assert httpx.Client(transport=httpx.WSGITransport(app=wsgi)).post(API).status_code == 202


def test_starlettes_test_client_passes(cassettes: Path) -> None:
    class TestClientTransport(Scripted):
        __module__ = "starlette.testclient"

    with use_cassette(cassettes / "a.yaml", mode="none"):
        assert httpx.Client(transport=TestClientTransport(httpx.Response(200))).post(API).status_code == 200


def test_other_requests_pass_from_a_bare_thread_while_two_recorders_are_open(cassettes: Path) -> None:
    ready, done = threading.Barrier(3, timeout=20), threading.Barrier(3, timeout=20)

    def work(name: str) -> None:
        with use_cassette(cassettes / f"{name}.yaml"):
            ready.wait()
            done.wait()

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    ready.wait()
    with httpx.Client(transport=Scripted(httpx.Response(200))) as client:
        assert client.get("https://telemetry.test/").status_code == 200
    done.wait()
    for thread in threads:
        thread.join()


def test_endpoints_may_be_everything(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, json={}))
    with (
        use_cassette(cassettes / "a.yaml", endpoints=["*"]) as recorder,
        httpx.Client(transport=transport) as client,
    ):
        client.get("https://any.test/thing")
    assert len(recorder.calls) == 1


def test_other_model_endpoints_are_refused_in_replay_over_async_too(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "a.yaml"):
        ask(url)

    async def rank(payload: dict[str, str]) -> int:
        async with httpx.AsyncClient(headers=HEADERS) as client:
            return (await client.post(url.replace("chat/completions", "rerank"), json=payload)).status_code

    cassette = use_cassette(cassettes / "a.yaml", mode="none")
    recorder = cassette.__enter__()
    ask(url)
    ranking = url.replace("chat/completions", "rerank")
    with pytest.raises(RequestNotRecorded):
        httpx.post(ranking, headers=HEADERS, json={"input": "a host that serves models"})
    recorder.misses.clear()
    with pytest.raises(RequestNotRecorded, match=r"samurai_endpoints = known \*/rerank") as refused:
        asyncio.run(rank({"model": "e", "input": "x"}))
    assert recorder.misses == [refused.value]
    cassette.__exit__(RequestNotRecorded, refused.value, None)


def test_a_refusal_shows_no_key_of_the_url(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "a.yaml"):
        ask(url)
    cassette = use_cassette(cassettes / "a.yaml", mode="none", unused="ignore")
    cassette.__enter__()
    with pytest.raises(RequestNotRecorded) as refused:
        httpx.post("https://u:pw@g.test/v1/embeddings?key=AIza0123456789", json={"model": "e"})
    cassette.__exit__(RequestNotRecorded, refused.value, None)
    assert "pw" not in str(refused.value)
    assert "AIza" not in str(refused.value)


class Watcher:
    def __init__(self, *, block: bool = False) -> None:
        from pytest_samurai.matching.endpoints import Endpoints

        self.endpoints = Endpoints(("known",))
        self.block = block
        self.replays = False
        self.live = 0

    def refused(self, url: str) -> RequestNotRecorded:
        return RequestNotRecorded(url)

    def went_live(self) -> None:
        self.live += 1

    def suspect(self, url: str) -> None:
        pass

    def connected(self, hosts: Sequence[str], port: int) -> None:
        raise NotImplementedError


@pytest.fixture
def watched() -> Iterator[Watcher]:
    watcher = Watcher()
    intercept.install(later=False)
    intercept.watch(watcher)
    yield watcher
    intercept.watch(None)
    intercept.uninstall()


def test_live_calls_without_a_recorder_are_counted_sync_and_async(watched: Watcher, url: str) -> None:
    async def over_async() -> None:
        async with httpx.AsyncClient(headers=HEADERS) as client:
            await client.post(url, json=body())

    ask(url)
    asyncio.run(over_async())
    assert watched.live == 2
    httpx.Client(transport=Scripted(httpx.Response(200))).post(API)
    assert watched.live == 3
    httpx.get(url.replace("chat/completions", "models"), headers=HEADERS)
    assert watched.live == 3


def test_of_paths_that_applications_have_too_those_are_counted_that_name_a_model(watched: Watcher) -> None:
    with httpx.Client(transport=Scripted(*[httpx.Response(200)] * 3)) as client:
        client.post("https://h.test/messages", json={"text": "hello"})
        assert watched.live == 0
        client.post("https://h.test/messages", json={"model": "m"})
        client.post("https://h.test/v1/models/g:generateContent", json={})
    assert watched.live == 2


def test_where_nobody_watches_calls_pass(watched: Watcher, url: str) -> None:
    intercept.watch(None)
    assert ask(url) == "Paris."
    assert watched.live == 0


def test_they_can_be_blocked_sync_and_async(watched: Watcher, url: str, chat_server: ChatServer) -> None:
    watched.block = True

    async def over_async() -> None:
        async with httpx.AsyncClient(headers=HEADERS) as client:
            await client.post(url, json=body())

    with pytest.raises(RequestNotRecorded):
        ask(url)
    with pytest.raises(RequestNotRecorded):
        asyncio.run(over_async())
    with pytest.raises(RequestNotRecorded):
        httpx.Client(transport=Scripted(httpx.Response(200))).post(API)
    assert chat_server.requests == 0


@pytest.mark.parametrize("endpoint", ["rerank", "videos/generations", "realtime/sessions"])
def test_no_model_endpoint_goes_live_from_a_replay_and_the_refusal_says_what_records_it(
    cassettes: Path, endpoint: str
) -> None:
    transport = Scripted()
    with (
        pytest.raises(RequestNotRecorded, match=rf"samurai_endpoints = .*\*/{endpoint}"),
        use_cassette(cassettes / "a.yaml", mode="none"),
        httpx.Client(transport=transport) as client,
    ):
        client.post(f"https://api.test/v1/{endpoint}", json={"model": "m"})
    assert transport.requests == []

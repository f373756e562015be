"""Where a call's reply leads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import openai
import pytest

from pytest_samurai import BudgetExceeded, use_cassette
from tests.intercept.leading import Upstream, refused, upstream
from tests.intercept.scripted import Scripted, body


@pytest.fixture
def server() -> Iterator[Upstream]:
    with upstream() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Upstream]:
    with upstream() as other:
        yield other


Params = dict[str, str]


def by_httpx(url: str, params: Params) -> None:
    httpx.post(url, params=params, json=body(), follow_redirects=True)


def by_httpx2(url: str, params: Params) -> None:
    httpx2.post(url, params=params, json=body(), follow_redirects=True)


def by_async_httpx(url: str, params: Params) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient(follow_redirects=True) as client:
            await client.post(url, params=params, json=body())

    asyncio.run(ask())


def by_async_httpx2(url: str, params: Params) -> None:
    async def ask() -> None:
        async with httpx2.AsyncClient(follow_redirects=True) as client:
            await client.post(url, params=params, json=body())

    asyncio.run(ask())


def by_hand(url: str, params: Params) -> None:
    with httpx.Client() as client:
        response = client.post(url, params=params, json=body())
        assert response.next_request is not None
        client.send(response.next_request)


def options_of(url: str) -> dict[str, Any]:
    return {"base_url": url.removesuffix("/chat/completions"), "api_key": "none", "max_retries": 0}


def by_openai(url: str, params: Params) -> None:
    with openai.OpenAI(**options_of(url)) as client:
        client.chat.completions.create(**body(), extra_query=params)


def by_async_openai(url: str, params: Params) -> None:
    async def ask() -> None:
        async with openai.AsyncOpenAI(**options_of(url)) as client:
            await client.chat.completions.create(**body(), extra_query=params)

    asyncio.run(ask())


CLIENTS = [by_httpx, by_httpx2, by_async_httpx, by_async_httpx2, by_hand, by_openai, by_async_openai]


@pytest.mark.parametrize("status", [303, 307])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_redirect_to_another_host_is_named_in_a_recording_and_refused_in_a_replay(
    tmp_path: Path, server: Upstream, other: Upstream, client: Callable[[str, Params], None], status: int
) -> None:
    path = tmp_path / "a.yaml"
    params = {"status": str(status), "to": f"{other.root}/result/7"}
    method = "GET" if status == 303 else "POST"
    with pytest.raises(BudgetExceeded, match="max_total_tokens cannot be judged: 1 call went live and was not record"):
        with use_cassette(path, max_total_tokens=1) as recorder:
            client(server.url, params)
    assert recorder.notes == [
        f"use_cassette('a.yaml'): {method} {other.root}/result/7 is where a redirect led, and is not recorded:"
        " it went live, and a replay will refuse it; to record it as well: samurai_endpoints = known */result/7"
    ]
    assert other.asked == [f"{method} /result/7"]
    server.asked.clear()
    text = refused(path, lambda: client(server.url, params))
    assert f"{method} {other.root}/result/7 is where a redirect led, and is not recorded" in text
    assert server.asked == []
    assert len(other.asked) == 1


def test_a_redirect_to_another_host_is_recorded_and_replayed_as_an_endpoint(
    tmp_path: Path, server: Upstream, other: Upstream
) -> None:
    params = {"status": "303", "to": f"{other.root}/result/7?a=1"}
    for _ in range(2):
        with use_cassette(tmp_path / "a.yaml", endpoints=["known", "*/result/7"]) as recorder:
            by_httpx(server.url, params)
        assert len(recorder.calls) == 2
    assert other.asked == ["GET /result/7?a=1"]
    with use_cassette(tmp_path / "a.yaml", mode="none") as recorder:
        by_httpx(server.url, params)
    assert len(other.asked) == 1


def test_each_hop_of_a_chain_is_a_part_of_the_call(tmp_path: Path, server: Upstream, other: Upstream) -> None:
    with upstream() as last:
        second = httpx.URL(f"{other.root}/hop", params={"status": "302", "to": f"{last.root}/end"})
        with use_cassette(tmp_path / "a.yaml") as recorder:
            by_httpx(server.url, {"status": "303", "to": str(second)})
            assert [call.what for call in recorder.unrecorded] == [f"GET {second}", f"GET {last.root}/end"]
            recorder.notes.clear()


@pytest.mark.parametrize(
    ("location", "led_to"),
    [
        ("http://OTHER.test:80/Result/7", "http://other.test/Result/7"),
        ("//other.test/result/7#x", "http://other.test/result/7#x"),
        ("https:///result/7", "https://api.test/result/7"),
    ],
)
def test_a_redirect_is_known_however_its_location_is_spelled(tmp_path: Path, location: str, led_to: str) -> None:
    transport = Scripted(httpx.Response(303, headers={"location": location}), httpx.Response(200))
    with use_cassette(tmp_path / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        client.post("http://api.test/v1/chat/completions", json=body(), follow_redirects=True)
        assert [call.what for call in recorder.unrecorded] == [f"GET {led_to}"]
        recorder.notes.clear()


@pytest.mark.parametrize(
    ("status", "location"), [(303, "http://[/"), (201, "urn:uuid:123e4567-e89b-12d3-a456-426614174000")]
)
def test_a_location_that_is_no_url_leads_nowhere(tmp_path: Path, status: int, location: str) -> None:
    replies = [httpx.Response(status, headers={"location": location}), httpx.Response(200)]
    with use_cassette(tmp_path / "a.yaml") as recorder, httpx.Client(transport=Scripted(*replies)) as client:
        assert client.post("http://api.test/v1/chat/completions", json=body()).status_code == status
        client.get("http://other.test/result/7")
    assert recorder.unrecorded == []


def test_what_an_application_is_redirected_to_passes(tmp_path: Path, server: Upstream, other: Upstream) -> None:
    with use_cassette(tmp_path / "a.yaml"):
        httpx.post(server.url, json=body())
    with use_cassette(tmp_path / "a.yaml", mode="none", unused="ignore") as recorder:
        httpx.get(f"{other.root}/x", params={"status": "303", "to": f"{other.root}/y"}, follow_redirects=True)
    assert recorder.notes == []
    assert other.asked[1:] == ["GET /y"]


def test_a_location_with_an_impossible_port_is_the_error_that_it_is_live(tmp_path: Path) -> None:
    reply = httpx.Response(303, headers={"location": "http://other.test:port/"})
    with use_cassette(tmp_path / "a.yaml") as recorder, httpx.Client(transport=Scripted(reply)) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="Invalid URL in location header"):
            client.post("http://api.test/v1/chat/completions", json=body())
    assert recorder.unrecorded == []

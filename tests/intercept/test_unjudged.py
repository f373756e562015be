"""Budgets over live calls that the settings allow, or that only their bodies reveal."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import requests
import respx

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


def by_httpx(url: str) -> None:
    httpx.post(url, json=body("live"))


def by_requests(url: str) -> None:
    requests.post(url, json=body("live"), timeout=5)


LEAVE: list[dict[str, Any]] = [
    {"ignore_hosts": ["127.0.0.1"]},
    {"ignore_localhost": True},
    {"before_record_request": lambda _: None},
]


@pytest.mark.parametrize("mode", ["none", "all"])
@pytest.mark.parametrize(
    ("call", "leave"),
    [
        *((by_httpx, leave) for leave in LEAVE),
        *((by_requests, leave) for leave in [*LEAVE[:2], {"unseen": "allow"}]),
        (by_requests, {"unseen": "warn"}),
    ],
)
def test_a_budget_over_a_call_that_the_settings_let_pass_cannot_be_judged(
    cassette: Path, server: Upstream, call: Callable[[str], None], leave: dict[str, Any], mode: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.root)
    with pytest.raises(
        BudgetExceeded, match=r"^max_total_tokens cannot be judged: 1 call went live and was not recorded: .*127\.0\.0"
    ) as broken:
        with use_cassette(cassette, mode=mode, unused="ignore", max_total_tokens=45, **leave) as recorder:
            call(server.url)
            recorder.notes.clear()
    is_let_pass = (
        "  No budget can count calls that ignore_hosts, ignore_localhost, a hook or samurai_unseen lets through"
    )
    of_clients = "  To record the calls of this client, send them through httpx"
    assert str(broken.value).endswith(of_clients if leave == {"unseen": "warn"} else is_let_pass)
    assert server.asked == ["POST /v1/chat/completions"]


@pytest.mark.parametrize("path", ["/v1/images/generations", "/v1/models", "/v1/ask"])
def test_so_it_is_if_only_its_path_host_or_body_is_a_models(cassette: Path, server: Upstream, path: str) -> None:
    with pytest.raises(BudgetExceeded, match=f"cannot be judged: 1 call .*: POST {server.root}{path}"):
        with use_cassette(cassette, mode="none", unused="ignore", max_requests=9, ignore_localhost=True):
            by_httpx(server.root + path)


def test_what_is_no_models_breaks_no_budget(cassette: Path, server: Upstream, other: Upstream) -> None:
    for leave in LEAVE:
        with use_cassette(cassette, mode="none", unused="ignore", max_requests=0, **leave):
            httpx.post(other.url.replace("chat/completions", "x"), json={"model": "Golf", "seats": 5})
            requests.post(other.url, json={}, timeout=5)
    with use_cassette(cassette, mode="none", unused="ignore", ignore_hosts=["127.0.0.1"]) as recorder:
        by_httpx(server.url)
        by_requests(server.url)
    assert recorder.notes == []


def test_what_another_tool_answers_is_not_live(cassette: Path) -> None:
    with respx.mock, use_cassette(cassette, mode="none", unused="ignore", max_requests=0, ignore_hosts=["h.test"]):
        respx.post(url__startswith="http://").respond(200, json={})
        by_httpx("http://h.test/chat/completions")
        by_httpx("http://g.test/ask")


# --- child processes


def start() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


def test_a_budget_of_a_test_that_only_started_a_child_cannot_be_judged(cassette: Path, server: Upstream) -> None:
    with pytest.raises(BudgetExceeded, match="max_requests, max_cost cannot be judged: a child process was started, a"):
        with use_cassette(cassette, mode="none", unused="ignore", max_requests=9, max_cost="1"):
            start()
    with use_cassette(cassette, mode="new_episodes", max_requests=1) as recorder:
        start()
        httpx.post(server.url, json=body())
    assert recorder.notes == []
    with use_cassette(cassette, mode="none") as recorder:
        start()
        with recorder.budget(max_requests=9):
            httpx.post(server.url, json=body())
        with recorder.budget(max_requests=0):
            pass
        with pytest.raises(BudgetExceeded, match="^max_requests cannot be judged: a child process was started, and no"):
            with recorder.budget(max_requests=9):
                start()


# --- bodies

BODIES: list[Any] = [
    body("live"),
    {"input": "x", "model": "m"},
    {"model": "m", "prompt": "x"},
    {"contents": [{"parts": []}], "model": "m"},
    [body("live")],
]

TAILS = [
    "/ask",
    "/chat/completions/batch",
    "/chat/completions:stream",
    "/chat/completions.json",
    "/chat/completions,",
    "/chat/completions%00",
    "/chat/completions%3Fa=1",
]


def by_httpx2(url: str, content: bytes) -> None:
    httpx2.post(url, content=content)


def by_async_httpx(url: str, content: bytes) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient() as client:
            await client.post(url, content=content)

    asyncio.run(ask())


def headers(kind: str, content: bytes) -> dict[str, str]:
    return {"content-type": kind, "content-length": str(len(content))}


def by_pieces(url: str, content: bytes) -> None:
    httpx.post(url, content=iter([content[:9], content[9:]]), headers=headers("application/json", content))


def by_async_pieces(url: str, content: bytes) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    async def ask() -> None:
        async with httpx2.AsyncClient(headers=headers("application/problem+JSON", content)) as client:
            await client.post(url, content=pieces())

    asyncio.run(ask())


@pytest.mark.parametrize("ask", [by_httpx2, by_async_httpx, by_pieces, by_async_pieces])
@pytest.mark.parametrize("said", BODIES, ids=[str(index) for index in range(len(BODIES))])
def test_a_call_is_known_by_its_body_whatever_its_url(
    cassette: Path, other: Upstream, ask: Callable[[str, bytes], None], said: Any
) -> None:
    content = json.dumps(said).encode()
    text = refused(cassette, lambda: ask(f"{other.root}/v1/ask", content))
    assert f"{other.root}/v1/ask calls a model, judging by its body, and is not recorded. This test only rep" in text
    assert text.endswith(
        "  To record it as well: samurai_endpoints = known */v1/ask\n"
        '  To let it through, if no model answers it: ignore_hosts=["127.0.0.1"]'
    )
    assert other.asked == []
    with pytest.raises(BudgetExceeded, match="max_total_tokens cannot be judged: 1 call went live"):
        with use_cassette(cassette, mode="new_episodes", unused="ignore", max_total_tokens=1) as recorder:
            ask(f"{other.root}/v1/ask", content)
    [note] = recorder.notes
    assert "/v1/ask calls a model, judging by its body, and is not recorded: it went live" in note
    assert len(other.asked) == 1


@pytest.mark.parametrize("tail", TAILS)
def test_more_than_an_endpoint_is_known_by_the_body(cassette: Path, other: Upstream, tail: str) -> None:
    refused(cassette, lambda: by_httpx(f"{other.root}/v1{tail}"))
    assert other.asked == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"model": "m"}',
        b'{"text": "\\"model\\" \\"input\\""}',
        b'{"model": "m", "input": ""}',
        b'{"model": 3, "input": "x"}',
        b'{"rows": [{"model": "m", "input": "x"}]}',
        b'"model" "input"',
        b'["model", "input"]',
        b'["model", "input"' + b"[" * 100_000,
    ],
    ids=lambda content: content[:40].decode(),
)
def test_an_applications_own_body_passes(cassette: Path, other: Upstream, content: bytes) -> None:
    with use_cassette(cassette, mode="none", unused="ignore") as recorder:
        httpx.post(f"{other.root}/v1/ask", content=content)
    assert recorder.notes == []
    assert other.asked == ["POST /v1/ask"]


def test_an_upload_is_not_held_to_be_looked_at(cassette: Path) -> None:
    class Pulling(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            with pytest.raises(httpx.RequestNotRead):
                request.content  # noqa: B018 - it raises
            return httpx.Response(200)

    with use_cassette(cassette, mode="none", unused="ignore"), httpx.Client(transport=Pulling()) as client:
        client.post("http://app.test/x", content=iter([b"x"]), headers={"content-type": "video/mp4"})
        client.post("http://app.test/x", files={"a": ("a.json", b"{}", "application/json")})

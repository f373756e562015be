"""Requests outside a recorder's endpoints."""

from __future__ import annotations

import http.client
import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from pytest_samurai import BudgetExceeded, RequestNotRecorded, use_cassette
from pytest_samurai.intercept import processes
from tests.intercept.scripted import HEADERS, ask, body

needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")


def by_http_client(url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()


def connect(url: str) -> None:
    parts = urlsplit(url)
    socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5).close()


# --- forked children


@needs_forks
@pytest.mark.parametrize("mode", ["none", "all"])
@pytest.mark.parametrize("unseen", ["fail", "warn"])
def test_a_connection_in_a_forked_child_is_refused_and_fails_the_test(
    cassettes: Path, url: str, mode: Any, unseen: Any
) -> None:
    with use_cassette(cassettes / "a.yaml"):
        ask(url)
    port = urlsplit(url).port
    reason = "in the cassette" if mode == "none" else "called by this test"
    with pytest.raises(RequestNotRecorded) as refusal:
        with use_cassette(cassettes / "a.yaml", mode=mode, unseen=unseen, max_requests=1):
            ask(url)
            if (child := os.fork()) == 0:  # pragma: no cover - nobody sees what a child covers
                try:
                    by_http_client(url)
                except BaseException:  # noqa: BLE001 - an application that swallows everything
                    os._exit(3)
                os._exit(0)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    assert str(refusal.value).startswith(
        f"a connection to 127.0.0.1:{port}, which serves models ({reason}) was opened in a forked child process"
    )


def test_a_copy_of_a_recorder_replays_nothing_that_is_no_endpoint_either(cassettes: Path, url: str) -> None:
    other = url.replace("/chat/completions", "/models")
    with use_cassette(cassettes / "a.yaml", endpoints=["*/models"]):
        httpx.get(other, headers=HEADERS)
    with pytest.raises(RequestNotRecorded, match=r"/models was called in a forked child process"):
        with use_cassette(cassettes / "a.yaml", mode="none", unused="ignore") as recorder:
            # The rest runs in a child, which coverage does not see.
            processes.forking()
            processes.forked()
            with pytest.raises(RequestNotRecorded, match=r"/models was called in a forked child process"):
                httpx.get(other, headers=HEADERS)
            with pytest.raises(RequestNotRecorded, match="was opened in a forked child process"):
                connect(url)
            recorder.children.is_copy = False
            recorder.misses.clear()
    assert recorder.calls == ()


# --- the messages about it


@pytest.fixture
def cassette(cassettes: Path, url: str) -> Path:
    with use_cassette(cassettes / "a.yaml"):
        ask(url)
    return cassettes / "a.yaml"


def test_a_refused_connection_names_the_test_the_reason_and_the_ways_out(
    cassette: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = urlsplit(url).port
    reasons = ["in the cassette", "named by MY_BASE_URL", "a public host"]
    hosts = ["127.0.0.1", "models.test", "api.openai.com"]
    monkeypatch.setenv("MY_BASE_URL", f"http://models.test:{port}")
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    )
    for host, reason in zip(hosts, reasons, strict=True):
        with pytest.raises(RequestNotRecorded) as refusal:
            with use_cassette(cassette, mode="none", unused="ignore"):
                connect(url.replace("127.0.0.1", host))
        assert str(refusal.value) == (
            f"a connection to {host}:{port}, which serves models ({reason}), by a client that cannot be recorded"
            " (requests, urllib, aiohttp, a raw socket): it was refused, because this test replays.\n"
            "  test      use_cassette('a.yaml')\n"
            "  Send its calls through httpx, where they are recorded.\n"
            f'  To let it connect, if no model answers it: ignore_hosts=["{host}"]\n'
            "  To let all such clients connect: samurai_unseen = warn, or allow"
        )


@pytest.mark.parametrize("mode", ["once", "all", "live"])
def test_a_connection_of_a_client_that_is_not_seen_is_noted_while_recording(
    cassettes: Path, url: str, mode: Any
) -> None:
    with use_cassette(cassettes / "b.yaml", mode=mode) as recorder:
        ask(url)
        connect(url)
        connect(url)
        [note] = recorder.notes
        recorder.notes.clear()
        with use_cassette(cassettes / "c.yaml", unseen="allow") as allowing:
            ask(url)
            connect(url)
        assert allowing.notes == []
    assert note == (
        f"use_cassette('b.yaml'): connected to 127.0.0.1:{urlsplit(url).port}, which serves models (called by this"
        " test), by a client that cannot be recorded (requests, urllib, aiohttp, a raw socket): it went live and was"
        " not recorded;"
        " send its calls through httpx"
    )


def test_nothing_is_said_of_the_connections_of_calls_that_are_recorded(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "b.yaml") as recorder:
        for stream in (False, True, False):
            with httpx.Client(headers=HEADERS) as client:
                client.post(url, json=body(stream=stream)).raise_for_status()
            client.close()
    assert recorder.notes == []


def test_what_goes_live_in_the_mode_live_is_said_not_to_be_counted(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "b.yaml", mode="live") as recorder:
        httpx.post(url.replace("/chat/completions", "/rerank"), json={"model": "m"})
        [note] = recorder.notes
        recorder.notes.clear()
    assert note.endswith(
        "is a model endpoint that is not recorded: it went live, and is not counted;"
        " to count it as well: samurai_endpoints = known */rerank"
    )


# --- budgets


def test_a_budget_over_a_connection_that_was_only_warned_of_cannot_be_judged(cassette: Path, url: str) -> None:
    with pytest.raises(BudgetExceeded, match="max_requests cannot be judged: 1 call went live"):
        with use_cassette(cassette, mode="none", unseen="warn", max_requests=1) as recorder:
            ask(url)
            connect(url)
            recorder.notes.clear()


def test_a_budget_that_cannot_be_judged_counts_the_calls_and_says_what_to_do(cassettes: Path, url: str) -> None:
    root, port = url.removesuffix("/chat/completions"), urlsplit(url).port
    with pytest.raises(BudgetExceeded) as broken:
        with use_cassette(cassettes / "b.yaml", max_requests=1) as recorder:
            ask(url)
            for path in ("/rerank", "/ocr", "/rerank"):
                httpx.post(root + path, json={"model": "m"})
            connect(url)
            recorder.notes.clear()
    assert str(broken.value) == (
        f"max_requests cannot be judged: 4 calls went live and were not recorded: POST {root}/rerank, POST"
        f" {root}/ocr, a connection to 127.0.0.1:{port} by a client that cannot be recorded (requests, urllib,"
        f" aiohttp,"
        " a raw socket)\n"
        "  To record them as well: samurai_endpoints = known */rerank */ocr\n"
        "  To record the calls of this client, send them through httpx"
    )

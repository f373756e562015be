"""What goes past the endpoints of a recorder."""

from __future__ import annotations

import http.client
import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from pytest_samurai import RequestNotRecorded, use_cassette
from pytest_samurai.intercept import processes
from tests.intercept.scripted import HEADERS, ask

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
        f"a connection to 127.0.0.1:{port}, which serves models, was opened in a forked child process, and the recorder"
    )


def test_a_copy_of_a_recorder_replays_nothing_that_is_no_endpoint_either(cassettes: Path, url: str) -> None:
    other = url.replace("/chat/completions", "/models")
    with use_cassette(cassettes / "a.yaml", endpoints=["*/models"]):
        httpx.get(other, headers=HEADERS)
    with pytest.raises(RequestNotRecorded, match=r"/models was called in a forked child process"):
        with use_cassette(cassettes / "a.yaml", mode="none", unused="ignore") as recorder:
            # What follows happens in a child, which coverage does not see.
            processes.forking()
            processes.forked()
            with pytest.raises(RequestNotRecorded, match=r"/models was called in a forked child process"):
                httpx.get(other, headers=HEADERS)
            with pytest.raises(RequestNotRecorded, match="was opened in a forked child process"):
                connect(url)
            recorder.children.is_copy = False
            recorder.misses.clear()
    assert recorder.calls == ()

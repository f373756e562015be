"""Connections of clients that no hook sees."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import httpx2
import pytest
import trio

from pytest_samurai import RequestNotRecorded, use_cassette
from pytest_samurai.recorder.recorder import Recorder
from pytest_samurai.server.chat_server import ChatServer
from tests.conftest import KEY
from tests.intercept.scripted import HEADERS, Scripted, ask


def by_socket(url: str) -> None:
    parts = urlsplit(url)
    with socket.socket() as raw:
        raw.connect((parts.hostname, parts.port))


def by_socket_that_tells(url: str) -> None:
    parts = urlsplit(url)
    with socket.socket() as raw:
        assert raw.connect_ex((parts.hostname, parts.port)) == 0


def by_urllib(url: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(urllib.request.Request(url, b"{}"))


def by_urllib_in_a_thread(url: str) -> None:
    thread = threading.Thread(target=by_urllib, args=(url,))
    thread.start()
    thread.join()


def by_asyncio(url: str) -> None:
    """As aiohttp does."""

    async def connect() -> None:
        parts = urlsplit(url)
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.close()
        await writer.wait_closed()

    asyncio.run(connect())


def by_trio(url: str) -> None:
    async def connect() -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        await (await trio.open_tcp_stream(parts.hostname, parts.port)).aclose()

    trio.run(connect)


UNSEEN = [by_socket, by_socket_that_tells, by_urllib, by_urllib_in_a_thread, by_asyncio, by_trio]


@pytest.fixture
def replay(cassettes: Path, url: str) -> Iterator[Recorder]:
    """A replay from the server, which is there."""
    with use_cassette(cassettes / "a.yaml"):
        ask(url)
    with use_cassette(cassettes / "a.yaml", mode="none", unseen="warn") as recorder:
        ask(url)
        yield recorder
        recorder.notes.clear()


@pytest.mark.parametrize("connect", UNSEEN)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_connection_of_a_client_that_is_not_seen_is_noted_once(
    replay: Recorder, url: str, connect: Callable[[str], None], host: str
) -> None:
    other = url.replace("127.0.0.1", host)
    for _ in range(2):
        connect(other)
    assert replay.notes == [
        f"use_cassette('a.yaml'): connected to {host}:{urlsplit(url).port}, which serves models (in the cassette), by"
        f" a client that cannot be recorded (requests, urllib, aiohttp, a raw socket): its calls are not replayed;"
        " send its calls through httpx, or forbid connections in tests"
    ]


def test_a_name_is_known_by_the_addresses_that_it_had(
    cassettes: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = urlsplit(url).port
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://chat.test:{port}/v1")
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    )
    cassettes.mkdir()
    (cassettes / "a.yaml").write_text("interactions: []\nversion: 1\n")
    with use_cassette(cassettes / "a.yaml", mode="none", unseen="warn") as recorder:
        by_urllib(url.replace("127.0.0.1", "other.test"))
        assert recorder.notes == []
        by_urllib(url.replace("127.0.0.1", "CHAT.test"))
        [note] = recorder.notes
        recorder.notes.clear()
    assert f"connected to CHAT.test:{port}, which serves models (named by OPENAI_BASE_URL), " in note


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_request_that_is_seen_and_passes_is_no_connection_to_wonder_about(
    replay: Recorder, url: str, module: Any
) -> None:
    with ChatServer(api_key=KEY) as other:
        passes_unnoticed(other.base_url, module)
    assert replay.notes == []
    by_socket(url)
    assert len(replay.notes) == 1


def passes_unnoticed(base_url: str, module: Any) -> None:
    models = f"{base_url}/models".replace("127.0.0.1", "localhost")
    messages = f"{base_url}/messages"

    async def get() -> None:
        async with module.AsyncClient(headers=HEADERS) as client:
            assert (await client.get(models)).status_code == 200

    with module.Client(headers=HEADERS) as client:
        assert client.get(models).status_code == 200
        # The path of another model endpoint, but without a model in it.
        client.post(messages, json={})
    asyncio.run(get())
    trio.run(get)


def test_other_connections_are_not_noted(cassettes: Path, replay: Recorder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        by_socket(f"http://127.0.0.1:{other.getsockname()[1]}/")
    if hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as raw, pytest.raises(FileNotFoundError):
            raw.connect(str(cassettes / "not-there"))
    # Other code's mistakes must not become ours.
    with socket.socket() as raw, pytest.raises(TypeError, match="AF_INET address must be"):
        raw.connect(("127.0.0.1",))
    with pytest.raises(TypeError, match="getaddrinfo"):
        socket.getaddrinfo()  # type: ignore[call-arg]  # the mistake
    assert socket.getaddrinfo(None, 80)
    assert replay.notes == []


def test_a_recorded_url_that_is_none_is_nowhere_to_connect_to(cassettes: Path, url: str) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path, endpoints=["*"]):
        with httpx.Client(transport=Scripted(httpx.Response(200), httpx.Response(200))) as client:
            client.get("http://h/x")
            client.get("http://h/y")
    path.write_text(re.sub("seal: .*", "seal: none", path.read_text().replace("http://h/x", "http://h:x")))
    path.write_text(path.read_text().replace("http://h/y", "ftp://127.0.0.1/y"))
    with use_cassette(path, mode="none", unused="ignore") as recorder:
        by_socket(url)
    assert recorder.notes == []


def test_the_patches_of_sockets_come_out_and_leave_what_somebody_wrapped(cassettes: Path, url: str) -> None:
    before = (socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo)
    own = set(vars(socket.socket))
    calls = []
    with use_cassette(cassettes / "a.yaml"):
        ask(url)
        assert socket.socket.connect is not before[0]
    assert (socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo) == before
    assert set(vars(socket.socket)) == own
    with use_cassette(cassettes / "a.yaml"):
        ask(url)
        ours, resolve = socket.socket.connect, socket.getaddrinfo

        def wrapped(sock: socket.socket, address: Any) -> None:
            calls.append(address)
            ours(sock, address)

        socket.socket.connect = wrapped  # type: ignore[assignment, method-assign]  # as pytest-socket does
    try:
        by_socket(url)
        assert len(calls) == 1
        assert socket.socket.connect is wrapped
        assert resolve("127.0.0.1", 80)
    finally:
        del socket.socket.connect
    assert socket.socket.connect is before[0]


@pytest.mark.parametrize("name", ["SAMURAI_BASE_URL", "OPENAI_BASE_URL"])
@pytest.mark.parametrize(("scheme", "port"), [("https", 443), ("http", 80)])
def test_a_base_url_without_a_port_leads_to_that_of_its_scheme(
    cassettes: Path, monkeypatch: pytest.MonkeyPatch, name: str, scheme: str, port: int
) -> None:
    monkeypatch.setenv(name, f"{scheme}://chat.test/v1")
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    )
    with pytest.warns(UserWarning, match=f"connected to chat.test:{port}, which serves models \\(named by {name}\\), "):
        # Nobody needs to be there; only the attempt counts.
        with use_cassette(cassettes / "a.yaml", mode="none", unseen="warn"), suppress(OSError):
            socket.create_connection(("chat.test", port)).close()


@pytest.mark.parametrize("host", [b"127.0.0.1", bytearray(b"127.0.0.1"), "", b"localhost"])
def test_a_host_counts_however_it_is_spelled(replay: Recorder, url: str, host: Any) -> None:
    with socket.socket() as raw:
        raw.connect((host, urlsplit(url).port))
    assert "which serves models (in the cassette), by a client that cannot be recorded" in replay.notes[0]


def test_a_name_is_not_hidden_by_another_for_the_same_address(
    cassettes: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = urlsplit(url).port
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://chat.test:{port}/v1")
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    )
    monkeypatch.setattr(socket, "gethostbyname", lambda _: "127.0.0.1")
    cassettes.mkdir()
    (cassettes / "a.yaml").write_text("interactions: []\nversion: 1\n")
    for ignored in (["other.test"], []):
        with use_cassette(cassettes / "a.yaml", mode="none", unseen="warn", ignore_hosts=ignored) as recorder:
            socket.getaddrinfo("chat.test", port)
            for host in ("other.test", b"other.test"):
                address = socket.gethostbyname(host)  # type: ignore[arg-type]  # it also takes bytes
                by_socket(f"http://{address}:{port}")
            [note] = recorder.notes
            recorder.notes.clear()
        assert f"connected to chat.test:{port}, " in note
    with use_cassette(cassettes / "a.yaml", mode="none", unseen="warn", ignore_hosts=["chat.test"]) as recorder:
        socket.create_connection(("chat.test", port or 0)).close()
    assert recorder.notes == []


def test_what_is_sent_without_a_connection_passes(replay: Recorder, url: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", urlsplit(url).port or 0))
        assert sender.sendto(b"a", receiver.getsockname()) == 1
        assert sender.sendto(b"b", 0, receiver.getsockname()) == 1
        assert sender.sendmsg([b"c"], [], 0, receiver.getsockname()) == 1
        assert sender.sendmsg([b"d"], (), 0, receiver.getsockname()) == 1
        assert replay.notes == []
        sender.connect(receiver.getsockname())
        assert sender.sendmsg([b"e"]) == sender.sendmsg([b"f"], []) == sender.sendmsg([b"g"], [], 0) == 1
        assert b"".join(receiver.recv(9) for _ in range(7)) == b"abcdefg"


def test_a_name_that_an_earlier_block_looked_up_says_nothing_of_a_later_connection(
    cassettes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address])
        with use_cassette(cassettes / "a.yaml", mode="none"):
            socket.getaddrinfo("models.test", port)
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://models.test:{port}/v1")
        with use_cassette(cassettes / "a.yaml", mode="none"), socket.socket() as client:
            client.connect(("127.0.0.1", port))
        with pytest.raises(RequestNotRecorded, match="a connection to models.test"):
            with use_cassette(cassettes / "a.yaml", mode="none"), socket.socket() as client:
                socket.getaddrinfo("models.test", port)
                client.connect(("127.0.0.1", port))


def test_a_system_without_sendmsg_gets_along(cassettes: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows is like this."""

    class Socket:
        connect = socket.socket.connect
        connect_ex = socket.socket.connect_ex
        sendto = socket.socket.sendto

    with use_cassette(cassettes / "a.yaml"):
        ask(url)
    original = Socket.sendto
    monkeypatch.setattr(socket, "socket", Socket)
    with use_cassette(cassettes / "a.yaml", mode="none"):
        ask(url)
        assert Socket.sendto is not original
        assert not hasattr(Socket, "sendmsg")
    assert Socket.sendto is original

"""A replay's client that connects after all makes every check that a real one makes."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpcore  # noqa: F401 - the client's first request imports it: loaded before pytester takes its snapshot
import httpcore2  # noqa: F401 - as above
import pytest
import trio
import trustme

from pytest_samurai import use_cassette
from tests.intercept.contexts import LIBRARIES, authority, context_of, is_deferred, loads, nothing_said, replaying

__all__ = ["authority", "loads", "nothing_said"]  # fixtures


class Listener(ThreadingHTTPServer):
    request_queue_size = 32  # of eight at once, the standard library's five would let three wait for a second


class Server:
    """HTTPS on loopback, with a certificate for `localhost`. `protocols` are the negotiated ones."""

    def __init__(self, authority: trustme.CA) -> None:
        self.protocols: list[str | None] = []
        protocols = self.protocols

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self) -> None:
                protocols.append(self.connection.selected_alpn_protocol())
                super().handle()

            def do_GET(self) -> None:
                body = b'{"choices": []}'
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.send_header("connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.do_GET()

            def log_message(self, *args: object) -> None:
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        context.set_alpn_protocols(["h2", "http/1.1"])
        self._server = Listener(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"https://localhost:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Proxy:
    """An HTTP proxy on loopback that connects its clients. `asked` are the addresses they requested."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_CONNECT(self) -> None:
                asked.append(self.path)
                host, _, port = self.path.rpartition(":")
                with socket.create_connection((host, int(port))) as there:
                    self.send_response(200)
                    self.end_headers()
                    back = threading.Thread(target=pass_on, args=(there, self.connection))
                    back.start()
                    pass_on(self.connection, there)
                    back.join()
                self.close_connection = True

            def log_message(self, *args: object) -> None:
                pass

        self._server = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one of the two has hung up


@pytest.fixture(scope="module")
def server(authority: trustme.CA) -> Iterator[Server]:
    server = Server(authority)
    yield server
    server.stop()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    proxy = Proxy()
    yield proxy
    proxy.stop()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def trusted(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's authority is the machine's, wherever httpx and httpx2 look for it."""
    load = ssl.SSLContext.load_verify_locations

    def load_ours(context: ssl.SSLContext, *args: object, **options: object) -> None:
        load(context, bundle)

    for name in ("load_verify_locations", "set_default_verify_paths"):
        monkeypatch.setattr(ssl.SSLContext, name, load_ours)


def get_sync(module: Any, client: Any, url: str) -> int:
    with client:
        status: int = client.get(url).status_code
        return status


async def get_async(client: Any, url: str) -> int:
    async with client:
        status: int = (await client.get(url)).status_code
        return status


def refusal(module: Any, get: Any, client: Any, url: str) -> str:
    """Why a connection failed: the certificate check's message, at the bottom of the client's error."""
    with pytest.raises((module.ConnectError, module.ProxyError, ssl.SSLError)) as caught:
        get(module, client, url)
    error: BaseException | None = caught.value
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    assert error is not None
    return error.verify_message


UNKNOWN = "unable to get local issuer certificate"


def get_asyncio(module: Any, client: Any, url: str) -> int:
    return asyncio.run(get_async(client, url))


def get_trio(module: Any, client: Any, url: str) -> int:
    return trio.run(get_async, client, url)


KINDS = pytest.mark.parametrize(
    ("kind", "get"),
    [("Client", get_sync), ("AsyncClient", get_asyncio), ("AsyncClient", get_trio)],
    ids=["sync", "asyncio", "trio"],
)


@pytest.mark.usefixtures("trusted")
@LIBRARIES
@KINDS
@pytest.mark.parametrize("options", [{}, {"trust_env": False}], ids=str)
def test_a_client_that_outlives_its_test_connects(
    module: Any, kind: str, get: Any, options: dict[str, Any], tmp_path: Path, server: Server, loads: list[object]
) -> None:
    with replaying(tmp_path):
        client = getattr(module, kind)(**options)
    assert is_deferred(client)
    assert loads == []
    assert get(module, client, server.url) == 200
    assert len(loads) == 1


@LIBRARIES
@KINDS
def test_it_refuses_a_server_of_an_unknown_authority(
    module: Any, kind: str, get: Any, tmp_path: Path, server: Server
) -> None:
    with replaying(tmp_path):
        client = getattr(module, kind)()
    assert is_deferred(client)
    assert refusal(module, get, client, server.url) == UNKNOWN


@pytest.mark.usefixtures("trusted")
@LIBRARIES
@KINDS
def test_it_refuses_a_certificate_of_another_name(
    module: Any, kind: str, get: Any, tmp_path: Path, server: Server
) -> None:
    with replaying(tmp_path):
        client = getattr(module, kind)()
    assert is_deferred(client)
    assert "certificate is not valid for '127.0.0.1'" in refusal(
        module, get, client, f"https://127.0.0.1:{server.port}"
    )


@LIBRARIES
@KINDS
def test_what_is_set_on_its_context_holds_for_the_connection(
    module: Any, kind: str, get: Any, tmp_path: Path, server: Server, bundle: Path
) -> None:
    with replaying(tmp_path):
        client = getattr(module, kind)()
    context_of(client._transport).load_verify_locations(bundle)
    assert get(module, client, server.url) == 200


@pytest.mark.usefixtures("trusted")
@LIBRARIES
@KINDS
def test_it_connects_through_a_proxy(
    module: Any, kind: str, get: Any, tmp_path: Path, server: Server, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with replaying(tmp_path):
        client = getattr(module, kind)()
    assert get(module, client, server.url) == 200
    assert proxy.asked == [f"localhost:{server.port}"]


@LIBRARIES
@KINDS
def test_and_verifies_there_as_well(
    module: Any, kind: str, get: Any, tmp_path: Path, server: Server, proxy: Proxy
) -> None:
    with replaying(tmp_path):
        client = getattr(module, kind)(proxy=proxy.url)
    assert refusal(module, get, client, server.url) == UNKNOWN
    assert proxy.asked == [f"localhost:{server.port}"]


@pytest.mark.usefixtures("trusted")
@LIBRARIES
def test_it_connects_through_what_is_mounted(module: Any, tmp_path: Path, server: Server) -> None:
    with replaying(tmp_path):
        client = module.Client(mounts={"https://": module.HTTPTransport()})
    assert get_sync(module, client, server.url) == 200


@pytest.mark.usefixtures("trusted")
@LIBRARIES
@KINDS
@pytest.mark.parametrize("http2", [True, False])
def test_it_agrees_on_the_protocol_that_it_was_made_for(
    module: Any, kind: str, get: Any, http2: bool, tmp_path: Path, server: Server
) -> None:
    with replaying(tmp_path):
        client = getattr(module, kind)(http2=http2)
    server.protocols.clear()
    try:
        get(module, client, server.url)
    except module.RemoteProtocolError:
        assert http2  # a server that speaks HTTP/1.1, whatever was negotiated
    assert server.protocols == ["h2" if http2 else "http/1.1"]


@LIBRARIES
def test_the_environment_of_its_making_counts(
    module: Any, tmp_path: Path, server: Server, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with replaying(tmp_path):
        before = module.Client()
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        since = module.Client()
    assert (is_deferred(before), is_deferred(since)) == (True, False)
    assert refusal(module, get_sync, before, server.url) == UNKNOWN
    monkeypatch.delenv("SSL_CERT_FILE")
    assert get_sync(module, since, server.url) == 200


@pytest.mark.usefixtures("trusted")
@LIBRARIES
def test_threads_that_connect_at_once_load_the_certificates_once(
    module: Any, tmp_path: Path, server: Server, loads: list[object]
) -> None:
    with replaying(tmp_path):
        client = module.Client()
    context = context_of(client._transport)
    start = threading.Barrier(8)
    # Each connection of httpcore sets ALPN in the context that all share. OpenSSL reads that when another connection
    # begins, and if it comes in between, the server is sent garbage.
    one_at_a_time = threading.Lock()
    seen: list[int] = []

    def connect() -> None:
        start.wait()
        assert context.check_hostname
        with one_at_a_time:
            seen.append(client.get(server.url).status_code)

    threads = [threading.Thread(target=connect) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()
    assert seen == [200] * 8
    assert len(loads) == 1


@pytest.mark.usefixtures("trusted")
@LIBRARIES
def test_a_client_of_a_replay_records_for_another_test(module: Any, tmp_path: Path, server: Server) -> None:
    with replaying(tmp_path):
        client = module.Client()
    with client, use_cassette(tmp_path / "new.yaml", mode="once") as recorder:
        client.post(f"{server.url}/chat/completions", json={"model": "m", "messages": []})
    assert recorder.recorded == 1


@pytest.mark.usefixtures("trusted")
@LIBRARIES
def test_a_request_that_no_recorder_minds_connects_in_the_midst_of_a_replay(
    module: Any, tmp_path: Path, server: Server
) -> None:
    with replaying(tmp_path):
        assert get_sync(module, module.Client(), f"{server.url}/health") == 200

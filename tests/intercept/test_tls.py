"""Clients that only replay load no certificates; the one that connects after all has every check of a real one."""

from __future__ import annotations

import asyncio
import copy
import pickle
import socket
import ssl
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import certifi
import httpcore  # noqa: F401 - the client's first request imports it: loaded before pytester takes its snapshot
import httpcore2  # noqa: F401 - as above
import httpx
import httpx2
import openai
import pytest
import trio
import trustme
import truststore

from pytest_samurai import use_cassette
from pytest_samurai.intercept.tls import DeferredContext, deferring, is_known
from pytest_samurai.server.chat_server import ChatServer
from tests.conftest import KEY

LIBRARIES = pytest.mark.parametrize("module", [httpx, httpx2], ids=lambda module: module.__name__)
VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine says about certificates and proxies."""
    for name in (*VARIABLES, "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One for each time that certificates were loaded."""
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
    # `isinstance` would ask the context, which is what the test wants to know of.
    return type(context_of(client._transport)) is DeferredContext


# --- the context


def real_context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def test_a_deferred_context_is_made_when_it_is_asked_anything_and_only_once() -> None:
    made: list[ssl.SSLContext] = []

    def make() -> ssl.SSLContext:
        made.append(real_context())
        return made[-1]

    context: Any = DeferredContext(make)
    assert (hash(context), context == context, bool(context)) == (object.__hash__(context), True, True)
    assert context in weakref.WeakSet([context])
    assert repr(context).startswith("<pytest_samurai.intercept.tls.DeferredContext object")
    assert not made
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2"])
    context.note = "mine"
    [real] = made
    assert real.minimum_version is context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert vars(context) == {"note": "mine"}
    assert dir(context) == dir(real)
    del context.note
    assert not hasattr(context, "note")
    assert not hasattr(real, "note")
    assert context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="a.test").context is real
    assert len(made) == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda context: isinstance(context, ssl.SSLContext),
        lambda context: context.get_ca_certs(),
        lambda context: context.cert_store_stats(),
        lambda context: context.check_hostname,
        lambda context: ssl.SSLContext.wrap_bio(context, ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="a.test"),
        lambda context: setattr(context, "verify_mode", ssl.CERT_REQUIRED),
        lambda context: context.load_verify_locations(certifi.where()),
        dir,
    ],
)
def test_whatever_is_asked_is_answered_with_certificates_and_checks(ask: Callable[[Any], Any]) -> None:
    context: Any = DeferredContext(lambda: ssl.create_default_context(cafile=certifi.where()))
    ask(context)
    real = context._context
    assert type(real) is ssl.SSLContext
    assert real.cert_store_stats()["x509_ca"] > 50
    assert (real.check_hostname, real.verify_mode) == (True, ssl.CERT_REQUIRED)


def test_it_is_of_the_class_that_the_real_one_is_of() -> None:
    context = DeferredContext(lambda: truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    assert isinstance(context, truststore.SSLContext)
    assert isinstance(context, ssl.SSLContext)
    assert context.__class__ is truststore.SSLContext
    assert not isinstance(context, str)


def test_nothing_below_python_takes_it_for_a_context() -> None:
    # Were it one, it would be one without certificates.
    context: Any = DeferredContext(real_context)
    bios = (ssl.MemoryBIO(), ssl.MemoryBIO())
    native: Any = ssl.SSLContext.__mro__[1]
    with pytest.raises(TypeError, match="_SSLContext"):
        native._wrap_bio(context, *bios, server_side=False)
    with pytest.raises(TypeError, match="_SSLContext"):
        native.set_default_verify_paths(context)
    connected: Any = real_context().wrap_bio(*bios, server_hostname="a.test")
    with pytest.raises(TypeError, match="SSLContext"):
        connected.context = context


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps], ids=lambda call: call.__name__)
def test_it_is_copied_and_pickled_as_little_as_any_context(duplicate: Callable[[object], object]) -> None:
    # A copy would be another context, of which nobody knows what was set on the first.
    with pytest.raises(TypeError) as real:
        duplicate(real_context())
    with pytest.raises(TypeError) as deferred:
        duplicate(DeferredContext(real_context))
    assert str(deferred.value) == str(real.value)


def test_threads_that_race_for_it_all_get_the_one() -> None:
    threads = 16
    start = threading.Barrier(threads)
    made: list[object] = []
    seen: list[object] = []

    def make() -> object:
        # Loading certificates lets other threads run; this lets them run for certain.
        others = [threading.Thread(target=made.append, args=(None,)) for _ in range(4)]
        for other in others:
            other.start()
        for other in others:
            other.join()
        made.append(context := SimpleNamespace(settings=[]))
        return context

    deferred: Any = DeferredContext(make)

    def use(number: int) -> None:
        start.wait()
        deferred.settings.append(number)
        seen.append(deferred.settings)

    racing = [threading.Thread(target=use, args=(number,)) for number in range(threads)]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join()
    assert len([context for context in made if context is not None]) == 1
    assert sorted(deferred.settings) == list(range(threads))
    assert all(settings is deferred.settings for settings in seen)


def test_one_that_cannot_be_made_says_so_each_time_it_is_asked() -> None:
    there = False

    def make() -> ssl.SSLContext:
        if not there:
            raise FileNotFoundError("no certificates")
        return real_context()

    context: Any = DeferredContext(make)
    for _ in range(2):
        with pytest.raises(FileNotFoundError, match="no certificates"):
            context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="a.test")
    there = True
    assert context.check_hostname


# --- which are deferred


def create(verify: Any = True, cert: Any = None, trust_env: bool = True) -> Any:
    return ("made", verify, cert, trust_env)


@pytest.mark.parametrize("options", [{}, {"verify": True}, {"verify": True, "cert": None, "trust_env": False}])
def test_the_default_context_is_deferred_with_the_environment_that_it_had(options: dict[str, Any]) -> None:
    context = deferring(create, lambda: True)(**options)
    assert type(context) is DeferredContext
    assert context.index("made") == 0
    assert context._context == ("made", True, None, False)


@pytest.mark.parametrize("options", [{}, {"verify": True}, {"cert": None, "trust_env": False}])
def test_where_it_is_not_wanted_nothing_is_deferred(options: dict[str, Any]) -> None:
    assert deferring(create, lambda: False)(**options) == create(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"verify": False},
        {"verify": 1},
        {"verify": "bundle.pem"},
        {"verify": real_context()},
        {"cert": "client.pem"},
        {"cert": ("client.pem", "key.pem")},
    ],
    ids=["unverified", "a number", "a bundle", "a context", "a certificate", "a certificate and its key"],
)
def test_any_other_context_is_made_at_once_and_with_what_was_said(options: dict[str, Any]) -> None:
    assert deferring(create, lambda: True)(**options) == create(**options)


def test_what_is_not_understood_is_handed_on() -> None:
    seen: list[object] = []
    defer = deferring(lambda *args, **options: seen.append((args, options)), lambda: True)
    defer(True)
    defer(verify=True, http2=True)
    assert seen == [((True,), {}), ((), {"verify": True, "http2": True})]


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("trust_env", [True, False])
def test_an_environment_that_names_files_is_read_at_once(
    name: str, trust_env: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "somewhere")
    assert deferring(create, lambda: True)(trust_env=trust_env) == create(trust_env=trust_env)
    monkeypatch.setenv(name, "")
    assert type(deferring(create, lambda: True)(trust_env=trust_env)) is DeferredContext


def test_only_the_function_of_the_library_itself_is_known() -> None:
    def other(context: Any = None) -> Any:
        return context

    assert is_known(create, __name__)
    assert not is_known(create, "httpx._config")
    assert not is_known(other, __name__)
    assert not is_known(deferring(create, lambda: True), "pytest_samurai.intercept.tls")
    assert not is_known(print, "builtins")
    assert not is_known(None, __name__)


# --- the seam


@LIBRARIES
def test_a_client_that_can_only_replay_loads_no_certificates(module: Any, tmp_path: Path, loads: list[object]) -> None:
    with replaying(tmp_path):
        with module.Client() as client:
            assert is_deferred(client)
            assert type(client._transport) is module.HTTPTransport
        assert is_deferred(module.AsyncClient())
        assert is_deferred(module.Client(http2=True, trust_env=False))
        assert type(context_of(module.HTTPTransport(retries=2))) is DeferredContext
    assert loads == []


@LIBRARIES
def test_nor_do_the_transports_of_its_proxies(
    module: Any, tmp_path: Path, loads: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with replaying(tmp_path), module.Client() as client:
        contexts = [context_of(transport) for transport in client._mounts.values()]
        assert [type(context) for context in contexts] == [DeferredContext] * 2
    assert loads == []


def test_nor_do_the_clients_of_the_openai_sdk(tmp_path: Path, loads: list[object]) -> None:
    with replaying(tmp_path):
        assert is_deferred(openai.OpenAI(api_key="k")._client)
        assert is_deferred(openai.AsyncOpenAI(api_key="k")._client)
    assert loads == []


@LIBRARIES
def test_what_was_not_asked_for_by_a_client_is_what_it_is(module: Any, tmp_path: Path) -> None:
    with replaying(tmp_path):
        assert type(module.create_ssl_context()) is not DeferredContext


@LIBRARIES
def test_a_context_or_a_transport_of_the_users_own_stays(module: Any, tmp_path: Path) -> None:
    own = real_context()
    transport = module.MockTransport(lambda request: module.Response(200))
    with replaying(tmp_path):
        assert context_of(module.Client(verify=own)._transport) is own
        assert module.Client(transport=transport)._transport is transport
        unverified = context_of(module.Client(verify=False)._transport)
        assert type(unverified) is ssl.SSLContext
        assert unverified.verify_mode is ssl.CERT_NONE


@LIBRARIES
def test_a_bundle_or_a_client_certificate_is_loaded_at_once(
    module: Any, tmp_path: Path, loads: list[object], authority: trustme.CA
) -> None:
    certificate = authority.issue_cert("client.test")
    files = [tmp_path / "key.pem", tmp_path / "cert.pem"]
    certificate.private_key_pem.write_to_path(files[0])
    certificate.cert_chain_pems[0].write_to_path(files[1])
    warns = tuple(map(int, module.__version__.split(".")[:2])) >= (0, 28)
    with replaying(tmp_path):
        with pytest.warns(DeprecationWarning, match="verify=<str>") if warns else nullcontext():
            client = module.Client(verify=certifi.where())
        assert not is_deferred(client)
        with pytest.warns(DeprecationWarning, match="cert=") if warns else nullcontext():
            client = module.Client(cert=(str(files[1]), str(files[0])))
        assert not is_deferred(client)
    assert len(loads) == 2


@LIBRARIES
@pytest.mark.parametrize(
    "options", [{"mode": "once"}, {"mode": "new_episodes"}, {"mode": "all"}, {"mode": "live"}, {"lazy_tls": False}]
)
def test_a_client_that_may_connect_or_that_was_to_be_left_alone_is_as_ever(
    module: Any, options: dict[str, Any], tmp_path: Path
) -> None:
    with replaying(tmp_path, **options):
        assert not is_deferred(module.Client())
    assert not is_deferred(module.Client())


def test_within_a_recording_a_replay_decides_for_itself(tmp_path: Path) -> None:
    with replaying(tmp_path, mode="all"), replaying(tmp_path):
        assert is_deferred(httpx.Client())
    with replaying(tmp_path), replaying(tmp_path, mode="all"):
        assert not is_deferred(httpx.Client())


def test_a_thread_that_does_not_say_whose_it_is_defers_only_what_all_would(tmp_path: Path) -> None:
    def in_thread() -> list[bool]:
        seen: list[bool] = []
        thread = threading.Thread(target=lambda: seen.append(is_deferred(httpx.Client())))
        thread.start()
        thread.join()
        return seen

    def beside(options: dict[str, Any], ready: threading.Event, done: threading.Event) -> None:
        with replaying(tmp_path, **options):
            ready.set()
            done.wait()

    with replaying(tmp_path):
        assert in_thread() == [True]
        for options, expected in (({}, True), ({"mode": "all"}, False), ({"lazy_tls": False}, False)):
            ready, done = threading.Event(), threading.Event()
            other = threading.Thread(target=beside, args=(options, ready, done))
            other.start()
            ready.wait()
            seen = in_thread()
            done.set()
            other.join()
            assert seen == [expected]


def test_the_libraries_are_as_they_were_when_the_last_recorder_has_closed(tmp_path: Path) -> None:
    # In a process of its own: where CI is set, the run that this test belongs to watches its tests itself.
    code = f"""
import httpx, httpx2
from pytest_samurai import use_cassette
def seams():
    return [module._transports.default.create_ssl_context for module in (httpx, httpx2)]
before = seams()
assert before == [module._config.create_ssl_context for module in (httpx, httpx2)]
for _ in range(2):
    with use_cassette({str(tmp_path / "a.yaml")!r}, mode="none"):
        ours = seams()
        assert not set(ours) & set(before)
        with use_cassette({str(tmp_path / "a.yaml")!r}, mode="none"):
            assert seams() == ours
    assert seams() == before
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_somebody_else_put_there_stays_when_the_last_recorder_has_closed(tmp_path: Path) -> None:
    # In a process of its own, as above.
    code = f"""
import httpx
from pytest_samurai import use_cassette
transports = httpx._transports.default
with use_cassette({str(tmp_path / "a.yaml")!r}, mode="none"):
    ours = transports.create_ssl_context
    theirs = transports.create_ssl_context = lambda **options: ours(**options)
assert transports.create_ssl_context is theirs
httpx.Client()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_library_that_is_imported_later_loads_none_either(tmp_path: Path) -> None:
    code = f"""
import sys
from pytest_samurai import use_cassette
with use_cassette({str(tmp_path / "a.yaml")!r}, mode="none"):
    assert "httpx" not in sys.modules and "ssl" not in sys.modules
    import httpx, httpx2
    for module in (httpx, httpx2):
        print(type(module.Client()._transport._pool._ssl_context).__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "DeferredContext\nDeferredContext\n", done.stderr


def test_what_somebody_else_put_there_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transports = sys.modules["httpx._transports.default"]
    own = real_context()
    # So that what is put back in the end is what was there before ours.
    monkeypatch.setattr(transports, "create_ssl_context", transports.create_ssl_context)
    with replaying(tmp_path):
        ours = transports.create_ssl_context

        def theirs(**options: Any) -> Any:
            return ours(**options)

        monkeypatch.setattr(transports, "create_ssl_context", theirs)
        assert is_deferred(httpx.Client())
    assert transports.create_ssl_context is theirs
    assert not is_deferred(httpx.Client())
    monkeypatch.setattr(transports, "create_ssl_context", lambda **options: own)
    with replaying(tmp_path):
        assert context_of(httpx.Client()._transport) is own


# --- connections


class Listener(ThreadingHTTPServer):
    request_queue_size = 32  # of eight at once, the standard library's five would let three wait for a second


class Server:
    """HTTPS on loopback, with a certificate for `localhost`; `protocols` are those that were agreed on."""

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
    """An HTTP proxy on loopback that connects its clients; `asked` are the places that they wanted."""

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
def authority() -> trustme.CA:
    return trustme.CA()


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
    """The server's authority is the one of this machine, wherever httpx and httpx2 look for them."""
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
    """Why a connection was not made: what the check of the certificate said, at the bottom of what the client says."""
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
        assert http2  # a server that speaks HTTP/1.1, whatever was agreed on
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
    start = threading.Barrier(8)
    seen: list[int] = []

    def connect() -> None:
        start.wait()
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


# --- as a user meets it


COUNTING = """
import ssl
import pytest

@pytest.fixture
def loads(monkeypatch):
    seen = []
    original = ssl.SSLContext.load_verify_locations
    def load_verify_locations(context, *args, **options):
        seen.append(1)
        original(context, *args, **options)
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", load_verify_locations)
    return seen
"""

ASKING = """
import httpx, openai, pytest

BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What is the capital of France?"}]}

def ask_openai():
    with openai.OpenAI() as client:
        client.chat.completions.create(**BODY)
"""


def _project(pytester: pytest.Pytester, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SAMURAI", "OPENAI"):
        monkeypatch.setenv(f"{name}_BASE_URL", server.base_url)
        monkeypatch.setenv(f"{name}_API_KEY", KEY)
    pytester.makeconftest(COUNTING)


def test_recorded_tests_load_certificates_and_replayed_ones_do_not(
    pytester: pytest.Pytester, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _project(pytester, chat_server, monkeypatch)
    pytester.makepyfile(
        test_it=ASKING
        + """
@pytest.mark.samurai
def test_openai(loads, samurai):
    ask_openai()
    assert bool(loads) is not samurai.replaying

def test_client(samurai, loads, samurai_client):
    samurai_client.post("/chat/completions", json=BODY)
    assert samurai.replaying == (not loads)

def test_unmarked(loads):
    httpx.Client()
    assert loads
"""
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=3)
    chat_server.stop()
    pytester.runpytest_inprocess().assert_outcomes(passed=3)
    pytester.runpytest_inprocess("--samurai-mode=none").assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("ini", "config", "marker", "loaded"),
    [
        ("", "{}", "", 0),
        ("false", "{}", "", 1),
        ("False", "{}", "lazy_tls=True", 0),
        ("", '{"lazy_tls": False}', "", 1),
        ("true", "{}", "lazy_tls=False", 1),
    ],
)
def test_an_option_switches_it_off(
    ini: str,
    config: str,
    marker: str,
    loaded: int,
    pytester: pytest.Pytester,
    chat_server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _project(pytester, chat_server, monkeypatch)
    if ini:
        pytester.makeini(f"[pytest]\nsamurai_lazy_tls = {ini}\n")
    pytester.makepyfile(
        test_it=ASKING
        + f"""
@pytest.fixture(scope="session")
def samurai_config():
    return {config}

@pytest.mark.samurai({marker})
def test_openai(samurai, loads):
    ask_openai()
    assert len(loads) == ({loaded} if samurai.replaying else 1)
"""
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_it_is_true_or_false(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsamurai_lazy_tls = maybe\n")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*samurai_lazy_tls is 'maybe'; it has to be True or False"])

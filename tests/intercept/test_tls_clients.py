"""Clients that only replay load no certificates."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import certifi
import httpcore  # noqa: F401 - the first request imports it: loaded before pytester takes its snapshot
import httpcore2  # noqa: F401 - as above
import httpx
import openai
import pytest
import trustme

from pytest_samurai.intercept.tls import DeferredContext
from pytest_samurai.server.chat_server import ChatServer
from tests.conftest import KEY
from tests.intercept.contexts import (
    LIBRARIES,
    authority,
    context_of,
    is_deferred,
    loads,
    nothing_said,
    real_context,
    replaying,
)

__all__ = ["authority", "loads", "nothing_said"]  # fixtures


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
    # In a separate process: if CI is set, the suite's own run watches its tests.
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
    # In a separate process, as above.
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
    # So that the state before ours is restored in the end.
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
    result.stderr.fnmatch_lines(["*samurai_lazy_tls is 'maybe'; it must be True or False"])

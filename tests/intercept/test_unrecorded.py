"""Model calls outside the endpoints are replayed, refused, or named."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpcore
import httpx
import pytest
import requests

from pytest_samurai import BudgetExceeded, RequestNotRecorded, SamuraiFailure, use_cassette
from pytest_samurai.intercept import processes

ANSWER = {
    "model": "gpt-4o-mini",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Paris."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
}
BODY: dict[str, Any] = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}


class Upstream(BaseHTTPRequestHandler):
    """Answers every path, and remembers the requests; `/moved` redirects to `/result/1`."""

    asked: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.asked.append(self.path)
        answer = json.dumps(ANSWER).encode()
        if self.path.startswith("/moved/"):
            self.send_response(303)
            self.send_header("location", "/result/1")
        else:
            self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        pass


class Server:
    def __init__(self) -> None:
        self.asked: list[str] = []
        handler = type("Handler", (Upstream,), {"asked": self.asked})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.root = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{self.root}/v1/chat/completions"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def other_server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def cassette(tmp_path: Path, server: Server) -> Path:
    path = tmp_path / "a.yaml"
    with use_cassette(path):
        httpx.post(server.url, json=BODY).raise_for_status()
    server.asked.clear()
    return path


class NoNetwork(httpx.BaseTransport):
    """Reaches no host, so that even a failing test sends nothing."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")


def refused(path: Path, call: Callable[[], object], **options: Any) -> str:
    """The refusal of a call in a replay, which the application swallows."""
    with pytest.raises(RequestNotRecorded) as miss:
        with use_cassette(path, mode="none", unused="ignore", **options):
            with contextlib.suppress(BaseException):
                call()
    return str(miss.value)


# --- spellings of an endpoint

SPELLINGS = [
    "/v1/chat/completions/",
    "/v1/Chat/Completions",
    "/v1/chat/completion%73",
    "/v1/chat/completions;v=1",
    "/v1/chat//completions",
    "//v1/chat/completions//",
    "/v1/chat;a=b/completions",
    "/v1/x/%2e%2e/chat/completions",
    "/v1/chat%2Fcompletions",
    "/v1/chat/completion%2573",
    "/V1/CHAT/COMPLETIONS/?a=1",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_endpoint_in_another_spelling_is_answered_by_its_recording(
    cassette: Path, server: Server, spelling: str
) -> None:
    with use_cassette(cassette, mode="none") as recorder:
        assert httpx.post(server.root + spelling, json=BODY).json() == ANSWER
    assert recorder.usage.total_tokens == 12
    assert server.asked == []


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_endpoint_in_another_spelling_is_recorded_and_else_refused(
    tmp_path: Path, server: Server, spelling: str
) -> None:
    with use_cassette(tmp_path / "b.yaml") as recorder:
        httpx.post(server.root + spelling, json=BODY)
    assert recorder.usage.total_tokens == 12
    assert recorder.notes == []
    server.asked.clear()
    other = {**BODY, "messages": []}
    assert "has no recording" in refused(tmp_path / "b.yaml", lambda: httpx.post(server.root + spelling, json=other))
    assert server.asked == []


# --- other models' endpoints, and other paths of their hosts

PATHS = [
    "/v1beta/models/m:countTokens",
    "/v2/chat",
    "/api/chat",
    "/v1/videos/generations",
    "/v1/rerank",
    "/v1/files",
    "/v1/responses",
    "/result/1",
]


@pytest.mark.parametrize("path", PATHS)
def test_any_path_of_a_host_that_serves_models_is_refused_in_a_replay(
    cassette: Path, server: Server, path: str
) -> None:
    text = refused(cassette, lambda: httpx.post(server.root + path, content=b"{}"))
    assert server.asked == []
    assert (
        ". This test only replays, so the call was refused.\n  To record it as well: samurai_endpoints = known *"
    ) in text


@pytest.mark.parametrize(
    "path",
    [
        "/v1beta/models/m:generateContent",
        "/v1/completions",
        "/v1beta/models/m:embedContent",
        "/v1/images/generations",
        "/v1/audio/transcriptions",
        "/v1/moderations",
        "/model/a.b-1%3A0/converse",
    ],
)
def test_an_endpoint_of_another_dialect_is_refused_as_a_miss(cassette: Path, server: Server, path: str) -> None:
    assert "has no recording" in refused(cassette, lambda: httpx.post(server.root + path, content=b"{}"))
    assert server.asked == []


@pytest.mark.parametrize("path", ["/Videos//Generations/", "/x:GENERATECONTENT", "/model/a.b-1%3A0/converse"])
def test_a_path_that_only_models_have_is_refused_on_every_host(cassette: Path, other_server: Server, path: str) -> None:
    refused(cassette, lambda: httpx.post(other_server.root + path, content=b"{}"))
    assert other_server.asked == []


@pytest.mark.parametrize("path", ["/messages", "/files", "/responses", "/api/chat", "/v1/rerank"])
def test_a_path_that_applications_have_too_is_refused_if_the_body_names_a_model(
    cassette: Path, other_server: Server, path: str
) -> None:
    with use_cassette(cassette, mode="none", unused="ignore") as recorder:
        assert httpx.post(other_server.root + path, json={"text": "hello"}).status_code == 200
    assert recorder.notes == []
    refused(cassette, lambda: httpx.post(other_server.root + path, json={"model": "m"}))
    assert other_server.asked == [path]


def test_a_redirect_that_leads_out_of_the_endpoint_is_judged_again(tmp_path: Path, server: Server) -> None:
    url = f"{server.root}/moved/chat/completions"

    def call() -> None:
        httpx.post(url, json=BODY, follow_redirects=True).raise_for_status()

    with use_cassette(tmp_path / "b.yaml") as recorder:
        call()
        [note] = recorder.notes
        recorder.notes.clear()
    assert "/result/1 goes to a host that serves models, and is not recorded: it went live" in note
    server.asked.clear()
    assert "/result/1" in refused(tmp_path / "b.yaml", call)
    assert server.asked == []


def test_what_the_cassette_holds_is_replayed_whatever_its_url(tmp_path: Path, server: Server) -> None:
    def call(text: str = "x") -> httpx.Response:
        return httpx.post(f"{server.root}/v1/rerank?a=1", json={"query": text})

    with use_cassette(tmp_path / "b.yaml", endpoints=["*/rerank"]):
        call()
    server.asked.clear()
    with use_cassette(tmp_path / "b.yaml", mode="none") as recorder:
        assert call().json() == ANSWER
    assert len(recorder.calls) == 1
    assert "no unplayed recording answers this request" in refused(tmp_path / "b.yaml", lambda: call("y"))
    assert server.asked == []


def test_hosts_of_the_environment_and_public_ones_serve_models(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("interactions: []\nversion: 1\n")

    def call() -> None:
        httpx.get(f"{server.root}/anything")

    with use_cassette(path, mode="none"):
        call()
    for name in ("MY_BASE_URL", "LITELLM_API_BASE", "AZURE_OPENAI_ENDPOINT"):
        monkeypatch.setenv(name, server.root)
        assert "To let it through" in refused(path, call)
        monkeypatch.delenv(name)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.root)
    with use_cassette(path, mode="none"):
        call()
    assert len(server.asked) == 2
    hosts = ("api.openai.com", "API.Anthropic.com.", "x.openai.azure.com", "bedrock-runtime.eu-west-1.amazonaws.com")
    with httpx.Client(transport=NoNetwork()) as client:
        for host in hosts:
            assert "goes to a host that serves models" in refused(path, partial(client.get, f"http://{host}/x"))


def test_what_the_filters_of_the_user_let_pass_passes(cassette: Path, server: Server) -> None:
    with use_cassette(cassette, mode="none", unused="ignore", ignore_hosts=["127.0.0.1"]) as recorder:
        httpx.post(server.url, json=BODY)
        httpx.get(f"{server.root}/x")
        by_http_client(server.url)
    with use_cassette(cassette, mode="none", unused="ignore", ignore_localhost=True) as second:
        httpx.get(f"{server.root}/x")
        by_http_client(server.url)
    assert len(server.asked) == 5
    assert recorder.notes == second.notes == []


# --- clients that no hook sees


def by_urllib(url: str) -> None:
    urllib.request.urlopen(urllib.request.Request(url, b"{}"), timeout=5).close()


def by_http_client(url: str) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    connection.request("POST", parts.path, b"{}")
    connection.getresponse().read()
    connection.close()


def by_httpcore(url: str) -> None:
    with httpcore.ConnectionPool() as pool:
        pool.request("POST", url, content=b"{}")


def by_transport(url: str) -> None:
    with httpx.HTTPTransport() as transport:
        transport.handle_request(httpx.Request("POST", url, json=BODY)).read()


def by_looking_up(url: str) -> None:
    parts = urlsplit(url)
    with socket.create_connection((socket.gethostbyname("localhost"), parts.port or 0), timeout=5):
        pass


def by_no_address(url: str) -> None:
    with socket.create_connection(("0.0.0.0", urlsplit(url).port or 0), timeout=5):
        pass


def by_requests(url: str) -> None:
    requests.post(url, json=BODY, timeout=5)


def by_aiohttp(url: str) -> None:
    async def post() -> None:
        async with aiohttp.ClientSession() as session, session.post(url, json=BODY) as response:
            await response.read()

    asyncio.run(post())


def by_connect_ex(url: str) -> None:
    with socket.socket() as client:
        client.connect_ex(("127.0.0.1", urlsplit(url).port or 0))


def by_ipv4_in_ipv6(url: str) -> None:
    with socket.socket(socket.AF_INET6) as client:
        client.connect(("::ffff:127.0.0.1", urlsplit(url).port or 0))


def by_fast_open(url: str) -> None:
    with socket.socket() as client:
        client.sendto(b"x", socket.MSG_FASTOPEN, ("127.0.0.1", urlsplit(url).port or 0))


def by_fast_open_message(url: str) -> None:
    with socket.socket() as client:
        client.sendmsg([b"x"], [], socket.MSG_FASTOPEN, ("127.0.0.1", urlsplit(url).port or 0))


UNSEEN = [
    *(by_urllib, by_http_client, by_httpcore, by_transport, by_requests, by_aiohttp),
    *(by_looking_up, by_no_address, by_connect_ex, by_ipv4_in_ipv6),
    # Only Linux has it in Python.
    *((by_fast_open, by_fast_open_message) if hasattr(socket, "MSG_FASTOPEN") else ()),
]


@pytest.mark.parametrize("call", UNSEEN)
def test_a_client_that_no_hook_sees_is_refused_when_it_connects(
    cassette: Path, server: Server, call: Callable[[str], None]
) -> None:
    # What the cassette has would be replayed to some of them.
    url = f"{server.root}/v1/other"
    text = refused(cassette, lambda: call(url))
    assert server.asked == []
    assert "by a client that cannot be recorded" in text
    assert text.endswith("To let all such clients connect: samurai_unseen = warn, or allow")
    with use_cassette(cassette, mode="none", unused="ignore", unseen="allow") as recorder:
        call(url)
    assert recorder.notes == []


def test_a_host_by_its_name_is_known_from_any_look_up(
    cassette: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostbyname", lambda _: "127.0.0.1")
    monkeypatch.setattr(socket, "gethostbyname_ex", lambda host: (host, [], ["127.0.0.1"]))
    monkeypatch.setenv("X_BASE_URL", f"http://models.test:{urlsplit(server.url).port}")
    path = cassette.parent / "empty.yaml"
    path.write_text("interactions: []\nversion: 1\n")

    def call() -> None:
        address = socket.gethostbyname_ex("models.test")[2][0]
        by_urllib(server.url.replace("127.0.0.1", address))

    assert "a connection to models.test:" in refused(path, call)
    assert "a connection to models.test:" in refused(
        path, lambda: by_urllib(server.url.replace("127.0.0.1", socket.gethostbyname("models.test")))
    )
    assert server.asked == []


# --- budgets


def test_a_budget_over_calls_that_were_not_recorded_cannot_be_judged(tmp_path: Path, server: Server) -> None:
    def call() -> None:
        httpx.post(f"{server.root}/v1/rerank", json={"model": "m", "query": "x"})

    with pytest.raises(
        BudgetExceeded, match=r"max_total_tokens cannot be judged: 1 call went live and was not recorded: POST"
    ):
        with use_cassette(tmp_path / "b.yaml", max_total_tokens=1):
            call()
    with use_cassette(tmp_path / "b.yaml") as recorder:
        with (
            pytest.raises(BudgetExceeded, match="max_requests cannot be judged: 1 call went live"),
            recorder.budget(max_requests=9),
        ):
            call()
        with recorder.budget(max_requests=9):
            pass
        recorder.notes.clear()


def test_a_budget_over_a_connection_that_was_not_seen_cannot_be_judged(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.root)
    with pytest.raises(BudgetExceeded, match=r"max_cost cannot be judged: 1 call .*: a connection to 127\.0\.0\.1"):
        with use_cassette(tmp_path / "b.yaml", max_cost="1") as recorder:
            by_urllib(server.url)
            recorder.notes.clear()
    with use_cassette(tmp_path / "b.yaml", max_requests=1):
        httpx.post(server.url, json=BODY)


# --- nothing recorded


def test_mode_all_that_recorded_nothing_fails_where_the_old_cassette_would_answer(
    cassette: Path, server: Server
) -> None:
    before = cassette.read_bytes()

    with pytest.raises(SamuraiFailure, match="nothing was recorded in mode all: 1 request got no reply"):
        with use_cassette(cassette, mode="all"), httpx.Client(transport=NoNetwork()) as client:
            with pytest.raises(httpx.ConnectError):
                client.post(server.url, json=BODY)
    assert cassette.read_bytes() == before
    with pytest.raises(SamuraiFailure, match="nothing was recorded in mode all: its calls were left out"):
        with use_cassette(cassette, mode="all", before_record_response=lambda _: None):
            httpx.post(server.url, json=BODY)
    with use_cassette(cassette, mode="all"):
        httpx.post(server.url, json=BODY)


def test_mode_all_whose_calls_are_not_recorded_fails_where_the_old_cassette_would_answer(
    cassette: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.root}/v1")
    before = cassette.read_bytes()
    endpoint = (
        re.escape("POST " + server.root + "/v1/rerank") + r"\n  To record it as well: samurai_endpoints = .*/rerank"
    )
    for call, why in (
        (lambda: httpx.post(f"{server.root}/v1/rerank", json=BODY), endpoint),
        (lambda: by_urllib(server.url), r"a connection to 127\.0\.0\.1:\d+ by a client that cannot be recorded"),
    ):
        with pytest.raises(SamuraiFailure, match=rf"^nothing was recorded in mode all\. (?s:.*)not recorded: {why}"):
            with use_cassette(cassette, mode="all") as recorder:
                call()
                recorder.notes.clear()
        assert cassette.read_bytes() == before


def test_mode_all_of_a_test_without_a_call_says_that_the_old_cassette_stays(cassette: Path, server: Server) -> None:
    before = cassette.read_bytes()
    with pytest.warns(UserWarning, match="no call was seen in mode all, so nothing was recorded; .*delete"):
        with use_cassette(cassette, mode="all"):
            pass
    assert cassette.read_bytes() == before
    with pytest.warns(UserWarning, match="no call was seen in mode all"):
        with use_cassette(cassette, mode="all", ignore_localhost=True):
            httpx.post(server.url, json=BODY)
    with use_cassette(cassette.with_name("none.yaml"), mode="all"):
        pass
    with use_cassette(cassette, mode="all"), use_cassette(cassette, mode="all"):
        httpx.post(server.url, json=BODY)


# --- child processes


def call_in_child(url: str) -> int:
    return httpx.post(url, json=BODY).status_code


def swallowed_in_child(url: str) -> str:
    try:
        call_in_child(url)
    except BaseException as error:  # noqa: BLE001 - an application that swallows everything
        return type(error).__name__
    return "live"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
@pytest.mark.parametrize("mode", ["none", "all"])
def test_a_call_in_a_forked_child_is_refused_and_fails_the_test(cassette: Path, server: Server, mode: Any) -> None:
    for path in ("/v1/chat/completions", "/v1/responses"):
        with pytest.raises(RequestNotRecorded, match="was called in a forked child process"):
            with use_cassette(cassette, mode=mode, unused="ignore") as recorder:
                httpx.post(server.url, json=BODY)
                server.asked.clear()
                with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
                    kinds = list(pool.map(swallowed_in_child, [server.root + path] * 2))
        assert kinds == ["RequestNotRecorded"] * 2
        assert server.asked == []
        assert len(recorder.calls) == 1
    assert [file.name for file in cassette.parent.iterdir()] == ["a.yaml"]


@pytest.mark.parametrize(
    "start",
    [
        lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        lambda: os.system("true"),
        lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0),
    ],
    ids=["subprocess", "system", "posix_spawn"],
)
def test_a_child_process_in_a_test_without_a_call_is_named(
    tmp_path: Path, server: Server, start: Callable[[], object]
) -> None:
    with pytest.warns(
        UserWarning,
        match="a child process was started, and no call was seen: .*; make the call in the test's own process",
    ):
        with use_cassette(tmp_path / "b.yaml") as recorder:
            start()
    with use_cassette(tmp_path / "b.yaml") as recorder:
        start()
        httpx.post(server.url, json=BODY)
    assert recorder.notes == []


def test_a_copy_of_a_recorder_refuses_all_calls_and_tells_the_recorder_the_first(
    cassette: Path, server: Server
) -> None:
    with pytest.raises(RequestNotRecorded, match=r"POST \S+/chat/completions was called in a forked child"):
        with use_cassette(cassette, mode="none", unused="ignore") as recorder:
            processes.forking()
            recorder.children.listen(recorder.refuse)
            assert recorder.misses == []
            # The rest runs in a child, which coverage does not see.
            processes.forked()
            for url in (server.url, f"{server.root}/v1/responses"):
                with pytest.raises(RequestNotRecorded, match="was called in a forked child process"):
                    httpx.post(url, json=BODY)
            with use_cassette(cassette, mode="none") as own:
                httpx.post(server.url, json=BODY)
                assert not own.children.is_copy
            told: list[str] = []
            recorder.children.listen(told.append)
            assert told == []
            recorder.children.is_copy = False
            recorder.misses.clear()
    assert server.asked == []


def test_a_child_that_is_started_after_the_block_is_nobodys(cassette: Path) -> None:
    with use_cassette(cassette, mode="none", unused="ignore") as recorder:
        system, look_up = os.system, socket.gethostbyname
    system("true")
    assert not recorder.children.were_started
    assert look_up("127.0.0.1") == "127.0.0.1"


def test_what_a_platform_has_no_way_of_starting_is_not_watched(cassette: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_spawn")
    monkeypatch.delitem(sys.modules, "multiprocessing.process")
    with use_cassette(cassette, mode="none", unused="ignore"):
        assert not hasattr(os, "posix_spawn")


def test_what_somebody_has_put_in_place_of_a_starter_is_watched_and_stays(
    cassette: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with use_cassette(cassette, mode="none", unused="ignore"):
        pass
    commands: list[str] = []
    monkeypatch.setattr(os, "system", commands.append)
    theirs = os.system
    with use_cassette(cassette, mode="none", unused="ignore") as recorder:
        os.system("true")
        assert recorder.children.were_started
        recorder.children.were_started = False
    assert (commands, os.system) == (["true"], theirs)

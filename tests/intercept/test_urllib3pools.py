"""Clients on urllib3 (requests, boto3): what the cassette holds is replayed, and nothing is recorded."""

from __future__ import annotations

import http.client
import inspect
import io
import json
import subprocess
import sys
import threading
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import requests
import urllib3
import urllib3.connectionpool

from pytest_samurai import RequestNotRecorded, use_cassette
from pytest_samurai.intercept import processes
from pytest_samurai.intercept.seam import _imported
from pytest_samurai.intercept.state import STATE
from pytest_samurai.intercept.urllib3pools import _SEAM
from pytest_samurai.server.chat_server import ChatServer
from tests.conftest import KEY
from tests.intercept.otherclients import (
    CHAT_URL,
    PICTURE,
    PICTURE_URL,
    answer,
    chat,
    interaction,
    question,
    write,
)
from tests.intercept.scripted import HEADERS, Pieces, Scripted, body, event
from tests.project import Project


def by_requests(method: str, url: str, **options: Any) -> tuple[int, bytes]:
    reply = requests.request(method, url, timeout=5, **options)
    return reply.status_code, reply.content


def by_urllib3(method: str, url: str, **options: Any) -> tuple[int, bytes]:
    with urllib3.PoolManager() as pools:
        reply = pools.request(method, url, **options)
        return reply.status, reply.data


CLIENTS = pytest.mark.parametrize("send", [by_requests, by_urllib3])


def content_of(reply: Any) -> str:
    return str(json.loads(reply)["choices"][0]["message"]["content"])


def test_a_pool_asks_for_each_reply_in_the_method_that_is_patched() -> None:
    pool = urllib3.connectionpool.HTTPConnectionPool
    names = [*inspect.signature(vars(pool)[_SEAM]).parameters]
    assert names[:4] == ["self", "conn", "method", "url"]
    assert {"body", "headers", "retries", "response_conn", "preload_content", "decode_content"} <= {*names}
    assert f"self.{_SEAM}(" in inspect.getsource(pool.urlopen)
    assert _SEAM not in vars(urllib3.connectionpool.HTTPSConnectionPool)


@CLIENTS
@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "update"])
def test_what_the_cassette_holds_is_replayed_each_recording_once_and_in_order(
    cassettes: Path, send: Callable[..., tuple[int, bytes]], mode: Any
) -> None:
    headers = {"Content-Type": "image/png", "Content-Length": str(len(PICTURE))}
    path = write(
        cassettes / "a.yaml",
        interaction("GET", PICTURE_URL, reply=PICTURE, headers=headers),
        chat("Paris."),
        chat("It is Paris."),
    )
    with use_cassette(path, mode=mode) as recorder:
        assert send("GET", PICTURE_URL) == (200, PICTURE)
        replies = [send("POST", CHAT_URL, json=question(), headers={"Authorization": f"Bearer {KEY}"}) for _ in "12"]
        assert [content_of(reply) for _, reply in replies] == ["Paris.", "It is Paris."]
        # The picture is no call.
        assert [(call.number, call.model, call.usage.total_tokens) for call in recorder.calls if call.usage] == [
            (1, "gpt-4o-mini", 16),
            (2, "gpt-4o-mini", 16),
        ]


@CLIENTS
def test_a_request_that_differs_is_a_miss_which_says_what_differs_and_that_no_command_records_it(
    cassettes: Path, send: Callable[..., tuple[int, bytes]]
) -> None:
    path = write(cassettes / "a.yaml", chat("Paris."))
    with pytest.raises(RequestNotRecorded) as missed, use_cassette(path, mode="none"):
        send("POST", CHAT_URL, json=question("What is the capital of Italy?"))
    lines = str(missed.value).splitlines()
    assert lines[0] == "POST /chat/completions has no recording, and the mode does not let it go live."
    assert "What is the capital of [Italy]?" in lines[-2]
    assert lines[-1] == (
        "  Its client (requests, urllib3, boto3, aiohttp) can replay what the cassette has, but its calls are never"
        " recorded: send the call through httpx to record it"
    )
    assert "--samurai-mode" not in str(missed.value)


def test_redirects_and_tries_are_urllib3s_own(cassettes: Path) -> None:
    path = write(
        cassettes / "a.yaml",
        interaction("GET", "https://a.test/old", status=302, headers={"Location": "/busy"}),
        interaction("GET", "https://a.test/busy", status=503),
        interaction("GET", "https://a.test/busy", reply="done"),
    )
    retries = urllib3.Retry(total=3, status_forcelist=[503], backoff_factor=0)
    with use_cassette(path, mode="none"):
        reply = urllib3.PoolManager().request("GET", "https://a.test/old", retries=retries)
    assert (reply.status, reply.data) == (200, b"done")
    assert reply.retries is not None
    assert [attempt.status for attempt in reply.retries.history] == [302, 503]


def test_a_pool_is_as_full_after_replays_as_after_live_requests(cassettes: Path) -> None:
    path = write(cassettes / "a.yaml", *[interaction("GET", "https://a.test/", reply="all of it")] * 3)
    with use_cassette(path, mode="none"), urllib3.HTTPSConnectionPool("a.test", maxsize=1, block=True) as pool:
        assert pool.request("GET", "/").data == b"all of it"
        reply = pool.request("GET", "/", preload_content=False)
        assert [*reply.stream(3)] == [b"all", b" of", b" it"]
        reply.release_conn()
        assert pool.urlopen("GET", "/", preload_content=False, decode_content=False, timeout=5).read() == b"all of it"


@pytest.fixture
def streamed(cassettes: Path) -> tuple[str, list[bytes]]:
    """The URL and the pieces of a stream that was recorded through httpx."""
    url, pieces = "https://api.test/v1/chat/completions", [event("Pa"), event("ris"), b"data: [DONE]\n\n"]
    reply = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces(*pieces))
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=Scripted(reply), headers=HEADERS) as client:
        client.post(url, json=body(stream=True))
    return url, pieces


def test_a_stream_comes_in_the_pieces_in_which_it_was_recorded(
    cassettes: Path, streamed: tuple[str, list[bytes]]
) -> None:
    url, pieces = streamed
    for pace in (0, 0.001):
        with use_cassette(cassettes / "a.yaml", mode="none", pace=pace) as recorder:
            reply = requests.post(url, json=body(stream=True), stream=True, timeout=5)
            assert [*reply.iter_content(None)] == pieces
            assert reply.headers["transfer-encoding"] == "chunked"
            assert len(recorder.calls) == 1


def test_a_stream_may_be_left(cassettes: Path, streamed: tuple[str, list[bytes]]) -> None:
    url, pieces = streamed
    with use_cassette(cassettes / "a.yaml", mode="none"):
        with requests.post(url, json=body(stream=True), stream=True, timeout=5) as reply:
            assert next(reply.iter_content(None)) == pieces[0]


@pytest.mark.parametrize("error", [httpx.ReadError("gone"), ConnectionAbortedError("gone")])
def test_a_stream_that_broke_breaks_again(cassettes: Path, error: Exception) -> None:
    url = "https://api.test/v1/chat/completions"
    reply = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces(event("Pa"), b"", error))
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=Scripted(reply), headers=HEADERS) as client:
        with pytest.raises(type(error)):
            client.post(url, json=body(stream=True))
    with use_cassette(cassettes / "a.yaml", mode="none"):
        broken = requests.post(url, json=body(stream=True), stream=True, timeout=5)
        content = broken.iter_content(None)
        assert next(content) == event("Pa")
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="gone"):
            next(content)


def test_a_reply_without_a_body_has_none(cassettes: Path) -> None:
    path = write(
        cassettes / "a.yaml",
        interaction("HEAD", "https://a.test/", headers={"X-Size": "12"}),
        interaction("DELETE", "https://a.test/", status=204),
        interaction("GET", "https://a.test/", status=299, headers={"x-odd": "a\r\nb ☕"}, reason="Other"),
        interaction("GET", "https://a.test/", status=299),
        interaction("GET", "https://a.test/", status=418),
    )
    with use_cassette(path, mode="none", headers=["x-*"]):
        head = requests.head("https://a.test/", timeout=5)
        assert (head.content, head.headers["x-size"]) == (b"", "12")
        deleted = requests.delete("https://a.test/", timeout=5)
        assert (deleted.status_code, deleted.content, "content-length" in deleted.headers) == (204, b"", False)
        odd = urllib3.request("GET", "https://a.test/")
        assert (odd.status, odd.reason, odd.data, odd.version_string) == (299, "Other", b"", "HTTP/1.1")
        assert "b" in odd.headers["x-odd"]
        assert "\n" not in odd.headers["x-odd"]
        assert [urllib3.request("GET", "https://a.test/").reason for _ in "12"] == ["", "I'm a Teapot"]


class Once(io.RawIOBase):
    """A file that can be read once."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, size: int = -1) -> bytes:
        content, self._content = self._content, b""
        return content


class Counted(Once):
    """A file that can be read once, and knows its position."""

    def tell(self) -> int:
        return 0


BODIES: dict[str, Callable[[bytes], Any]] = {
    "bytes": bytes,
    "bytearray": bytearray,
    "text": lambda content: content.decode(),
    "file": io.BytesIO,
    "text file": lambda content: io.StringIO(content.decode()),
    "pipe": Once,
    "counted pipe": Counted,
    "array": lambda content: array("B", content),
    "pieces": lambda content: iter([content[:9], content[9:]]),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_is_compared_whatever_holds_it(cassettes: Path, kind: str) -> None:
    path = write(cassettes / "a.yaml", chat("Paris."))
    content = json.dumps(question()).encode()
    with use_cassette(path, mode="none"):
        reply = urllib3.PoolManager().urlopen("POST", CHAT_URL, body=BODIES[kind](content), headers={"x": b"bytes"})
    assert content_of(reply.data) == "Paris."


@pytest.mark.parametrize("kind", BODIES)
def test_what_is_not_in_the_cassette_goes_out_whole_where_the_settings_let_it(
    cassettes: Path, chat_server: ChatServer, url: str, kind: str
) -> None:
    path = write(cassettes / "a.yaml", interaction("POST", url, "other", reply="{}"))
    content = json.dumps(question()).encode()
    with use_cassette(path, mode="none", unseen="allow", unused="ignore"), urllib3.PoolManager() as pool:
        headers = {"Authorization": f"Bearer {KEY}", "Content-Length": str(len(content))}
        reply = pool.urlopen("POST", url, body=BODIES[kind](content), headers=headers)
    assert content_of(reply.data) == "Paris."


@pytest.mark.parametrize(
    ("asked", "recorded"),
    [
        ("http://a.test:80/x?q=1", "http://a.test/x?q=1"),
        ("http://a.test:8080/x", "http://a.test:8080/x"),
        ("https://[::1]:8443/x", "https://[::1]:8443/x"),
    ],
)
def test_a_url_is_that_of_the_pool_and_of_the_request(cassettes: Path, asked: str, recorded: str) -> None:
    path = write(cassettes / "a.yaml", interaction("GET", recorded, reply="x"))
    with use_cassette(path, mode="none"):
        assert by_urllib3("GET", asked) == (200, b"x")


def test_a_proxy_of_http_need_not_be_there(cassettes: Path) -> None:
    path = write(cassettes / "a.yaml", interaction("GET", "http://a.test/x", reply="x"))
    with use_cassette(path, mode="none"):
        assert urllib3.ProxyManager("http://proxy.test:3128").request("GET", "http://a.test/x").data == b"x"


def test_a_host_that_is_ignored_connects(cassettes: Path, url: str) -> None:
    path = write(cassettes / "a.yaml", interaction("POST", url, json.dumps(question()), reply="{}"))
    with use_cassette(path, mode="none", ignore_hosts=["127.0.0.1"], unused="ignore"):
        reply = requests.post(url, json=question(), headers=HEADERS, timeout=5)
    assert reply.json()["choices"][0]["message"]["content"] == "Paris."


def test_what_is_refused_is_as_before_where_the_cassette_does_not_have_the_url(cassettes: Path, url: str) -> None:
    path = write(cassettes / "a.yaml", interaction("POST", url, "other", reply="{}"))
    where = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/v1/models"
    with pytest.raises(RequestNotRecorded, match=r"a connection to 127\.0\.0\.1:\d+, which serves models"):
        with use_cassette(path, mode="none", unused="ignore"):
            requests.get(where, timeout=5)


def test_an_application_s_own_path_that_an_api_has_too_is_no_call(cassettes: Path) -> None:
    path = write(
        cassettes / "a.yaml",
        interaction("POST", "https://app.test/messages", '{"to": "you"}', reply="sent"),
        interaction("POST", "https://app.test/messages", '{"model": "m", "to": "you"}', reply="{}"),
    )
    with use_cassette(path, mode="none") as recorder:
        assert by_requests("POST", "https://app.test/messages", data='{"to": "you"}') == (200, b"sent")
        assert recorder.calls == ()
        by_requests("POST", "https://app.test/messages", data='{"model": "m", "to": "you"}')
        assert len(recorder.calls) == 1


def test_a_transport_of_httpx_that_sends_through_requests_is_judged_once(cassettes: Path, url: str) -> None:
    class ByRequests(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            reply = requests.post(str(request.url), json=body(), headers=HEADERS, timeout=5)
            return httpx.Response(reply.status_code, content=reply.content)

    path = write(cassettes / "a.yaml", interaction("POST", url, json.dumps(body()), reply=answer("Recorded.")))
    with use_cassette(path, mode="new_episodes", unused="ignore"), httpx.Client(transport=ByRequests()) as client:
        reply = client.post(url, json=body("Where is it?"))
    assert "Recorded." not in reply.text


def test_another_tool_that_stands_in_for_the_network_answers(cassettes: Path) -> None:
    vcr = pytest.importorskip("vcr")
    path = write(cassettes / "a.yaml", interaction("GET", PICTURE_URL, reply="ours"))
    other = write(cassettes / "b.yaml", interaction("GET", PICTURE_URL, reply="vcrpy's"))
    with use_cassette(path, mode="none"), vcr.use_cassette(str(other), record_mode="none"):
        assert by_requests("GET", PICTURE_URL) == (200, b"vcrpy's")


def test_a_thread_of_two_open_recorders_is_refused(cassettes: Path) -> None:
    paths = [write(cassettes / name, interaction("GET", PICTURE_URL, reply="x")) for name in ("a.yaml", "b.yaml")]
    are_open, may_close = threading.Barrier(3), threading.Event()

    def hold(path: Path) -> None:
        with pytest.raises(RequestNotRecorded), use_cassette(path, mode="none", unused="ignore"):
            are_open.wait(10)
            may_close.wait(10)

    holders = [threading.Thread(target=hold, args=(path,)) for path in paths]
    for holder in holders:
        holder.start()
    are_open.wait(10)
    try:
        with pytest.raises(RequestNotRecorded, match="2 recorders are open"):
            by_requests("GET", PICTURE_URL)
    finally:
        may_close.set()
        for holder in holders:
            holder.join()


def test_nothing_is_patched_for_a_cassette_that_is_empty_nor_after_a_recorder(cassettes: Path) -> None:
    pool: Any = urllib3.connectionpool.HTTPConnectionPool
    original = vars(pool)[_SEAM]
    with use_cassette(cassettes / "new.yaml"):
        assert vars(pool)[_SEAM] is original
        with use_cassette(write(cassettes / "a.yaml", chat("Paris.")), mode="none", unused="ignore"):
            patched = vars(pool)[_SEAM]
            assert patched is not original
    assert vars(pool)[_SEAM] is original
    assert not STATE.answered.are_in
    # Somebody may have kept it.
    with urllib3.HTTPConnectionPool("127.0.0.1", 9) as other, pytest.raises(urllib3.exceptions.NewConnectionError):
        patched(other, other._new_conn(), "GET", "/")


def test_a_forked_child_is_not_answered(cassettes: Path) -> None:
    path = write(cassettes / "a.yaml", interaction("GET", "http://127.0.0.1:9/", reply="x"))
    with pytest.raises(RequestNotRecorded, match="in a forked child process"):
        with use_cassette(path, mode="none", unused="ignore") as recorder:
            # What follows happens in a child, which coverage does not see.
            processes.forking()
            processes.forked()
            try:
                by_requests("GET", "http://127.0.0.1:9/")
            finally:
                recorder.children.is_copy = False


def test_the_pools_of_version_1_get_what_they_make_their_response_of(cassettes: Path) -> None:
    path = write(cassettes / "a.yaml", interaction("GET", "http://a.test/", reply="x"))
    pool: Any = urllib3.HTTPConnectionPool("a.test")
    with use_cassette(path, mode="none"):
        reply = pool._make_request(pool._new_conn(), "GET", "/", timeout=5, chunked=False, body=None, headers={})
    assert isinstance(reply, http.client.HTTPResponse)
    assert (reply.status, reply.read()) == (200, b"x")


def test_a_library_that_is_imported_later_is_answered_too(cassettes: Path) -> None:
    path = write(cassettes / "a.yaml", interaction("GET", PICTURE_URL, reply="x"))
    code = f"""
import sys
from pytest_samurai import use_cassette
assert "urllib3" not in sys.modules
with use_cassette({str(path)!r}, mode="none"):
    assert "pytest_samurai.intercept.urllib3pools" not in sys.modules
    import requests
    assert requests.get({PICTURE_URL!r}).text == "x"
with use_cassette({str(path.with_name("new.yaml"))!r}):
    import aiohttp
    assert "pytest_samurai.intercept.aiohttpconnectors" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_imported_later_is_patched_only_if_a_cassette_may_answer(cassettes: Path) -> None:
    with use_cassette(cassettes / "new.yaml"):
        _imported(urllib3.connectionpool)
        assert not STATE.answered.are_in
        path = write(cassettes / "a.yaml", interaction("GET", PICTURE_URL, reply="x"))
        with use_cassette(path, mode="none"):
            STATE.answered.take_out()
            _imported(urllib3.connectionpool)
            assert by_requests("GET", PICTURE_URL) == (200, b"x")


def test_a_suite_that_fetches_a_picture_beside_its_call_is_green(project: Project) -> None:
    project.pytester.makeini("[pytest]\nsamurai_marker = vcr\naddopts = -p no:recording\n")
    project.tests(
        """
import requests
@pytest.mark.vcr
def test_cat():
    assert requests.get("https://pictures.test/cat.png").content == b"cat"
    reply = httpx.post("https://api.openai.com/v1/chat/completions", json=body())
    assert reply.json()["choices"][0]["message"]["content"] == "Paris."
"""
    )
    cassette = project.pytester.path / "cassettes" / "test_it" / "test_cat.yaml"
    write(cassette, interaction("GET", PICTURE_URL, reply="cat"), chat("Paris."))
    project.offline()
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["samurai: 1 test, calls: 1 replayed*"])


def test_a_key_that_another_library_sent_is_not_shown_in_a_failure(project: Project) -> None:
    project.pytester.makeini("[pytest]\nsamurai_marker = vcr\naddopts = -p no:recording\n")
    key = "quite-Ordinary-W0rds-99"
    project.tests(
        f"""
import requests
@pytest.mark.vcr
def test_cat():
    key = "-".join(["quite", "Ordinary", "W0rds", "99"])
    reply = requests.get({PICTURE_URL!r}, headers={{"Authorization": "Bearer " + key}})
    assert reply.text == key
"""
    )
    write(
        project.pytester.path / "cassettes" / "test_it" / "test_cat.yaml", interaction("GET", PICTURE_URL, reply="cat")
    )
    project.offline()
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *assert 'cat' == *"])
    assert key not in result.stdout.str()

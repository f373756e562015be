"""The seam, without pytest: what reaches the recorder, what passes, and what the application sees."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import gzip
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import httpx2
import pytest
import trio

from pytest_samurai import RequestNotRecorded, intercept, use_cassette
from pytest_samurai.recorder import Recorder
from pytest_samurai.server import ChatServer
from tests.conftest import KEY

HEADERS = {"Authorization": f"Bearer {KEY}"}
SSE = {"content-type": "text/event-stream"}


def body(content: str = "What is the capital of France?", **changes: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}], **changes}


def ask(url: str, module: Any = httpx, **changes: Any) -> str:
    with module.Client(headers=HEADERS) as client:
        text: str = client.post(url, json=body(**changes)).json()["choices"][0]["message"]["content"]
        return text


@pytest.fixture
def url(chat_server: ChatServer) -> str:
    return f"{chat_server.base_url}/chat/completions"


class Scripted(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport of the user's own that gives one reply after the other."""

    def __init__(self, *replies: httpx.Response) -> None:
        self.replies = list(replies)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        return self.replies.pop(0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self.handle_request(request)


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces; an exception among them is raised in its place."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = pieces
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


def event(content: str | None = None, **fields: Any) -> bytes:
    choices = [] if content is None else [{"index": 0, "delta": {"content": content}}]
    return b"data: " + json.dumps({"choices": choices, **fields}).encode() + b"\n\n"


USAGE_EVENT = event(usage={"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5})
DONE = b"data: [DONE]\n\n"
API = "https://api.test/v1/chat/completions"


def stream_chunks(client: Any, **changes: Any) -> list[bytes]:
    with client.stream("POST", API, json=body(stream=True, **changes)) as response:
        return list(response.iter_raw())


# --- in and out


def test_without_a_recorder_the_classes_are_as_they_were(cassettes: Path, url: str) -> None:
    # In a process of its own: where CI is set, the run that this test belongs to watches its tests itself.
    code = f"""
import sys, httpx, httpx2
from pytest_samurai import use_cassette
classes = (httpx.Client, httpx.AsyncClient, httpx2.Client, httpx2.AsyncClient)
seams = [kind._transport_for_url for kind in classes]
finders = list(sys.meta_path)
with use_cassette({str(cassettes / "a.yaml")!r}), use_cassette({str(cassettes / "b.yaml")!r}):
    assert not any(kind._transport_for_url is seam for kind, seam in zip(classes, seams))
    httpx.post({url!r}, json={body()!r}, headers={HEADERS!r}).raise_for_status()
assert [kind._transport_for_url for kind in classes] == seams
assert sys.meta_path == finders
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_somebody_else_wrapped_around_ours_stays_and_ours_falls_silent(cassettes: Path, url: str) -> None:
    # In a process of its own, as above.
    code = f"""
import httpx
from pytest_samurai import use_cassette
seen = []
def ask():
    httpx.post({url!r}, json={body()!r}, headers={HEADERS!r}).raise_for_status()
with use_cassette({str(cassettes / "a.yaml")!r}):
    ours = httpx.Client._transport_for_url
    def theirs(client, url):
        seen.append(str(url))
        return ours(client, url)
    httpx.Client._transport_for_url = theirs
    ask()
assert httpx.Client._transport_for_url is theirs
ask()
with use_cassette({str(cassettes / "b.yaml")!r}) as recorder:
    ask()
print(len(seen), len(recorder.calls))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "3 1\n", done.stderr
    assert (cassettes / "b.yaml").read_text(encoding="utf-8").count("- request:") == 1


def test_a_library_that_is_imported_later_is_seen_too(cassettes: Path, url: str) -> None:
    code = f"""
import sys
from pytest_samurai import use_cassette
with use_cassette({str(cassettes / "late.yaml")!r}) as recorder:
    assert "httpx" not in sys.modules and "httpx2" not in sys.modules
    import httpx, httpx2
    assert httpx.__spec__.loader is httpx.__loader__ and "pytest_samurai" not in repr(httpx.__loader__)
    for module in (httpx, httpx2):
        module.post({url!r}, json={body()!r}, headers={HEADERS!r}).raise_for_status()
print(len(recorder.calls))
import importlib.util
assert importlib.util.find_spec("no_such_module") is None
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "2\n", done.stderr


def test_a_missing_library_is_an_import_error_as_ever(cassettes: Path) -> None:
    code = f"""
import sys
from pytest_samurai import use_cassette
sys.path[:] = [path for path in sys.path if "site-packages" not in path]
with use_cassette({str(cassettes / "none.yaml")!r}):
    import httpx2
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError: No module named 'httpx2'" in done.stderr


def test_where_httpx_is_an_alias_of_httpx2_a_call_is_recorded_once(cassettes: Path, url: str) -> None:
    code = f"""
import httpx2
httpx2.alias_httpx()
import httpx
from pytest_samurai import use_cassette
with use_cassette({str(cassettes / "alias.yaml")!r}) as recorder:
    httpx.post({url!r}, json={body()!r}, headers={HEADERS!r}).raise_for_status()
print(len(recorder.calls))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "1\n", done.stderr
    assert (cassettes / "alias.yaml").read_text(encoding="utf-8").count("- request:") == 1


# --- what passes


def test_other_requests_pass_untouched(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, text="hello"))
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        request = client.build_request("GET", "https://example.test/page")
        response = client.send(request)
    assert response.text == "hello"
    assert transport.requests == [request]
    assert recorder.calls == ()
    assert not cassettes.exists()


def test_the_librarys_own_stand_ins_for_a_network_pass(cassettes: Path) -> None:
    async def app(scope: object, receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def wsgi(environ: object, start: Any) -> list[bytes]:
        start("202 Accepted", [])
        return [b""]

    async def over_asgi() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
            return (await client.post(API)).status_code

    with use_cassette(cassettes / "a.yaml", mode="none"):
        assert httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(203))).post(API).status_code == 203
        assert asyncio.run(over_asgi()) == 201
        assert httpx.Client(transport=httpx.WSGITransport(app=wsgi)).post(API).status_code == 202


def test_starlettes_test_client_passes(cassettes: Path) -> None:
    class TestClientTransport(Scripted):
        __module__ = "starlette.testclient"

    with use_cassette(cassettes / "a.yaml", mode="none"):
        assert httpx.Client(transport=TestClientTransport(httpx.Response(200))).post(API).status_code == 200


# --- which recorder


def test_a_bare_thread_uses_the_one_open_recorder(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "a.yaml") as recorder:
        thread = threading.Thread(target=ask, args=(url,))
        thread.start()
        thread.join()
    assert len(recorder.calls) == 1


def test_of_nested_recorders_the_inner_one_records_also_from_a_bare_thread(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "outer.yaml") as outer:
        with use_cassette(cassettes / "inner.yaml") as inner:
            ask(url)
            thread = threading.Thread(target=ask, args=(url,))
            thread.start()
            thread.join()
        ask(url)
    assert (len(outer.calls), len(inner.calls)) == (1, 2)


def test_recorders_of_two_threads_do_not_mix_and_a_third_thread_has_to_say_whose_it_is(
    cassettes: Path, url: str
) -> None:
    both, done = threading.Barrier(3, timeout=20), threading.Barrier(3, timeout=20)
    calls: dict[str, Any] = {}

    def work(city: str) -> None:
        with use_cassette(cassettes / f"{city}.yaml") as recorder:
            both.wait()
            ask(url, content=f"What is the capital of {city}?")
            done.wait()
            recorder.misses.clear()
        calls[city] = [call.text for call in recorder.calls]

    threads = [threading.Thread(target=work, args=(city,)) for city in ("France", "Japan")]
    for thread in threads:
        thread.start()
    both.wait()
    with pytest.raises(RequestNotRecorded, match="2 recorders are open, and this thread does not say whose it is"):
        ask(url)
    done.wait()
    for thread in threads:
        thread.join()
    assert calls == {"France": ["Paris."], "Japan": ["Tokyo (東京)."]}


def test_a_context_that_outlived_its_recorder_uses_the_one_that_is_open(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "a.yaml"):
        old = contextvars.copy_context()
    with use_cassette(cassettes / "b.yaml") as recorder:
        old.run(ask, url)
    assert len(recorder.calls) == 1


def test_a_recorder_may_be_closed_in_another_context_than_it_was_opened_in(cassettes: Path, url: str) -> None:
    cassette = use_cassette(cassettes / "a.yaml")
    recorder = contextvars.copy_context().run(cassette.__enter__)
    ask(url)
    contextvars.copy_context().run(cassette.__exit__, None, None, None)
    assert len(recorder.calls) == 1
    ask(url)
    assert len(recorder.calls) == 1


def test_it_is_an_async_context_manager_too(cassettes: Path, url: str) -> None:
    async def record() -> Recorder:
        async with use_cassette(cassettes / "a.yaml") as recorder, httpx.AsyncClient(headers=HEADERS) as client:
            await client.post(url, json=body())
        return recorder

    assert asyncio.run(record()).calls[0].text == "Paris."


# --- what the application sees


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_status_reason_headers_and_version_come_back(cassettes: Path, url: str, module: Any) -> None:
    def post() -> Any:
        return module.post(url, json=body(model="error-429"), headers=HEADERS)

    with use_cassette(cassettes / "a.yaml"):
        live = post()
    with use_cassette(cassettes / "a.yaml", mode="none"):
        replayed = post()
    assert (replayed.status_code, replayed.reason_phrase, replayed.http_version) == (
        429,
        "Too Many Requests",
        "HTTP/1.1",
    )
    assert replayed.content == live.content
    for name in ("content-type", "x-ratelimit-limit-requests", "x-request-id"):
        assert replayed.headers[name] == live.headers[name]
    assert "date" not in replayed.headers


def test_a_reply_without_a_reason_phrase_and_of_another_version_comes_back_as_it_was(cassettes: Path) -> None:
    extensions = {"http_version": b"HTTP/2", "reason_phrase": b""}
    transport = Scripted(httpx.Response(200, stream=Pieces(b"{}"), extensions=extensions))
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        client.post(API, json=body())
    with use_cassette(cassettes / "a.yaml", mode="none"):
        replayed = httpx.post(API, json=body())
    assert replayed.http_version == "HTTP/2"
    assert "reason_phrase" not in replayed.extensions


@pytest.mark.parametrize("value", ["Société".encode(), "Société".encode("latin-1"), b"Societe"])
def test_a_header_that_is_not_ascii_comes_back_as_its_text(cassettes: Path, value: bytes) -> None:
    reply = httpx.Response(200, headers=[(b"x-request-id", value)], json={})
    heard = []
    for transport in (Scripted(reply), Scripted()):
        with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
            heard.append(client.post("http://h/v1/chat/completions", json=body()).headers)

    assert heard[0]["x-request-id"] == heard[1]["x-request-id"]
    assert heard[1].encoding == ("ascii" if value.isascii() else "utf-8")


def test_a_compressed_reply_reaches_the_application_as_it_came_and_the_cassette_as_it_was_meant(
    cassettes: Path,
) -> None:
    text = json.dumps({"choices": [{"message": {"content": "Paris."}}]}).encode()
    packed = gzip.compress(text)
    headers = {"content-encoding": "gzip", "content-type": "application/json", "content-length": str(len(packed))}
    transport = Scripted(httpx.Response(200, headers=headers, stream=Pieces(packed[:9], packed[9:])))
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        live = client.post(API, json=body())
    assert live.headers["content-encoding"] == "gzip"
    assert live.content == text
    assert recorder.calls[0].text == "Paris."
    with use_cassette(cassettes / "a.yaml", mode="none"):
        replayed = httpx.post(API, json=body())
    assert replayed.content == text
    assert "content-encoding" not in replayed.headers


def test_a_compressed_reply_that_is_damaged_is_kept_as_far_as_it_goes(cassettes: Path) -> None:
    transport = Scripted(
        httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Pieces(gzip.compress(b"x" * 99), b"junk" * 9)),
        httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Pieces(b"no gzip at all")),
    )
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        client.post(API, json=body())
        with pytest.raises(httpx.DecodingError):
            client.post(API, json=body())
    with use_cassette(cassettes / "a.yaml", mode="none", unused="ignore"):
        assert httpx.post(API, json=body()).content == b"x" * 99


def test_a_transport_that_hands_out_what_it_has_read_is_recorded(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, json={"choices": [{"message": {"content": "Paris."}}]}))
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        client.post(API, json=body())
    assert recorder.calls[0].text == "Paris."


def test_hidden_usage_is_taken_out_of_a_reply_that_was_read_already(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, headers=SSE, content=event("Hi") + USAGE_EVENT + DONE))
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        response = client.post(API, json=body(stream=True))
    assert response.content == event("Hi") + DONE
    assert response.headers["content-length"] == str(len(event("Hi") + DONE))
    assert recorder.usage.total_tokens == 5


def test_a_streamed_request_body_is_recorded_and_matched(cassettes: Path, url: str) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b'{"model": "m", ', b'"messages": [{"role": "user", "content": "Say hello"}]}')

    for mode in ("once", "none"):
        with use_cassette(cassettes / "a.yaml", mode=mode) as recorder:
            assert httpx.post(url, content=pieces(), headers=HEADERS).status_code == 200
        assert recorder.calls[0].request["messages"][0]["content"] == "Say hello"


# --- streams


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_chunks_are_handed_on_while_they_are_recorded(cassettes: Path, module: Any) -> None:
    """The server waits for the application to have the first event before it sends the second."""
    got_first = threading.Event()
    with (
        ChatServer(api_key=KEY) as server,
        use_cassette(cassettes / "a.yaml"),
        module.Client(headers=HEADERS) as client,
    ):
        server_url = f"{server.base_url}/chat/completions"
        with client.stream("POST", server_url, json=body(stream=True)) as response:
            for _ in response.iter_raw():
                got_first.set()
    assert got_first.is_set()

    class Waiting(Pieces):
        def __iter__(self) -> Iterator[bytes]:
            yield event("first")
            assert seen == [event("first")]
            yield event("second")

    seen: list[bytes] = []
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Waiting()))
    with (
        use_cassette(cassettes / "b.yaml"),
        httpx.Client(transport=transport) as client,
        client.stream("POST", API, json=body(stream=True)) as response,
    ):
        seen.extend(response.iter_raw())
    assert seen == [event("first"), event("second")]


def test_the_usage_of_a_stream_is_asked_for_on_the_wire_hidden_from_the_application_and_kept(cassettes: Path) -> None:
    transport = Scripted(
        httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), event(" there"), USAGE_EVENT + DONE))
    )
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        chunks = stream_chunks(client)
    assert chunks == [event("Hi"), event(" there"), DONE]
    sent = json.loads(transport.requests[0].content)
    assert sent == body(stream=True, stream_options={"include_usage": True})
    assert transport.requests[0].headers["content-length"] == str(len(transport.requests[0].content))
    assert recorder.calls[0].request == body(stream=True)
    assert recorder.calls[0].text == "Hi there"
    with use_cassette(cassettes / "a.yaml", mode="none") as recorder, httpx.Client() as client:
        assert stream_chunks(client) == chunks
    assert recorder.usage.total_tokens == 5


def test_what_the_application_asked_for_it_gets(cassettes: Path) -> None:
    asked = {"stream_options": {"include_usage": True}}
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), USAGE_EVENT, DONE)))
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        assert stream_chunks(client, **asked) == [event("Hi"), USAGE_EVENT, DONE]
    assert recorder.usage.total_tokens == 5


def test_the_wire_can_be_left_alone(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), DONE)))
    with (
        use_cassette(cassettes / "a.yaml", stream_usage=False) as recorder,
        httpx.Client(transport=transport) as client,
    ):
        stream_chunks(client)
    assert json.loads(transport.requests[0].content) == body(stream=True)
    assert recorder.calls[0].usage is None


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_server_that_does_not_know_stream_options_is_asked_again_without(
    cassettes: Path, is_async: bool, status: int
) -> None:
    refusal = Pieces(b'{"error": {"message": "unknown field stream_options"}}')
    transport = Scripted(
        httpx.Response(status, stream=refusal), httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), DONE))
    )

    async def over_async() -> list[bytes]:
        async with (
            httpx.AsyncClient(transport=transport) as client,
            client.stream("POST", API, json=body(stream=True)) as response,
        ):
            return [chunk async for chunk in response.aiter_raw()]

    with use_cassette(cassettes / "a.yaml") as recorder:
        chunks = asyncio.run(over_async()) if is_async else stream_chunks(httpx.Client(transport=transport))
    assert chunks == [event("Hi"), DONE]
    assert refusal.closed
    assert json.loads(transport.requests[1].content) == body(stream=True)
    assert len(recorder.calls) == 1


@pytest.mark.parametrize("status", [400, 422])
def test_a_request_that_went_out_as_it_was_is_not_asked_again(cassettes: Path, status: int) -> None:
    transport = Scripted(httpx.Response(status, json={"error": {}}))
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        assert client.post(API, json=body()).status_code == status
    assert [call.status_code for call in recorder.calls] == [status]


def test_a_compressed_stream_passes_with_its_usage_shown(cassettes: Path) -> None:
    packed = gzip.compress(event("Hi") + USAGE_EVENT + DONE)
    transport = Scripted(httpx.Response(200, headers={**SSE, "content-encoding": "gzip"}, stream=Pieces(packed)))
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        assert client.post(API, json=body(stream=True)).content == event("Hi") + USAGE_EVENT + DONE
    assert transport.requests[0].headers["accept-encoding"] == "identity"
    assert recorder.usage.total_tokens == 5


def test_an_event_without_its_blank_line_at_the_end_is_not_lost(cassettes: Path) -> None:
    transport = Scripted(
        httpx.Response(200, headers=SSE, stream=Pieces(event("Hi")[:-2])),
        httpx.Response(200, headers=SSE, stream=Pieces(event("Hi")[:-2])),
    )

    async def over_async() -> bytes:
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.post(API, json=body(stream=True))).content

    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        assert client.post(API, json=body(stream=True)).content == event("Hi")[:-2]
        assert asyncio.run(over_async()) == event("Hi")[:-2]


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_dropped_connection_is_replayed_as_the_error_of_the_clients_own_module(cassettes: Path, module: Any) -> None:
    transport = Scripted(
        httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), httpx.RemoteProtocolError("peer closed"))),
        httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), httpx.ReadTimeout("slow"))),
    )
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        for error in (httpx.RemoteProtocolError, httpx.ReadTimeout):
            with pytest.raises(error):
                client.post(API, json=body(stream=True))

    async def over_async() -> None:
        async with module.AsyncClient() as client:
            await client.post(API, json=body(stream=True))

    with use_cassette(cassettes / "a.yaml", mode="none"), module.Client() as client:
        with pytest.raises(module.RemoteProtocolError, match="the connection broke here when this was recorded"):
            client.post(API, json=body(stream=True))
        with pytest.raises(module.ReadTimeout):
            asyncio.run(over_async())


def test_an_async_stream_that_breaks_is_recorded_as_broken(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), httpx.ReadError("gone"))))

    async def over_async() -> None:
        async with httpx.AsyncClient(transport=transport) as client:
            await client.post(API, json=body(stream=True))

    with use_cassette(cassettes / "a.yaml"), pytest.raises(httpx.ReadError):
        asyncio.run(over_async())
    assert "ending: ReadError" in (cassettes / "a.yaml").read_text(encoding="utf-8")


def test_an_unknown_ending_replays_as_a_dropped_connection(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), httpx.ReadError("gone"))))
    with (
        use_cassette(cassettes / "a.yaml"),
        httpx.Client(transport=transport) as client,
        pytest.raises(httpx.ReadError),
    ):
        client.post(API, json=body(stream=True))
    path = cassettes / "a.yaml"
    unsealed = re.sub(r" *seal: .*\n", "", path.read_text(encoding="utf-8"))
    path.write_text(unsealed.replace("ReadError", "InvalidURL"), encoding="utf-8")
    with use_cassette(path, mode="none"), pytest.raises(httpx.RemoteProtocolError):
        httpx.post(API, json=body(stream=True))


def test_an_async_stream_that_is_left_early_is_closed_and_replays_as_far(cassettes: Path) -> None:
    pieces = Pieces(event("one"), event("two"), event("three"))

    async def first(client: httpx.AsyncClient) -> bytes:
        async with client.stream("POST", API, json=body(stream=True)) as response:
            async for chunk in response.aiter_raw():
                return chunk
        raise AssertionError

    async def over_async(**options: Any) -> bytes:
        async with httpx.AsyncClient(**options) as client:
            return await first(client)

    with use_cassette(cassettes / "a.yaml"):
        transport = Scripted(httpx.Response(200, headers=SSE, stream=pieces))
        assert asyncio.run(over_async(transport=transport)) == event("one")
    assert pieces.closed
    with use_cassette(cassettes / "a.yaml", mode="none"):
        assert asyncio.run(over_async()) == event("one")


def test_done_is_the_end_even_for_those_who_stop_reading_there(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), DONE)))
    with (
        use_cassette(cassettes / "a.yaml"),
        httpx.Client(transport=transport) as client,
        client.stream("POST", API, json=body(stream=True)) as response,
    ):
        reading = response.iter_raw()
        assert [next(reading), next(reading)] == [event("Hi"), DONE]
    with use_cassette(cassettes / "a.yaml", mode="none"), httpx.Client() as client:
        assert stream_chunks(client) == [event("Hi"), DONE]


def test_a_stream_that_is_dropped_after_done_is_whole(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), DONE, event("unread"))))
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        reply = client.send(client.build_request("POST", API, json=body(stream=True)), stream=True)
        for data in reply.iter_raw():
            if data == DONE:
                break
        # Nobody closes it: its generators end with it.
        del reply
        gc.collect()
    with use_cassette(cassettes / "a.yaml", mode="none"), httpx.Client() as client:
        assert stream_chunks(client) == [event("Hi"), DONE]


def test_a_stream_whose_task_is_cancelled_after_done_is_whole(cassettes: Path) -> None:
    class Endless(Pieces):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield event("Hi")
            yield DONE
            await asyncio.Event().wait()

    async def cancelled() -> None:
        transport = Scripted(httpx.Response(200, headers=SSE, stream=Endless()))
        async with (
            httpx.AsyncClient(transport=transport) as client,
            client.stream("POST", API, json=body(stream=True)) as reply,
        ):
            async for data in reply.aiter_raw():
                task = asyncio.current_task()
                if data == DONE and task is not None:
                    task.cancel()

    with use_cassette(cassettes / "a.yaml"), pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    with use_cassette(cassettes / "a.yaml", mode="none"), httpx.Client() as client:
        assert stream_chunks(client) == [event("Hi"), DONE]


@pytest.mark.parametrize("backend", ["sync", "asyncio", "trio"])
def test_a_replayed_stream_takes_its_recorded_time_if_asked_to(
    cassettes: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cassettes).mkdir()
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(event("one"), event("two"))))
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        stream_chunks(client)
    path = cassettes / "a.yaml"
    head, _, _ = path.read_text(encoding="utf-8").partition("chunks:")
    length = len(event("one"))
    path.write_text(f'{head}chunks: "{length}@10000 {length}@20000"\nversion: 1\n', encoding="utf-8")
    slept: list[float] = []

    async def asleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr("anyio.sleep", asleep)

    async def over_async() -> None:
        async with httpx.AsyncClient() as client:
            await client.post(API, json=body(stream=True))

    with use_cassette(path, mode="none", pace=0.5):
        if backend == "sync":
            httpx.post(API, json=body(stream=True))
        elif backend == "asyncio":
            asyncio.run(over_async())
        else:
            trio.run(over_async)
    # Nobody really slept, so the waits for both chunks count from the beginning.
    assert [round(seconds) for seconds in slept] == [5, 10]


# --- failures of the network


def test_a_connection_that_fails_is_no_call_and_not_recorded(cassettes: Path) -> None:
    class Failing(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("refused")

    with (
        pytest.warns(UserWarning, match="1 request got no reply, which cannot be recorded") as warned,
        use_cassette(cassettes / "a.yaml") as recorder,
        httpx.Client(transport=Failing()) as client,
        pytest.raises(httpx.ConnectError, match="refused"),
    ):
        client.post(API, json=body())
    assert recorder.calls == ()
    assert not cassettes.exists()
    assert [warning.filename for warning in warned] == [__file__]


def test_other_model_endpoints_are_refused_in_replay_over_async_too(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "a.yaml"):
        ask(url)

    async def embed(payload: dict[str, str]) -> int:
        async with httpx.AsyncClient(headers=HEADERS) as client:
            return (await client.post(url.replace("chat/completions", "embeddings"), json=payload)).status_code

    cassette = use_cassette(cassettes / "a.yaml", mode="none")
    recorder = cassette.__enter__()
    ask(url)
    embeddings = url.replace("chat/completions", "embeddings")
    assert httpx.post(embeddings, headers=HEADERS, json={"input": "an application's own"}).status_code == 404
    assert asyncio.run(embed({"input": "an application's own"})) == 404
    with pytest.raises(RequestNotRecorded, match=r"samurai_endpoints = \*/chat/completions \*/embeddings") as refused:
        asyncio.run(embed({"model": "e", "input": "x"}))
    assert recorder.misses == [refused.value]
    cassette.__exit__(RequestNotRecorded, refused.value, None)


@pytest.mark.parametrize("endpoint", ["responses", "messages", "completions", "embeddings"])
def test_no_model_endpoint_goes_live_from_a_replay_and_the_refusal_says_what_records_it(
    cassettes: Path, endpoint: str
) -> None:
    transport = Scripted()
    with (
        pytest.raises(RequestNotRecorded, match=rf"samurai_endpoints = .*\*/{endpoint}"),
        use_cassette(cassettes / "a.yaml", mode="none"),
        httpx.Client(transport=transport) as client,
    ):
        client.post(f"https://api.test/v1/{endpoint}", json={"model": "m"})
    assert transport.requests == []


# --- where no recorder is open


class Watcher:
    def __init__(self, *, block: bool = False) -> None:
        from pytest_samurai.matching import Endpoints

        self.endpoints = Endpoints(("*/chat/completions",))
        self.block = block
        self.live = 0

    def refused(self, url: str) -> RequestNotRecorded:
        return RequestNotRecorded(url)

    def went_live(self) -> None:
        self.live += 1


@pytest.fixture
def watched() -> Iterator[Watcher]:
    watcher = Watcher()
    intercept.install(later=False)
    intercept.watch(watcher)
    yield watcher
    intercept.watch(None)
    intercept.uninstall()


def test_live_calls_without_a_recorder_are_counted_sync_and_async(watched: Watcher, url: str) -> None:
    async def over_async() -> None:
        async with httpx.AsyncClient(headers=HEADERS) as client:
            await client.post(url, json=body())

    ask(url)
    asyncio.run(over_async())
    assert watched.live == 2
    httpx.Client(transport=Scripted(httpx.Response(200))).post(API)
    assert watched.live == 3
    httpx.get(url.replace("chat/completions", "models"), headers=HEADERS)
    assert watched.live == 3


def test_where_nobody_watches_calls_pass(watched: Watcher, url: str) -> None:
    intercept.watch(None)
    assert ask(url) == "Paris."
    assert watched.live == 0


def test_they_can_be_blocked_sync_and_async(watched: Watcher, url: str, chat_server: ChatServer) -> None:
    watched.block = True

    async def over_async() -> None:
        async with httpx.AsyncClient(headers=HEADERS) as client:
            await client.post(url, json=body())

    with pytest.raises(RequestNotRecorded):
        ask(url)
    with pytest.raises(RequestNotRecorded):
        asyncio.run(over_async())
    with pytest.raises(RequestNotRecorded):
        httpx.Client(transport=Scripted(httpx.Response(200))).post(API)
    assert chat_server.requests == 0


# --- what a review found


def test_a_compressed_reply_that_is_left_open_is_kept_as_it_was_meant_and_without_the_key(cassettes: Path) -> None:
    text = event(f"your key is {KEY}") + event("and more")
    packed = gzip.compress(text)
    headers = {**SSE, "content-encoding": "gzip"}
    transport = Scripted(httpx.Response(200, headers=headers, stream=Pieces(packed, gzip.compress(b"rest"))))
    with (
        use_cassette(cassettes / "a.yaml", stream_usage=False) as recorder,
        httpx.Client(transport=transport, headers=HEADERS) as client,
        client.stream("POST", API, json=body(stream=True)) as response,
    ):
        next(response.iter_raw())
        assert recorder.calls[0].text == f"your key is {KEY}and more"
    written = (cassettes / "a.yaml").read_text(encoding="utf-8")
    assert "your key is [REDACTED]" in written


def test_a_stream_that_breaks_with_an_error_of_the_transports_own_is_recorded_as_broken(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), ConnectionResetError("gone"))))
    with (
        use_cassette(cassettes / "a.yaml"),
        httpx.Client(transport=transport) as client,
        pytest.raises(ConnectionResetError),
    ):
        client.post(API, json=body(stream=True))
    assert "ending: ConnectionResetError" in (cassettes / "a.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("is_async", [False, True])
def test_what_came_before_a_break_in_mid_event_reaches_the_application(cassettes: Path, is_async: bool) -> None:
    half = event("Hi")[:9]
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(half, httpx.ReadError("gone"))))
    seen: list[bytes] = []

    async def over_async() -> None:
        async with (
            httpx.AsyncClient(transport=transport) as client,
            client.stream("POST", API, json=body(stream=True)) as response,
        ):
            async for chunk in response.aiter_raw():
                seen.append(chunk)

    def over_sync() -> None:
        with (
            httpx.Client(transport=transport) as client,
            client.stream("POST", API, json=body(stream=True)) as response,
        ):
            seen.extend(response.iter_raw())

    with use_cassette(cassettes / "a.yaml"), pytest.raises(httpx.ReadError):
        asyncio.run(over_async()) if is_async else over_sync()
    if is_async:
        assert seen == [half]
    assert "ending: ReadError" in (cassettes / "a.yaml").read_text(encoding="utf-8")


def test_other_requests_pass_from_a_bare_thread_while_two_recorders_are_open(cassettes: Path) -> None:
    ready, done = threading.Barrier(3, timeout=20), threading.Barrier(3, timeout=20)

    def work(name: str) -> None:
        with use_cassette(cassettes / f"{name}.yaml"):
            ready.wait()
            done.wait()

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    ready.wait()
    with httpx.Client(transport=Scripted(httpx.Response(200))) as client:
        assert client.get("https://telemetry.test/").status_code == 200
    done.wait()
    for thread in threads:
        thread.join()


def test_a_recorder_that_is_left_in_a_copied_context_takes_its_patches_with_it(cassettes: Path) -> None:
    before = httpx.Client._transport_for_url
    with use_cassette(cassettes / "outer.yaml"):
        inner = use_cassette(cassettes / "inner.yaml")
        inner.__enter__()
        contextvars.copy_context().run(inner.__exit__, None, None, None)
    assert httpx.Client._transport_for_url is before


def test_a_header_that_is_not_ascii_goes_out_as_it_is(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), DONE)))
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        client.post(API, json=body(stream=True), headers={b"X-Title": "Café".encode()})
    assert (b"X-Title", "Café".encode()) in transport.requests[0].headers.raw


@pytest.mark.parametrize("name", ["Content-Digest", "Digest", "Signature", "X-Amz-Content-Sha256"])
def test_a_signed_request_goes_out_as_it_was_signed(cassettes: Path, name: str) -> None:
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), DONE)))
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        client.post(API, json=body(stream=True), headers={name: "sha-256=:abc:"})
    assert json.loads(transport.requests[0].content) == body(stream=True)


def test_a_redirect_is_a_request_without_tokens_and_replays(cassettes: Path) -> None:
    reply = {"usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
    location = {"location": "https://other.test/v1/chat/completions"}
    transport = Scripted(httpx.Response(307, headers=location, stream=Pieces()), httpx.Response(200, json=reply))
    with (
        use_cassette(cassettes / "a.yaml") as recorder,
        httpx.Client(transport=transport, follow_redirects=True) as client,
    ):
        client.post(API, json=body())
    assert (recorder.usage.requests, recorder.usage.total_tokens) == (2, 5)
    with use_cassette(cassettes / "a.yaml", mode="none"), httpx.Client(follow_redirects=True) as client:
        assert client.post(API, json=body()).json() == reply


def test_an_error_among_the_events_of_a_stream_is_no_success(cassettes: Path) -> None:
    broken = b'data: {"error": {"message": "overloaded"}}\n\n'
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(event("Hi"), broken)))
    with (
        pytest.raises(ZeroDivisionError) as error,
        use_cassette(cassettes / "a.yaml"),
        httpx.Client(transport=transport) as client,
    ):
        client.post(API, json=body(stream=True))
        _ = 1 / 0
    assert "a call ended in a stream that broke or held an error" in error.value.__notes__[0]
    assert not cassettes.exists()


def test_endpoints_may_be_everything(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(200, json={}))
    with (
        use_cassette(cassettes / "a.yaml", endpoints=["*"]) as recorder,
        httpx.Client(transport=transport) as client,
    ):
        client.get("https://any.test/thing")
    assert len(recorder.calls) == 1


def test_a_refusal_shows_no_key_of_the_url(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "a.yaml"):
        ask(url)
    cassette = use_cassette(cassettes / "a.yaml", mode="none", unused="ignore")
    cassette.__enter__()
    with pytest.raises(RequestNotRecorded) as refused:
        httpx.post("https://u:pw@g.test/v1/embeddings?key=AIza0123456789", json={"model": "e"})
    cassette.__exit__(RequestNotRecorded, refused.value, None)
    assert "pw" not in str(refused.value)
    assert "AIza" not in str(refused.value)


def test_a_finder_of_the_old_kind_is_passed_over(cassettes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [object(), *sys.meta_path])
    with use_cassette(cassettes / "a.yaml"):
        finder = next(finder for finder in sys.meta_path if type(finder).__module__ == intercept.__name__)
        assert finder.find_spec("httpx", None) is not None


# --- clients that no hook sees


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
    with use_cassette(cassettes / "a.yaml", mode="none") as recorder:
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
        f"use_cassette('a.yaml'): connected to {host}:{urlsplit(url).port}, which serves chat, by a client that no"
        " recorder sees (requests, urllib, aiohttp, a raw socket): nothing of it is replayed; send its calls through"
        " httpx, or forbid connections in tests"
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
    with use_cassette(cassettes / "a.yaml", mode="none") as recorder:
        by_urllib(url.replace("127.0.0.1", "other.test"))
        assert recorder.notes == []
        by_urllib(url.replace("127.0.0.1", "CHAT.test"))
        [note] = recorder.notes
        recorder.notes.clear()
    assert f"connected to CHAT.test:{port}, which serves chat, " in note


@pytest.mark.parametrize("name", ["SAMURAI_BASE_URL", "OPENAI_BASE_URL"])
@pytest.mark.parametrize(("scheme", "port"), [("https", 443), ("http", 80)])
def test_a_base_url_without_a_port_leads_to_that_of_its_scheme(
    cassettes: Path, monkeypatch: pytest.MonkeyPatch, name: str, scheme: str, port: int
) -> None:
    monkeypatch.setenv(name, f"{scheme}://chat.test/v1")
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    )
    with pytest.warns(UserWarning, match=f"connected to chat.test:{port}, which serves chat, "):
        # Nobody may be there; what counts is that it was tried.
        with use_cassette(cassettes / "a.yaml", mode="none"), suppress(OSError):
            socket.create_connection(("chat.test", port)).close()


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_request_that_is_seen_and_passes_is_no_connection_to_wonder_about(
    replay: Recorder, url: str, module: Any
) -> None:
    models = url.replace("chat/completions", "models").replace("127.0.0.1", "localhost")
    messages = url.replace("chat/completions", "messages")

    async def get() -> None:
        async with module.AsyncClient(headers=HEADERS) as client:
            assert (await client.get(models)).status_code == 200

    with module.Client(headers=HEADERS) as client:
        assert client.get(models).status_code == 200
        # A path of another model endpoint, but no model in it.
        client.post(messages, json={})
    asyncio.run(get())
    trio.run(get)
    assert replay.notes == []
    by_socket(url)
    assert len(replay.notes) == 1


def test_other_connections_and_those_of_a_recording_are_not_noted(cassettes: Path, url: str, replay: Recorder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        by_socket(f"http://127.0.0.1:{other.getsockname()[1]}/")
    if hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as raw, pytest.raises(FileNotFoundError):
            raw.connect(str(cassettes / "not-there"))
    # Nobody's mistakes are made ours.
    with socket.socket() as raw, pytest.raises(TypeError, match="AF_INET address must be"):
        raw.connect(("127.0.0.1",))
    with pytest.raises(TypeError, match="getaddrinfo"):
        socket.getaddrinfo()  # type: ignore[call-arg]  # the mistake
    assert socket.getaddrinfo(None, 80)
    assert replay.notes == []
    with use_cassette(cassettes / "b.yaml") as recorder:
        by_socket(url)
    assert recorder.notes == replay.notes == []


def test_a_recorded_url_that_is_none_is_nowhere_to_connect_to(cassettes: Path, url: str) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path, endpoints=["*"]):
        with httpx.Client(transport=Scripted(httpx.Response(200), httpx.Response(200))) as client:
            client.get("http://h/x")
            client.get("http://h/y")
    path.write_text(re.sub("      seal: .*\n", "", path.read_text().replace("http://h/x", "http://h:x")))
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

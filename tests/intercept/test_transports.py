"""What happens to a request, and what the application sees of it."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

from pytest_samurai import use_cassette
from tests.intercept.scripted import API, DONE, HEADERS, SSE, USAGE_EVENT, Pieces, Scripted, body, event, stream_chunks


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


def test_an_event_without_choices_that_tells_of_no_usage_reaches_the_application(cassettes: Path) -> None:
    # Azure's first event is one.
    first = event(usage=None, prompt_filter_results=[])
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(first, event("Hi"), USAGE_EVENT, DONE)))
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        assert stream_chunks(client) == [first, event("Hi"), DONE]
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


def test_a_stream_that_comes_compressed_all_the_same_is_handed_on_plain_and_without_the_usage(cassettes: Path) -> None:
    packed = gzip.compress(event("Hi") + USAGE_EVENT + DONE)
    transport = Scripted(httpx.Response(200, headers={**SSE, "content-encoding": "gzip"}, stream=Pieces(packed)))
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        reply = client.post(API, json=body(stream=True))
    assert reply.content == event("Hi") + DONE
    assert "content-encoding" not in reply.headers
    assert transport.requests[0].headers["accept-encoding"] == "identity"
    assert recorder.usage.total_tokens == 5


class Failing(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")


def fail(client: httpx.Client, count: int) -> None:
    for _ in range(count):
        with pytest.raises(httpx.ConnectError, match="refused"):
            client.post(API, json=body())


@pytest.mark.parametrize(("count", "requests", "them"), [(1, "1 request", "it"), (2, "2 requests", "them")])
def test_a_connection_that_fails_is_no_call_and_not_recorded(
    cassettes: Path, count: int, requests: str, them: str
) -> None:
    said = f"{requests} got no reply and could not be recorded; a replay will refuse {them}$"
    with (
        pytest.warns(UserWarning, match=said) as warned,
        use_cassette(cassettes / "a.yaml") as recorder,
        httpx.Client(transport=Failing()) as client,
    ):
        fail(client, count)
    assert recorder.calls == ()
    assert not cassettes.exists()
    assert [warning.filename for warning in warned] == [__file__]


def test_a_block_that_fails_of_its_connection_is_told_no_more_than_that(cassettes: Path) -> None:
    with pytest.raises(httpx.ConnectError) as error, use_cassette(cassettes / "a.yaml"):
        with httpx.Client(transport=Failing()) as client:
            client.post(API, json=body())
    assert not hasattr(error.value, "__notes__")


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

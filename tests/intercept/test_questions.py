"""The question for a stream's usage: who is asked, who is asked again without it, and who never again."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from pytest_samurai import use_cassette
from pytest_samurai.recorder import exchange
from tests.intercept.scripted import (
    API,
    DONE,
    SSE,
    USAGE_EVENT,
    Pieces,
    Scripted,
    body,
    event,
    stream_chunks,
)
from tests.intercept.wires import Wires
from tests.project import Project

ERROR_EVENT = b'data: {"error": {"message": "stream_options: unknown field"}}\n\n'
REFUSED = {"error": {"message": "no"}}


def streamed(*pieces: bytes | Exception, **more: Any) -> httpx.Response:
    return httpx.Response(200, headers=SSE, stream=Pieces(*pieces), **more)


def answer() -> httpx.Response:
    """What a server says to clients that do not ask for the usage."""
    return streamed(event("Hi"), DONE)


def asked(transport: Scripted) -> list[bool]:
    """For each request sent, whether it asks for the usage."""
    return ["stream_options" in json.loads(request.content) for request in transport.requests]


@pytest.mark.parametrize(
    "refusal",
    [
        lambda: httpx.Response(400, stream=Pieces(b"{}")),
        lambda: httpx.Response(500, stream=Pieces(b"{}")),
        lambda: httpx.Response(403, json=REFUSED),
        lambda: streamed(ERROR_EVENT),
        lambda: httpx.Response(200, json=REFUSED),
        lambda: streamed(httpx.ReadError("gone")),
        lambda: streamed(ConnectionResetError("gone")),
    ],
)
def test_who_has_refused_the_question_is_not_asked_again_in_that_run(cassettes: Path, refusal: Any) -> None:
    transport = Scripted(refusal(), answer(), answer(), answer())
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        for model in ("m", "m", "another"):
            assert stream_chunks(client, model=model) == [event("Hi"), DONE]
    assert asked(transport) == [True, False, False, False]
    assert [call.usage for call in recorder.calls] == [None] * 3


@pytest.mark.parametrize(
    ("host", "is_another"),
    [
        ("other.test", True),
        ("user@other.test:8000", True),
        ("api.test:8000", True),
        ("user:password@api.test", False),
        ("API.test", False),
    ],
)
def test_another_server_is_asked_all_the_same(cassettes: Path, host: str, is_another: bool) -> None:
    transport = Scripted(httpx.Response(400), answer(), answer())
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        stream_chunks(client)
        client.post(API.replace("api.test", host), json=body(stream=True))
    assert asked(transport) == [True, False, is_another]


def test_what_an_unknown_endpoint_refuses_says_nothing_of_chat(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(400), answer(), answer(), answer())
    options = {"endpoints": ("*/ask", "*/chat/completions", "*/completions")}
    with use_cassette(cassettes / "a.yaml", **options), httpx.Client(transport=transport) as client:
        for path in ("ask", "ask", "chat/completions"):
            client.post(f"https://api.test/v1/{path}", json=body(stream=True))
    assert asked(transport) == [True, False, False, True]


def test_chat_that_refuses_does_so_for_the_older_completions_too(cassettes: Path) -> None:
    transport = Scripted(httpx.Response(400), answer(), answer())
    options = {"endpoints": ("*/chat/completions", "*/completions")}
    with use_cassette(cassettes / "a.yaml", **options), httpx.Client(transport=transport) as client:
        for path in ("chat/completions", "completions"):
            client.post(f"https://api.test/v1/{path}", json=body(stream=True))
    assert asked(transport) == [True, False, False]


def test_one_that_answers_no_better_without_the_question_has_not_refused_it(cassettes: Path) -> None:
    transport = Scripted(
        *(httpx.Response(404, json={"without": n}) for n in range(2)),
        streamed(event("Hi"), USAGE_EVENT, DONE),
    )
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        assert client.post(API, json=body(stream=True)).json() == {"without": 1}
        stream_chunks(client)
    assert asked(transport) == [True, False, True]
    assert [call.status_code for call in recorder.calls] == [404, 200]
    assert recorder.calls[1].usage is not None


def test_one_whose_stream_has_the_same_error_without_the_question_has_not_refused_it(cassettes: Path) -> None:
    transport = Scripted(streamed(ERROR_EVENT), streamed(ERROR_EVENT), streamed(event("Hi"), USAGE_EVENT, DONE))
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        assert stream_chunks(client) == [ERROR_EVENT]
        assert stream_chunks(client) == [event("Hi"), DONE]
    assert asked(transport) == [True, False, True]


def test_one_that_has_only_refused_has_not_answered_the_question(cassettes: Path) -> None:
    transport = Scripted(*(streamed(ERROR_EVENT) for _ in range(3)), answer())
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        assert stream_chunks(client) == [ERROR_EVENT]
        assert stream_chunks(client) == [event("Hi"), DONE]
    assert asked(transport) == [True, False, True, False]


def test_a_stream_that_breaks_within_its_first_event_is_no_refusal(cassettes: Path) -> None:
    transport = Scripted(streamed(event("Hi")[:20], httpx.ReadError("gone")), answer())
    with (
        use_cassette(cassettes / "a.yaml"),
        httpx.Client(transport=transport) as client,
        pytest.raises(httpx.ReadError, match="gone"),
    ):
        stream_chunks(client)
    assert asked(transport) == [True]


def test_a_compressed_reply_to_the_second_request_is_recorded_as_it_reads(cassettes: Path) -> None:
    packed = Pieces(gzip.compress(event("Hi") + DONE))
    second = httpx.Response(200, headers={**SSE, "content-encoding": "gzip"}, stream=packed)
    transport = Scripted(streamed(ERROR_EVENT), second)
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        live = client.post(API, json=body(stream=True))
    with use_cassette(cassettes / "a.yaml", mode="none"):
        replayed = httpx.post(API, json=body(stream=True))
    assert live.content == replayed.content == event("Hi") + DONE


def test_a_refusal_does_not_count_in_the_time_of_a_call(cassettes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began = datetime(2026, 11, 28, tzinfo=UTC)
    seconds = [0.0]

    class Slow(Scripted):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            seconds[0] += 10
            return super().handle_request(request)

    monkeypatch.setattr(exchange, "ticks", lambda: seconds[0])
    monkeypatch.setattr(exchange, "now", lambda: began + timedelta(seconds=seconds[0]))
    transport = Slow(httpx.Response(400), answer())
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        stream_chunks(client)
        assert [(call.duration, call.first_chunk) for call in recorder.calls] == [(10.0, 10.0)]
    assert 'recorded_at: "2026-11-28T00:00:10' in (cassettes / "a.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_of_one_that_has_answered_the_question_is_about_something_else(cassettes: Path, status: int) -> None:
    transport = Scripted(answer(), httpx.Response(status, json=REFUSED), answer())
    with use_cassette(cassettes / "a.yaml", keep_retries=True), httpx.Client(transport=transport) as client:
        stream_chunks(client)
        assert client.post(API, json=body(stream=True)).status_code == status
        stream_chunks(client)
    assert asked(transport) == [True, True, True]


@pytest.mark.parametrize(
    "error",
    [
        lambda: httpx.Response(200, json=REFUSED),
        lambda: httpx.Response(200, stream=Pieces(json.dumps(REFUSED).encode())),
        lambda: streamed(ERROR_EVENT),
        lambda: httpx.Response(200, stream=Pieces(ERROR_EVENT)),
    ],
    ids=["JSON", "streamed JSON", "an event", "an event that is not announced"],
)
def test_an_error_in_the_body_of_one_that_has_answered_is_about_something_else(cassettes: Path, error: Any) -> None:
    transport = Scripted(answer(), error(), answer())
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        stream_chunks(client)
        assert b"error" in client.post(API, json=body(stream=True)).content
        stream_chunks(client)
    assert asked(transport) == [True, True, True]


def test_an_error_is_passed_on_whole_even_if_it_tells_a_usage(cassettes: Path) -> None:
    error = httpx.Response(503, headers=SSE, stream=Pieces(event("Hi"), USAGE_EVENT, DONE))
    transport = Scripted(answer(), error)
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        stream_chunks(client)
        assert client.post(API, json=body(stream=True)).content == event("Hi") + USAGE_EVENT + DONE
    assert asked(transport) == [True, True]


def test_a_refusal_for_another_model_is_about_the_question(cassettes: Path) -> None:
    """A gateway passes requests on to different servers."""
    transport = Scripted(answer(), httpx.Response(500, json=REFUSED), answer(), httpx.Response(400), answer())
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        stream_chunks(client)
        assert stream_chunks(client, model="another") == [event("Hi"), DONE]
    assert asked(transport) == [True, True, False]


def test_a_request_that_an_answering_server_calls_wrong_may_be_so_for_the_question(cassettes: Path) -> None:
    transport = Scripted(answer(), httpx.Response(400, json=REFUSED), httpx.Response(400, json={"of": "its own"}))
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        stream_chunks(client)
        assert client.post(API, json=body(stream=True)).json() == {"of": "its own"}
    assert asked(transport) == [True, True, False]


class Breaking(Scripted):
    """Raises what it is given instead of replying."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        reply: Any = super().handle_request(request)
        if isinstance(reply, Exception):
            raise reply
        return reply  # type: ignore[no-any-return]  # either of the two


def breaking(*replies: httpx.Response | Exception) -> Scripted:
    transport = Breaking()
    transport.replies = list(replies)  # type: ignore[arg-type]  # errors too
    return transport


@pytest.mark.parametrize("error", [httpx.RemoteProtocolError("x"), httpx.ReadError("x"), BrokenPipeError()])
def test_a_connection_that_is_closed_on_the_question_is_a_refusal(cassettes: Path, error: Exception) -> None:
    transport = breaking(error, answer())
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        assert stream_chunks(client) == [event("Hi"), DONE]
    assert asked(transport) == [True, False]


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout("x"), httpx.ConnectError("x"), httpx.PoolTimeout("x"), ZeroDivisionError()]
)
def test_a_connection_that_is_not_there_or_an_answer_that_takes_too_long_is_none(
    cassettes: Path, error: Exception
) -> None:
    """Nobody waits twice as long as the application intended."""
    transport = breaking(error, answer())
    with (
        pytest.warns(UserWarning, match="1 request got no reply"),
        use_cassette(cassettes / "a.yaml"),
        httpx.Client(transport=transport) as client,
        pytest.raises(type(error)),
    ):
        stream_chunks(client)
    assert asked(transport) == [True]


def test_a_connection_that_an_answering_server_closes_is_about_something_else(cassettes: Path) -> None:
    transport = breaking(answer(), httpx.ReadError("x"), streamed(httpx.ReadError("y")))

    def calls() -> None:
        with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
            stream_chunks(client)
            for message in "xy":
                with pytest.raises(httpx.ReadError, match=message):
                    stream_chunks(client)

    with pytest.warns(UserWarning, match="1 request got no reply"):
        calls()
    assert asked(transport) == [True, True, True]


@pytest.mark.parametrize("is_async", [False, True])
def test_the_application_has_the_reply_before_its_first_event_has_come(cassettes: Path, is_async: bool) -> None:
    """It may have a timeout for that."""
    seen: list[str] = []

    class Late(Pieces):
        def __iter__(self) -> Iterator[bytes]:
            assert seen == ["reply"]
            yield event("Hi")

    async def over_async(transport: Scripted) -> None:
        async with (
            httpx.AsyncClient(transport=transport) as client,
            client.stream("POST", API, json=body(stream=True)) as response,
        ):
            seen.append("reply")
            assert [piece async for piece in response.aiter_raw()] == [event("Hi")]

    def over_sync(transport: Scripted) -> None:
        with (
            httpx.Client(transport=transport) as client,
            client.stream("POST", API, json=body(stream=True)) as response,
        ):
            seen.append("reply")
            assert list(response.iter_raw()) == [event("Hi")]

    transport = Scripted(httpx.Response(200, headers=SSE, stream=Late()))
    with use_cassette(cassettes / "a.yaml"):
        asyncio.run(over_async(transport)) if is_async else over_sync(transport)


def test_the_head_of_a_reply_is_that_of_the_one_without_the_question(cassettes: Path) -> None:
    heads = ({**SSE, "x-request-id": "refused"}, {**SSE, "x-request-id": "answered"})
    streams = (Pieces(ERROR_EVENT), Pieces(event("Hi"), DONE))
    transport = Scripted(*(httpx.Response(200, headers=heads[n], stream=streams[n]) for n in range(2)))
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        live = client.post(API, json=body(stream=True))
    with use_cassette(cassettes / "a.yaml", mode="none"):
        replayed = httpx.post(API, json=body(stream=True))
    for reply in (live, replayed):
        assert (reply.headers["x-request-id"], reply.content) == ("answered", event("Hi") + DONE)
    assert [stream.closed for stream in streams] == [True, True]


def test_the_head_of_a_reply_of_known_length_is_the_right_one_before_its_body_is_read(cassettes: Path) -> None:
    pieces = (ERROR_EVENT, event("Hi") + DONE)
    transport = Scripted(
        *(
            httpx.Response(200, headers={**SSE, "content-length": str(len(piece))}, stream=Pieces(piece))
            for piece in pieces
        )
    )
    with (
        use_cassette(cassettes / "a.yaml"),
        httpx.Client(transport=transport) as client,
        client.stream("POST", API, json=body(stream=True)) as response,
    ):
        assert response.headers["content-length"] == str(len(pieces[1]))
        assert response.read() == pieces[1]
    assert asked(transport) == [True, False]


def test_a_request_that_fails_when_it_is_sent_again_fails_where_the_body_is_read(cassettes: Path) -> None:
    transport = breaking(streamed(ERROR_EVENT), httpx.ConnectError("gone"))
    with (
        use_cassette(cassettes / "a.yaml") as recorder,
        httpx.Client(transport=transport) as client,
        pytest.raises(httpx.ConnectError, match="gone"),
    ):
        stream_chunks(client)
    assert asked(transport) == [True, False]
    assert len(recorder.calls) == 1


@pytest.mark.parametrize("headers", [SSE, {}, {**SSE, "content-length": "99"}])
@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), ZeroDivisionError("odd")])
def test_an_error_before_the_first_event_that_is_no_refusal_comes_where_the_body_is_read(
    cassettes: Path, error: Exception, headers: dict[str, str]
) -> None:
    transport = Scripted(httpx.Response(200, headers=headers, stream=Pieces(b": ping\n\n", error)))
    seen = []
    with (
        use_cassette(cassettes / "a.yaml") as recorder,
        httpx.Client(transport=transport) as client,
        client.stream("POST", API, json=body(stream=True)) as response,
        pytest.raises(type(error)),
    ):
        for piece in response.iter_raw():
            seen.append(piece)
    assert seen == [b": ping\n\n"]
    assert len(recorder.calls) == 1
    assert f"ending: {type(error).__name__}" in (cassettes / "a.yaml").read_text(encoding="utf-8")


def test_a_refused_reply_is_closed_before_the_request_goes_out_again(cassettes: Path) -> None:
    """A client may have one connection and no more."""
    refusal = Pieces(ERROR_EVENT)

    class Watching(Scripted):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            assert refusal.closed is bool(self.requests)
            return super().handle_request(request)

    transport = Watching(httpx.Response(200, headers=SSE, stream=refusal), answer())
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        stream_chunks(client)
    assert asked(transport) == [True, False]


def test_a_redirect_is_neither_an_answer_nor_a_refusal(cassettes: Path) -> None:
    moved = httpx.Response(307, headers={"location": "https://other.test/v1/chat/completions"}, stream=Pieces(b"moved"))
    transport = Scripted(moved, streamed(event("Hi"), USAGE_EVENT, DONE))
    with (
        use_cassette(cassettes / "a.yaml") as recorder,
        httpx.Client(transport=transport, follow_redirects=True) as client,
    ):
        assert stream_chunks(client) == [event("Hi"), DONE]
    assert asked(transport) == [True, True]
    assert recorder.usage.total_tokens == 5


@pytest.mark.parametrize("status", [200, 201, 299])
def test_every_status_of_success_may_come_with_an_answer(cassettes: Path, status: int) -> None:
    stream = Pieces(event("Hi"), USAGE_EVENT, DONE)
    transport = Scripted(httpx.Response(status, headers=SSE, stream=stream))
    with use_cassette(cassettes / "a.yaml") as recorder, httpx.Client(transport=transport) as client:
        assert client.post(API, json=body(stream=True)).content == event("Hi") + DONE
    assert recorder.usage.total_tokens == 5


def test_a_body_of_which_a_part_is_taken_out_has_no_length(cassettes: Path) -> None:
    pieces = (event("Hi"), USAGE_EVENT, DONE)
    headers = {**SSE, "content-length": str(sum(map(len, pieces)))}
    transport = Scripted(httpx.Response(200, headers=headers, stream=Pieces(*pieces)))
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        reply = client.post(API, json=body(stream=True))
    assert reply.content == event("Hi") + DONE
    assert "content-length" not in reply.headers


@pytest.mark.parametrize("is_async", [False, True])
def test_a_live_body_is_read_once_however_often_it_is_asked_for(cassettes: Path, is_async: bool) -> None:
    """The OpenAI SDK reads again after `[DONE]`. A finished httpx body would then never end."""

    class Once(Pieces):
        def __iter__(self) -> Iterator[bytes]:
            assert not self.closed, "read twice"
            self.closed = True
            yield from self.pieces  # type: ignore[misc]  # these are bytes

    def reply() -> httpx.Response:
        # The last event is held back until the end.
        return httpx.Response(200, headers=SSE, stream=Once(event("Hi"), DONE.replace(b"\n", b"\r")))

    async def over_async(client: httpx.AsyncClient) -> list[bytes]:
        request = client.build_request("POST", API, json=body(stream=True))
        stream: Any = (await client.send(request, stream=True)).stream
        return [piece for _ in range(2) async for piece in stream]

    def over_sync(client: httpx.Client) -> list[bytes]:
        stream: Any = client.send(client.build_request("POST", API, json=body(stream=True)), stream=True).stream
        return [piece for _ in range(2) for piece in stream]

    transport = Scripted(reply(), reply())
    with use_cassette(cassettes / "a.yaml"):
        for _ in range(2):
            if is_async:
                seen = asyncio.run(over_async(httpx.AsyncClient(transport=transport)))
            else:
                seen = over_sync(httpx.Client(transport=transport))
            assert b"".join(seen) == event("Hi") + DONE.replace(b"\n", b"\r")


@pytest.mark.parametrize("headers", [SSE, {}, {**SSE, "content-length": "99"}])
def test_a_call_that_is_given_up_before_its_first_event_is_recorded_as_far_as_it_came(
    cassettes: Path, headers: dict[str, str]
) -> None:
    class Silent(Pieces):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b": ping\n\n"
            begun.set()
            await asyncio.Event().wait()

    stream = Silent()
    begun = asyncio.Event()

    async def cancelled() -> None:
        transport = Scripted(httpx.Response(200, headers=headers, stream=stream))
        async with httpx.AsyncClient(transport=transport) as client:
            task = asyncio.create_task(client.post(API, json=body(stream=True)))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with use_cassette(cassettes / "a.yaml") as recorder:
        asyncio.run(cancelled())
    assert stream.closed
    assert [call.status_code for call in recorder.calls] == [200]
    assert "ending: closed" in (cassettes / "a.yaml").read_text(encoding="utf-8")


def test_what_stands_in_for_a_server_is_not_asked(cassettes: Path) -> None:
    """It gives its prepared answer, and counts how often."""
    with respx.mock, use_cassette(cassettes / "a.yaml"):
        route = respx.post(API).respond(500, json=REFUSED)
        assert httpx.post(API, json=body(stream=True)).status_code == 500
        assert json.loads(route.calls.last.request.content) == body(stream=True)
        assert route.call_count == 1


def test_a_run_remembers_who_has_refused(project: Project) -> None:
    with Wires() as wires:
        url = wires.url("400 to those who ask")
        project.tests(
            f"""
import pytest

@pytest.mark.samurai
@pytest.mark.parametrize("text", ["a", "b"])
def test_it(text):
    reply = httpx.post({url!r} + "/chat/completions", json=body(text, stream=True))
    assert reply.status_code == 200
"""
        )
        project.run().assert_outcomes(passed=2)
        assert wires.asked == [True, False, False]
    project.run("--samurai-mode=none").assert_outcomes(passed=2)


def test_a_compressed_stream_that_is_damaged_fails_again_in_replay(cassettes: Path) -> None:
    packed = gzip.compress(event("Hi"))
    pieces = Pieces(packed, b"no more of it")
    broken = Pieces(packed[:10], b"\xff" * 9)
    headers = {**SSE, "content-encoding": "gzip"}
    transport = Scripted(
        httpx.Response(200, headers=headers, stream=pieces), httpx.Response(200, headers=headers, stream=broken)
    )
    with use_cassette(cassettes / "a.yaml"), httpx.Client(transport=transport) as client:
        assert client.post(API, json=body(stream=True)).content == event("Hi")
        with pytest.raises(httpx.DecodingError):
            client.post(API, json=body("another", stream=True))
    with use_cassette(cassettes / "a.yaml", mode="none"):
        assert httpx.post(API, json=body(stream=True)).content == event("Hi")
        with pytest.raises(httpx.DecodingError):
            httpx.post(API, json=body("another", stream=True))

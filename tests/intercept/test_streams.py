"""Streams, recorded and replayed."""

from __future__ import annotations

import asyncio
import gc
import gzip
import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import trio

from pytest_samurai import RequestNotRecorded, use_cassette
from pytest_samurai.server.chat_server import ChatServer
from tests.conftest import KEY
from tests.intercept.scripted import API, DONE, HEADERS, SSE, Pieces, Scripted, body, event, stream_chunks


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_chunks_are_handed_on_while_they_are_recorded(cassettes: Path, module: Any) -> None:
    """The server waits until the application has the first event before it sends the second."""
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
    unsealed = re.sub(r"seal: .*", "seal: none", path.read_text(encoding="utf-8"))
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
    path.write_text(f'{head}chunks: "{length}@10000 {length}@20000"\n      seal: none\nversion: 1\n', encoding="utf-8")
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
    # Nobody really slept, so the waits for both chunks count from the start.
    assert [round(seconds) for seconds in slept] == [5, 10]


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
    assert "a call ended in a stream that broke or contained an error" in error.value.__notes__[0]
    assert not cassettes.exists()


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


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("pace", [0, 0.5])
@pytest.mark.parametrize("ending", ["ReadError", "closed"])
def test_a_stream_that_broke_hands_out_all_its_pieces_before_it_breaks_again(
    cassettes: Path, is_async: bool, pace: float, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It would wait to be cancelled.
    monkeypatch.setattr("pytest_samurai.intercept.ending.PATIENCE", 0.0)
    stream = Pieces(event("one"), event("two"), httpx.ReadError("gone"))
    transport = Scripted(httpx.Response(200, headers=SSE, stream=stream))
    path = cassettes / "a.yaml"
    with use_cassette(path), httpx.Client(transport=transport) as client, pytest.raises(httpx.ReadError):
        client.post(API, json=body(stream=True))
    unsealed = re.sub(r"seal: .*", "seal: none", path.read_text(encoding="utf-8"))
    path.write_text(unsealed.replace("ending: ReadError", f"ending: {ending}"), encoding="utf-8")
    seen: list[bytes] = []

    async def over_async() -> None:
        async with (
            httpx.AsyncClient() as client,
            client.stream("POST", API, json=body(stream=True)) as response,
        ):
            async for chunk in response.aiter_raw():
                seen.append(chunk)

    def over_sync() -> None:
        with httpx.Client() as client, client.stream("POST", API, json=body(stream=True)) as response:
            for chunk in response.iter_raw():
                seen.append(chunk)

    with use_cassette(path, mode="none", pace=pace) as recorder:
        with pytest.raises(httpx.ReadError if ending == "ReadError" else RequestNotRecorded):
            asyncio.run(over_async()) if is_async else over_sync()
        assert len(recorder.misses) == (ending == "closed")
        recorder.misses.clear()
    assert seen == [event("one"), event("two")]

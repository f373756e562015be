"""Clients on aiohttp: what the cassette holds is replayed, and nothing is recorded."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import aiohttp.connector
import httpx
import pytest
from aiohttp.client_proto import ResponseHandler

from pytest_samurai import RequestNotRecorded, use_cassette
from pytest_samurai.intercept.aiohttpconnectors import _SEAM, _content
from pytest_samurai.intercept.state import STATE
from tests.conftest import KEY
from tests.intercept.otherclients import (
    CHAT_URL,
    PICTURE,
    PICTURE_URL,
    chat,
    interaction,
    question,
    write,
)
from tests.intercept.scripted import HEADERS, SSE, Pieces, Scripted, body, event

URL = "https://api.test/v1/chat/completions"


def content_of(reply: Any) -> str:
    return str(json.loads(reply)["choices"][0]["message"]["content"])


async def fetched(method: str, url: str, **options: Any) -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as session, session.request(method, url, **options) as reply:
        return reply.status, await reply.read()


def test_a_session_asks_its_connector_in_the_method_that_is_patched() -> None:
    connector = aiohttp.connector.BaseConnector
    assert [*inspect.signature(vars(connector)[_SEAM]).parameters][:2] == ["self", "req"]
    assert _SEAM not in vars(aiohttp.TCPConnector)
    assert [*inspect.signature(aiohttp.connector.Connection).parameters] == ["connector", "key", "protocol", "loop"]
    assert [*inspect.signature(ResponseHandler).parameters] == ["loop"]
    assert f"_connector.{_SEAM}(" in inspect.getsource(aiohttp.ClientSession._request)


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "update"])
def test_what_the_cassette_holds_is_replayed_each_recording_once_and_in_order(cassettes: Path, mode: Any) -> None:
    path = write(
        cassettes / "a.yaml",
        interaction("GET", PICTURE_URL, reply=PICTURE, headers={"Content-Type": "image/png"}),
        chat("Paris."),
        chat("It is Paris."),
    )

    async def run() -> list[str]:
        assert await fetched("GET", PICTURE_URL) == (200, PICTURE)
        headers = {"Authorization": f"Bearer {KEY}"}
        return [content_of((await fetched("POST", CHAT_URL, json=question(), headers=headers))[1]) for _ in "12"]

    with use_cassette(path, mode=mode) as recorder:
        assert asyncio.run(run()) == ["Paris.", "It is Paris."]
        assert [call.usage.total_tokens for call in recorder.calls if call.usage] == [16, 16]


def test_a_request_that_differs_is_a_miss_which_says_what_differs(cassettes: Path) -> None:
    path = write(cassettes / "a.yaml", chat("Paris."))
    with pytest.raises(RequestNotRecorded) as missed, use_cassette(path, mode="none"):
        asyncio.run(fetched("POST", CHAT_URL, json=question("What is the capital of Italy?")))
    assert "What is the capital of [Italy]?" in str(missed.value)
    assert "aiohttp) can replay what the cassette has, but its calls are never" in str(missed.value)


def test_what_the_cassette_does_not_hold_is_as_before(cassettes: Path, url: str) -> None:
    path = write(cassettes / "a.yaml", interaction("POST", url, "other", reply="{}"))
    where = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/v1/models"
    with pytest.raises(RequestNotRecorded, match=r"a connection to 127\.0\.0\.1:\d+, which serves models"):
        with use_cassette(path, mode="none", unused="ignore"):
            asyncio.run(fetched("GET", where))
    with use_cassette(path, mode="none", unused="ignore", unseen="allow"):
        status, reply = asyncio.run(fetched("POST", url, json=question(), headers=HEADERS))
    assert (status, content_of(reply)) == (200, "Paris.")


def test_redirects_are_aiohttps_own(cassettes: Path) -> None:
    path = write(
        cassettes / "a.yaml",
        interaction("GET", "https://a.test/old", status=302, headers={"Location": "/new"}),
        interaction("GET", "https://a.test/new", reply="done"),
        interaction("HEAD", "https://a.test/new", headers={"X-Size": "12"}),
        interaction("DELETE", "https://a.test/new", status=204),
    )

    async def run() -> None:
        # A pool of one connection that is never given back would wait for ever.
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
            async with session.get("https://a.test/old") as reply:
                assert (str(reply.url), await reply.text(), len(reply.history)) == ("https://a.test/new", "done", 1)
            async with session.head("https://a.test/new") as reply:
                assert (reply.headers["x-size"], await reply.read()) == ("12", b"")
            async with session.delete("https://a.test/new") as reply:
                assert (reply.status, await reply.read()) == (204, b"")

    with use_cassette(path, mode="none", headers=["x-size"]):
        asyncio.run(asyncio.wait_for(run(), 10))


async def pieces_of(content: bytes) -> AsyncIterator[bytes]:
    yield content[:9]
    yield content[9:]


BODIES: dict[str, Callable[[bytes], Any]] = {
    "bytes": bytes,
    "text": lambda content: content.decode(),
    "file": io.BytesIO,
    "pieces": pieces_of,
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_is_compared_whatever_holds_it(cassettes: Path, url: str, kind: str) -> None:
    content = json.dumps(question()).encode()
    path = write(cassettes / "a.yaml", chat("Paris."), interaction("POST", url, "other", reply="{}"))

    async def run() -> list[str]:
        # The second is not in the cassette, and goes out whole.
        return [
            content_of((await fetched("POST", u, data=BODIES[kind](content), headers=HEADERS))[1])
            for u in (CHAT_URL, url)
        ]

    with use_cassette(path, mode="none", unseen="allow", unused="ignore"):
        assert asyncio.run(run()) == ["Paris.", "Paris."]


class Old:
    """The bodies of aiohttp before 3.12."""

    def __init__(self, value: object) -> None:
        self._value = value


def test_a_body_that_an_old_version_can_read_only_once_is_left_to_be_sent() -> None:
    assert asyncio.run(_content(b"x")) == b"x"
    assert asyncio.run(_content(Old(bytearray(b"x")))) == b"x"
    assert asyncio.run(_content(Old(io.BytesIO(b"x")))) is None


def test_one_that_cannot_be_read_is_not_in_the_cassette(cassettes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(cassettes / "a.yaml", interaction("POST", "http://127.0.0.1:9/", "x", reply="{}"))
    monkeypatch.delattr(aiohttp.payload.Payload, "as_bytes")
    for kind in vars(aiohttp.payload).values():
        if isinstance(kind, type) and "as_bytes" in vars(kind):
            monkeypatch.delattr(kind, "as_bytes")
    with pytest.raises(RequestNotRecorded, match="a connection to"):
        with use_cassette(path, mode="none", unused="ignore"):
            asyncio.run(fetched("POST", "http://127.0.0.1:9/", data=pieces_of(b"x")))


def record(path: Path, *pieces: bytes | Exception) -> None:
    """Record a stream through httpx."""
    reply = httpx.Response(200, headers=SSE, stream=Pieces(*pieces))
    with use_cassette(path), httpx.Client(transport=Scripted(reply), headers=HEADERS) as client:
        try:
            client.post(URL, json=body(stream=True))
        except httpx.ReadError:
            assert isinstance(pieces[-1], Exception)


@pytest.mark.parametrize("pace", [0, 0.001])
def test_a_stream_comes_in_the_pieces_in_which_it_was_recorded(cassettes: Path, pace: float) -> None:
    pieces = [event("Pa"), b"", event("ris"), b"data: [DONE]\n\n"]
    record(cassettes / "a.yaml", *pieces)

    async def run() -> list[bytes]:
        async with aiohttp.ClientSession() as session, session.post(URL, json=body(stream=True)) as reply:
            assert reply.headers["transfer-encoding"] == "chunked"
            return [data async for data, is_end in reply.content.iter_chunks() if is_end]

    with use_cassette(cassettes / "a.yaml", mode="none", pace=pace):
        assert asyncio.run(run()) == [piece for piece in pieces if piece]


def test_a_stream_may_be_left(cassettes: Path) -> None:
    record(cassettes / "a.yaml", event("Pa"), event("ris"), b"data: [DONE]\n\n")

    async def run() -> bytes:
        async with aiohttp.ClientSession() as session, session.post(URL, json=body(stream=True)) as reply:
            return await reply.content.readline()

    with use_cassette(cassettes / "a.yaml", mode="none", pace=1000):
        assert asyncio.run(run()) == event("Pa")[:-1]


def test_a_stream_that_broke_breaks_again(cassettes: Path) -> None:
    record(cassettes / "a.yaml", event("Pa"), httpx.ReadError("gone"))

    async def run() -> None:
        async with aiohttp.ClientSession() as session, session.post(URL, json=body(stream=True)) as reply:
            assert await reply.content.readline() == event("Pa")[:-1]
            await reply.read()

    with use_cassette(cassettes / "a.yaml", mode="none"), pytest.raises(aiohttp.ClientPayloadError, match="gone"):
        asyncio.run(run())


def test_whoever_reads_on_where_the_application_had_stopped_fails_the_test(
    cassettes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_samurai.intercept.ending.PATIENCE", 0.0)
    path, reply = cassettes / "a.yaml", httpx.Response(200, headers=SSE, stream=Pieces(event("Pa"), event("ris")))
    with use_cassette(path), httpx.Client(transport=Scripted(reply), headers=HEADERS) as client:
        with client.stream("POST", URL, json=body(stream=True)) as live:
            next(live.iter_raw())

    async def run() -> None:
        with pytest.raises(aiohttp.ClientPayloadError):
            await fetched("POST", URL, json=body(stream=True))

    with pytest.raises(RequestNotRecorded, match="the recording of this stream ends after 1 chunk"):
        with use_cassette(path, mode="none"):
            asyncio.run(run())


def test_the_patch_comes_out_and_is_of_no_effect_for_whoever_has_kept_it(cassettes: Path) -> None:
    connector = aiohttp.connector.BaseConnector
    original = vars(connector)[_SEAM]
    with use_cassette(write(cassettes / "a.yaml", chat("Paris.")), mode="none", unused="ignore"):
        patched = vars(connector)[_SEAM]
        assert patched is not original
    assert vars(connector)[_SEAM] is original
    assert not STATE.answered.are_in

    class Kept(aiohttp.TCPConnector):
        connect = patched

    async def run() -> None:
        async with aiohttp.ClientSession(connector=Kept()) as session:
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.post("http://127.0.0.1:9/")

    asyncio.run(run())

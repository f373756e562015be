"""Streams that the application gave up before they came to their end: a replay is given up in the same place."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import trio

from pytest_samurai import RequestNotRecorded, use_cassette
from pytest_samurai.intercept import ending
from tests.intercept.scripted import API, SSE, Pieces, Scripted, body, event

Reading = Callable[[], Awaitable[None]]
FIRST_TWO = [event("one"), event("two")]


class Stuck(Pieces):
    """A body whose pieces come, and then nothing, until it is given up."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        super().__init__(*pieces)
        self.given_up = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield from super().__iter__()
        self.given_up.wait(10)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import anyio

        for piece in super().__iter__():
            yield piece
        await anyio.sleep(10)


def live(*pieces: bytes, headers: dict[str, str] = SSE) -> dict[str, Any]:
    """The options of a client whose server gets stuck after these pieces."""
    return {"transport": Scripted(httpx.Response(200, headers=headers, stream=Stuck(*pieces)))}


async def within_a_timeout(read: Reading) -> None:
    async with asyncio.timeout(0.1):
        await read()


async def waited_for(read: Reading) -> None:
    await asyncio.wait_for(read(), 0.1)


async def waited_for_as_a_task(read: Reading) -> None:
    task = asyncio.ensure_future(read())
    await asyncio.wait([task], timeout=0.1)
    task.cancel()
    await task


async def beside_a_sibling_that_fails(read: Reading) -> None:
    async def fail() -> None:
        await asyncio.sleep(0.1)
        raise ZeroDivisionError

    async with asyncio.TaskGroup() as group:
        group.create_task(fail())
        group.create_task(read())  # type: ignore[arg-type]  # an awaitable, which here is a coroutine


async def in_a_scope_of_anyio(read: Reading) -> None:
    import anyio

    with anyio.fail_after(0.1):
        await read()


async def in_a_scope_of_trio(read: Reading) -> None:
    with trio.fail_after(0.1):
        await read()


async def in_a_nursery_that_fails(read: Reading) -> None:
    async def fail() -> None:
        await trio.sleep(0.1)
        raise ZeroDivisionError

    async with trio.open_nursery() as nursery:
        nursery.start_soon(fail)
        nursery.start_soon(read)


WAYS: list[tuple[Any, Callable[[Reading], Awaitable[None]], type[BaseException]]] = [
    (asyncio.run, within_a_timeout, TimeoutError),
    (asyncio.run, waited_for, TimeoutError),
    (asyncio.run, waited_for_as_a_task, asyncio.CancelledError),
    (asyncio.run, beside_a_sibling_that_fails, ExceptionGroup),
    (asyncio.run, in_a_scope_of_anyio, TimeoutError),
    (trio.run, in_a_scope_of_trio, trio.TooSlowError),
    (trio.run, in_a_nursery_that_fails, ExceptionGroup),
]


def given_up(run: Any, way: Any, error: type[BaseException], module: Any = httpx, **options: Any) -> list[bytes]:
    """The chunks that an application has read when it gives a stream up."""
    seen: list[bytes] = []

    async def read() -> None:
        async with (
            module.AsyncClient(**options) as client,
            client.stream("POST", API, json=body(stream=True)) as response,
        ):
            async for chunk in response.aiter_raw():
                seen.append(chunk)

    async def main() -> None:
        await way(read)

    with pytest.raises(error):
        asyncio.run(main()) if run is asyncio.run else run(main)
    return seen


@pytest.mark.parametrize(("run", "way", "error"), WAYS, ids=[way.__name__ for _, way, _ in WAYS])
@pytest.mark.parametrize("pace", [0, "recorded"])
def test_a_stream_that_was_given_up_is_given_up_in_replay_too(
    cassettes: Path, run: Any, way: Any, error: type[BaseException], pace: Any
) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path):
        assert given_up(run, way, error, **live(*FIRST_TWO)) == FIRST_TWO
    assert "ending: closed" in path.read_text(encoding="utf-8")
    with use_cassette(path, mode="none", pace=pace) as recorder:
        assert given_up(run, way, error) == FIRST_TWO
    assert recorder.misses == []


def test_it_is_so_with_httpx2(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path):
        given_up(asyncio.run, within_a_timeout, TimeoutError, **live(*FIRST_TWO))
    with use_cassette(path, mode="none"):
        assert given_up(asyncio.run, within_a_timeout, TimeoutError, module=httpx2) == FIRST_TWO


@pytest.mark.parametrize("pieces", [(), (b'{"choices": ',)])
def test_a_reply_without_chunks_that_was_given_up_is_given_up_in_replay_too(
    cassettes: Path, pieces: tuple[bytes, ...]
) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path):
        options = live(*pieces, headers={"content-type": "application/json"})
        given_up(asyncio.run, within_a_timeout, TimeoutError, **options)
    with use_cassette(path, mode="none"):
        given_up(asyncio.run, within_a_timeout, TimeoutError)


def test_one_that_nobody_gives_up_is_refused_after_a_while(cassettes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path):
        given_up(asyncio.run, within_a_timeout, TimeoutError, **live(*FIRST_TWO))
    slept: list[float] = []

    async def asleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("anyio.sleep", asleep)

    with use_cassette(path, mode="none") as recorder:
        given_up(asyncio.run, lambda read: read(), RequestNotRecorded)
        [call] = recorder.calls
        [miss] = recorder.misses
        recorder.misses.clear()
    assert "the application stopped reading, or was cancelled, and now it reads on" in str(miss)
    # A limit of the application's own may need all the time that the recorded calls took.
    assert call.duration is not None
    assert sum(slept) == pytest.approx(ending.PATIENCE + call.duration, abs=0.05)


def test_no_wait_is_longer_than_a_minute(cassettes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cassettes / "a.yaml"
    monkeypatch.setattr(ending, "PATIENCE", 10_000.0)
    slept: list[float] = []

    async def asleep(seconds: float) -> None:
        slept.append(seconds)

    with use_cassette(path):
        given_up(asyncio.run, within_a_timeout, TimeoutError, **live())
    monkeypatch.setattr("anyio.sleep", asleep)
    with use_cassette(path, mode="none") as recorder:
        given_up(asyncio.run, lambda read: read(), RequestNotRecorded)
        recorder.misses.clear()
    assert round(sum(slept)) == ending.LONGEST


def test_the_main_thread_does_not_wait_for_itself(cassettes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path):
        given_up(asyncio.run, within_a_timeout, TimeoutError, **live(*FIRST_TWO))
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail(f"it slept for {seconds}"))
    with pytest.raises(RequestNotRecorded), use_cassette(path, mode="none"):
        httpx.post(API, json=body(stream=True))


def test_a_thread_that_is_given_up_ends_with_its_test_and_fails_nothing(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path):
        given_up(asyncio.run, within_a_timeout, TimeoutError, **live(*FIRST_TWO))
    with ThreadPoolExecutor() as pool:
        with use_cassette(path, mode="none") as recorder:
            future = pool.submit(httpx.post, API, json=body(stream=True))
            with pytest.raises(TimeoutError):
                future.result(timeout=0.1)
        with pytest.raises(httpx.ReadError, match="the replay of this stream was given up while it waited"):
            future.result(timeout=10)
    assert recorder.misses == []


def test_a_thread_whose_stream_another_one_closes_has_its_connection_broken(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path):
        given_up(asyncio.run, within_a_timeout, TimeoutError, **live(*FIRST_TWO))
    with use_cassette(path, mode="none") as recorder, ThreadPoolExecutor() as pool, httpx.Client() as client:
        response = client.send(client.build_request("POST", API, json=body(stream=True)), stream=True)
        reading = pool.submit(lambda: [*response.iter_raw()])
        with pytest.raises(TimeoutError):
            reading.result(timeout=0.1)
        response.close()
        with pytest.raises(httpx.ReadError):
            reading.result(timeout=10)
    assert recorder.misses == []

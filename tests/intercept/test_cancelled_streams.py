"""Streams that the application gave up before their end: a replay is given up at the same point."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest
import trio

from pytest_samurai import RequestNotRecorded, use_cassette
from pytest_samurai.intercept import ending
from tests.intercept.scripted import API, SSE, Pieces, Scripted, body, event

FIRST_TWO = [event("one"), event("two")]


class Stuck(Pieces):
    """A body whose pieces arrive, and then nothing, until it is given up."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        super().__init__(*pieces)
        self.given_up = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield from super().__iter__()
        self.given_up.wait(10)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in super().__iter__():
            yield piece
        await anyio.sleep(10)


def live(*pieces: bytes, headers: dict[str, str] = SSE) -> dict[str, Any]:
    """The options of a client whose server hangs after these pieces."""
    return {"transport": Scripted(httpx.Response(200, headers=headers, stream=Stuck(*pieces)))}


class Application:
    """Reads a stream, and calls `at_two` after two chunks, when it is time to give up."""

    def __init__(self, module: Any = httpx, **options: Any) -> None:
        self.seen: list[bytes] = []
        self.at_two: Callable[[], object] = lambda: None
        self.client = module.AsyncClient(**options)

    async def read(self) -> None:
        async with self.client, self.client.stream("POST", API, json=body(stream=True)) as response:
            async for chunk in response.aiter_raw():
                self.seen.append(chunk)
                if len(self.seen) == 2:
                    self.at_two()


async def within_a_timeout(app: Application) -> None:
    async with asyncio.timeout(10) as limit:
        app.at_two = lambda: limit.reschedule(0)
        await app.read()


async def waited_for(app: Application) -> None:
    await asyncio.wait_for(app.read(), 0.5)


async def as_a_task_that_is_cancelled(app: Application) -> None:
    task = asyncio.ensure_future(app.read())
    app.at_two = lambda: asyncio.get_running_loop().call_soon(task.cancel)
    await task


async def beside_a_sibling_that_fails(app: Application) -> None:
    two = asyncio.Event()
    app.at_two = two.set

    async def fail() -> None:
        await two.wait()
        raise ZeroDivisionError

    async with asyncio.TaskGroup() as group:
        group.create_task(fail())
        group.create_task(app.read())


async def in_a_scope_of_anyio(app: Application) -> None:
    with anyio.fail_after(10) as scope:
        app.at_two = lambda: setattr(scope, "deadline", 0)
        await app.read()


async def in_a_scope_of_trio(app: Application) -> None:
    with trio.fail_after(10) as scope:
        app.at_two = lambda: setattr(scope, "deadline", 0)
        await app.read()


async def in_a_nursery_that_fails(app: Application) -> None:
    two = trio.Event()
    app.at_two = two.set

    async def fail() -> None:
        await two.wait()
        raise ZeroDivisionError

    async with trio.open_nursery() as nursery:
        nursery.start_soon(fail)
        nursery.start_soon(app.read)


async def by_nobody(app: Application) -> None:
    await app.read()


Way = Callable[[Application], Coroutine[Any, Any, None]]
WAYS: list[tuple[Any, Way, type[BaseException]]] = [
    (asyncio.run, within_a_timeout, TimeoutError),
    (asyncio.run, waited_for, TimeoutError),
    (asyncio.run, as_a_task_that_is_cancelled, asyncio.CancelledError),
    (asyncio.run, beside_a_sibling_that_fails, ExceptionGroup),
    (asyncio.run, in_a_scope_of_anyio, TimeoutError),
    (trio.run, in_a_scope_of_trio, trio.TooSlowError),
    (trio.run, in_a_nursery_that_fails, ExceptionGroup),
]


def given_up(run: Any, way: Way, error: type[BaseException], module: Any = httpx, **options: Any) -> list[bytes]:
    """The chunks that an application has read when it gives up a stream."""
    app = Application(module, **options)
    with pytest.raises(error):
        asyncio.run(way(app)) if run is asyncio.run else run(way, app)
    return app.seen


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
        given_up(asyncio.run, waited_for, TimeoutError, **options)
    with use_cassette(path, mode="none"):
        given_up(asyncio.run, waited_for, TimeoutError)


def test_one_that_nobody_gives_up_is_refused_after_a_while(cassettes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path):
        given_up(asyncio.run, within_a_timeout, TimeoutError, **live(*FIRST_TWO))
    slept: list[float] = []

    async def asleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("anyio.sleep", asleep)

    with use_cassette(path, mode="none") as recorder:
        given_up(asyncio.run, by_nobody, RequestNotRecorded)
        [call] = recorder.calls
        [miss] = recorder.misses
        recorder.misses.clear()
    assert "the application stopped reading or was cancelled, but now it reads on" in str(miss)
    # An application's timeout may need all the time that the recorded calls took.
    assert call.duration is not None
    assert sum(slept) == pytest.approx(ending.PATIENCE + call.duration, abs=0.05)


def test_no_wait_is_longer_than_a_minute(cassettes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cassettes / "a.yaml"
    monkeypatch.setattr(ending, "PATIENCE", 10_000.0)
    slept: list[float] = []

    async def asleep(seconds: float) -> None:
        slept.append(seconds)

    with use_cassette(path):
        given_up(asyncio.run, waited_for, TimeoutError, **live())
    monkeypatch.setattr("anyio.sleep", asleep)
    with use_cassette(path, mode="none") as recorder:
        given_up(asyncio.run, by_nobody, RequestNotRecorded)
        recorder.misses.clear()
    assert round(sum(slept)) == ending.LONGEST


def test_the_main_thread_does_not_wait_for_itself(cassettes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path):
        given_up(asyncio.run, within_a_timeout, TimeoutError, **live(*FIRST_TWO))
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail(f"it slept for {seconds}"))
    with pytest.raises(RequestNotRecorded), use_cassette(path, mode="none"):
        httpx.post(API, json=body(stream=True))


class AlarmError(Exception):
    """Raised by a signal handler."""


class Alarm(BaseException):
    """The same, where nobody should catch it by accident."""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no alarms")
@pytest.mark.parametrize("kind", [AlarmError, Alarm])
def test_a_stream_that_an_alarm_ended_is_ended_by_it_in_replay_too(cassettes: Path, kind: type[BaseException]) -> None:
    path = cassettes / "a.yaml"

    def strike(number: int, frame: object) -> None:
        raise kind

    def alarmed(**options: Any) -> list[bytes]:
        seen: list[bytes] = []
        with (
            pytest.raises(kind),
            httpx.Client(**options) as client,
            client.stream("POST", API, json=body(stream=True)) as response,
        ):
            for chunk in response.iter_raw():
                seen.append(chunk)
                if len(seen) == 2:
                    signal.setitimer(signal.ITIMER_REAL, 0.05)
        return seen

    before = signal.signal(signal.SIGALRM, strike)
    try:
        with use_cassette(path):
            assert alarmed(**live(*FIRST_TWO)) == FIRST_TWO
        with use_cassette(path, mode="none"):
            assert alarmed() == FIRST_TWO
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_thread_that_is_given_up_ends_with_its_test_and_fails_nothing(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path):
        given_up(asyncio.run, within_a_timeout, TimeoutError, **live(*FIRST_TWO))
    with ThreadPoolExecutor() as pool:
        with use_cassette(path, mode="none") as recorder:
            future = pool.submit(httpx.post, API, json=body(stream=True))
            with pytest.raises(TimeoutError):
                future.result(timeout=0.5)
        with pytest.raises(httpx.ReadError, match="the replay of this stream was abandoned while it waited"):
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
            reading.result(timeout=0.5)
        response.close()
        with pytest.raises(httpx.ReadError):
            reading.result(timeout=10)
    assert recorder.misses == []


@pytest.mark.parametrize("pace", [None, "recorded", 0.5])
def test_a_replay_that_reads_on_is_told_what_helps_where_a_flag_ended_the_recording(
    cassettes: Path, pace: str | float | None
) -> None:
    path = cassettes / "a.yaml"
    options = {} if pace is None else {"pace": pace}
    transport = Scripted(httpx.Response(200, headers=SSE, stream=Pieces(*FIRST_TWO)))
    with use_cassette(path), httpx.Client(transport=transport) as client:
        with client.stream("POST", API, json=body(stream=True)) as response:
            next(response.iter_raw())
    with use_cassette(path, mode="none", **options) as recorder:
        with (
            pytest.raises(BaseException, match="reads on") as caught,
            httpx.stream("POST", API, json=body(stream=True)) as response,
        ):
            list(response.iter_raw())
        recorder.misses.clear()
    assert ('  If a flag or a deadline ended it: pace="recorded"' in str(caught.value).splitlines()) == (pace is None)

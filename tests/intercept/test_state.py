"""Which recorder a request belongs to."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import RequestNotRecorded, use_cassette
from pytest_samurai.recorder.recorder import Recorder
from tests.intercept.scripted import HEADERS, ask, body


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
    with pytest.raises(
        RequestNotRecorded, match="2 recorders are open, and nothing says which of them this thread belongs to"
    ):
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

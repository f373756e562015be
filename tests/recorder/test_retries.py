"""Errors that a client retried: left out, kept, or replayed without the wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai import use_cassette
from pytest_samurai.cassette.entry import interaction_text
from pytest_samurai.cassette.frame import HEAD
from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import save
from pytest_samurai.recorder.retries import without_retries
from pytest_samurai.settings.layers import Layer, resolve
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction
from tests.recorder.conftest import answered, ask, opened, statuses


def test_an_error_after_which_the_same_request_went_well_is_left_out(
    path: Path, url: str, fail: Callable[..., None]
) -> None:
    fail(429, 503)
    with pytest.warns(UserWarning, match="2 errors left out"), use_cassette(path) as recorder:
        assert [ask(url).status_code for _ in range(3)] == [429, 503, 200]
    assert recorder.recorded == 1
    assert statuses(path) == [200]
    with use_cassette(path, mode="none"):
        assert ask(url).status_code == 200


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529, 599])
def test_these_are_the_errors_that_a_client_tries_again(path: Path, status: int) -> None:
    recorder = opened(path)
    for answer in (status, 200):
        answered(recorder, "hi", answer)
    recorder.close()
    assert statuses(path) == [200]


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 407, 410, 413, 422, 424, 425, 428, 431, 499, 600])
def test_a_client_tries_no_other_status_again(path: Path, status: int) -> None:
    recorder = opened(path)
    for answer in (status, 200):
        answered(recorder, "hi", answer)
    recorder.close()
    assert statuses(path) == [status, 200]


@pytest.mark.parametrize(("sent_at", "is_retry"), [("01.000000", True), ("00.999000", True), ("00.998900", False)])
def test_a_retry_may_be_sent_a_thousandth_of_a_second_before_the_error_has_ended(sent_at: str, is_retry: bool) -> None:
    """Both times are rounded, and come from two clocks."""
    request = Request("POST", "http://h/v1/chat/completions", (), b"{}")
    error, success = (Reply(status, "", (), b"{}", duration=1.0) for status in (429, 200))
    calls = [
        Interaction(request, error, "2026-01-02T03:04:00.000000Z"),
        Interaction(request, success, f"2026-01-02T03:04:{sent_at}Z"),
    ]
    settings = resolve([Layer("a test", "test", {})])
    assert without_retries(calls, settings) == (calls[1:] if is_retry else calls)


def test_an_error_that_nothing_mended_is_kept(path: Path, url: str, fail: Callable[..., None]) -> None:
    with use_cassette(path):
        ask(url)
        fail(429)
        ask(url)
        fail(429)
        ask(url, "another")
    assert statuses(path) == [200, 429, 429]


def test_an_error_that_no_client_tries_again_is_kept(path: Path, url: str, fail: Callable[..., None]) -> None:
    fail(400)
    with use_cassette(path):
        ask(url)
        ask(url)
    assert statuses(path) == [400, 200]


def test_an_error_has_no_price_and_its_answer_has_one(path: Path, url: str, fail: Callable[..., None]) -> None:
    fail(400)
    with use_cassette(path):
        ask(url)
        ask(url)
    assert [item.price is None for item in load(path)] == [True, False]


def test_an_error_that_nothing_mended_replays_with_the_wait_that_it_asked_for(
    path: Path, url: str, fail: Callable[..., None]
) -> None:
    fail(429)
    with use_cassette(path):
        ask(url)
    [recorded] = load(path)
    save(path, [replace(recorded, reply=replace(recorded.reply, headers=(("retry-after", "60"),)))])
    with use_cassette(path):
        headers = ask(url).headers
    assert (headers["retry-after"], "retry-after-ms" in headers) == ("60", False)


@pytest.mark.parametrize("wait", [("retry-after", "60"), ("retry-after-ms", "60000")])
def test_kept_retries_replay_without_the_wait(
    path: Path, url: str, fail: Callable[..., None], wait: tuple[str, str]
) -> None:
    fail(429)
    with use_cassette(path, keep_retries=True):
        ask(url)
        ask(url)
    assert statuses(path) == [429, 200]
    recorded = load(path)
    save(path, [replace(recorded[0], reply=replace(recorded[0].reply, headers=(wait,))), recorded[1]])
    before = path.read_bytes()
    with use_cassette(path, keep_retries=True):
        first, second = ask(url), ask(url)
    assert (first.status_code, second.status_code) == (429, 200)
    assert first.headers["retry-after-ms"] == "1"
    assert "retry-after" not in first.headers
    assert "retry-after-ms" not in second.headers
    # The replay says it; it was not recorded.
    assert path.read_bytes() == before


def test_a_run_that_takes_up_an_error_and_mends_it_leaves_it_out(
    path: Path, url: str, fail: Callable[..., None]
) -> None:
    fail(429)
    with use_cassette(path):
        ask(url)
    [error] = load(path)
    path.unlink()
    left = path.with_name("a.yaml.01234567.new.journal")
    left.write_bytes(b"".join([HEAD.encode(), *interaction_text(error)]))
    with pytest.warns(UserWarning, match="recovered 1 call"), use_cassette(path):
        assert [ask(url).status_code for _ in range(2)] == [429, 200]
    assert statuses(path) == [200]

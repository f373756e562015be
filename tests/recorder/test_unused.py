"""Recordings that a test did not play."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_samurai import SamuraiFailure, use_cassette
from pytest_samurai.cassette.reader import load
from tests.recorder.conftest import ask, statuses


def test_recordings_that_were_not_played_fail_the_block(seven: Path, url: str) -> None:
    with pytest.raises(SamuraiFailure) as caught, use_cassette(seven):
        ask(url, f"question 3 {'about all ' * 20}")
    lines = str(caught.value).splitlines()
    assert lines[0] == f"6 of 7 recorded interactions were not played: {seven}"
    assert lines[1] == f"  interaction 1: question 0 {('about all ' * 20)[:69]}..."
    assert [line[:17] for line in lines[2:5]] == [f"  interaction {n}: "[:17] for n in (2, 3, 5)]
    assert lines[6:] == ["  ... and 1 more"]


def test_they_can_be_a_warning_or_nothing(seven: Path, url: str) -> None:
    with pytest.warns(UserWarning, match="^7 of 7 recorded interactions were not played"):
        with use_cassette(seven, unused="warn"):
            pass
    with use_cassette(seven, unused="ignore") as recorder:
        pass
    assert recorder.notes == []
    assert recorder.playback.unplayed() == list(range(7))


def test_a_failed_block_is_not_told_of_them(seven: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught, use_cassette(seven):
        _ = 1 / 0
    assert not hasattr(caught.value, "__notes__")


def test_new_episodes_counts_them_but_not_what_it_records(seven: Path, url: str) -> None:
    with pytest.raises(SamuraiFailure, match="^7 of 7 recorded"), use_cassette(seven, mode="new_episodes"):
        ask(url, "something new")
    assert len(load(seven)) == 8


def test_all_and_the_first_run_have_none(seven: Path, url: str) -> None:
    with use_cassette(seven, mode="all"):
        ask(url)
    assert len(load(seven)) == 1


def test_a_client_that_tries_less_often_leaves_no_error_unplayed(
    path: Path, url: str, fail: Callable[..., None]
) -> None:
    fail(429, 503, 429)
    with use_cassette(path, keep_retries=True):
        for _ in range(3):
            ask(url)
        ask(url, "another")
    assert statuses(path) == [429, 503, 429, 200]
    with use_cassette(path, keep_retries=True):
        ask(url)
        ask(url, "another")
    # The first of them is no tail: a test that does not make the request at all did not play it.
    with pytest.raises(SamuraiFailure, match="^1 of 4 recorded interactions was not played"):
        with use_cassette(path, keep_retries=True):
            ask(url, "another")

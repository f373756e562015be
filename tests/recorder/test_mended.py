"""Errors that a retry recovered from never count, so recording and replay have the same verdict."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from pytest_samurai import use_cassette
from pytest_samurai.errors import BudgetExceeded
from tests.recorder.conftest import ask


def until_it_goes_well(url: str) -> None:
    """Ask again like an SDK."""
    for attempt in count():
        if ask(url, attempt=attempt).status_code == 200:
            return


def test_a_mended_error_counts_neither_while_recording_nor_in_replay(
    path: Path, url: str, fail: Callable[..., None]
) -> None:
    seen = []
    for mode in ("once", "none"):
        if mode == "once":
            fail(429, 503)
        with use_cassette(path, mode=mode) as recorder:
            with recorder.budget(max_requests=1):
                until_it_goes_well(url)
            seen.append(([(call.number, call.cost) for call in recorder.calls], recorder.usage, recorder.cost))
            # Asking again does not change the numbers.
            assert [call.number for call in recorder.calls] == [1]
    assert seen[0] == seen[1]
    assert seen[0][1].requests == 1


def test_a_verdict_names_a_call_after_mended_errors_by_the_number_that_it_has_in_replay(
    path: Path, url: str, fail: Callable[..., None]
) -> None:
    verdicts = []
    for mode in ("once", "none"):
        if mode == "once":
            fail(429)
        with use_cassette(path, mode=mode) as recorder:
            with pytest.raises(BudgetExceeded) as broken, recorder.budget(max_total_tokens=1):
                until_it_goes_well(url)
            verdicts.append(str(broken.value))
    assert verdicts[0] == verdicts[1]


@pytest.mark.parametrize("mode", ["once", "none"])
def test_an_error_that_is_kept_or_not_mended_counts(path: Path, url: str, fail: Callable[..., None], mode: str) -> None:
    fail(429)
    with use_cassette(path, keep_retries=True):
        until_it_goes_well(url)
    with use_cassette(path, mode="none", keep_retries=mode == "once") as recorder:
        until_it_goes_well(url)
        assert recorder.usage.requests == 2
    fail(429)
    other = path.with_name("b.yaml")
    with use_cassette(other) as recorder:
        ask(url)
        assert [call.number for call in recorder.calls] == [1]
    with use_cassette(other, mode="none") as recorder:
        ask(url)
        assert recorder.usage.requests == 1

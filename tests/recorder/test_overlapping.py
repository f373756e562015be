"""Equal requests at the same time: none of them is a retry of another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_samurai.recorder.exchange import Take
from pytest_samurai.recorder.retries import without_mended
from pytest_samurai.settings.layers import resolve
from pytest_samurai.text import timestamp
from pytest_samurai.wire import COMPLETE, Interaction, Reply, Request
from tests.recorder.conftest import answered, opened, statuses

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def call(status: int, sent: float, duration: float | None = 1.0) -> Interaction:
    request = Request("POST", "http://h/v1/chat/completions", (), b'{"model":"m","messages":[]}')
    reply = Reply(status, "", (), b"{}", duration=duration)
    return Interaction(request, reply, timestamp(BEGAN + timedelta(seconds=sent)))


@pytest.mark.parametrize(
    ("calls", "kept"),
    [
        pytest.param([call(429, 0), call(200, 0.5)], [429, 200], id="sent before the error was answered"),
        pytest.param([call(429, 0), call(200, 1)], [200], id="sent as the error was answered"),
        pytest.param([call(429, 0), call(200, 0.9995)], [200], id="within what the clocks are off"),
        pytest.param([call(429, 0, None), call(200, 0)], [200], id="without a duration"),
        pytest.param([call(429, 0), call(429, 0.5), call(200, 2)], [429, 200], id="two errors, one retry"),
        pytest.param([call(429, 0), call(429, 0.5), call(200, 2), call(200, 2.5)], [200, 200], id="two retries"),
        pytest.param([call(429, 0), call(200, 0.5), call(200, 2)], [200, 200], id="one retried beside a success"),
        pytest.param([call(429, 0), call(503, 2), call(200, 4)], [200], id="retried twice"),
        pytest.param([call(429, 0), call(503, 0.5), call(500, 2), call(200, 4)], [503, 200], id="one retried twice"),
        pytest.param([call(200, 0), call(429, 2)], [200, 429], id="nothing came after it"),
        pytest.param([call(429, 0), call(400, 2), call(200, 4)], [400, 200], id="an error that is not retried between"),
    ],
)
def test_an_error_is_left_out_if_a_call_of_its_own_went_well_after_it_was_answered(
    calls: list[Interaction], kept: list[int]
) -> None:
    assert [interaction.reply.status for interaction in without_mended(calls, resolve([]))] == kept


def test_calls_without_a_date_are_retries_in_their_order() -> None:
    error, success = call(429, 0), call(200, 0)
    undated = Interaction(success.request, success.reply)
    assert without_mended([error, undated], resolve([])) == [undated]


def test_two_equal_requests_at_once_are_recorded_with_both_answers(path: Path) -> None:
    recorder = opened(path)
    request = Request("POST", "http://h/v1/chat/completions", (), b'{"messages":[{"role":"user","content":"hi"}]}')
    takes = [recorder.handle(request), recorder.handle(request)]
    for take, status in zip(takes, (429, 200), strict=True):
        assert isinstance(take, Take)
        take._clock -= 1  # both have taken a second
        take.reply(status, "", (), "HTTP/1.1")
        take.end(COMPLETE)
    assert [exchange.status_code for exchange in recorder.calls] == [429, 200]
    recorder.close()
    assert statuses(path) == [429, 200]
    assert recorder.notes == []
    replay = opened(path, "none")
    assert [answered(replay, "hi"), answered(replay, "hi")] == ["replayed", "replayed"]


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([500], "1 error left out of the recording (500), because the same request succeeded later"),
        ([429, 503], "2 errors left out of the recording (429, 503), because the same request succeeded later"),
    ],
)
def test_an_error_that_is_left_out_is_named_with_the_option_that_keeps_it(
    path: Path, errors: list[int], said: str
) -> None:
    recorder = opened(path)
    for status in (*errors, 200):
        answered(recorder, "hi", status)
    recorder.close()
    again = "if the test asks again no matter what the answer is, keep_retries=True records all answers"
    assert recorder.notes == [f"a test: {said}; {again}"]


def test_nothing_is_said_of_an_error_that_is_kept_or_that_an_sdk_retried_or_of_which_nothing_is_recorded(
    path: Path,
) -> None:
    for options in ({"keep_retries": True}, {"mode": "live"}):
        recorder = opened(path.with_name(f"{len(options)}{'mode' in options}.yaml"), **options)
        for status in (500, 200):
            answered(recorder, "hi", status)
        recorder.close()
        assert recorder.notes == []
    recorder = opened(path)
    for count, status in enumerate((500, 200)):
        answered(recorder, "hi", status, headers=(("x-stainless-retry-count", str(count)),))
    recorder.close()
    assert (statuses(path), recorder.notes) == ([200], [])

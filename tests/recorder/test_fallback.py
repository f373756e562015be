"""Applications that ask another host when the first one fails: in replay, each host answers as it did."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import SamuraiFailure, use_cassette
from pytest_samurai.cassette.reader import load
from tests.recorder.conftest import statuses

A, B, C = (f"https://{host}.test/v1/chat/completions" for host in "abc")
REPLY = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}}], "usage": None}


def asked(urls: Sequence[str], script: Sequence[int] = (), content: str = "hi") -> list[tuple[int, str]]:
    """The statuses that the application sees, and their hosts. `script` answers live calls."""
    answers = list(script)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(answers.pop(0), json={**REPLY, "model": request.url.host}, request=request)

    class Hosts(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return answer(request)

    body = {"model": "m", "messages": [{"role": "user", "content": content}]}
    with httpx.Client(transport=Hosts()) as client:
        replies = [client.post(url, json=body) for url in urls]
    return [(reply.status_code, reply.json()["model"]) for reply in replies]


def test_the_error_of_the_first_host_is_replayed_and_then_the_answer_of_the_second(path: Path) -> None:
    with use_cassette(path) as recorder:
        live = asked([A, B], [500, 200])
        calls = [call.status_code for call in recorder.calls]
    assert live == [(500, "a.test"), (200, "b.test")]
    assert statuses(path) == [500, 200]
    with use_cassette(path, mode="none") as recorder:
        assert asked([A, B]) == live
        assert [call.status_code for call in recorder.calls] == calls == [500, 200]


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_each_error_after_which_clients_try_again_stays_with_its_host(path: Path, status: int) -> None:
    with use_cassette(path):
        live = asked([A, A, B], [status, status, 200])
    assert statuses(path) == [status, status, 200]
    with use_cassette(path, mode="none"):
        assert asked([A, A, B]) == live


def test_an_error_that_its_own_host_mends_later_is_left_out(path: Path) -> None:
    with pytest.warns(UserWarning, match="1 error left out"), use_cassette(path) as recorder:
        asked([A, B, A], [500, 200, 200])
    assert [call.status_code for call in recorder.calls] == [200, 200]
    assert [(item.request.url, item.reply.status) for item in load(path)] == [(B, 200), (A, 200)]


def test_a_retry_with_another_key_in_the_url_is_one_of_the_same_url(path: Path) -> None:
    with pytest.warns(UserWarning, match="1 error left out"), use_cassette(path) as recorder:
        asked([f"{A}?key=first-0123456789", f"{A}?key=second-0123456789"], [429, 200])
    assert [call.status_code for call in recorder.calls] == [200]
    assert statuses(path) == [200]


def test_another_query_is_another_url(path: Path) -> None:
    old, new = f"{A}?api-version=1", f"{A}?api-version=2"
    with use_cassette(path):
        live = asked([old, new], [500, 200])
    assert statuses(path) == [500, 200]
    with use_cassette(path, mode="none"):
        assert asked([new, old]) == live[::-1]


def test_each_host_gives_its_own_answer_whichever_is_asked_first(path: Path) -> None:
    with use_cassette(path):
        live = asked([A, B, A, B], [200, 200, 201, 201])
    with use_cassette(path, mode="none"):
        assert asked([B, B, A, A]) == [live[1], live[3], live[0], live[2]]


def test_what_was_recorded_on_other_hosts_is_replayed_in_the_order_of_recording(path: Path) -> None:
    with use_cassette(path):
        live = asked([A, B], [500, 200])
    with use_cassette(path, mode="none"):
        assert asked([C, C]) == live


def test_the_host_counts_where_the_url_holds_a_key_that_the_recording_does_not(path: Path) -> None:
    with use_cassette(path):
        live = asked([f"{A}?key=first-0123456789", f"{B}?key=first-0123456789"], [200, 200])
    with use_cassette(path, mode="none"):
        urls = [f"{B}?key=another-0123456789", f"{A}?key=another-0123456789"]
        assert asked(urls) == live[::-1]


def test_functions_of_match_on_are_asked_about_the_same_url_first(path: Path) -> None:
    def same(new: Any, old: Any) -> bool:
        return bool(new.body == old.body)

    options: dict[str, Any] = {"match_on": ["method", "endpoint", same]}
    with use_cassette(path, **options):
        live = asked([A, B], [500, 200])
    with use_cassette(path, mode="none", **options):
        assert asked([B, A]) == live[::-1]


def test_an_error_of_the_second_host_has_to_be_played_too(path: Path) -> None:
    with use_cassette(path):
        asked([A, A, B], [500, 500, 503])
    assert statuses(path) == [500, 500, 503]
    # How often a client retries is up to the client; whether it asks the other host is up to the application.
    with use_cassette(path, mode="none"):
        asked([A, B])
    with pytest.raises(SamuraiFailure, match="1 of 3 recorded interactions was not played"), use_cassette(path):
        asked([A])


def test_a_router_that_happens_to_ask_the_other_host_first_has_left_nothing_unplayed(path: Path) -> None:
    with use_cassette(path):
        live = asked([A, A, B], [500, 503, 200])
    with use_cassette(path, mode="none"):
        assert asked([B]) == live[2:]


def test_an_error_that_its_own_host_has_answered_is_left_unplayed(path: Path) -> None:
    with use_cassette(path, keep_retries=True):
        asked([A, A], [500, 200])
    replies = [item.reply.status for item in load(path)]
    assert replies == [500, 200]
    # The first answer is the error. It cannot be skipped, so the other one remains.
    with pytest.raises(SamuraiFailure, match="1 of 2 recorded interactions was not played"), use_cassette(path):
        asked([A])


def test_other_requests_in_between_change_nothing(path: Path) -> None:
    with use_cassette(path):
        live = [*asked([A], [500]), *asked([A], [200], "other"), *asked([B], [200])]
    with use_cassette(path, mode="none"):
        assert [*asked([B]), *asked([A], content="other"), *asked([A])] == [live[2], live[1], live[0]]


def test_a_test_that_fails_after_it_fell_back_loses_no_call_that_was_paid_for(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), use_cassette(path):
        asked([A, B], [500, 200])
        raise ZeroDivisionError
    assert statuses(path) == [500, 200]


def test_one_whose_last_host_fails_too_keeps_nothing(path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as error, use_cassette(path):
        asked([A, B], [500, 503])
        raise ZeroDivisionError
    assert "a call ended in status 503" in error.value.__notes__[0]
    assert not path.exists()

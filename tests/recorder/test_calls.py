"""The calls of a test so far."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from pytest_samurai import use_cassette
from tests.intercept.scripted import API, body


class Unreachable(httpx.BaseTransport):
    """A server that cannot be reached."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")


@pytest.mark.parametrize("stream", [True, False])
def test_a_call_that_could_not_be_sent_is_no_longer_under_way(cassettes: Path, stream: bool) -> None:
    with use_cassette(cassettes / "a.yaml", mode="live") as recorder, httpx.Client(transport=Unreachable()) as client:
        with pytest.raises(httpx.ConnectError):
            client.post(API, json=body(stream=stream))
        assert not recorder.has_calls_under_way()

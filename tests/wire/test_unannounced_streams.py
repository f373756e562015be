"""Streams of events whose headers do not say so: their usage is still read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import use_cassette
from pytest_samurai.bill.call import Call
from pytest_samurai.wire.http import Headers, Reply, Request
from pytest_samurai.wire.interaction import Interaction
from tests.intercept.scripted import API, DONE, body, event

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
EVENTS = event("He", model="m") + event("llo") + event(usage=USAGE) + DONE
LINES = b"".join(
    json.dumps(said).encode() + b"\n"
    for said in (
        {"choices": [{"index": 0, "delta": {"content": "Hello"}}], "model": "m"},
        {"choices": [], "usage": USAGE},
    )
)


def call(content: bytes, headers: Headers = ()) -> Call:
    asked = Request("POST", API, (), json.dumps(body(stream=True)).encode())
    return Call(Interaction(asked, Reply(200, "OK", headers, content)), number=1, replayed=True)


@pytest.mark.parametrize("headers", [(), (("content-type", "text/plain"),), (("content-type", "application/json"),)])
@pytest.mark.parametrize("content", [EVENTS, EVENTS.replace(b"\n", b"\r\n"), b": hello\n\n" + EVENTS, LINES])
def test_it_is_what_its_events_say(content: bytes, headers: Headers) -> None:
    made = call(content, headers)
    assert made.usage is not None
    assert (made.usage.total_tokens, made.text, made.model) == (5, "Hello", "m")


@pytest.mark.parametrize("content", [b"", b"data:", b"not JSON", b"[1]", b'"text"', b"data: x\n\n"])
def test_what_holds_no_events_has_no_usage(content: bytes) -> None:
    made = call(content)
    assert (made.usage, made.text, made.model) == (None, None, "gpt-4o-mini")


def test_a_plain_reply_that_speaks_of_events_is_a_plain_reply() -> None:
    said = {"choices": [{"message": {"content": "data: x\n\ndata: y"}}], "usage": USAGE, "model": "m"}
    made = call(json.dumps(said, indent=1).encode())
    assert made.text == "data: x\n\ndata: y"
    assert made.usage is not None
    assert made.usage.total_tokens == 5


def test_an_old_cassette_with_such_a_stream_can_have_a_budget(cassettes: Path) -> None:
    cassettes.mkdir()
    path = cassettes / "a.yaml"
    item: dict[str, Any] = {
        "request": {"method": "POST", "uri": API, "headers": {}, "body": json.dumps(body(stream=True))},
        "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": EVENTS.decode()}},
    }
    path.write_text(json.dumps({"interactions": [item], "version": 1}), encoding="utf-8")
    with use_cassette(path, mode="none", max_total_tokens=5) as recorder:
        assert httpx.post(API, json=body(stream=True)).content == EVENTS
        assert recorder.usage.total_tokens == 5

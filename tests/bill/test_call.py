"""What a call says about itself, streamed or not, for any request and reply."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pytest_samurai.bill.call import Call
from pytest_samurai.errors import SamuraiError
from pytest_samurai.wire.http import Chunk, Reply, Request
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.price import Price
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import COMPLETION, USAGE, Json, call, chunk, stream, streamed


def test_a_plain_call_says_what_was_sent_and_received() -> None:
    one = call(request={"model": "m", "n": 1}, number=3, duration=0.25)

    assert one.request == {"model": "m", "n": 1}
    assert one.response == COMPLETION
    assert (one.text, one.status_code, one.model, one.streamed, one.replayed) == (
        "Paris.",
        200,
        "m-served",
        False,
        True,
    )
    assert (one.usage, one.duration, one.number) == (Usage(1, 28, 22, 50), 0.25, 3)
    assert repr(one) == "<Call 3: m-served, status 200, replayed>"


def test_a_live_call_says_so() -> None:
    interaction = Interaction(Request("POST", "u", (), b"{}"), Reply(200, "", (), b"{}"))
    live = Call(interaction, number=1, replayed=False)

    assert not live.replayed
    assert repr(live) == "<Call 1: None, status 200, live>"


def test_a_streamed_call_says_what_a_plain_one_would_have() -> None:
    one = streamed(
        chunk({"role": "assistant", "content": ""}), chunk({"content": "Par"}), chunk({"content": "is."}),
        chunk(finish="stop"), {"id": "x", "model": "m-served", "choices": [], "usage": USAGE},
    )  # fmt: skip

    assert one.response == COMPLETION | {"object": "chat.completion"}
    assert (one.text, one.model, one.streamed, one.usage) == ("Paris.", "m-served", True, Usage(1, 28, 22, 50))


def test_usage_that_the_application_did_not_see_counts() -> None:
    one = streamed(chunk({"content": "a"}), hidden_usage=USAGE)

    assert one.usage == Usage(1, 28, 22, 50)
    assert one.response["usage"] == USAGE


HTML = b"<html><body>502 Bad Gateway</body></html>"
ODD = [HTML, b"", b"null", b"[]", b'"text"', b"\xff\xfe", b'{"choices": [', b"[" * 100_000]


@pytest.mark.parametrize("body", ODD)
@pytest.mark.parametrize("chunks", [None, (), (Chunk(1, 0.0),)])
def test_a_reply_that_is_no_json_object_says_so_and_nothing_else_breaks(body: bytes, chunks: Any) -> None:
    one = call(body, chunks=chunks)

    with pytest.raises(SamuraiError, match="the reply is not a JSON object: b"):
        one.response  # noqa: B018 - asked for its error
    assert (one.text, one.usage, one.model) == (None, None, "m")
    assert call(body, chunks=chunks, status=502).usage == Usage(requests=1)


@pytest.mark.parametrize("body", ODD)
def test_a_request_that_is_no_json_object_says_so_and_nothing_else_breaks(body: bytes) -> None:
    one = call(COMPLETION, request=body)

    with pytest.raises(SamuraiError, match="the request is not a JSON object: b"):
        one.request  # noqa: B018 - asked for its error
    assert call({}, request=body).model is None
    assert one.model == "m-served"


def test_a_plain_reply_that_only_looks_like_events_is_not_merged() -> None:
    with pytest.raises(SamuraiError, match="the reply is not a JSON object"):
        call(stream(chunk({"content": "a"}))).response  # noqa: B018 - asked for its error


def test_the_error_shows_the_beginning_of_what_came() -> None:
    with pytest.raises(SamuraiError, match="502 Bad Gateway"):
        call(HTML).response  # noqa: B018 - asked for its error


@pytest.mark.parametrize(
    "choices",
    [
        None,
        [],
        {},
        "text",
        [None],
        ["text"],
        [{}],
        [{"message": None}],
        [{"message": "text"}],
        [{"message": {"content": None, "tool_calls": []}}],
        [{"message": {"content": [{"type": "text"}]}}],
    ],
)
def test_a_reply_without_content_has_no_text(choices: Json) -> None:
    assert call({"choices": choices}).text is None
    assert call({}).text is None


def test_the_text_is_that_of_the_first_choice() -> None:
    assert call({"choices": [{"message": {"content": text}} for text in "ab"]}).text == "a"


@pytest.mark.parametrize("served", [None, "", 7, {"id": "m"}])
def test_a_reply_that_does_not_name_its_model_has_the_one_that_was_asked_for(served: Json) -> None:
    assert call({"model": served}).model == "m"
    assert call({"model": served}, request={"model": 7}).model is None


def test_a_reply_that_is_no_completion_has_used_a_request_and_no_tokens() -> None:
    error = {"error": {"type": "rate_limit_exceeded", "message": "no", "code": 429}}

    assert call(error, status=429).usage == Usage(requests=1)
    assert call(error, status=400).usage == Usage(requests=1)
    assert call({}, status=307).usage == Usage(requests=1)
    assert call(error, status=299).usage is None
    assert call({**error, "usage": USAGE}, status=500).usage == Usage(1, 28, 22, 50)


def test_an_error_in_place_of_a_stream_is_read_though_it_is_called_one() -> None:
    one = call({"error": {"code": 503}}, status=503, chunks=(Chunk(9, 0.0),))

    assert one.response == {"error": {"code": 503}}
    assert one.usage == Usage(requests=1)


def test_a_stream_that_ends_in_an_error_has_its_beginning_and_the_error() -> None:
    one = streamed(chunk({"content": "Par"}), {"error": {"message": "overloaded"}}, done=False)

    assert (one.text, one.response["error"], one.usage) == ("Par", {"message": "overloaded"}, None)


def test_a_call_with_tools_that_are_billed_by_the_call_has_an_unknown_cost() -> None:
    price = Price(source="x", input_mtok=Decimal(1), output_mtok=Decimal(1))
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    costs = []
    for kind in ("message", "web_search_call"):
        reply = {"model": "m", "output": [{"type": kind}], "usage": usage}
        made = call(reply, url="https://h/v1/responses")
        costs.append(Call(replace(made._interaction, price=price), number=1, replayed=True).cost)
    assert costs == [Decimal("0.000002"), None]


OF_BROKEN_STREAM = {"candidates": [{"index": 0}], "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9}}


@pytest.mark.parametrize(
    ("path", "reply", "in_part", "in_other_units"),
    [
        ("chat/completions", {"usage": {"prompt_tokens": None}}, True, False),
        ("audio/transcriptions", {"text": "a", "usage": {"type": "duration", "seconds": 5}}, False, True),
        ("v1beta/models/m:generateContent", {"usageMetadata": {"candidatesTokenCount": 4}}, True, False),
        ("v1beta/models/m:streamGenerateContent?alt=sse", stream(OF_BROKEN_STREAM, done=False), True, False),
        ("api/chat", {"eval_count": 4, "done": True}, True, False),
        ("api/chat", {"done": True}, False, False),
        ("model/m/converse", {"usage": {"inputTokens": 4}}, True, False),
        ("v2/chat", {"usage": {"billed_units": {"input_tokens": 4}}}, True, False),
        ("v2/chat", {"usage": {"billed_units": {"search_units": 1}}}, False, True),
        ("v1/chat", {"meta": {"api_version": {"version": "1"}}}, False, False),
    ],
)
def test_usage_that_is_not_whole_or_not_in_tokens_is_told_from_none_in_each_api(
    path: str, reply: Json, in_part: bool, in_other_units: bool
) -> None:
    answered = call(reply, url=f"https://h/{path}")

    assert answered.usage is None
    assert (answered.has_usage_in_part, answered.has_usage_in_other_units) == (in_part, in_other_units)

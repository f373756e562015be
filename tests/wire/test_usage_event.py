"""Which event of a stream answers the question for the usage, and is therefore hidden from the application."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_samurai.wire.asking import UsageFilter
from pytest_samurai.wire.choices import ASKING
from tests.wire.calls import USAGE, Json, chunk

PART = chunk({"content": "Hi"})
LAST = chunk({}, finish="stop")
ANSWER = {
    "id": "x",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m-served",
    "choices": [],
    "usage": USAGE,
}
DONE = "[DONE]"


def sent(*events: Json) -> list[bytes]:
    return [f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n".encode() for event in events]


def sieved(pieces: list[bytes]) -> tuple[bytes, Json]:
    usage_filter = UsageFilter(ASKING)
    return b"".join([*map(usage_filter.feed, pieces), usage_filter.flush()]), usage_filter.usage


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"service_tier": "default", "system_fingerprint": "fp_1", "obfuscation": "abc"},
        {"timings": {"prompt_n": 1}},
        {
            "usage": {
                **USAGE,
                "cost": 0.1,
                "is_byok": False,
                "details": {"cache": {"tokens": 1}, "none": None, "no": ""},
            }
        },
        # These say nothing.
        {"error": None, "citations": [], "x_meta": {}, "provider": "", "prompt_logprobs": None},
    ],
)
def test_an_event_with_standard_fields_is_the_answer(more: Json) -> None:
    answer = {**ANSWER, **more}
    assert sieved(sent(PART, answer, DONE)) == (b"".join(sent(PART, DONE)), answer["usage"])


@pytest.mark.parametrize(
    "event",
    [
        {**ANSWER, "error": {"message": "upstream died", "code": 502}},
        {**ANSWER, "error": "upstream died"},
        {**ANSWER, "citations": ["https://h"]},
        {**ANSWER, "x_meta": {"a": 1}},
        {**ANSWER, "provider": "another"},
        {**ANSWER, "cost": 0},
        {**ANSWER, "choices": [{"index": 0, "delta": {}}]},
        {**ANSWER, "choices": None},
        {**ANSWER, "usage": {}},
        {**ANSWER, "usage": [1]},
        {**ANSWER, "usage": {**USAGE, "citations": ["https://h"]}},
        {**ANSWER, "usage": {**USAGE, "details": {"search_context_size": "low"}}},
        {"id": "x", "usage": USAGE},
    ],
)
def test_an_event_with_more_or_less_than_that_passes(event: Json) -> None:
    stream = sent({**PART, "citations": ["https://h"]}, event, DONE)

    assert sieved(stream) == (b"".join(stream), None)


def test_a_word_that_the_part_before_has_too_is_nothing_new() -> None:
    head: dict[str, Any] = {"provider": "P", "model_version": 2}
    parts = sent({**PART, **head}, ": ping", {"choices": [], "ping": 1}, DONE)

    assert sieved([*parts[:3], *sent({**ANSWER, **head}), parts[3]]) == (b"".join(parts), USAGE)
    for event in ({**ANSWER, "provider": "Q"}, {**ANSWER, "error": "P"}):
        stream = sent({**PART, **head, "error": "P"}, event, DONE)
        assert sieved(stream) == (b"".join(stream), None)


@pytest.mark.parametrize(
    "stream",
    [
        (PART, LAST, ANSWER, ANSWER, DONE),
        (PART, ANSWER, ": ping", ANSWER),
        (ANSWER, PART, LAST, ANSWER, DONE),
        ({**PART, "usage": USAGE}, {**LAST, "usage": USAGE}, ANSWER, DONE),
        (PART, {**LAST, "usage": USAGE}, ANSWER, DONE),
        (PART, {"usage": USAGE}, LAST, ANSWER, DONE),
        (PART, {**ANSWER, "citations": ["https://h"]}, ANSWER, DONE),
        (PART, ANSWER, {"error": {"message": "late"}, "usage": USAGE}, DONE),
    ],
)
def test_a_server_that_has_told_a_usage_tells_it_unasked(stream: tuple[Json, ...]) -> None:
    assert sieved(sent(*stream)) == (b"".join(sent(*stream)), None)


@pytest.mark.parametrize(
    "failure", [{"error": {"message": "late", "code": 500}}, {"error": "late"}, {"object": "error", "message": "late"}]
)
def test_the_answer_before_an_error_is_taken_out(failure: Json) -> None:
    for end in ((), (DONE,)):
        assert sieved(sent(PART, ANSWER, failure, *end)) == (b"".join(sent(PART, failure, *end)), USAGE)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("kind", [b"event: error", b"event:error"])
@pytest.mark.parametrize("first", [b"", b"id: 3"])
def test_the_answer_before_an_event_of_the_type_error_is_taken_out(first: bytes, kind: bytes, end: bytes) -> None:
    failure = (first and first + end) + kind + end + b'data: {"message": "late"}' + 2 * end
    assert sieved([*sent(PART, ANSWER), failure]) == (b"".join([*sent(PART), failure]), USAGE)
    other = failure.replace(b"error", b"errors")
    stream = [*sent(PART, ANSWER), other, *sent(PART)]
    assert sieved(stream) == (b"".join(stream), None)


def test_a_text_that_names_the_end_of_a_stream_does_not_end_it() -> None:
    parts = [chunk({"content": text}) for text in ("[DONE]", "data: [DONE]")]
    assert sieved(sent(*parts, ANSWER, DONE)) == (b"".join(sent(*parts, DONE)), USAGE)


def test_in_a_stream_of_lines_a_field_that_the_parts_have_too_is_a_standard_one() -> None:
    lines = [json.dumps({**event, "provider": "Q"}).encode() + b"\n" for event in (PART, LAST, ANSWER)]
    assert sieved(lines) == (b"".join(lines[:2]), USAGE)


@pytest.mark.parametrize("no_failure", [{"error": None}, {"error": {}}, {"object": "chat.completion.chunk"}])
def test_what_is_no_error_ends_nothing(no_failure: Json) -> None:
    stream = sent(PART, ANSWER, no_failure, PART, DONE)
    assert sieved(stream) == (b"".join(stream), None)


def test_a_usage_that_says_nothing_is_none_yet() -> None:
    parts = sent({**PART, "usage": None}, {**LAST, "usage": {}})
    assert sieved([*parts, *sent(ANSWER, DONE)]) == (b"".join([*parts, *sent(DONE)]), USAGE)


@pytest.mark.parametrize(
    "stream", [(ANSWER, PART, DONE), (PART, ANSWER, PART, DONE), (PART, DONE, ANSWER), (LAST, PART, ANSWER, PART)]
)
def test_a_usage_event_in_another_place_passes(stream: tuple[Json, ...]) -> None:
    assert sieved(sent(*stream)) == (b"".join(sent(*stream)), None)


def test_after_the_answer_a_server_may_send_more() -> None:
    """OpenCode's event sends the cost of the call; Cloudflare's repeats the usage in its own form."""
    more = {"response": "", "usage": {**USAGE, "neurons": 1.5}}

    assert sieved(sent(PART, LAST, ANSWER, {"cost": "0"}, DONE)) == (
        b"".join(sent(PART, LAST, {"cost": "0"}, DONE)),
        USAGE,
    )
    assert sieved(sent(PART, LAST, ANSWER, more, ANSWER, DONE))[0] == b"".join(sent(PART, LAST, more, ANSWER, DONE))
    # All in one piece, so that the last part is one of several.
    assert sieved([b"".join(sent(PART, LAST, ": x")), *sent(ANSWER, more)])[0] == b"".join(
        sent(PART, LAST, ": x", more)
    )


def test_comments_between_the_answer_and_the_end_pass_in_their_order() -> None:
    comments = [b": one\n\n", b": two\n\n"]

    assert sieved([*sent(PART, ANSWER), *comments, *sent(DONE)])[0] == b"".join([*sent(PART), *comments, *sent(DONE)])
    assert sieved([*sent(PART, ANSWER), *comments]) == (b"".join([*sent(PART), *comments]), USAGE)
    passed = [*sent(ANSWER), *comments, *sent(PART)]
    assert sieved(passed) == (b"".join(passed), None)


def test_what_came_is_known_while_it_is_held() -> None:
    """The application may stop reading before the end."""
    usage_filter = UsageFilter(ASKING)
    passed = [usage_filter.feed(event) for event in sent(PART, ANSWER)]

    assert (passed, usage_filter.usage) == ([*sent(PART), b""], USAGE)


@pytest.mark.parametrize("begin", [b"", b"\x1e", b" "])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_of_json_lines_the_answer_is_one(begin: bytes, end: bytes) -> None:
    lines = [begin + json.dumps(event).encode() + end for event in (PART, LAST, ANSWER)]
    passed = b"".join(lines[:2])

    assert sieved(lines) == (passed, USAGE)
    assert sieved([b"".join(lines).removesuffix(end)]) == (passed, USAGE)
    body = b"".join(lines)
    assert sieved([body[at : at + 1] for at in range(len(body))]) == (passed, USAGE)


def test_blank_lines_between_json_lines_stay() -> None:
    lines = [b"\n" + json.dumps(event).encode() + b"\n\n" for event in (PART, LAST, ANSWER)]

    assert sieved(lines) == (b"".join(lines[:2]) + b"\n\n", USAGE)
    assert sieved([b"".join(lines)]) == (b"".join(lines[:2]) + b"\n\n", USAGE)


def test_a_line_of_json_passes_as_soon_as_it_is_whole() -> None:
    usage_filter = UsageFilter(ASKING)
    line = json.dumps(PART).encode() + b"\n"

    assert [usage_filter.feed(data) for data in (line, line[:9], line[9:])] == [line, b"", line]


def test_json_that_is_no_stream_passes() -> None:
    body = json.dumps({**ANSWER, "choices": [{"message": {"content": "Hi"}}]}, indent=1).encode()

    assert sieved([body[:40], body[40:]]) == (body, None)


def test_of_events_without_blank_lines_between_them_each_line_is_one() -> None:
    lines = [event[:-1] for event in sent(PART, LAST, ANSWER, DONE)]

    assert sieved(lines) == (b"".join([*lines[:2], lines[3]]), USAGE)
    usage_filter = UsageFilter(ASKING)
    assert usage_filter.feed(lines[0] + lines[1]) == lines[0]


def test_an_event_of_several_lines_is_one_event() -> None:
    text = json.dumps(ANSWER, indent=1).replace("\n", "\ndata: ")
    event = f": the end\ndata: {text}\n\n".encode()

    assert sieved([*sent(PART), event, *sent(DONE)]) == (b"".join(sent(PART, DONE)), USAGE)

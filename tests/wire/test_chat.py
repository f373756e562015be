"""The wire: what a call says of itself, streams merged, and the one event that is taken out of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_samurai.bill.call import Call
from pytest_samurai.errors import SamuraiError
from pytest_samurai.wire.chat import UsageFilter, merge, with_usage_asked
from pytest_samurai.wire.events import ends_stream, events, last_word
from pytest_samurai.wire.http import Chunk, Reply, Request, is_event_stream
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.objects import parse_object
from pytest_samurai.wire.usage import Usage

Json = Any

USAGE = {"prompt_tokens": 28, "completion_tokens": 22, "total_tokens": 50}
COMPLETION = {
    "id": "x",
    "model": "m-served",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Paris."}, "finish_reason": "stop"}],
    "usage": USAGE,
}


def encoded(value: Json) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def call(reply: Json = None, *, request: Json = None, status: int = 200, number: int = 1, **more: Any) -> Call:
    asked = Request("POST", "https://h/chat/completions", (), encoded({"model": "m"} if request is None else request))
    answer = Reply(status, "", (), encoded(COMPLETION if reply is None else reply), **more)
    return Call(Interaction(asked, answer), number=number, replayed=True)


def stream(*parts: Json, end: str = "\n\n", done: bool = True) -> bytes:
    data = [*(part if isinstance(part, str) else json.dumps(part) for part in parts), *(["[DONE]"] if done else [])]
    return "".join(f"data: {one}{end}" for one in data).encode()


def streamed(*parts: Json, done: bool = True, **more: Any) -> Call:
    body = stream(*parts, done=done)
    return call(body, chunks=(Chunk(len(body), 0.1),), **more)


def chunk(delta: Json = None, index: int = 0, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": index, "delta": {} if delta is None else delta, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion.chunk", "model": "m-served", "choices": [choice], **more}


def message(*deltas: Json) -> Json:
    return merge(map(json.dumps, map(chunk, deltas)))["choices"][0]["message"]


# --- a call


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


@pytest.mark.parametrize(
    ("status", "ending", "success"),
    [
        (200, "complete", True),
        (200, "closed", True),
        (399, "complete", True),
        (400, "complete", False),
        (200, "ReadError", False),
    ],
)
def test_an_error_and_a_broken_stream_are_no_success(status: int, ending: str, success: bool) -> None:
    assert Reply(status, "", (), b"", ending=ending).is_success is success


def test_a_body_comes_in_the_pieces_and_at_the_times_of_its_chunks() -> None:
    reply = Reply(200, "", (), b"abcdef", (Chunk(1, 0.1), Chunk(3, 0.2), Chunk(2, 0.5)))

    assert list(reply.pieces()) == [(b"a", 0.1), (b"bcd", 0.2), (b"ef", 0.5)]


def test_a_plain_body_is_one_piece_at_the_end() -> None:
    assert list(Reply(200, "", (), b"abc", duration=0.5).pieces()) == [(b"abc", 0.5)]
    assert list(Reply(200, "", (), b"abc").pieces()) == [(b"abc", 0.0)]


# --- headers, and what is asked for


@pytest.mark.parametrize(
    ("name", "value", "answer"),
    [
        ("content-type", "text/event-stream", True),
        ("content-type", "Text/Event-Stream; charset=utf-8", True),
        ("content-type", "application/json", False),
        ("accept", "text/event-stream", False),
    ],
)
def test_a_stream_is_known_by_its_content_type(name: str, value: str, answer: bool) -> None:
    assert is_event_stream((("x", "y"), (name, value))) is answer


@pytest.mark.parametrize("options", [None, {}, {"include_usage": False}, {"include_usage": None}, "x"])
def test_usage_is_asked_for_where_it_was_not(options: Json) -> None:
    asked = with_usage_asked(encoded({"stream": True, "stream_options": options, "é": ["\ud800", 1e-07]}))

    assert asked is not None
    assert asked.isascii()
    assert json.loads(asked) == {"stream": True, "stream_options": {"include_usage": True}, "é": ["\ud800", 1e-07]}


def test_the_order_and_the_other_options_of_a_request_stay() -> None:
    asked = with_usage_asked(b'{"stream": true, "z": 1, "stream_options": {"obfuscate": false}, "a": 2}')

    assert asked == b'{"stream": true, "z": 1, "stream_options": {"obfuscate": false, "include_usage": true}, "a": 2}'


@pytest.mark.parametrize(
    "body",
    [
        {"model": "m"},
        {"stream": False},
        {"stream": 1},
        {"stream": True, "stream_options": {"include_usage": True}},
        b"",
        b"hello",
        b"[]",
    ],
)
def test_a_request_that_is_no_stream_or_asks_already_stays_as_it_is(body: Json) -> None:
    assert with_usage_asked(encoded(body)) is None


# --- events


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_events_are_read_with_every_line_end(end: str) -> None:
    body = end.join(
        ["data: a", "", ": ping", "", "event: x", "id: 7", "data:b", "id: 8", "data:  c", "", "data:  [DONE] ", "", ""]
    )

    assert list(events(body.encode())) == ["a", "b\n c"]


def test_an_event_without_its_blank_line_is_read_and_bad_utf_8_does_not_stop_it() -> None:
    assert list(events(b"data: a\n\n\n\nnothing\n\ndata: \xff")) == ["a", "\ufffd"]


@pytest.mark.parametrize(
    ("body", "ended"),
    [
        (b"data: {}\n\ndata: [DONE]\n\n", True),
        (b"data: {}\r\n\r\ndata:[DONE]", True),
        (b"data: [DONE]\n\n: cost 0.01" + b"." * 100, True),
        (b"data: {}\n\n", False),
        (b'data: {"content": "data: [DONE]"}\n\n', False),
        (b"data: {}\n\ndata: [DO", False),
    ],
)
def test_a_stream_has_ended_once_done_is_an_event_and_not_a_word(body: bytes, ended: bool) -> None:
    assert ends_stream(body) is ended


# --- merge


def partition(draw: st.DrawFn, text: str) -> list[str]:
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=5)))
    return [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Json], list[Json]]:
    """The choices of a reply, and the events in which it may come."""
    choices, queues = [], []
    for index in range(draw(st.integers(1, 3))):
        text, arguments = draw(st.text(max_size=8)), draw(st.lists(st.text("{}1é", max_size=6), max_size=2))
        calls = [
            {"id": f"call_{place}", "type": "function", "function": {"name": "f", "arguments": one}}
            for place, one in enumerate(arguments)
        ]
        parts: list[Json] = [chunk({"role": "assistant", "content": None}, index)]
        parts += [chunk({"content": piece}, index) for piece in partition(draw, text)]
        for place, one in enumerate(calls):
            head = {**one, "index": place, "function": {"name": "f", "arguments": ""}}
            parts.append(chunk({"tool_calls": [head]}, index))
            for piece in partition(draw, arguments[place]):
                parts.append(chunk({"tool_calls": [{"index": place, "function": {"arguments": piece}}]}, index))
        parts.append(chunk({}, index, "stop"))
        queues.append(parts)
        said = {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}
        choices.append({"index": index, "message": said, "finish_reason": "stop"})
    order = draw(st.permutations([index for index, parts in enumerate(queues) for _ in parts]))
    return choices, [queues[index].pop(0) for index in order]


@given(streams())
def test_a_stream_merges_to_the_plain_reply_however_it_was_cut_and_mixed(reply: tuple[list[Json], list[Json]]) -> None:
    choices, parts = reply

    assert merge(events(stream(*parts))) == {
        "id": "x",
        "object": "chat.completion",
        "model": "m-served",
        "choices": choices,
    }


def test_three_choices_that_take_turns_stay_apart_and_come_in_order() -> None:
    parts = [
        chunk({"content": text}, index) for index, text in [(2, "e"), (0, "a"), (1, "c"), (0, "b"), (2, "f"), (1, "d")]
    ]

    choices = streamed(*parts).response["choices"]

    assert [(one["index"], one["message"]["content"]) for one in choices] == [(0, "ab"), (1, "cd"), (2, "ef")]


def test_events_that_are_no_json_objects_are_passed_over() -> None:
    assert streamed("{", "[]", "null", chunk({"content": "a"}), "ping").text == "a"


@pytest.mark.parametrize("odd", [None, "x", {}, [None], ["x"], [[]]])
def test_choices_of_another_shape_are_passed_over(odd: Json) -> None:
    assert streamed({"choices": odd}, chunk({"content": "a"})).text == "a"


@pytest.mark.parametrize("odd", [None, "x", [], 7])
def test_a_delta_of_another_shape_is_passed_over(odd: Json) -> None:
    assert streamed({"choices": [{"index": 0, "delta": odd}]}, chunk({"content": "a"})).text == "a"


@pytest.mark.parametrize("index", [None, "0", 0.5])
def test_a_choice_without_a_number_is_the_first(index: Json) -> None:
    parts = [
        chunk({"content": "a"}),
        {"choices": [{"index": index, "delta": {"content": "b"}}]},
        {"choices": [{"delta": {"content": "c"}}]},
    ]

    [choice] = streamed(*parts).response["choices"]

    assert (choice["index"], choice["message"]["content"], choice["finish_reason"]) == (0, "abc", None)


def test_a_stream_whose_server_does_not_say_the_role_is_the_assistants() -> None:
    assert message({"content": "a"}) == {"role": "assistant", "content": "a"}


def test_of_usage_the_last_that_is_not_null_counts_and_never_a_sum() -> None:
    def total(*usages: Json) -> int | None:
        usage = streamed(*(chunk({"content": "a"}, usage=usage) for usage in usages)).usage
        return None if usage is None else usage.total_tokens

    def running(count: int) -> Json:
        return {"prompt_tokens": 5, "completion_tokens": count, "total_tokens": 5 + count}

    assert total(running(1), running(2), running(3)) == 8
    assert total(running(1), running(2), None) == 7
    assert total(None, running(4), {}) == 9
    assert total(None, None) is None


def test_of_what_stands_beside_the_choices_the_last_word_counts_if_it_says_anything() -> None:
    head: Json = {"id": "", "model": "", "object": "", "choices": [], "prompt_filter_results": []}
    tail: Json = {"id": None, "model": "", "choices": [], "system_fingerprint": None, "created": 0}

    merged = merge(map(json.dumps, [head, chunk({"content": "a"}, created=7), tail]))

    assert {name: merged[name] for name in ("id", "model", "object", "created")} == {
        "id": "x",
        "model": "m-served",
        "object": "chat.completion",
        "created": 0,
    }
    assert (merged["system_fingerprint"], merged["prompt_filter_results"]) == (None, [])


def test_a_finish_reason_stays_though_later_events_have_none() -> None:
    merged = merge(map(json.dumps, [chunk({"content": "a"}, finish="length"), chunk({}, stop_reason=None)]))

    assert merged["choices"][0]["finish_reason"] == "length"


def test_logprobs_are_put_together() -> None:
    def part(value: Json) -> str:
        return json.dumps({"choices": [{"index": 0, "delta": {}, "logprobs": value}]})

    parts = [None, {"content": [{"token": "a"}], "refusal": None}, {"content": [{"token": "b"}]}, None]
    assert merge(map(part, parts))["choices"][0]["logprobs"] == {
        "content": [{"token": "a"}, {"token": "b"}],
        "refusal": None,
    }
    assert merge(map(part, [None, None]))["choices"][0]["logprobs"] is None


def test_a_server_that_sends_the_whole_message_is_believed() -> None:
    whole = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "whole"}}]}

    assert streamed(chunk({"content": "who"}), whole).text == "whole"


# --- tool calls, as servers differ in sending them


def function(name: str | None = None, arguments: str | None = None, **more: Json) -> Json:
    parts = {"name": name, "arguments": arguments}
    return {"function": {key: value for key, value in parts.items() if value is not None}, **more}


def calls(*parts: Json) -> list[tuple[str, str, str]]:
    found = message(*({"tool_calls": [part]} for part in parts))["tool_calls"]
    return [(one.get("id"), one["function"]["name"], one["function"]["arguments"]) for one in found]


def test_arguments_that_come_in_parts_are_put_together() -> None:
    assert message(
        {"tool_calls": [function("f", "", index=0, id="a", type="function")]},
        {"tool_calls": [function(arguments='{"x"', index=0), function("g", "", index=1, id="b", type="function")]},
        {"tool_calls": [function(arguments="{}", index=1), function(arguments=": 1}", index=0)]},
    ) == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"function": {"name": "f", "arguments": '{"x": 1}'}, "id": "a", "type": "function"},
            {"function": {"name": "g", "arguments": "{}"}, "id": "b", "type": "function"},
        ],
    }


def test_whole_calls_without_a_number_are_one_each() -> None:
    assert calls(function("f", "1", id="a"), function("g", "2", id="b"), function("f", "1", id="c", index=None)) == [
        ("a", "f", "1"),
        ("b", "g", "2"),
        ("c", "f", "1"),
    ]


def test_calls_that_all_have_the_number_0_are_told_apart_by_their_ids() -> None:
    assert calls(
        function("f", "1", id="a", index=0), function(arguments="2", index=0),
        function("g", "3", id="b", index=0), function(arguments="4", index=0),
    ) == [("a", "f", "12"), ("b", "g", "34")]  # fmt: skip


def test_what_is_repeated_in_every_part_is_said_once() -> None:
    parts = [function("f", piece, id="a", type="function", index=0) for piece in "123"]

    assert calls(*parts) == [("a", "f", "123")]
    assert message(*({"role": "assistant", "content": piece} for piece in "ab")) == {
        "role": "assistant",
        "content": "ab",
    }
    assert message(*({"tool_calls": [part]} for part in parts))["tool_calls"][0]["type"] == "function"


def test_an_id_or_name_that_is_empty_or_null_in_later_parts_stays_as_it_was() -> None:
    assert calls(
        function("f", "1", id="a", index=0), function("", "2", id="", index=0), function(None, "3", id=None, index=0)
    ) == [("a", "f", "123")]


def test_an_id_that_changes_from_part_to_part_does_not_make_another_call() -> None:
    assert calls(function("f", "1", id="a", index=0), function(None, "2", id="b", index=0)) == [("b", "f", "12")]


def test_an_id_that_comes_late_does_not_make_another_call() -> None:
    for first in ({}, {"id": ""}, {"id": None}):
        parts = function("f", "1", index=0, **first), function("f", "2", id="a", index=0)
        assert calls(*parts) == [("a", "f", "12")]


def test_a_name_in_parts_is_put_together() -> None:
    assert calls(function("get_", "", id="a", index=0), function("weather", "1", index=0)) == [
        ("a", "get_weather", "1")
    ]


def test_reasoning_in_numbered_parts_is_put_together() -> None:
    details = [{"type": "reasoning.text", "text": text, "format": "v1", "index": 0} for text in ("be", "cause")]

    assert message(*({"reasoning_details": [one]} for one in details))["reasoning_details"] == [
        {"type": "reasoning.text", "text": "because", "format": "v1", "index": 0}
    ]


def test_lists_of_anything_else_are_joined() -> None:
    assert message({"content": [{"type": "text"}], "x": ["a"]}, {"content": [{"type": "text"}], "x": ["a"]}) == {
        "role": "assistant",
        "content": [{"type": "text"}, {"type": "text"}],
        "x": ["a", "a"],
    }


def test_fields_that_are_no_texts_keep_the_last_value_that_says_anything() -> None:
    first = {"a": 1, "b": None, "c": {"x": "y"}, "d": {"x": "y"}}
    later = {"a": 2, "b": "z", "c": {"x": "y"}, "d": None}

    assert message(first, later, {"a": None, "b": None}) == {
        "role": "assistant",
        "content": None,
        "a": 2,
        "b": "z",
        "c": {"x": "yy"},
        "d": {"x": "y"},
    }


# --- the event that is taken out

USAGE_EVENT = json.dumps({"id": "x", "choices": [], "usage": USAGE})
OTHERS = st.sampled_from(
    [
        json.dumps(chunk({"content": 'the "usage" of\\n\\n é'})),
        json.dumps(chunk({"content": "a"}, usage={"prompt_tokens": 1})),
        json.dumps(chunk({"content": "a"}, usage=None)),
        json.dumps({"choices": [], "usage": None, "prompt_filter_results": []}),
        '{"usage": []}',
        '{"usage": broken',
        '"usage"',
        "[DONE]",
    ]
)


def filtered(pieces: list[bytes]) -> tuple[bytes, Json]:
    usage_filter = UsageFilter()
    passed = b"".join(usage_filter.feed(piece) for piece in pieces) + usage_filter.flush()
    return passed, usage_filter.usage


@st.composite
def cut_streams(draw: st.DrawFn) -> tuple[list[bytes], bytes, bool]:
    """The pieces in which a stream came, what has to be left of it, and whether it had the event."""
    kinds = draw(st.lists(OTHERS | st.just(USAGE_EVENT) | st.just(None), max_size=6))
    body = rest = b""
    for place, data in enumerate(kinds):
        end = draw(st.sampled_from(["\n\n", "\r\n\r\n", "\r\r", "\n\r\n", "\r\n\n"]))
        last = place == len(kinds) - 1 and draw(st.booleans())
        before = draw(st.sampled_from(["", "id: 1\n", "event: x\r\n"]))
        text = ": ping" if data is None else f"{before}data: {data}"
        event = f"{text}{'' if last else end}".encode()
        body += event
        rest += b"" if data == USAGE_EVENT else event
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    return pieces, rest, USAGE_EVENT in kinds


@given(cut_streams())
@example(([f"data: {USAGE_EVENT}\r\n\r".encode(), b"\ndata: a\r\n\r\n"], b"data: a\r\n\r\n", True))
def test_the_usage_event_is_taken_out_and_not_a_byte_else_however_the_stream_is_cut(
    cut: tuple[list[bytes], bytes, bool],
) -> None:
    pieces, rest, had_usage = cut

    passed, usage = filtered(pieces)

    assert passed == rest
    assert usage == (USAGE if had_usage else None)


@given(st.lists(st.binary(max_size=6) | st.sampled_from([b"\n", b"\r", b"\n\n", b"data: ", b'"usage"']), max_size=10))
def test_what_is_no_stream_passes_byte_for_byte(pieces: list[bytes]) -> None:
    assert filtered(pieces) == (b"".join(pieces), None)


def test_an_event_passes_as_soon_as_it_is_whole() -> None:
    usage_filter = UsageFilter()

    assert usage_filter.feed(b"data: a\n") == b""
    assert usage_filter.feed(b"\ndata: b\n\ndata: c") == b"data: a\n\ndata: b\n\n"
    assert usage_filter.feed(b"\r\n\r\n") == b"data: c\r\n\r\n"
    assert usage_filter.feed(b"data: d") == b""
    assert usage_filter.flush() == b"data: d"
    assert usage_filter.flush() == b""


def test_the_last_of_several_usage_events_counts() -> None:
    body = stream({"choices": [], "usage": {"prompt_tokens": 1}}, {"choices": [], "usage": USAGE})

    assert filtered([body]) == (b"data: [DONE]\n\n", USAGE)


def test_an_object_may_come_as_text_or_as_bytes() -> None:
    assert parse_object('{"a": 1}') == parse_object(b'{"a": 1}') == {"a": 1}
    assert parse_object("[]") is parse_object("{") is None


_SAYS = st.fixed_dictionaries(
    {"choices": st.sampled_from([[], [{"index": 0, "delta": {"content": '"usage": "model"'}}]])},
    optional={
        "usage": st.sampled_from([None, {}, {"prompt_tokens": 1}, {"prompt_tokens": 2}]),
        "model": st.sampled_from(["", "m", "n", None]),
    },
)


@given(st.lists(_SAYS, max_size=6), st.sampled_from(["\n\n", "\r\n\r\n", "\n\n\n", "\r\r"]), st.booleans())
def test_the_last_word_of_a_stream_is_what_merging_it_says(said: list[dict[str, Any]], end: str, done: bool) -> None:
    body = "".join(f"data: {json.dumps(event)}{end}" for event in said) + f"data: [DONE]{end}" * done
    merged = merge(events(body.encode()))
    for name in ("usage", "model", "service_tier"):
        assert (last_word(body.encode(), name) or None) == (merged.get(name) or None)

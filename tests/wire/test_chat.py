"""Chat completions: streams merged, and what counts in a request."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.wire.chat import CHAT, merge
from pytest_samurai.wire.events import events
from pytest_samurai.wire.message import Message, Part
from tests.wire.calls import Json, chunk, stream, streamed


def message(*deltas: Json) -> Json:
    return merge(map(json.dumps, map(chunk, deltas)))["choices"][0]["message"]


# --- merge


def partition(draw: st.DrawFn, text: str) -> list[str]:
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=5)))
    return [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Json], list[Json]]:
    """The choices of a reply, and the events that may carry it."""
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


# --- tool calls, which servers send in different ways


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


# --- a request, as messages


def test_a_message_has_its_parts_in_their_order_whatever_they_are() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:,x"}}
    function = {"name": "f", "arguments": "{}"}
    asked = [
        {"role": "system", "content": "Be terse."},
        {"role": "user", "name": "me", "content": [{"type": "text", "text": "What"}, picture, {"type": "text"}, "odd"]},
        {"role": "assistant", "content": None, "refusal": "No.", "tool_calls": [{"function": function}, {"id": "x"}]},
        "odd",
        {"content": 7},
    ]

    assert CHAT.messages({"messages": asked}) == [
        Message("system", (Part("text", "Be terse."),)),
        Message("user", (Part("text", "What"), Part("image_url", "")), "me"),
        Message("assistant", (Part("refusal", "No."), Part("tool_call", "{}", "f"), Part("tool_call", ""))),
        Message("", ()),
    ]


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((), None),
        ((Part("text", ""),), ""),
        ((Part("text", "a"), Part("image_url", ""), Part("text", "b")), "ab"),
        ((Part("refusal", "No."), Part("tool_call", "{}", "f")), None),
    ],
)
def test_the_text_of_a_message_is_that_of_its_text_parts(parts: tuple[Part, ...], text: str | None) -> None:
    assert Message("user", parts).text == text


def test_what_is_no_chat_has_no_messages_and_no_tools() -> None:
    for asked in ({}, {"messages": None}, {"messages": "odd", "tools": []}):
        assert CHAT.messages(asked) == []
        assert CHAT.tools(asked) == []

"""The events of a stream, cut out of its bytes."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.wire.chat import merge
from pytest_samurai.wire.events import EventBuffer, cut_events, ends_stream, event_lengths, events, last_word


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_events_are_read_with_every_line_end(end: str) -> None:
    body = end.join(
        ["data: a", "", ": ping", "", "event: x", "id: 7", "data:b", "id: 8", "data:  c", "", "data:  [DONE] ", "", ""]
    )

    assert list(events(body.encode())) == ["a", "b\n c"]


def test_an_event_without_its_blank_line_is_read_and_bad_utf_8_does_not_stop_it() -> None:
    assert list(events(b"data: a\n\n\n\nnothing\n\ndata: \xff")) == ["a", "\ufffd"]


LINES = st.sampled_from(
    ["data: a", "data:b", "data: ", "data", ": ping", "event: x", "id: 7", "xdata: c", "data: [DONE]"]
)


@given(st.lists(st.lists(LINES, max_size=4), max_size=5), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_events_are_those_of_the_specification(blocks: list[list[str]], end: str, whole: bool) -> None:
    body = end.join(end.join([*lines, ""]) for lines in blocks) + end * whole
    wanted = []
    for lines in blocks:
        data = [line[5:].removeprefix(" ") for line in lines if line.startswith("data:")]
        if data and "\n".join(data).strip() != "[DONE]":
            wanted.append("\n".join(data))

    assert list(events(body.encode())) == wanted
    for spans in cut_events(body.encode()):
        assert all(body[:begin].endswith(("data:", "data: ")) for begin, _ in spans)


OBJECTS = [{"text": 'a "quoted" {brace}'}, {}, {"é": [{"deep": "}{"}]}, {"n": 1}]


def data_of(body: bytes) -> list[Any]:
    return [json.loads(body[begin:end]) for [(begin, end)] in cut_events(body)]


@pytest.mark.parametrize(
    "body",
    [
        "\n".join(map(json.dumps, OBJECTS)),
        "\r\n".join(map(json.dumps, OBJECTS)) + "\r\n",
        "\n\n".join(json.dumps(one, indent=2, ensure_ascii=False) for one in OBJECTS),
        "".join(map(json.dumps, OBJECTS)),
        json.dumps(OBJECTS),
        json.dumps(OBJECTS, indent=2, ensure_ascii=False),
        "[" + "\n,\r\n".join(json.dumps(one, indent=1, ensure_ascii=False) for one in OBJECTS) + "\n]",
    ],
)
def test_the_objects_of_lines_and_of_an_array_are_events_too(body: str) -> None:
    assert data_of(body.encode()) == OBJECTS
    assert [json.loads(text) for text in events(f" \n{body}".encode())] == OBJECTS


def test_a_line_that_is_no_object_hides_none_of_the_others() -> None:
    body = b'{"a": 1}\n{"b": \nnull\n{"c": 2}\n"d"\n{"e": 3}\n{"f": 4'

    assert data_of(body) == [{"a": 1}, {"c": 2}, {"e": 3}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"a": {"b": 1}}',
        json.dumps({"a": {"b": {}}, "c": [{}, {}]}, indent=1).encode(),
        b"[]",
        b'["a", "b"]',
        b"text\n{}\n{}",
        b"\xff\xfe{}",
        b'"data: a"',
        b"{" * 100_000,
        b"[{" + b'"a":[' * 100_000,
    ],
)
def test_a_body_of_another_form_has_no_events(body: bytes) -> None:
    assert [*cut_events(body)] in ([], [((0, len(body)),)])
    assert [*events(body)] in ([], [body.decode("utf-8", "replace")])


@given(
    st.lists(st.lists(st.sampled_from(["data: a", ": ping", "x", "{}"]), min_size=1, max_size=3), max_size=4),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(0, 2),
)
def test_an_event_is_as_long_as_it_is_with_its_blank_line(blocks: list[list[str]], end: str, last: int) -> None:
    texts = [end.join(lines) + end * 2 for lines in blocks]
    if texts:
        texts[-1] = texts[-1].removesuffix(end * last)

    assert event_lengths("".join(texts).encode()) == list(map(len, texts))


def test_of_objects_on_lines_of_their_own_each_line_is_an_event() -> None:
    assert event_lengths(b'{"a": 1}\n{"b": "x"}\n\n{"c": 2}') == [9, 11, 9]


def test_any_two_line_ends_end_an_event() -> None:
    assert event_lengths(b"data: a\r\rdata: b\r\r") == [9, 9]
    assert event_lengths(b"data: a\n\r\ndata: b") == [10, 7]


def test_more_blank_lines_belong_to_the_next_event() -> None:
    assert event_lengths(b"\n\ndata: a\n\n\n\ndata: b\n\n\n") == [11, 11, 1]


@given(st.lists(st.sampled_from([b"data: a", b"\n", b"\r\n", b"\r", b"\n\n", b": x"]), max_size=10), st.data())
def test_a_buffer_gives_back_whole_events_however_they_were_cut(parts: list[bytes], data: st.DataObject) -> None:
    body = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=5)))
    buffer = EventBuffer()
    whole = [event for begin, end in pairwise([0, *cuts, len(body)]) for event in buffer.feed(body[begin:end])]
    rest = buffer.flush()

    assert b"".join([*whole, rest]) == body
    assert buffer.is_empty
    assert all(event.endswith((b"\n", b"\r")) for event in whole)
    at_once = EventBuffer()
    assert (at_once.feed(body), at_once.flush()) == (whole, rest) or body.endswith(b"\r") or b"\r" in body


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

"""The question for a stream's usage, and the one event that is removed from it."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_samurai.wire.asked import usage_asked
from pytest_samurai.wire.asking import UsageFilter
from pytest_samurai.wire.choices import ASKING
from pytest_samurai.wire.http import Request
from tests.wire.calls import USAGE, Json, chunk, encoded, stream


def asked_with_usage(body: bytes) -> bytes | None:
    return usage_asked(Request("POST", "https://h/v1/chat/completions", (), body))


@pytest.mark.parametrize("options", [None, {}, {"include_usage": False}, {"include_usage": None}])
def test_usage_is_asked_for_where_it_was_not(options: Json) -> None:
    asked = asked_with_usage(encoded({"stream": True, "stream_options": options, "é": ["\ud800", 1e-07]}))

    assert asked is not None
    assert asked.isascii()
    assert json.loads(asked) == {"stream": True, "stream_options": {"include_usage": True}, "é": ["\ud800", 1e-07]}


def test_the_order_and_the_other_options_of_a_request_stay() -> None:
    asked = asked_with_usage(b'{"stream": true, "z": 1, "stream_options": {"obfuscate": false}, "a": 2}')

    assert asked == b'{"stream": true, "z": 1, "stream_options": {"obfuscate": false, "include_usage": true}, "a": 2}'


@pytest.mark.parametrize(
    "body",
    [
        {"model": "m"},
        {"stream": False},
        {"stream": 1},
        {"stream": True, "stream_options": {"include_usage": True}},
        # This asks a server that takes 1 for true.
        {"stream": True, "stream_options": {"include_usage": 1}},
        {"stream": True, "stream_options": {"continuous_usage_stats": True}},
        {"stream": True, "usage": {"include": True}},
        # A server refuses these. If they were corrected on the way, the application would not learn of it.
        {"stream": True, "stream_options": "x"},
        {"stream": True, "stream_options": [1]},
        {"stream": True, "stream_options": False},
        b"",
        b"hello",
        b"[]",
    ],
)
def test_a_request_that_is_no_stream_or_asks_already_stays_as_it_is(body: Json) -> None:
    assert asked_with_usage(encoded(body)) is None


# --- the event that is removed

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
        # As it was sent without the question.
        json.dumps({"usage": USAGE}),
        json.dumps({"choices": [], "usage": USAGE, "citations": ["https://h"]}),
        json.dumps({"choices": [], "usage": USAGE, "error": {"message": "upstream died"}}),
    ]
)


def filtered(pieces: list[bytes]) -> tuple[bytes, Json]:
    usage_filter = UsageFilter(ASKING)
    passed = b"".join(usage_filter.feed(piece) for piece in pieces) + usage_filter.flush()
    return passed, usage_filter.usage


def answers(kinds: list[str | None]) -> int | None:
    """Where the answer is among a stream's events: the last one before `[DONE]`, or before the end.

    There is none if the stream gave a usage earlier.
    """
    until = kinds.index("[DONE]") if "[DONE]" in kinds else len(kinds)
    said = [place for place, data in enumerate(kinds[:until]) if data is not None]
    told = [place for place in said if '"prompt_tokens":' in str(kinds[place])]
    return said[-1] if said and kinds[said[-1]] == USAGE_EVENT and told == said[-1:] else None


@st.composite
def cut_streams(draw: st.DrawFn) -> tuple[list[bytes], bytes, bool]:
    """The pieces of a stream, what must be left of it, and whether it had the event."""
    kinds = draw(st.lists(OTHERS | st.just(USAGE_EVENT) | st.just(None), max_size=6))
    body = rest = b""
    for place, data in enumerate(kinds):
        end = draw(st.sampled_from(["\n\n", "\r\n\r\n", "\r\r", "\n\r\n", "\r\n\n"]))
        last = place == len(kinds) - 1 and draw(st.booleans())
        before = draw(st.sampled_from(["", "id: 1\n", "event: x\r\n"]))
        text = ": ping" if data is None else f"{before}data: {data}"
        event = f"{text}{'' if last else end}".encode()
        body += event
        rest += b"" if place == answers(kinds) else event
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    return pieces, rest, answers(kinds) is not None


@given(cut_streams())
@example(([f"data: {USAGE_EVENT}\r\n\r".encode(), b"\ndata: [DONE]\r\n\r\n"], b"data: [DONE]\r\n\r\n", True))
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
    usage_filter = UsageFilter(ASKING)

    assert usage_filter.feed(b"data: a\n") == b""
    assert usage_filter.feed(b"\ndata: b\n\ndata: c") == b"data: a\n\ndata: b\n\n"
    assert usage_filter.feed(b"\r\n\r\n") == b"data: c\r\n\r\n"
    assert usage_filter.feed(b"data: d") == b""
    assert usage_filter.flush() == b"data: d"
    assert usage_filter.flush() == b""


def test_of_several_usage_events_none_is_the_answer() -> None:
    first, last = {"choices": [], "usage": {"prompt_tokens": 1}}, {"choices": [], "usage": USAGE}

    assert filtered([stream(first, last)]) == (stream(first, last), None)

"""What is said in a stream, piece by piece, holds no secret once it is written down."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.redaction import streams
from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.findings import spoken_texts
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.wire.chat import merge
from pytest_samurai.wire.events import events
from pytest_samurai.wire.http import Reply
from tests.redaction.kept import KEY, SECRET, cut, deltas, streamed

AROUND = st.text("ab/ é2-\\", max_size=6)
CUTS = st.lists(st.integers(0, 400), max_size=8)


@given(st.lists(AROUND, min_size=1, max_size=4), CUTS)
def test_a_stream_is_redacted_alike_however_it_was_cut_and_its_chunks_cover_it(
    around: list[str], cuts: list[int]
) -> None:
    pieces = cut(SECRET.join(around).encode(), cuts)

    reply = streamed(pieces, SECRET)

    assert reply.body == REDACTED.join(around).encode()
    assert reply.chunks is not None
    assert sum(chunk.length for chunk in reply.chunks) == len(reply.body)
    assert [chunk.at for chunk in reply.chunks] == [place / 10 for place in range(len(pieces))]


def test_a_secret_that_lies_across_chunks_counts_in_the_one_where_it_begins() -> None:
    reply = streamed([b"say abcd", b"12", b"34 and", b" abcd1234"], "abcd1234")

    assert [data for data, _ in reply.pieces()] == [b"say [REDACTED]", b"", b" and", b" [REDACTED]"]


def test_a_stream_without_a_secret_is_stored_as_it_came() -> None:
    pieces = [
        *deltas(["a", "é", "\ud83d", "\ude00"]),
        b": ping\n\n",
        b"data: [DONE]\n\n",
        b"data: {no json}\n\ndata: []\n\n",
    ]
    reply = streamed(pieces, SECRET)

    assert [data for data, _ in reply.pieces()] == pieces


def test_a_stream_that_broke_before_its_first_chunk_is_stored_as_it_came() -> None:
    reply = Reply(200, "OK", (), b"", (), ending="ReadError")

    assert Redactor([SECRET]).reply(reply) == reply


@given(st.lists(st.integers(0, 60), max_size=20), CUTS)
def test_a_secret_that_a_model_repeats_token_by_token_is_cut_out_of_what_it_says(
    texts: list[int], cuts: list[int]
) -> None:
    said = f"Your key is {SECRET}, or {KEY}! é"
    body = b"".join(deltas(cut(said, texts)))

    reply = streamed(cut(body, [end * 7 for end in cuts]), SECRET)

    assert merge(events(reply.body))["choices"][0]["message"]["content"] == f"Your key is {REDACTED}, or {REDACTED}! é"
    assert reply.chunks is not None
    assert sum(chunk.length for chunk in reply.chunks) == len(reply.body)


def test_only_the_events_that_hold_a_part_of_the_secret_are_spelled_anew() -> None:
    pieces = deltas(["My ", "key: sk-01234", "56789", "abcdef,", " it is"])

    kept = [data for data, _ in streamed(pieces).pieces()]

    assert [kept[place] == pieces[place] for place in range(5)] == [True, False, False, False, True]
    said = [json.loads(event)["choices"][0]["delta"]["content"] for data in kept for event in events(data)]
    assert said == ["My ", f"key: {REDACTED}", "", ",", " it is"]


def test_half_an_emoji_beside_a_secret_stays() -> None:
    reply = streamed(deltas([f"{KEY} \ud83d", "\ude00"]))

    assert merge(events(reply.body))["choices"][0]["message"]["content"] == f"{REDACTED} \ud83d\ude00"


def test_choices_that_take_turns_are_each_read_in_their_own_order() -> None:
    one, other = deltas(["sk-01234", "56789abcdef"]), deltas(["my sk-abcdef", "012345678"], index=1)
    pieces = [one[0], other[0], one[1], other[1]]

    choices = merge(events(streamed(pieces).body))["choices"]

    assert [choice["message"]["content"] for choice in choices] == [REDACTED, f"my {REDACTED}"]


def test_tool_calls_that_take_turns_are_each_read_in_their_own_order() -> None:
    def part(index: int, arguments: str) -> bytes:
        delta = {"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}
        return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta}]})}\r\n\r\n".encode()

    pieces = [part(0, "sk-01234"), part(1, "sk-abcdef"), part(0, "56789abcdef"), part(1, "012345678")]

    calls = merge(events(streamed(pieces).body))["choices"][0]["message"]["tool_calls"]

    assert [call["function"]["arguments"] for call in calls] == [REDACTED, REDACTED]


LONG_KEYS = [
    KEY,
    f"{SECRET}/{'0123456789' * 300}",
    "AKIA0123456789ABCDEF",
    f"eyJ{'h' * 3000}.eyJ{'p' * 3000}.{'s' * 3000}",
    f"-----BEGIN RSA PRIVATE KEY-----\n{'MIIB' * 900}\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("key", LONG_KEYS, ids=lambda key: key[:8])
@pytest.mark.parametrize("before", [0, 1, 65_500, 65_530, 65_536, 66_000, 140_000])
def test_a_secret_is_cut_out_of_a_long_talk_wherever_in_it_it_is_said(key: str, before: int) -> None:
    # What is said is looked at a block at a time.
    text = f"{'talk ' * (before // 5)}{' ' * (before % 5)}({key}) {'and more ' * 9_000}"
    body = b"".join(deltas([text[at : at + 97] for at in range(0, len(text), 97)]))
    reply = streamed([body], LONG_KEYS[1])
    assert merge(events(reply.body))["choices"][0]["message"]["content"] == text.replace(key, REDACTED)


@pytest.mark.parametrize(
    "beginning", ["sk-learn ", "task-force ", "eyJust ", "AKIA ", "gh_p_ ", "-----BEGIN READING-----"]
)
def test_a_long_talk_without_a_secret_stays_as_it_is(beginning: str) -> None:
    body = b"".join(deltas([beginning, *["talk "] * 20_000, beginning]))
    assert streamed([body], SECRET).body == body


_SAID = st.recursive(
    st.sampled_from(["", "a", 'say "a"', "a\\", "é", "\n", "\ud83d", ":", "{}", 1, 0.5, None, True]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["index", "content", 'a"', "é", "tool_calls"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["data: ", "data:", "event: x\ndata: ", "x data:"]),
            st.fixed_dictionaries({"id": st.sampled_from(["b", 1]), "choices": _SAID}, optional={"usage": _SAID}),
            st.booleans(),
            st.sampled_from(["", "}", '"', " ", "x"]),
        ),
        max_size=5,
    ),
    st.sampled_from(["\n\n", "\r\n\r\n", "\r\r", "\n"]),
    st.booleans(),
)
def test_whatever_is_said_in_a_stream_is_searched(
    parts: list[tuple[str, dict[str, Any], bool, str]], end: str, whole: bool
) -> None:
    lines = [f"{begin}{json.dumps(event, ensure_ascii=ascii_only)}{rest}" for begin, event, ascii_only, rest in parts]
    body = (end.join(lines) + end * whole).encode("utf-8", "surrogatepass")
    spoken: dict[Any, bytes] = {}
    for channel, text in streams.spoken(body):
        spoken[channel] = spoken.get(channel, b"") + text
    assert [*filter(None, spoken.values())] == [*filter(None, spoken_texts(body))]


def test_events_of_many_shapes_are_searched_as_well_as_those_of_one() -> None:
    # As with log probabilities: hardly two events have the same numbers.
    talk = deltas(["and so on "] * 2_500)
    pieces = [data.replace(b'"id":"x"', b'"at":%d' % place) for place, data in enumerate(talk)]
    one, other = deltas([KEY[:9], f"{KEY[9:]} "])
    reply = streamed([*pieces, one, other, *pieces])
    said = merge(events(reply.body))["choices"][0]["message"]["content"]
    assert said == f"{'and so on ' * 2_500}{REDACTED} {'and so on ' * 2_500}"


@pytest.mark.parametrize("broken", [b'data: {"choices":["sk-}', b'data: {"choices":["\\x"]}', b"data: {", b"data: {}"])
def test_an_event_that_is_no_json_hides_nothing_of_the_others(broken: bytes) -> None:
    one, other = deltas([KEY[:9], KEY[9:]])
    body = streamed([one, broken + b"\n\n", other]).body
    assert merge(events(body))["choices"][0]["message"]["content"] == REDACTED

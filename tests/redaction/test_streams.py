"""What a stream says piece by piece contains no secret when it is written."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.wire.chat import CHAT, merge
from pytest_samurai.wire.events import events
from pytest_samurai.wire.http import Chunk, Reply
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
    # The text is examined one block at a time.
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


def test_events_of_many_shapes_are_searched_as_well_as_those_of_one() -> None:
    talk = deltas(["and so on "] * 1_200)
    # Other numbers do not make another shape, but a longer list does.
    pieces = [data.replace(b'"id":"x"', b'"at":%d,"n":[0%b]' % (n, b",0" * n)) for n, data in enumerate(talk)]
    one, other = deltas([KEY[:9], f"{KEY[9:]} "])
    reply = streamed([*pieces, one, other, *pieces])
    said = merge(events(reply.body))["choices"][0]["message"]["content"]
    assert said == f"{'and so on ' * 1_200}{REDACTED} {'and so on ' * 1_200}"


@pytest.mark.parametrize("broken", [b'data: {"choices":["sk-}', b'data: {"choices":["\\x"]}', b"data: {", b"data: {}"])
def test_an_event_that_is_no_json_hides_nothing_of_the_others(broken: bytes) -> None:
    one, other = deltas([KEY[:9], KEY[9:]])
    body = streamed([one, broken + b"\n\n", other]).body
    assert merge(events(body))["choices"][0]["message"]["content"] == REDACTED


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (["It is ", "QzXw", "7KvJ", "9pYh"], ["It is ", REDACTED, "", ""]),
        (["It is ", "QzXw", "7KvJ"], ["It is ", REDACTED, ""]),
        # Fewer letters, or usual words, may be the beginning of anything.
        (["It is ", "QzXw", "7Kv"], ["It is ", "QzXw", "7Kv"]),
        (["It is ", "secret", "-key-"], ["It is ", "secret", "-key-"]),
        (["It is ", "QzXw", "7KvJ", " ok"], ["It is ", "QzXw", "7KvJ", " ok"]),
    ],
)
def test_a_stream_that_broke_off_within_a_secret_loses_its_beginning(said: list[str], kept: list[str]) -> None:
    body = b"".join(deltas(said))
    reply = Reply(200, "OK", (), body, (Chunk(len(body), 0.1),), ending="ReadError")

    redacted = Redactor(["QzXw7KvJ9pYhWgTq", "secret-key-QzXw7KvJ"]).reply(reply, CHAT)

    assert [json.loads(data)["choices"][0]["delta"]["content"] for data in events(redacted.body)] == kept


@pytest.mark.parametrize(
    "event",
    [
        lambda call, text: {"choices": [{"delta": {"tool_calls": [{"index": 0, "id": call, "arguments": text}]}}]},
        lambda call, text: {"choices": [{"delta": {"content": [{"type": call, "text": text}]}}]},
        lambda call, text: {"choices": [], "reasoning": {"id": call, "text": text}},
    ],
    ids=["calls with the same index", "types", "next to the choices"],
)
def test_texts_of_chat_that_take_turns_each_lose_their_secret(event: Any) -> None:
    parts = [("a", "sk-01234"), ("b", "my sk-abcdef"), ("a", "56789abcdef"), ("b", "012345678")]
    body = b"".join(b"data: %b\n\n" % json.dumps(event(*part)).encode() for part in parts)

    kept = Redactor([]).reply(Reply(200, "OK", (), body, (Chunk(len(body), 0.1),)), CHAT).body

    said = [event(call, text) for (call, _), text in zip(parts, [REDACTED, f"my {REDACTED}", "", ""], strict=True)]
    assert list(map(json.loads, events(kept))) == said


# --- unknown streams


def said_in(body: bytes) -> list[str]:
    return [event["text"] for event in map(json.loads, events(body))]


def lines_of(*values: dict[str, Any]) -> list[bytes]:
    return [json.dumps(value).encode() + b"\n" for value in values]


@pytest.mark.parametrize("tell", ["index", "output_index", "item_id", "type", "role", "jsonPath", "event_type"])
def test_two_items_that_take_turns_each_lose_their_secret(tell: str) -> None:
    """Joining what both say in turn gives no secret."""
    parts = [("a", "sk-01234"), ("b", "my sk-abcdef"), ("a", "56789abcdef"), ("b", "012345678")]
    pieces = lines_of(*({tell: name if "ind" not in tell else "ab".index(name), "text": text} for name, text in parts))

    assert said_in(streamed(pieces).body) == [REDACTED, f"my {REDACTED}", "", ""]


def test_a_text_that_goes_on_while_the_ids_of_its_events_change_loses_its_secret() -> None:
    pieces = lines_of(
        *({"id": f"event_{n}", "type": f"t{n}", "text": text} for n, text in enumerate(cut(KEY, [9, 20])))
    )

    assert said_in(streamed(pieces).body) == [REDACTED, "", ""]


def test_a_text_that_is_sent_again_whole_loses_its_secret_too() -> None:
    pieces = lines_of({"text": KEY[:9]}, {"text": KEY[9:]}, {"text": ". Done", "whole": f"It is {KEY}."})

    body = streamed(pieces).body

    assert said_in(body) == [REDACTED, "", ". Done"]
    assert json.loads(body.splitlines()[-1])["whole"] == f"It is {REDACTED}."


def test_a_text_that_is_sent_from_its_beginning_each_time_loses_what_came_of_its_secret() -> None:
    so_far = [f"It is {SECRET[:length]}" for length in range(0, len(SECRET), 3)]
    pieces = lines_of(*({"text": text} for text in [*so_far, f"It is {SECRET}", f"It is {SECRET}!"]))

    said = said_in(streamed(pieces, SECRET).body)

    assert said == ["It is ", *[f"It is {REDACTED}"] * len(so_far), f"It is {REDACTED}!"]


def test_other_lines_between_those_of_the_data_stay() -> None:
    event = f'event: x\ndata: {{"text":\nid: 7\ndata: "{KEY[:9]}"}}\n\ndata: {{"text": "{KEY[9:]}"}}\n\n'.encode()

    assert streamed([event]).body == (
        f'event: x\ndata: {{"text": "{REDACTED}"}}\nid: 7\n\ndata: {{"text": ""}}\n\n'.encode()
    )


def test_data_lines_without_a_blank_line_between_them_are_events_of_their_own() -> None:
    body = f'data: {{"text": "{KEY[:9]}"}}\ndata: {{"text": "{KEY[9:]}"}}\ndata: [DONE]\n'.encode()

    assert streamed([body]).body == f'data: {{"text": "{REDACTED}"}}\ndata: {{"text": ""}}\ndata: [DONE]\n'.encode()


def test_a_plain_reply_of_lines_or_an_array_loses_its_secret_and_stays_plain() -> None:
    values = [{"text": KEY[:9]}, {"text": KEY[9:]}]
    for body in (json.dumps(values).encode(), b"".join(lines_of(*values))):
        kept = Redactor([]).reply(Reply(200, "OK", (), body))

        assert said_in(kept.body) == [REDACTED, ""]
        assert kept.chunks is None


@pytest.mark.parametrize("data", ["{}", '{{"text": "{}"}}', '"{}"'], ids=["texts", "objects", "JSON texts"])
@pytest.mark.parametrize("form", ["event: {}\ndata: {}\n\n", "event: {}\r\ndata: {}\r\n\r\n"], ids=["LF", "CRLF"])
def test_events_with_two_names_that_take_turns_each_lose_their_secret(form: str, data: str) -> None:
    """The events of Replicate have names, `output` and `logs`, and no other label."""
    parts = [("output", "sk-01234"), ("logs", "my sk-abcdef"), ("output", "56789abcdef"), ("logs", "012345678")]

    body = streamed([form.format(name, data.format(text)).encode() for name, text in parts]).body

    cut_out = zip(parts, [REDACTED, f"my {REDACTED}", "", ""], strict=True)
    assert body.decode() == "".join(form.format(name, data.format(text)) for (name, _), text in cut_out)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_a_piece_of_a_text_may_look_like_a_number(length: int) -> None:
    secret = "QzXw1234KvJ95678pYhWtrue"
    pieces = [secret[at : at + length] for at in range(0, len(secret), length)]

    body = streamed([f"data: {text}\n\n".encode() for text in ["It is", *pieces, "ok"]], secret).body

    said = [line[6:] for line in body.decode().split("\n\n")]
    assert said == ["It is", REDACTED, *[""] * (len(pieces) - 1), "ok", ""]


def test_a_number_that_is_the_whole_of_an_event_stays() -> None:
    body = b"data: 19283746\n\ndata: It is 19283746\n\n"

    assert streamed([body], "19283746").body == b"data: 19283746\n\ndata: It is [REDACTED]\n\n"


@pytest.mark.parametrize(
    "line",
    ['{{"text": "{}"}},', '["{}"]', '"{}"', '0:"{}"', 'g:{{"text": "{}"}}', '["text", "{}"]'],
)
@pytest.mark.parametrize("first", ["", "ok\n", '"begin"\n', "[1\n"], ids=["", "a word", "a text", "no JSON"])
def test_values_on_lines_of_their_own_lose_a_secret_that_goes_on_in_the_next(line: str, first: str) -> None:
    lines = [first, *(line.format(text) + "\n" for text in ["It is ", KEY[:9], KEY[9:], " ok"])]

    body = streamed([text.encode() for text in lines]).body

    assert body.decode() == first + "".join(line.format(text) + "\n" for text in ["It is ", REDACTED, "", " ok"])


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("spell", [str, in_base64], ids=["as a text", "in base64"])
def test_json_in_the_texts_of_events_loses_a_secret_that_goes_on_in_the_next(spell: Any) -> None:
    """Bedrock sends the events of a model in base64."""

    def event(text: str) -> bytes:
        return json.dumps({"bytes": spell(json.dumps({"delta": {"text": text}, "n": 1}))}).encode() + b"\n"

    body = streamed([event(text) for text in ["It is ", KEY[:9], KEY[9:], f" not {KEY}"]]).body

    assert body == b"".join(event(text) for text in ["It is ", REDACTED, "", f" not {REDACTED}"])


def test_json_in_a_text_keeps_its_form_if_its_secret_is_whole() -> None:
    event = json.dumps({"arguments": f'{{"a":  1, "k":"{KEY}"}}'}).encode() + b'\n{"n": 1}\n'

    assert streamed([event]).body == event.replace(KEY.encode(), REDACTED.encode())


def test_values_may_be_on_several_lines() -> None:
    values = [json.dumps(["It is ", text], indent=1) for text in (KEY[:9], KEY[9:])]

    body = streamed([f"{value}\n".encode() for value in values]).body.decode()

    assert body == "".join(json.dumps(["It is ", text]) + "\n" for text in (REDACTED, ""))


def test_lines_of_two_kinds_that_take_turns_each_lose_their_secret() -> None:
    lines = ['0:"sk-01234"\n', 'g:"my sk-abcdef"\n', '0:"56789abcdef"\n', 'g:"012345678"\n']

    body = streamed([line.encode() for line in lines]).body

    assert body.decode() == f'0:"{REDACTED}"\ng:"my {REDACTED}"\n0:""\ng:""\n'


def test_a_stream_of_as_many_channels_as_events_is_searched() -> None:
    talk = [{"id": f"{n}", "type": f"t{n}", f"k{n}": "and so on"} for n in range(3_000)]
    pieces = lines_of(*talk, {"text": KEY[:9]}, *talk, {"text": KEY[9:]})

    body = streamed(pieces).body

    assert b"".join(pieces).count(b"\n") == body.count(b"\n")
    assert KEY[9:].encode() not in body

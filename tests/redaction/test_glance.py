"""A quick scan of a stream finds the same texts as parsing each event."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.redaction.glance import spoken
from pytest_samurai.redaction.streams import Talk
from pytest_samurai.wire.chat import CHAT
from pytest_samurai.wire.dialects import UNKNOWN

KEYS = ["index", "output_index", "sequence_number", "content", 'a"', "é", "type", "id", "item_id", "tool_calls"]
SAID = st.recursive(
    st.sampled_from(["", "a", 'say "a"', "a\\", "é", "\n", "\ud83d", ":", 1, 7, -12, 0.5, 1e-7, None, True])
    | st.sampled_from(["{}", '{"index": 1, "a": "b"}', "eyJhIjoiYiJ9", ' ["a"]', "{"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)
EVENTS = st.tuples(
    st.sampled_from(["data: ", "data:", "event: x\ndata: ", "x data:", ""]),
    st.fixed_dictionaries({"choices": SAID}, optional={"usage": SAID}) | SAID,
    st.booleans(),
    st.sampled_from(["", "}", '"', " ", "x"]),
    st.sampled_from([None, 0]),
)


@given(st.lists(EVENTS, max_size=5), st.sampled_from(["\n\n", "\r\n\r\n", "\r\r", "\n", ""]), st.booleans())
@pytest.mark.parametrize("dialect", [CHAT, UNKNOWN], ids=["chat", "unknown"])
def test_a_glance_finds_all_that_is_said(
    dialect: Any, parts: list[tuple[str, Any, bool, str, int | None]], end: str, whole: bool
) -> None:
    lines = [
        begin + json.dumps(event, ensure_ascii=ascii_only, indent=indent).replace("\n", "\ndata:") + rest
        for begin, event, ascii_only, rest, indent in parts
    ]
    body = (end.join(lines) + end * whole).encode("utf-8", "surrogatepass")

    said: dict[Any, bytes] = {}
    for channel, text in spoken(body, dialect):
        said[channel] = said.get(channel, b"") + text

    assert [*filter(None, said.values())] == [*filter(None, Talk(body, dialect).said())]


def test_a_channel_is_the_same_wherever_in_an_event_its_number_stands() -> None:
    events = [
        b'{"choices":[{"index":3,"delta":{"content":"o"}}]}',
        b'{"choices":[{"delta":{"content":"n"},"index":3}],"n":12}',
        b'{"choices": [{"delta": {"content": "e"}, "index" : 3 , "x": 1}]}',
    ]
    body = b"".join(b"data: " + event + b"\n\n" for event in events)

    channels = {channel for channel, _ in spoken(body, CHAT)}
    assert {channel for channel in channels if channel[0] == 3} == {(3, "delta", "content")}
    assert {channel for channel in channels if channel[:2] == ("content", "index")} == {("content", "index", 3)}


def test_a_label_is_the_same_however_it_is_spelled() -> None:
    events = [b'{"type":"\\u0061","t":"o"}', b'{"type":"a","t":"n"}', b'{"t":"e","type":"\\x"}']

    body = b"".join(b"data: " + event + b"\n\n" for event in events)

    by_path = [channel for channel, text in spoken(body, UNKNOWN) if text in b"one" and channel[0] is None]

    assert [channel[1] for channel in by_path] == [b"a", b"a", b"\\x"]

"""Bodies as lines for people: readable if that can be undone, and always back to the same bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_samurai.cassette.layout import lay_out, take_back

# --- anything a client may send: JSON in every spelling, events, all line ends, random data

_PIECES = [
    *"ab {}[]:,é日😀\u2028\u200b\x7f",
    *(r"\u00e9", r"\u00E9", r"\u65e5\u672c", r"\ud83d\ude00", r"\uD83D\uDE00", r"\ud800", r"\ude00\ud83d", r"\ufeff"),
    *(
        r"\\",
        r"\\u00e9",
        r"\"",
        r"\/",
        r"\n",
        r"\r\n",
        r"\t",
        r"\b",
        r"\u003c",
        r"\u0022",
        r"\u005c",
        r"\u001b",
        r"\u0000",
    ),
]
_STRINGS = st.lists(st.sampled_from(_PIECES), max_size=5).map(lambda pieces: f'"{"".join(pieces)}"')
_NUMBERS = st.sampled_from(["0", "-0", "1", "1.0", "-0.0", "1e-07", "1E+5", "0.10", "12345678901234567890", "1e400"])
_COMMAS = st.sampled_from([",", ", ", " , ", ",\n  ", ",  ", ",\r\n", ",\t"])
_COLONS = st.sampled_from([":", ": ", " : "])
_BLANKS = st.sampled_from(["", "", " ", "\n", "\r\n"])


def _containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.tuples(st.lists(inner, max_size=4), _COMMAS, _BLANKS).map(
        lambda it: f"[{it[2]}{it[1].join(it[0])}{it[2]}]"
    )
    # The same key may occur twice.
    pair = st.tuples(st.sampled_from(['"a"', '"b"', r'"\u00e9"', '""']), inner)
    objects = st.tuples(st.lists(pair, max_size=4), _COMMAS, _COLONS, _BLANKS).map(
        lambda it: f"{{{it[3]}{it[1].join(key + it[2] + value for key, value in it[0])}{it[3]}}}"
    )
    return lists | objects


JSON_TEXTS = st.recursive(_NUMBERS | _STRINGS | st.sampled_from(["true", "null", "NaN"]), _containers, max_leaves=12)
UNIFORM = st.tuples(
    st.recursive(
        st.none() | st.floats() | st.text('ab é😀\\"\x00\ud800', max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab,: ", max_size=3), inner, max_size=3),
    ),
    st.booleans(),
    st.sampled_from([(",", ":"), (", ", ": "), (",", ": ")]),
).map(lambda it: json.dumps(it[0], ensure_ascii=it[1], separators=it[2]))
EVENTS = st.tuples(st.lists(JSON_TEXTS, max_size=3), st.sampled_from(["\n\n", "\r\n\r\n", "\r\r"])).map(
    lambda it: "".join(f"data: {event}{it[1]}" for event in it[0])
)
ENDS = st.sampled_from(["", "", "\n", "\r\n", "\n\n", " ", "x", "\r"])
TEXTS = st.tuples(JSON_TEXTS | UNIFORM | EVENTS | st.text(max_size=20), ENDS).map("".join)
BODIES = TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=20)


@given(BODIES)
@example(b'{"a": [1, 2], "b": {"c": {}}}\n')
@example(b"{ }")
@example(b'{"a":1,\r\n"b":2}')
@example(b"\xef\xbb\xbf{}")
@example(b"[" * 100_000 + b"]" * 100_000)
def test_every_body_comes_back_byte_for_byte(body: bytes) -> None:
    text, words = lay_out(body)

    assert take_back(text, words) == body


@given(UNIFORM.filter(lambda text: text[0] in "{[" and len(text) > 2))
def test_json_in_one_style_is_always_broken_into_lines(text: str) -> None:
    laid_out, words = lay_out(
        text.encode("ascii", "surrogatepass") if text.isascii() else text.encode("utf-8", "replace")
    )

    assert "lines" in words.split()
    assert "\n" in laid_out if isinstance(laid_out, str) else False


def test_a_message_is_a_line() -> None:
    body = (
        b'{"model":"m","messages":[{"role":"system","content":"Be terse."},'
        b'{"role":"user","content":"Hi, [you]: {x}"}],"stop":["a","b"],"n":1}'
    )

    assert lay_out(body) == (
        """{
  "model":"m",
  "messages":[
    {"role":"system","content":"Be terse."},
    {"role":"user","content":"Hi, [you]: {x}"}
  ],
  "stop":["a","b"],
  "n":1
}""",
        "lines",
    )


def test_the_blank_after_a_comma_gives_way_to_the_line_break() -> None:
    body = b'{"model": "m", "messages": [{"role": "user", "content": "a, b"}]}'

    assert lay_out(body) == (
        """{
  "model": "m",
  "messages": [
    {"role": "user", "content": "a, b"}
  ]
}""",
        "lines spaced",
    )


def test_one_changed_word_is_one_changed_line() -> None:
    old, new = (
        str(lay_out(json.dumps({"messages": [{"content": "Say"}, {"content": word}, {"content": "!"}]}).encode())[0])
        for word in ("hello", "bye")
    )

    changed = [pair for pair in zip(old.split("\n"), new.split("\n"), strict=True) if pair[0] != pair[1]]
    assert changed == [('    {"content": "hello"},', '    {"content": "bye"},')]


def test_an_item_in_a_list_of_lists_has_a_line_of_its_own() -> None:
    assert lay_out(b"[[1,2],[],{}]") == ("[\n  [1,2],\n  [],\n  {}\n]", "lines")


@pytest.mark.parametrize("body", [b"{}", b"[]", b"1", b'"text"', b"", b"hello", b'{"a":'])
def test_what_has_no_structure_is_left_as_it_came(body: bytes) -> None:
    assert lay_out(body) == (body.decode(), "")


@pytest.mark.parametrize(
    "body",
    [
        b'{\n    "a": [\n        1\n    ]\n}',  # already has lines
        b'{"a":1, "b":{"c":2}, "d":3,"e":4}',  # neither style throughout
        b' {"a":[1]}',
        b'\n{"a":1,"b":[2]}',  # has its own line end, and ours would add an empty line
        b'{"a":1,"b":[2]}\n\n ',
        b'{"a":1,\n"b":{"c":[2]}}',
    ],
)
def test_json_in_a_style_that_cannot_be_made_anew_is_left_as_it_came(body: bytes) -> None:
    assert lay_out(body) == (body.decode(), "")


def test_a_body_that_is_no_utf_8_stays_bytes() -> None:
    assert lay_out(b'{"a":"\xff"}') == (b'{"a":"\xff"}', "")


def test_unicode_escapes_are_spelled_out() -> None:
    assert lay_out(rb'["Gr\u00fc\u00dfe \ud83d\ude00 \\u00e9"]') == ('[\n  "Grüße 😀 \\\\u00e9"\n]', "lines ascii")


def test_escapes_in_events_are_spelled_out_too() -> None:
    assert lay_out(b'data: {"content":"\\u65e5\\u672c"}\n\n') == ('data: {"content":"日本"}\n\n', "ascii")


@pytest.mark.parametrize(
    "escape", [r"\u003c", r"\u0000", r"\u0085", r"\u00a0", r"\u200b", r"\u2028", r"\ud800", r"\ufeff"]
)
def test_an_escape_of_ascii_or_of_what_cannot_be_seen_stays_beside_those_spelled_out(escape: str) -> None:
    assert lay_out(rf"\u00e9{escape}\u00e8".encode()) == (f"é{escape}è", "ascii")


def test_escapes_are_left_alone_beside_the_characters_themselves() -> None:
    assert lay_out("é\\u00e9".encode()) == ("é\\u00e9", "")


def test_escapes_in_capitals_are_left_alone() -> None:
    assert lay_out(rb"\u00E9") == (r"\u00E9", "")


def test_events_that_end_in_crlf_are_shown_in_lines() -> None:
    assert lay_out(b"data: {}\r\n\r\ndata: [DONE]\r\n\r\n") == ("data: {}\n\ndata: [DONE]\n\n", "crlf")


def test_events_with_crlf_and_escapes_are_undone_in_both() -> None:
    body = b'data: {"a":"\\u00e9"}\r\n\r\n'
    text, words = lay_out(body)

    assert (text, words) == ('data: {"a":"é"}\n\n', "ascii crlf")
    assert take_back(text, words) == body


def test_line_ends_of_two_kinds_are_left_alone() -> None:
    assert lay_out(b"a\r\nb\nc") == ("a\r\nb\nc", "")
    assert lay_out(b"a\rb") == ("a\rb", "")


def test_a_word_that_a_person_changes_is_all_that_changes() -> None:
    text, words = lay_out(b'{"a": "one", "b": [{"c": 1}]}')
    assert isinstance(text, str)

    assert take_back(text.replace("one", "two"), words) == b'{"a": "two", "b": [{"c": 1}]}'


def test_a_layout_of_a_later_version_is_refused() -> None:
    with pytest.raises(ValueError, match="'tabs woven'"):
        take_back("{}", "lines woven tabs")

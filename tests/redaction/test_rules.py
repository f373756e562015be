"""The user's own redactions."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.errors import SettingsError
from pytest_samurai.redaction.difference import difference
from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.redaction.rules import parse_rule
from pytest_samurai.wire.chat import CHAT
from pytest_samurai.wire.dialects import UNKNOWN
from pytest_samurai.wire.http import Chunk, Reply, Request
from tests.redaction.kept import URL, deltas
from tests.redaction.test_readable import VALUES, skeleton
from tests.settings.said import refusal, said


def redactor(*entries: Any) -> Redactor:
    return Redactor([], [parse_rule(entry) for entry in entries])


def asked(value: Any, *entries: Any) -> Any:
    body = redactor(*entries).request(Request("POST", URL, (), json.dumps(value).encode())).body
    return json.loads(body)


def replied(pieces: list[bytes], *entries: Any, dialect: Any = CHAT) -> list[bytes]:
    chunks = tuple(Chunk(len(piece), 0.0) for piece in pieces)
    return [*redactor(*entries).reply(Reply(200, "OK", (), b"".join(pieces), chunks), dialect).cut()]


def texts(pieces: list[bytes]) -> list[str]:
    return [json.loads(piece[6:])["choices"][0]["delta"]["content"] for piece in pieces]


@pytest.mark.parametrize(
    "text",
    [
        *("me@example.com", "first.last+tag@mail.example.co.uk", "o'neil@example.org", "ME@EXAMPLE.COM"),
        *("jürgen@bücher.example", "me%40example.com", "a_b-c@ex-ample.museum"),
    ],
)
def test_an_address_is_cut_out(text: str) -> None:
    assert asked([f"Write to {text}, please.", f"<{text}>", text], "email") == [
        f"Write to {REDACTED}, please.",
        f"<{REDACTED}>",
        REDACTED,
    ]


def test_what_is_no_address_stays() -> None:
    body = ["me at example.com", "@pytest.mark", "a@b", "package@1.2.3", "10 @ 20.00", "x@ y.de", "user@localhost"]

    assert asked(body, "email") == body


def test_a_pattern_sees_what_is_said_and_not_how_it_is_spelled() -> None:
    assert asked("é\nKunde 12\t34", r"Kunde \d+\s\d+") == f"é\n{REDACTED}"


def test_patterns_names_and_functions_add_up() -> None:
    rules = (r"acct-\d+", re.compile("(?i)alice"), "email", lambda text: text.replace("Bob", "B."))

    assert asked("Alice, Bob: acct-12, me@example.com", *rules) == f"{REDACTED}, B.: {REDACTED}, {REDACTED}"


def test_what_is_built_in_goes_first() -> None:
    seen: list[str] = []

    def look(text: str) -> str:
        seen.append(text)
        return text

    key = "sk-proj-0123456789abcdefghij"
    asked({"model": "m", "key": key}, look)

    assert seen == ["m", REDACTED]


def test_a_match_of_no_length_cuts_nothing() -> None:
    assert asked("banana", "(?=an)|b") == f"{REDACTED}anana"


def test_keys_and_numbers_stay() -> None:
    value = {"acct": 1712345678, "texts": ["acct", True], "call": '{"acct":"acct 17"}'}

    assert asked(value, "acct", r"\d+") == {
        "acct": 1712345678,
        "texts": [REDACTED, True],
        "call": f'{{"acct":"{REDACTED} {REDACTED}"}}',
    }


@given(VALUES.filter(lambda value: isinstance(value, dict | list)), st.sampled_from([CHAT, UNKNOWN]), st.booleans())
def test_json_stays_json(value: Any, dialect: Any, streamed: bool) -> None:
    rules = [r"[^b]+", lambda text: f'"{text}\n']
    body = json.dumps({"choices": [{"index": 0, "delta": {"content": value}}]}).encode()

    if streamed:
        [piece] = replied([b"data: %b\n\n" % body], *rules, dialect=dialect)
        assert skeleton(json.loads(piece.removeprefix(b"data: "))) == skeleton(json.loads(body))
    else:
        assert skeleton(asked(value, *rules)) == skeleton(value)


def test_what_is_said_piece_by_piece_is_seen_whole() -> None:
    pieces = deltas(["Write to me", "@exam", "ple.com", " or Bob."])

    assert texts(replied(pieces, "email")) == [f"Write to {REDACTED}", "", "", " or Bob."]
    assert texts(replied(pieces, lambda text: text.replace("Bob", "Robert"))) == [
        "Write to me",
        "@exam",
        "ple.com",
        " or Robert.",
    ]


def test_a_function_gets_each_text_of_a_stream_once() -> None:
    seen: list[str] = []

    def look(text: str) -> str:
        seen.append(text)
        return text.replace("a", "aa")

    pieces = replied(deltas(["a ", "b", " a"]), look)

    assert texts(pieces) == ["aa ", "b", " aa"]
    assert seen.count("a b a") == 1
    assert "a" not in seen


def test_the_arguments_of_a_streamed_call_stay_json() -> None:
    pieces = replied(deltas(['{"to":"me@', 'example.com","n":1', "2}"]), r"\S+@\S+", r"\d+")

    assert json.loads("".join(texts(pieces))) == {"to": REDACTED, "n": 12}


def test_a_comment_beside_the_events_is_seen_by_patterns() -> None:
    pieces = replied([b": for me@example.com\n\n", *deltas(["a"])], "email", str.upper)

    assert pieces[0] == f": for {REDACTED}\n\n".encode()


def test_a_body_that_is_no_json_is_one_text() -> None:
    body = b"to=me%40example.com&x=1"
    kept = redactor("email").request(Request("POST", URL, (), body)).body

    assert kept == f"to={REDACTED}&x=1".encode()
    assert replied([b"to me@exa", b"mple.com"], "email") == [f"to {REDACTED}".encode(), b""]
    assert redactor("email").request(Request("POST", URL, (), b"\xff me@example.com")).body == b"\xff me@example.com"


def test_a_url_loses_what_follows_its_host() -> None:
    kept = redactor("email", "samuraiapi").url(f"{URL}?user=me@example.com&by=samuraiapi")

    assert kept == f"{URL}?user={REDACTED}&by={REDACTED}"
    assert redactor(str.upper).url(f"{URL}?by=me") == f"{URL}?BY=ME"
    assert redactor("email").url("/users/me@example.com") == f"/users/{REDACTED}"


def test_headers_lose_it_but_for_what_says_what_the_body_is() -> None:
    headers = (("content-type", "application/json"), ("x-request-id", "application of me@example.com"))

    reply = redactor("email", "application").reply(Reply(200, "OK", headers, b""))

    assert reply.headers == (headers[0], ("x-request-id", f"{REDACTED} of {REDACTED}"))


@pytest.mark.parametrize(
    ("written", "right"),
    [
        (["("], "regular expressions, and '(' is not one: missing ), unterminated subpattern at position 0"),
        (["x*"], "regular expressions that match some text; 'x*' matches empty text"),
        ("", "regular expressions that match some text; '' matches empty text"),
        ([re.compile(b"x")], "regular expressions of text, not of bytes"),
        (["email x"], "'email' on a line, or in a text, by itself"),
        ([7], 'a list of regular expressions, of names ("email"), and of functions text -> text'),
        (None, 'a list of regular expressions, of names ("email"), and of functions text -> text'),
    ],
)
def test_what_is_no_rule_is_refused(written: object, right: str) -> None:
    assert refusal(redact=written) == f"here: redact is {written!r}; it must be {right}"


def test_one_rule_needs_no_list() -> None:
    assert said(redact="email").redact == said(redact=["email"]).redact
    assert said(redact=len).redact == (len,)


def test_a_function_that_gives_no_text_is_named() -> None:
    with pytest.raises(
        SettingsError, match="redact: forgetful returned a value of type NoneType; it must return the text to write"
    ):
        asked("a", forgetful)


def forgetful(_: str) -> None:
    return None


@given(st.text("ab ."), st.text("ab ."))
def test_the_difference_of_two_texts_makes_one_of_the_other(old: str, new: str) -> None:
    made, at = "", 0
    for begin, end, text in difference(old, new):
        made += old[at:begin] + text
        at = end
    assert made + old[at:] == new


def test_of_long_texts_all_is_replaced() -> None:
    assert difference("a " * 1000, "b " * 1000) == [(0, 2000, "b " * 1000)]

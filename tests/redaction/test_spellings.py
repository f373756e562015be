"""A secret is found in any spelling."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.redactor import Redactor
from tests.redaction.kept import SECRET, stored, stored_text

SPELLINGS = st.sampled_from(
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET)[1:-1].replace("/", "\\/"),
        SECRET.replace("/", "\\/"),
        quote(SECRET),
        quote(SECRET, safe=""),
    ]
)


AROUND = st.text("ab/ é2-\\", max_size=6)


@given(st.lists(AROUND, min_size=1, max_size=4), SPELLINGS)
def test_a_secret_is_found_in_every_spelling_and_nothing_else_is_touched(around: list[str], spelling: str) -> None:
    text = Redactor([SECRET]).text(spelling.join(around))

    assert text == REDACTED.join(around)


def test_a_secret_with_quotes_is_found_in_json() -> None:
    assert stored_text('the key "a\\b\n12345678" it is', 'a\\b\n12345678" it') == f'the key "{REDACTED} is'
    assert Redactor(['a"b\\c 123']).text('= a"b\\c 123;') == f"= {REDACTED};"


def test_a_secret_is_found_in_json_within_json() -> None:
    secret = 'a"b\\c/dé-1'
    for inner in (True, False):
        for outer in (True, False):
            arguments = json.dumps({"key": secret}, ensure_ascii=inner)
            body = json.dumps({"arguments": arguments}, ensure_ascii=outer).encode()
            assert stored(body, (secret,)).body == b'{"arguments": "{\\"key\\": \\"[REDACTED]\\"}"}'


def test_an_environment_that_is_no_utf_8_does_no_harm() -> None:
    secret = b"\xff-secret-1".decode("utf-8", "surrogateescape")

    assert stored(b'"\xff-secret-1 \xff"', (secret,)).body == b'"[REDACTED] \xff"'
    assert Redactor([secret]).text(f"{secret} \udcff") == "[REDACTED] \udcff"


@given(st.binary(max_size=5), st.binary(max_size=5))
def test_a_secret_is_found_in_base64_of_a_text_that_holds_it(before: bytes, after: bytes) -> None:
    secret = "sk-samurai-0123456789abcdef"
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        written = Redactor([secret]).text(f"authorization: {encode(before + secret.encode() + after).decode()}")
        assert REDACTED in written
        rest = re.sub(r"[^A-Za-z0-9+/_-]", "", written.partition(": ")[2].replace(REDACTED, ""))
        assert len(rest) <= len(encode(before + after)) + 4


def test_half_a_character_is_no_obstacle() -> None:
    half, escaped = "m\ud800 7QzXw7KvJ9pY\ud800", "m\udc80 7QzXw7KvJ9pY\udc80"

    assert Redactor(["7QzXw7KvJ9pY\ud800"]).text(half) == f"m\ud800 {REDACTED}"
    assert Redactor(["7QzXw7KvJ9pY\udc80"]).text(escaped) == f"m\udc80 {REDACTED}"

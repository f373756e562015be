"""What may be written down: no header beside the harmless ones, no secret however it is spelled, no long base64."""

from __future__ import annotations

import base64
import json
import random
import re
from hashlib import sha256
from typing import Any, AnyStr
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_samurai import redaction
from pytest_samurai.chat import Chunk, Headers, Reply, Request, events, merge
from pytest_samurai.redaction import REDACTED, Redactor, Redactors, environment_secrets, request_secrets

SECRET = "hunter2-hunter2/é"
KEY = "sk-samurai-0123456789abcdefghij"
URL = "https://www.samuraiapi.in/v1/chat/completions"


def stored(body: bytes, secrets: tuple[str, ...] = (), *, url: str = URL, headers: Headers = ()) -> Request:
    return Redactor(secrets).request(Request("POST", url, headers, body))


def stored_text(text: str, *secrets: str) -> str:
    """The text of a prompt as it is stored."""
    body = stored(json.dumps({"content": text}).encode(), secrets).body
    content: str = json.loads(body)["content"]
    return content


def streamed(pieces: list[bytes], *secrets: str) -> Reply:
    chunks = tuple(Chunk(len(piece), place / 10) for place, piece in enumerate(pieces))
    return Redactor(secrets).reply(Reply(200, "OK", (), b"".join(pieces), chunks))


# --- which values are secrets


@pytest.mark.parametrize(
    "name",
    [
        "SAMURAI_API_KEY",
        "OPENAI_APIKEY",
        "GITHUB_TOKEN",
        "TOKEN",
        "CLIENT_SECRET",
        "AWS_SECRET_ACCESS_KEY",
        "DB_PASSWORD",
        "DJANGO_SECRET_KEY",
        "openai_api_key",
    ],
)
def test_a_variable_with_the_name_of_a_secret_holds_one(name: str) -> None:
    assert environment_secrets({name: "abc12345"}) == {"abc12345"}


@pytest.mark.parametrize(
    "name", ["HOME", "MAX_TOKENS", "TOKENIZERS_PARALLELISM", "SECRET_SANTA", "MONKEY", "API_KEY_FILE"]
)
def test_any_other_variable_does_not(name: str) -> None:
    assert environment_secrets({name: "abc12345"}) == frozenset()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "test",
        "abc1234",
        "changeme",
        "not-needed",
        "Not Needed",
        "DEVELOPMENT",
        "my.test_key",
        "nineteen-characters",
    ],
)
def test_words_that_stand_in_for_a_key_are_not_cut_out_of_prompts(value: str) -> None:
    assert environment_secrets({"SAMURAI_API_KEY": value}) == frozenset()
    assert request_secrets((("authorization", f"Bearer {value}"),)) == frozenset()


@pytest.mark.parametrize("value", ["abcd1234", "dXNlcjpwYXNz", "twenty-characters-it", "p@ssword"])
def test_what_nobody_would_write_as_a_word_is_a_secret(value: str) -> None:
    assert environment_secrets({"SAMURAI_API_KEY": value}) == {value}


def test_blanks_around_a_variable_are_not_part_of_the_secret() -> None:
    assert environment_secrets({"SAMURAI_API_KEY": f" {KEY}\n"}) == {KEY}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", f"Bearer {KEY}"),
        ("authorization", f"bearer   {KEY} "),
        ("authorization", KEY),
        ("proxy-authorization", f"Basic {KEY}"),
        ("api-key", KEY),
        ("x-api-key", KEY),
        ("x-goog-api-key", KEY),
    ],
)
def test_the_key_of_a_request_is_a_secret(name: str, value: str) -> None:
    assert request_secrets((("accept", "application/json"), (name, value))) == {KEY}


def test_other_headers_and_empty_ones_hold_no_key() -> None:
    assert request_secrets((("x-request-id", KEY), ("authorization", ""), ("api-key", " "))) == frozenset()


# --- headers


def test_of_the_headers_of_a_request_only_the_harmless_ones_are_stored() -> None:
    headers = (
        ("authorization", f"Bearer {KEY}"),
        ("cookie", "a=b"),
        ("content-type", "application/json"),
        ("x-anything", "x"),
        ("accept", "*/*"),
    )

    assert stored(b"", headers=headers).headers == (("content-type", "application/json"), ("accept", "*/*"))


def test_of_the_headers_of_a_reply_those_are_stored_that_clients_act_upon() -> None:
    kept = (
        ("content-type", "application/json"),
        ("retry-after", "1"),
        ("retry-after-ms", "1"),
        ("x-should-retry", "true"),
        ("x-request-id", "req_1"),
        ("x-ratelimit-limit-requests", "70"),
        ("x-ratelimit-reset-requests", "2024-01-01"),
        ("openai-processing-ms", "12"),
        ("openai-model", "m"),
        ("openai-version", "1"),
        ("location", f"/x?token={REDACTED}"),
    )
    came = (("set-cookie", "session=1"), ("openai-organization", "me"), *kept[:-1], ("location", "/x?token=abcd1234"))

    assert Redactor(["abcd1234"]).reply(Reply(200, "OK", came, b"")).headers == kept


UNKEPT = (
    "anthropic-organization-id",
    "api-key",
    "authorization",
    "cf-ray",
    "cookie",
    "openai-organization",
    "openai-project",
    "server",
    "set-cookie",
    "user-agent",
    "x-anything",
    "x-api-key",
    "x-goog-api-key",
    "x-ratelimit",
    "x-request-id-2",
    "x-stainless-os",
)
"""What names an account, a key, a machine or a session; and what only looks like a header that is kept."""


def test_no_other_header_is_stored_on_either_side() -> None:
    headers = tuple((name, "value") for name in UNKEPT)

    assert stored(b"", headers=headers).headers == ()
    assert Redactor([]).reply(Reply(200, "OK", headers, b"")).headers == ()


# --- secrets by value

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


@given(st.text(), st.binary())
@example(
    "max_tokens password token secret sk- eyJ AKIA ghp_ [REDACTED]", b'{"properties":{"password":{"type":"string"}}}'
)
def test_without_a_secret_nothing_is_touched(text: str, body: bytes) -> None:
    assert stored_text(text, "another-secret-1") == text
    assert stored(body, ("another-secret-1",)).body == body


def test_a_secret_with_quotes_is_found_in_json() -> None:
    assert stored_text('the key "a\\b\n12345678" it is', 'a\\b\n12345678" it') == f'the key "{REDACTED} is'
    assert Redactor(['a"b\\c 123']).text('= a"b\\c 123;') == f"= {REDACTED};"


def test_of_two_secrets_that_begin_alike_the_longer_one_is_cut_out_whole() -> None:
    assert stored_text("ab-12345678-9 ab-12345678", "ab-12345678", "ab-12345678-9") == f"{REDACTED} {REDACTED}"


def test_secrets_that_overlap_are_cut_out_as_one() -> None:
    assert (
        stored_text("see abcd1234efgh5678, and 1234efgh", "abcd1234efgh", "1234efgh5678")
        == f"see {REDACTED}, and 1234efgh"
    )
    assert stored_text(f"Bearer {KEY}", KEY[3:12]) == f"Bearer {REDACTED}"
    assert stored_text(f"Bearer {KEY}", KEY[:12]) == f"Bearer {REDACTED}"


def test_two_secrets_side_by_side_are_two() -> None:
    assert stored_text("abcd1234abcd1234", "abcd1234") == REDACTED * 2


def test_an_environment_that_is_no_utf_8_does_no_harm() -> None:
    secret = b"\xff-secret-1".decode("utf-8", "surrogateescape")

    assert stored(b'"\xff-secret-1 \xff"', (secret,)).body == b'"[REDACTED] \xff"'
    assert Redactor([secret]).text(f"{secret} \udcff") == "[REDACTED] \udcff"


def test_a_secret_in_the_url_is_cut_out() -> None:
    assert stored(b"", (SECRET,), url=f"{URL}?x={quote(SECRET, safe='')}").url == f"{URL}?x={REDACTED}"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://user:pw@host/v1?x=1", "https://host/v1?x=1"),
        ("https://user@host/v1", "https://host/v1"),
        ("https://host/v1/a@b?x=://c@d", "https://host/v1/a@b?x=://c@d"),
        ("https://host/v1?x=1&key=abc&y=2#z", f"https://host/v1?x=1&key={REDACTED}&y=2#z"),
        ("https://host/v1?Api-Key=abc", f"https://host/v1?Api-Key={REDACTED}"),
        *(
            (f"https://host/v1?{name}=abc&x=1", f"https://host/v1?{name}={REDACTED}&x=1")
            for name in ("key", "apikey", "api_key", "access_token", "token", "sig", "signature")
        ),
        ("https://host/v1?monkey=abc&api-version=1", "https://host/v1?monkey=abc&api-version=1"),
    ],
)
def test_what_a_url_itself_carries_as_a_key_is_cut_out(url: str, kept: str) -> None:
    asked = stored(b"", url=url)

    assert asked.url == kept
    assert urlsplit(asked.url).hostname == "host"


def test_a_request_that_held_a_secret_is_stored_alike_whichever_key_it_was() -> None:
    one, other = (f"sk-{letter * 12}0123456789" for letter in "ab")

    assert stored_text(f"my key is {one}", one) == stored_text(f"my key is {other}", other)


# --- secrets by shape

LONG = "0a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8i9J"
BLOCK = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n+/=\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        "sk-0123456789abcdef",
        f"sk-proj-{LONG}_{LONG}-x",
        f"sk-ant-api03-{LONG}",
        "sk-123e4567-e89b-12d3-a456-426614174000",
        *(f"gh{kind}_{LONG}" for kind in "pousr"),
        f"github_pat_{LONG}",
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        "sk-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn",
        "sk-svcacct-AbCdEfGhIjKlMnOpQrStUvWx",
        "sk-ant-api03-abcdefghijklmnopqrstuvwxyz",
        f"AIza{'SyB-c_d' * 5}",
        f"gsk_{'aB3d' * 8}",
        f"hf_{'aBcDeF' * 5}",
        *(f"xox{kind}-1234567890-abcdefgh" for kind in "abprs"),
        *(f"sk-{maker}-abcdefghijklmnop" for maker in ("ant", "admin", "or", "proj", "svcacct")),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        BLOCK,
        BLOCK.replace("RSA ", ""),
    ],
)
@pytest.mark.parametrize("around", ["{}", "My key: {}.", "keys:\n{}\n", '"{}"', "é{}é", "key={}&"])
def test_what_has_the_shape_of_a_secret_is_cut_out_though_nobody_told_of_it(secret: str, around: str) -> None:
    assert stored_text(around.format(secret)) == around.format(REDACTED)


@pytest.mark.parametrize(
    "key",
    [
        f"sk-{LONG}aBcDeFgH",
        f"sk-ant-api03-{LONG}{LONG}0a1B2c3D4e5F6gA",
        f"sk-or-v1-{'0123456789abcdef' * 4}",
        f"AIza{LONG[:35]}",
        f"gsk_{LONG}0a1B2c3D4e5F",
        f"hf_{LONG[:34]}",
        f"xoxb-123456789012-1234567890123-{LONG[:24]}",
        *(f"gh{kind}_{LONG[:36]}" for kind in "pousr"),
        f"github_pat_{LONG[:22]}_{LONG}{LONG[:19]}",
        "AKIA0123456789ABCDEF",
    ],
)
def test_a_key_is_known_at_the_length_at_which_its_maker_gives_it_out(key: str) -> None:
    assert stored_text(f"My key: {key}.") == f"My key: {REDACTED}."


def test_a_key_after_a_character_that_json_may_escape_is_found_in_either_spelling() -> None:
    assert stored(f'"\\u00e9{KEY}\\n"'.encode()).body == f'"\\u00e9{REDACTED}\\n"'.encode()
    assert stored(f'"é{KEY}\\n"'.encode()).body == f'"é{REDACTED}\\n"'.encode()


@pytest.mark.parametrize(
    "text",
    [
        "sk-learn-compatible-estimators-and-transformers",
        "sk-LearnCompatibleEstimators",
        "AIzaWithoutItsThirtyFiveCharacters",
        "gsk_not_a_key",
        "hf_transformers_and_friends",
        "xoxb-and-kisses",
        "sk-learn-1-2-compatible-estimators",
        "a task-0123456789abcdef and a desk_sk-0123456789abcdef",
        "sk-short1",
        "ghp_short",
        "AKIAIOSFODNN7EXAMPLEX",
        "XAKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9 is a header of a token",
        "Does it hold -----BEGIN PRIVATE KEY----- or not?",
        "-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA\n-----END CERTIFICATE-----",
        "password: the field's name; max_tokens: 100; token token_type secret_key",
    ],
)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert stored_text(text) == text


def test_a_private_key_that_was_cut_off_is_cut_out_as_far_as_it_goes() -> None:
    assert stored_text(f"It is -----BEGIN PRIVATE KEY-----\n{LONG}\n{LONG}...") == f"It is {REDACTED}..."


def test_two_private_keys_do_not_take_what_stands_between_them() -> None:
    assert stored_text(f"{BLOCK} and {BLOCK}") == f"{REDACTED} and {REDACTED}"


# --- replies, and their chunks


def test_the_reason_and_the_hidden_usage_of_a_reply_lose_their_secrets_too() -> None:
    reply = Reply(401, f"Wrong: {KEY}", (), b"", (), hidden_usage={"prompt_tokens": 1.5, "note": KEY, "\ud83d": None})

    kept = Redactor([]).reply(reply)

    assert kept.reason == f"Wrong: {REDACTED}"
    assert kept.hidden_usage == {"prompt_tokens": 1.5, "note": REDACTED, "\ud83d": None}


def test_the_place_that_a_reply_sends_to_loses_what_it_carries_as_a_key() -> None:
    headers = (("location", "https://me:pw@host/v1?token=abc&x=1"),)

    kept = Redactor([]).reply(Reply(307, "", headers, b"")).headers

    assert kept == (("location", f"https://host/v1?token={REDACTED}&x=1"),)


def test_a_secret_is_found_in_json_within_json() -> None:
    secret = 'a"b\\c/dé-1'
    for inner in (True, False):
        for outer in (True, False):
            arguments = json.dumps({"key": secret}, ensure_ascii=inner)
            body = json.dumps({"arguments": arguments}, ensure_ascii=outer).encode()
            assert stored(body, (secret,)).body == b'{"arguments": "{\\"key\\": \\"[REDACTED]\\"}"}'


def test_the_body_of_a_reply_loses_its_secrets_and_nothing_else_changes() -> None:
    reply = Reply(401, "Unauthorized", (), f'{{"error": "{KEY} is wrong"}}'.encode(), duration=0.5)

    assert Redactor([]).reply(reply) == Reply(
        401, "Unauthorized", (), f'{{"error": "{REDACTED} is wrong"}}'.encode(), duration=0.5
    )


def cut(body: AnyStr, cuts: list[int]) -> list[AnyStr]:
    ends: list[int] = sorted({*(min(end, len(body)) for end in cuts), len(body)})
    begins = [0, *ends]
    return [body[begin:end] for begin, end in zip(begins, ends, strict=False)]


def deltas(texts: list[str], index: int = 0) -> list[bytes]:
    choices: list[dict[str, Any]] = [{"index": index, "delta": {"content": text}} for text in texts]
    parts = [json.dumps({"id": "x", "choices": [choice]}, separators=(",", ":")) for choice in choices]
    return [f"data: {part}\n\n".encode() for part in parts]


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


# --- long base64

PICTURE = base64.b64encode(random.Random(7).randbytes(3000)).decode()


def test_a_picture_in_a_request_is_stored_as_its_length_and_digest() -> None:
    body = stored(json.dumps({"url": f"data:image/png;base64,{PICTURE}", "detail": "low"}).encode()).body

    digest = sha256(PICTURE.encode()).hexdigest()
    url = f"data:image/png;base64,[base64: 4000 characters, SHA-256 {digest}]"
    assert json.loads(body) == {"url": url, "detail": "low"}


def test_another_picture_is_another_request() -> None:
    other = PICTURE[:2000] + ("A" if PICTURE[2000] != "A" else "B") + PICTURE[2001:]

    assert stored_text(PICTURE) != stored_text(other)


@pytest.mark.parametrize("text", [PICTURE[:1023], "x" * 5000, "0123456789" * 500, "ABC" * 1000, "sentence one " * 500])
def test_a_short_one_and_long_texts_stay_as_they_are(text: str) -> None:
    assert stored_text(text) == text


def test_a_picture_in_a_reply_stays_since_the_application_needs_it() -> None:
    assert Redactor([]).reply(Reply(200, "OK", (), PICTURE.encode())).body == PICTURE.encode()


@given(st.binary(max_size=5), st.binary(max_size=5))
def test_a_secret_is_found_in_base64_of_a_text_that_holds_it(before: bytes, after: bytes) -> None:
    secret = "sk-samurai-0123456789abcdef"
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        written = Redactor([secret]).text(f"authorization: {encode(before + secret.encode() + after).decode()}")
        assert REDACTED in written
        rest = re.sub(r"[^A-Za-z0-9+/_-]", "", written.partition(": ")[2].replace(REDACTED, ""))
        assert len(rest) <= len(encode(before + after)) + 4


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
    for channel, text in redaction._spoken(body):
        spoken[channel] = spoken.get(channel, b"") + text
    assert [*filter(None, spoken.values())] == [*filter(None, redaction.said(body))]


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


def test_of_many_keys_those_that_came_last_are_known() -> None:
    made: dict[frozenset[str], Redactor] = {}
    redactors = Redactors({}, made)
    for number in range(100):
        request = Request("POST", "http://h/", (("authorization", f"Bearer made-up-key-{number:04d}"),), b"{}")
        assert redactors.of(request).text(f"a made-up-key-{number:04d}") == "a [REDACTED]"
    assert len(made) == 64
    assert frozenset({"made-up-key-0099"}) in made

"""Cutting from JSON leaves JSON, with its keys, its numbers and its words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.redaction.redactors import Redactors, without_secrets
from pytest_samurai.wire.chat import CHAT
from pytest_samurai.wire.dialects import UNKNOWN
from pytest_samurai.wire.http import Chunk, Reply, Request
from pytest_samurai.wire.interaction import Interaction
from tests.redaction.kept import URL, deltas

PIN = "84736251"


def kept(body: bytes, *secrets: str, pieces: list[bytes] | None = None, dialect: Any = CHAT) -> bytes:
    chunks = None if pieces is None else tuple(Chunk(len(piece), 0.0) for piece in pieces)
    return Redactor(secrets).reply(Reply(200, "OK", (), body, chunks), dialect).body


def skeleton(value: Any) -> Any:
    """A JSON value with every string emptied."""
    if isinstance(value, str):
        return ""
    if isinstance(value, list):
        return [skeleton(inner) for inner in value]
    return {key: skeleton(inner) for key, inner in value.items()} if isinstance(value, dict) else value


PARTS = st.sampled_from(
    ["created", "84736251", "true", "a", "\n", '"', "\\", "é", "\u2028", "😀", "/", "n", ":", "{", ","]
)
TEXTS = st.lists(PARTS, max_size=6).map("".join)
SECRETS = st.lists(PARTS, min_size=1, max_size=5).map("".join).filter(lambda text: len(text) >= 2)
VALUES = st.recursive(
    TEXTS | st.sampled_from([84736251, -84736251, 1784736251, 84736251.5, True, None]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS, inner, max_size=3)
        | st.dictionaries(TEXTS, inner, max_size=2).map(json.dumps)
    ),
    max_leaves=8,
)


@given(VALUES.filter(lambda value: isinstance(value, dict | list)), st.lists(SECRETS, max_size=3), st.booleans())
@example({"created": 1712345678, "n": 84736251, "pin": PIN}, [PIN, "created", "true"], True)
@example({"text": "a\nnabcdefgh"}, ["nabcdefgh"], True)
def test_json_stays_json(value: Any, secrets: list[str], ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()

    for there in (kept(body, *secrets), Redactor(secrets).request(Request("POST", URL, (), body)).body):
        assert skeleton(json.loads(there)) == skeleton(value)


@given(st.lists(VALUES, max_size=4), st.lists(SECRETS, max_size=3), st.sampled_from([CHAT, UNKNOWN]), st.booleans())
def test_each_event_of_a_stream_stays_json(values: list[Any], secrets: list[str], dialect: Any, lines: bool) -> None:
    events = [{"choices": [{"index": 0, "delta": {"content": value}}]} for value in values]
    body = "".join(f"{json.dumps(event)}\n" if lines else f"data: {json.dumps(event)}\n\n" for event in events).encode()

    there = kept(body, *secrets, dialect=dialect).decode().split("\n" if lines else "\n\n")

    assert [skeleton(json.loads(event.removeprefix("data: "))) for event in there[:-1]] == list(map(skeleton, events))


@pytest.mark.parametrize(
    "pieces", [['{"pin"', ":84", "736251", "}"], ['{"pin":', "84736251", "}"], ['{"pin":84736251}']]
)
def test_the_arguments_of_a_streamed_call_stay_json(pieces: list[str]) -> None:
    events = [
        json.dumps(
            {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": part}}]}}]}
        )
        for part in pieces
    ]
    body = "".join(f"data: {event}\n\n" for event in events).encode()

    assert kept(body, PIN, pieces=[body]) == body


def test_the_arguments_of_several_calls_stay_json() -> None:
    arguments = [f'{{"pin":{PIN}}}', f'{{"pin":{PIN},"text":"It is {PIN}."}}']
    body = json.dumps({"tool_calls": [{"function": {"arguments": text}} for text in arguments]}).encode()

    calls = json.loads(kept(body, PIN))["tool_calls"]

    said = [json.loads(call["function"]["arguments"]) for call in calls]
    assert said == [{"pin": int(PIN)}, {"pin": int(PIN), "text": f"It is {REDACTED}."}]


def test_the_fields_of_streamed_arguments_stay_and_a_secret_among_them_goes() -> None:
    parts = ['{"quarterly_figures_7":', '"quarterly', '_figures_7"}']

    said = kept(b"".join(deltas(parts)), "quarterly_figures_7")

    texts = [json.loads(event[6:])["choices"][0]["delta"]["content"] for event in said.decode().split("\n\n")[:-1]]
    assert "".join(texts) == f'{{"quarterly_figures_7":"{REDACTED}"}}'


def test_a_number_is_cut_where_it_is_said_and_nowhere_else() -> None:
    reply = {
        "created": 84736251,
        "id": "chatcmpl-x84736251",
        "text": f"Your PIN is {PIN}.",
        "arguments": f'{{"n":{PIN}}}',
    }

    assert json.loads(kept(json.dumps(reply).encode(), PIN)) == {**reply, "text": f"Your PIN is {REDACTED}."}
    assert kept(PIN.encode(), PIN) == PIN.encode()
    assert Redactor([PIN]).request(Request("POST", URL, (), PIN.encode())).body == PIN.encode()
    headers = (("openai-processing-ms", PIN), ("x-request-id", f"for {PIN}"))
    assert Redactor([PIN]).reply(Reply(200, "OK", headers, b"")).headers == (
        ("openai-processing-ms", PIN),
        ("x-request-id", f"for {REDACTED}"),
    )


def test_the_keys_of_an_object_stay_unless_they_have_the_shape_of_a_key() -> None:
    shape = "sk-proj-0123456789abcdefghij"
    body = json.dumps({"quarterly_figures_7": "quarterly_figures_7", shape: 1}).encode()

    assert json.loads(kept(body, "quarterly_figures_7")) == {"quarterly_figures_7": REDACTED, REDACTED: 1}


def test_a_private_key_that_ends_in_another_part_is_cut_out_of_both() -> None:
    begin, end = "-----BEGIN PRIVATE KEY-----\nMIIEv", "QIBADAN\n-----END PRIVATE KEY-----"

    assert json.loads(kept(json.dumps([begin, 7, end]).encode())) == [REDACTED, 7, REDACTED]


def test_what_is_no_json_in_a_stream_loses_it_too() -> None:
    body = f'data: hello {PIN}\n\ndata: {{"n":{PIN}}}\n\ndata: {PIN}\n\ndata: [DONE]\n\n'.encode()

    assert kept(body, PIN) == body.replace(f"hello {PIN}".encode(), f"hello {REDACTED}".encode())


def test_what_a_request_is_made_of_stays() -> None:
    secrets = ["claude-3-5-sonnet-20241022", "models.internal-7.corp:8443", "other-secret-0042"]
    redactors = Redactors({f"A{number}_TOKEN": secret for number, secret in enumerate(secrets)})
    url = "https://models.internal-7.corp:8443/v1/chat/completions"
    body = json.dumps({"model": "anthropic/claude-3-5-sonnet-20241022", "user": "other-secret-0042"}).encode()
    request = Request("POST", url, (), body)

    asked = redactors.of(request).request(request)

    assert asked.url == url
    assert json.loads(asked.body) == {"model": "anthropic/claude-3-5-sonnet-20241022", "user": REDACTED}
    [written] = without_secrets([Interaction(request, Reply(200, "OK", (), body))], secrets)
    assert (written.request, written.reply.body) == (asked, asked.body)


def test_the_key_of_a_request_is_cut_out_even_if_its_model_is_called_so() -> None:
    request = Request("POST", "no url", (("api-key", "a-key-0123456789"),), b'{"model":"a-key-0123456789"}')

    assert Redactors({"A_TOKEN": "a-key-0123456789"}).request(request).body == b'{"model":"[REDACTED]"}'

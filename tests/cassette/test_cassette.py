"""The cassette file: what is written comes back, stock vcrpy reads it too, and a failed write costs nothing."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import stat
import sys
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import vcr.request
import vcr.serialize
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from vcr.serializers import yamlserializer

from pytest_samurai.cassette.reader import load, parse
from pytest_samurai.cassette.writer import dump, save
from pytest_samurai.errors import CassetteError
from pytest_samurai.text.scalar import scalar
from pytest_samurai.wire.http import CLOSED, Chunk, Headers, Reply, Request
from pytest_samurai.wire.interaction import Interaction

Json = Any
FILE = Path("some.yaml")
# How long a machine takes for one example is no property of the code.
law = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# To make an interaction up takes fifty times as long as to make up a text, and far longer than what is tried with it.
law_of_interactions = settings(law, max_examples=law.max_examples * 3 // 10)
URL = "https://www.samuraiapi.in/v1/chat/completions"
JSON_TYPE: Headers = (("content-type", "application/json"),)
STREAM_TYPE: Headers = (("content-type", "text/event-stream; charset=utf-8"),)
EVENTS = b'data: {"choices": [{"index": 0}]}\n\ndata: {"choices": []}\n\ndata: [DONE]\n\n'


def interaction(
    request: bytes = b"{}", reply: bytes = b"{}", *, headers: Headers = JSON_TYPE, url: str = URL, **more: Any
) -> Interaction:
    return Interaction(Request("POST", url, JSON_TYPE, request), Reply(200, "OK", headers, reply, **more))


def back(item: Interaction) -> Interaction:
    [found] = parse(dump([item]), FILE)
    return found


def by_vcrpy(content: bytes) -> tuple[Any, Json]:
    """The one request and the one response that stock vcrpy reads from the content of a cassette."""
    requests, responses = vcr.serialize.deserialize(content.decode(), yamlserializer)
    [request], [response] = requests, responses
    return request, response


def of_vcrpy(
    *,
    request: Json = b'{"model": "m"}',
    string: Json = b'{"id": "1"}',
    headers: Json = None,
    request_headers: Json = None,
) -> bytes:
    """A cassette as vcrpy itself writes it."""
    asked = vcr.request.Request("POST", URL, request, request_headers or {"Content-Type": "application/json"})
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Type": ["application/json"]} if headers is None else headers,
        "body": {"string": string},
    }
    text: str = vcr.serialize.serialize({"requests": [asked], "responses": [response]}, yamlserializer)
    return text.encode()


# --- what anybody may send and receive

# Blanks, line ends and YAML's own signs far more often than chance would have them, and what its readers trip over.
_HARD = [*" \t\n\r:#-?|>&*!%@`\"'{}[],~=\\", "\r\n", "\n\n", ": ", " #", "\x85", "\xa0", "\u2028", "\u2029", "\ufeff"]
_WORDS = [
    "true",
    "No",
    "null",
    "~",
    "1e-07",
    "0x1f",
    "1_000",
    "12:30:45",
    "2026-01-01",
    "<<",
    "=",
    "---",
    "...",
    ".inf",
]
texts = st.lists(
    st.one_of(
        st.sampled_from(_HARD),
        st.sampled_from(_WORDS),
        st.sampled_from(["\x00", "\x07", "\x7f", "\u200b", "\ufffe", "\U0001f600", "\U0010ffff", "é", "日本"]),
        st.text("ab01", min_size=1, max_size=4),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=14,
).map("".join)

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
json_bodies = st.builds(
    lambda value, ascii_only, separators, indent: json.dumps(
        value, ensure_ascii=ascii_only, separators=separators, indent=indent
    ).encode(),
    json_values,
    st.booleans(),
    st.sampled_from([(",", ":"), (", ", ": "), (",", ": ")]),
    st.sampled_from([None, 2, "\t"]),
)
event_bodies = st.builds(
    lambda events, end: b"".join(b"data: " + event.replace(b"\n", b" ") + 2 * end for event in events),
    st.lists(json_bodies, max_size=4),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
)
bodies = st.one_of(json_bodies, event_bodies, texts.map(str.encode), st.binary(max_size=40))

_CARRIED = ("content-encoding", "content-length", "transfer-encoding")
header_names = texts.map(str.lower).filter(lambda name: name not in _CARRIED)


def spread(values: dict[str, list[str]]) -> Headers:
    return tuple((name, value) for name, several in values.items() for value in several)


headers_in_order = st.dictionaries(header_names, st.lists(texts, min_size=1, max_size=2), max_size=3).map(spread)
urls = st.builds(lambda host, rest: f"https://{host}/{rest}", st.sampled_from(["h", "h.in:8080", "[::1]"]), texts)
seconds = st.floats(min_value=0, allow_nan=False, allow_infinity=False)


@st.composite
def cut(draw: st.DrawFn, body: bytes) -> tuple[Chunk, ...]:
    """Any way in which a body may have come in pieces."""
    places = sorted(draw(st.sets(st.integers(1, len(body) - 1), max_size=30))) if len(body) > 1 else []
    edges = [0, *places, len(body)] if body else [0]
    return tuple(Chunk(end - start, draw(seconds)) for start, end in pairwise(edges))


@st.composite
def interactions(draw: st.DrawFn) -> Interaction:
    streamed = draw(st.booleans())
    body = draw(bodies)
    reply = Reply(
        status=draw(st.integers(100, 599)),
        reason=draw(texts),
        headers=draw(headers_in_order) + (STREAM_TYPE if streamed else ()),
        body=body,
        chunks=draw(cut(body)) if streamed else None,
        ending=draw(st.one_of(st.just(CLOSED), texts)),
        hidden_usage=draw(st.one_of(st.none(), st.dictionaries(texts, json_values, max_size=3))),
        http_version=draw(st.one_of(st.just("HTTP/2"), texts)),
        duration=draw(st.one_of(st.none(), seconds)),
    )
    # The name of the type's header may have been drawn as well: then its values stand together.
    grouped: dict[str, list[str]] = {}
    for name, value in reply.headers:
        grouped.setdefault(name, []).append(value)
    reply = replace(reply, headers=spread(grouped))
    request = Request(draw(texts.filter(bool)), draw(urls), draw(headers_in_order), draw(bodies))
    return Interaction(request, reply, draw(st.one_of(st.none(), texts)), edited=draw(st.booleans()))


# --- laws


@law_of_interactions
@given(st.lists(interactions(), max_size=3))
def test_whatever_was_recorded_comes_back_byte_for_byte(recorded: list[Interaction]) -> None:
    assert parse(dump(recorded), FILE) == recorded


@law_of_interactions
@given(interactions())
def test_stock_vcrpy_reads_the_same_status_headers_and_bodies(recorded: Interaction) -> None:
    request, response = by_vcrpy(dump([recorded]))
    assert (request.method, request.uri) == (recorded.request.method, recorded.request.url)
    assert response["status"] == {"code": recorded.reply.status, "message": recorded.reply.reason}
    asked = {name: values for name, values in _in_lists(recorded.request.headers).items() if name}
    # vcrpy's own mapping gives the first value only.
    assert {name: request.headers[name] for name in asked} == {name: values[0] for name, values in asked.items()}
    assert response["headers"] == _in_lists(recorded.reply.headers)
    assert meaning(request.body) == meaning(recorded.request.body)
    assert meaning(response["body"]["string"]) == meaning(recorded.reply.body)


def _in_lists(headers: Headers) -> dict[str, list[str]]:
    return {name: [value for key, value in headers if key == name] for name, _ in headers}


def meaning(body: bytes) -> object:
    """The JSON value of a body. Of other text, CR before LF does not count, nor whether an escape is spelled out: for
    those who read it, a cassette has neither, and only our own notes tell how it was."""
    try:
        return json.dumps(json.loads(body), sort_keys=True)
    except ValueError:
        pass
    try:
        text = re.sub(r"\r*\n", "\n", body.decode())
    except UnicodeDecodeError:
        return body
    return re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], text)


@law_of_interactions
@given(interactions())
def test_a_rewrite_by_vcrpy_loses_nothing(recorded: Interaction) -> None:
    recorded = replace(recorded, request=replace(recorded.request, headers=JSON_TYPE))
    requests, responses = vcr.serialize.deserialize(dump([recorded]).decode(), yamlserializer)
    rewritten = vcr.serialize.serialize({"requests": requests, "responses": responses}, yamlserializer)
    [found] = parse(rewritten.encode(), FILE)
    in_order = replace(recorded.reply, headers=tuple(sorted(recorded.reply.headers, key=lambda pair: pair[0])))
    assert found == replace(recorded, reply=in_order)


@pytest.mark.parametrize("at", ["before", "after"])
def test_an_edit_before_or_after_a_rewrite_by_vcrpy_is_known_as_one(at: str) -> None:
    def edited(content: str) -> str:
        return content.replace("Bonjour", "Buongiorno")

    def rewritten(content: str) -> str:
        requests, responses = vcr.serialize.deserialize(content, yamlserializer)
        text: str = vcr.serialize.serialize({"requests": requests, "responses": responses}, yamlserializer)
        return text

    content = dump([interaction(reply=b'{"a":["Bonjour",1]}')]).decode()
    assert not parse(rewritten(content).encode(), FILE)[0].edited
    content = rewritten(edited(content)) if at == "before" else edited(rewritten(content))
    [found] = parse(content.encode(), FILE)
    assert (found.reply.body, found.edited) == (b'{"a":["Buongiorno",1]}', True)
    assert back(found) == found


@law_of_interactions
@given(st.lists(interactions(), max_size=2))
def test_a_cassette_reads_the_same_without_libyaml(recorded: list[Interaction]) -> None:
    content = dump(recorded)
    assert yaml.load(content, yaml.SafeLoader) == yaml.load(content, yaml.CSafeLoader)


@law
@given(texts)
@example("application/json")
@example("text/event-stream; charset=utf-8")
@example("a; b; c")
@example("https://h/v1?a=b&c=d#e")
@example("key:")
@example("key: value")
@example("a #b")
def test_a_text_reads_back_as_itself_wherever_a_scalar_may_stand(text: str) -> None:
    written = scalar(text)
    assert "\n" not in written
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        assert yaml.load(f"a: {written}", loader) == {"a": text}
        assert yaml.load(f"a: [{written}, {written}]", loader) == {"a": [text, text]}
        assert yaml.load(f"{{{written}: {written}}}", loader) == {text: text}
        assert yaml.load(f"{written}: 1", loader) == {text: 1}


@law
@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1e-07)
@example(1e16)
@example(-2.5e-300)
def test_a_number_in_a_hidden_usage_is_the_same_number_to_every_reader_of_yaml(number: float) -> None:
    content = dump([interaction(hidden_usage={"n": number})])
    [item] = yaml.safe_load(content)["interactions"]
    assert item["response"]["samurai"]["hidden_usage"] == {"n": number}


@law
@given(st.text("ab \t\n:#-|", max_size=12))
@example("\ta")
@example(" a")
@example("\n a")
@example("a\n\ta")
@example("a\n\n\n")
@example("a\n \n")
@example("\n\n")
def test_a_body_keeps_its_blanks_and_line_ends_with_and_without_libyaml(text: str) -> None:
    content = dump([interaction(text.encode(), text.encode())])
    assert parse(content, FILE) == [interaction(text.encode(), text.encode())]
    [item] = yaml.load(content, yaml.SafeLoader)["interactions"]
    assert (item["request"]["body"], item["response"]["body"]["string"]) == (text, text)


# --- what a cassette looks like

GOLDEN = """\
# Recorded by pytest-samurai, in vcrpy's format. Bodies may be edited by hand.
interactions:
- request:
    method: POST
    uri: https://www.samuraiapi.in/v1/chat/completions
    headers:
      content-type: [application/json]
    body: |-
      {
        "model":"gpt-4o-mini",
        "messages":[
          {"role":"system","content":"Réponds: \\"oui\\" ou \\"non\\"."},
          {"role":"user","content":"Is 1e-07 small? 🙂"}
        ]
      }
  response:
    status: {code: 200, message: OK}
    headers:
      content-type: [application/json]
      x-request-id: [req_1, "2"]
    body:
      string: |
        {
          "id": "chatcmpl-1", "usage": {"prompt_tokens": 28}}
    samurai:
      recorded_at: "2026-11-23T15:30:00.000000Z"
      duration: 0.0412
      request_layout: lines
      seal: c828b5f1 3256b325 07241a47
- request:
    method: POST
    uri: https://www.samuraiapi.in/v1/chat/completions
    headers: {}
    body: ""
  response:
    status: {code: 200, message: ""}
    headers:
      content-type: [text/event-stream; charset=utf-8]
    body:
      string: |2+

        data: {"choices": []}

        data: [DONE]

    samurai:
      duration: 1.0e-07
      http_version: HTTP/2
      ending: ReadError
      hidden_usage: {prompt_tokens: 28, completion_tokens: 22, details: {cached: null, ok: true, "1": [0.5]}}
      chunks: >-
        1@0 23@12.3 14@2000
      seal: 465724c3 330b153b a2ba2233
- request:
    method: POST
    uri: https://www.samuraiapi.in/v1/chat/completions
    headers:
      content-type: [application/json]
    body: "a\\u2028b"
  response:
    status: {code: 200, message: OK}
    headers:
      content-type: [application/json]
    body:
      string: !!binary |
        /wD/
    samurai:
      seal: be1565f2 4581e59a 4e59142e
version: 1
"""


def test_a_cassette_is_laid_out_for_people() -> None:
    messages = '"messages":[{"role":"system","content":"Réponds: \\"oui\\" ou \\"non\\"."},'
    request = f'{{"model":"gpt-4o-mini",{messages}{{"role":"user","content":"Is 1e-07 small? 🙂"}}]}}'
    plain = Interaction(
        Request("POST", URL, JSON_TYPE, request.encode()),
        Reply(
            200,
            "OK",
            (*JSON_TYPE, ("x-request-id", "req_1"), ("x-request-id", "2")),
            b'{\n  "id": "chatcmpl-1", "usage": {"prompt_tokens": 28}}\n',
            duration=0.0412,
        ),
        "2026-11-23T15:30:00.000000Z",
    )
    stream = Interaction(
        Request("POST", URL, (), b""),
        Reply(
            200,
            "",
            STREAM_TYPE,
            b'\ndata: {"choices": []}\n\ndata: [DONE]\n\n',
            chunks=(Chunk(1, 0.0), Chunk(23, 0.0123), Chunk(14, 2.0)),
            ending="ReadError",
            hidden_usage={
                "prompt_tokens": 28,
                "completion_tokens": 22,
                "details": {"cached": None, "ok": True, "1": [0.5]},
            },
            http_version="HTTP/2",
            duration=1e-07,
        ),
    )
    content = dump([plain, stream, interaction("a\u2028b".encode(), b"\xff\x00\xff")])
    assert content.decode() == GOLDEN
    assert parse(content, FILE) == [plain, stream, interaction("a\u2028b".encode(), b"\xff\x00\xff")]


def test_a_text_that_has_to_be_quoted_stays_readable() -> None:
    assert scalar('say "a\\b" to\tme\r\n') == r'"say \"a\\b\" to\tme\r\n"'
    assert scalar("é 🙂") == '"é 🙂"'


def test_many_chunks_are_noted_on_lines_of_bounded_width() -> None:
    chunks = tuple(Chunk(1000, at / 10) for at in range(200))
    content = dump([interaction(reply=b"x" * 200_000, headers=STREAM_TYPE, chunks=chunks)]).decode()
    noted = [line for line in content.splitlines() if "1000@" in line]
    assert len(noted) > 1
    assert max(map(len, noted)) <= 120
    assert " ".join(noted).split()[:3] == ["1000@0", "1000@100", "1000@200"]


def test_a_stream_that_broke_before_its_first_byte_keeps_having_no_chunks() -> None:
    broken = interaction(reply=b"", headers=STREAM_TYPE, chunks=(), ending="ReadTimeout")
    assert back(broken) == broken


def test_no_recordings_at_all_make_a_cassette_too() -> None:
    assert dump([]).endswith(b"\ninteractions: []\nversion: 1\n")
    assert parse(dump([]), FILE) == []


def test_a_text_with_tabs_stays_readable() -> None:
    body = b'{\n\t"model": "m",\n\t"messages": []\n}'
    assert '\n      \t"model": "m",\n' in dump([interaction(body)]).decode()
    assert back(interaction(body)).request.body == body


def test_how_a_body_was_carried_is_not_kept() -> None:
    carried = (("content-encoding", "gzip"), ("content-length", "9"), ("transfer-encoding", "chunked"))
    content = dump([interaction(headers=(*carried, *JSON_TYPE))])
    assert not any(name.encode() in content for name, _ in carried)
    assert parse(content, FILE) == [interaction()]


@pytest.mark.parametrize("joint", ["", " ", ";", "; ", ":"])
def test_the_time_to_write_a_url_or_header_grows_with_its_length_alone(joint: str) -> None:
    # A pattern with two ways to match the same letters took 19 seconds for 26 of them, doubling with each.
    short, long = (f"x{joint.join('a' * count)}!" for count in (11, 22))
    assert time_of(lambda: scalar(long)) < 100 * time_of(lambda: scalar(short))


def time_of(run: Callable[[], object]) -> float:
    def once() -> float:
        began = time.perf_counter()
        run()
        return time.perf_counter() - began

    return min(once() for _ in range(3))


# --- cassettes that vcrpy wrote


def test_a_cassette_of_vcrpy_loads() -> None:
    [found] = parse(of_vcrpy(), FILE)
    assert found.request == Request("POST", URL, JSON_TYPE, b'{"model": "m"}')
    assert found.reply == Reply(200, "OK", JSON_TYPE, b'{"id": "1"}')
    assert found.recorded_at is None


@pytest.mark.parametrize("body", [b'{"a": "\xc3\xa9\\n"}', "text", b"\xff\xfe\x00", b"", None])
def test_vcrpy_bodies_of_any_kind_load_as_their_bytes(body: Json) -> None:
    expected = body.encode() if isinstance(body, str) else body or b""
    [found] = parse(of_vcrpy(request=body, string=body), FILE)
    assert (found.request.body, found.reply.body) == (expected, expected)


def test_bytes_that_vcrpy_could_not_decode_are_in_base64_and_load() -> None:
    content = of_vcrpy(string=b"\xff\x00")
    assert b"!!binary" in content
    assert parse(content, FILE)[0].reply.body == b"\xff\x00"


def _raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", _raw_deflate),
        ("identity", bytes),
        ("", bytes),
        # What recorders write whose HTTP library had decoded the body before they saw it.
        ("gzip", bytes),
        ("deflate", bytes),
    ],
)
def test_compressed_bodies_of_other_tools_are_undone(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    body = b'{"id": "1", "choices": [{"message": {"content": "Paris, Paris, Paris"}}]}'
    content = of_vcrpy(
        string=compress(body),
        headers={"Content-Encoding": [encoding], "Content-Length": ["1"], "Content-Type": ["application/json"]},
    )
    assert parse(content, FILE)[0].reply == Reply(200, "OK", JSON_TYPE, body)


def test_an_empty_body_is_empty_whatever_its_headers_say() -> None:
    content = of_vcrpy(string=b"", headers={"content-encoding": ["gzip"]})
    assert parse(content, FILE)[0].reply == Reply(200, "OK", (), b"")


def test_a_body_in_an_encoding_that_cannot_be_undone_stays_with_the_header_that_names_it() -> None:
    content = of_vcrpy(string=b"\x8b\x05\x80", headers={"content-encoding": ["br"], "content-length": ["3"]})
    [found] = parse(content, FILE)
    assert found.reply == Reply(200, "OK", (("content-encoding", "br"),), b"\x8b\x05\x80")
    assert back(found) == found


@pytest.mark.parametrize("value", ["application/json", ["application/json"], b"application/json"])
def test_header_values_load_as_a_text_in_a_list_or_alone(value: Json) -> None:
    content = of_vcrpy(headers={"Content-Type": value})
    assert parse(content, FILE)[0].reply.headers == JSON_TYPE


def test_a_header_that_came_twice_comes_twice() -> None:
    content = of_vcrpy(headers={"X-Warning": ["one", "two"]})
    assert parse(content, FILE)[0].reply.headers == (("x-warning", "one"), ("x-warning", "two"))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_stream_of_another_tool_has_a_chunk_for_each_event(end: bytes) -> None:
    events = EVENTS.replace(b"\n", end)
    content = of_vcrpy(string=events, headers={"Content-Type": ["text/event-stream"]})
    reply = parse(content, FILE)[0].reply
    assert reply.body == events
    assert [piece for piece, _ in reply.pieces()] == [part + 2 * end for part in events.split(2 * end)[:-1]]


def test_the_end_of_a_stream_without_its_blank_line_is_a_chunk_too() -> None:
    content = of_vcrpy(string=b"data: 1\n\ndata: 2", headers={"Content-Type": ["text/event-stream"]})
    assert [piece for piece, _ in parse(content, FILE)[0].reply.pieces()] == [b"data: 1\n\n", b"data: 2"]


def test_what_a_user_of_vcrpy_keeps_in_a_response_does_no_harm() -> None:
    content = of_vcrpy().replace(b"  response:\n", b"  response:\n    samurai: seven\n    protocol: null\n")
    assert b"seven" in content
    assert parse(content, FILE) == parse(of_vcrpy(), FILE)


# --- cassettes that people edited


def streamed() -> bytes:
    chunks = (Chunk(10, 0.1), Chunk(len(EVENTS) - 10, 0.2))
    return dump([interaction(reply=EVENTS, headers=STREAM_TYPE, chunks=chunks)])


def test_an_edited_stream_is_cut_anew_at_its_events() -> None:
    edited = streamed().replace(b'{"index": 0}', b'{"index": 0, "delta": {}}')
    [found] = parse(edited, FILE)
    pieces = [piece for piece, _ in found.reply.pieces()]
    assert pieces[0] == b'data: {"choices": [{"index": 0, "delta": {}}]}\n\n'
    assert len(pieces) == 3
    assert back(found) == found


def test_an_edit_that_keeps_the_length_of_a_stream_keeps_its_chunks() -> None:
    edited = streamed().replace(b'{"index": 0}', b'{"index": 7}')
    [found] = parse(edited, FILE)
    assert found.reply.chunks == parse(streamed(), FILE)[0].reply.chunks
    assert found.reply.chunks is not None
    as_tuple = tuple(found.reply.chunks)
    assert (repr(found.reply.chunks), hash(found.reply.chunks)) == (repr(as_tuple), hash(as_tuple))
    assert found.reply.chunks != as_tuple[1:]


def test_an_edited_word_of_a_prompt_changes_that_word_alone() -> None:
    before = b'{"model":"m","messages":[{"role":"user","content":"Bonjour"}]}'
    edited = dump([interaction(before)]).replace(b"Bonjour", b"Buongiorno")
    assert parse(edited, FILE)[0].request.body == before.replace(b"Bonjour", b"Buongiorno")


def test_a_file_whose_lines_git_made_end_in_crlf_reads_the_same() -> None:
    recorded = [interaction(b'{"model":"m","messages":[{"role":"user","content":"a"}]}', b'{\n "a": 1\n}\n')]
    assert parse(dump(recorded).replace(b"\n", b"\r\n"), FILE) == recorded


def test_a_whole_number_of_seconds_is_a_duration_too() -> None:
    written = re.sub(rb" *seal: .*\n", b"", dump([interaction(duration=2.5)]))
    content = written.replace(b"duration: 2.5", b"duration: 2")
    assert parse(content, FILE)[0].reply.duration == 2.0


# --- files that are no cassettes

MEND = "mend it, restore the file, or delete it to record again"

GOOD = """\
version: 1
interactions:
- request:
    method: POST
    uri: https://h/v1
    headers: {}
    body: ""
  response:
    status: {code: 200, message: OK}
    headers: {}
    body:
      string: ""
    samurai:
      duration: 1
"""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "version: 1\ninteractions:\n- a: [\n",
            "some.yaml:4: not readable as YAML: did not find expected node content",
        ),
        ("version: 1\na: b: c\n", "some.yaml:2: not readable as YAML: mapping values are not allowed in this context"),
        ("version: 1\na: \x07\n", "some.yaml:2: not readable as YAML: control characters are not allowed"),
        ("version: 1\n---\nversion: 1\n", "some.yaml:2: not readable as YAML: but found another document"),
        (
            "a: 1\nb: !!python/object/apply:os.system [echo]\n",
            "some.yaml:2: not readable as YAML: could not determine a constructor for the tag"
            " 'tag:yaml.org,2002:python/object/apply:os.system'",
        ),
        ("a: 2026-99-99\n", "some.yaml:1: not readable as YAML: ValueError: month must be in 1..12"),
        ("a: !!bool maybe\n", "some.yaml:1: not readable as YAML: KeyError: 'maybe'"),
        ("a: !!int ''\n", "some.yaml:1: not readable as YAML: IndexError: string index out of range"),
        (
            "a: !!timestamp noon\n",
            "some.yaml:1: not readable as YAML: AttributeError: 'NoneType' object has no attribute 'groupdict'",
        ),
        ("", "some.yaml:1: the file is empty; restore it, or delete it to record again"),
        ("- request: {}\n", "some.yaml:1: not a cassette: there is no list `interactions` in it"),
        ("version: 1\n", "some.yaml:1: not a cassette: there is no list `interactions` in it"),
        ("version: 1\ninteractions:\n", "some.yaml:1: not a cassette: there is no list `interactions` in it"),
        ("interactions: []\nversion: 2\n", "some.yaml:2: version is 2; this tool reads version 1"),
        ("interactions: []\n", "some.yaml:1: version is None; this tool reads version 1"),
        (GOOD + "- 7\n", "some.yaml:15: interaction 2 is damaged: it is 7, not a mapping"),
        (GOOD + "- request: {}\n", "some.yaml:15: interaction 2 is damaged: `response` is missing"),
        (GOOD + "- response: {}\n", "some.yaml:15: interaction 2 is damaged: `request` is missing"),
        (
            "version: 1\n<<: {interactions: [7]}\n",
            "some.yaml:1: interaction 1 is damaged: it is 7, not a mapping",
        ),
    ],
)
def test_what_is_no_cassette_is_refused_with_file_line_and_reason(content: str, message: str) -> None:
    with pytest.raises(CassetteError) as caught:
        parse(content.encode(), FILE)
    assert str(caught.value) == (message if content == "" else f"{message}; {MEND}")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    method: POST\n", "", "`method` is missing"),
        ("method: POST", "method: 7", "`method` is 7, not text"),
        ("uri: https://h/v1", "uri: [a]", "`uri` is ['a'], not text"),
        ('body: ""', "body: 7", "`body` is 7, not text or !!binary"),
        ("status: {code: 200, message: OK}", "status: OK", "`status` is 'OK', not a mapping"),
        ("code: 200", "code: two", "`code` is 'two', not a whole number"),
        ("code: 200", "code: true", "`code` is True, not a whole number"),
        ("message: OK", "message: 1.5", "`message` is 1.5, not text"),
        ('string: ""', "string: 12", "`string` is 12, not text or !!binary"),
        ('    body:\n      string: ""\n', "", "`body` is missing"),
        ("headers: {}", "headers: [a]", "`headers` is ['a'], not a mapping"),
        ("headers: {}", "headers: {a: 12}", "header 'a': name and value have to be text: quote them"),
        ("headers: {}", "headers: {5: [b]}", "header 5: name and value have to be text: quote them"),
        ("duration: 1", "duration: long", "`duration` is 'long', not a number"),
        ("duration: 1", "duration: yes", "`duration` is True, not a number"),
        (
            "duration: 1",
            "recorded_at: 2026-01-01",
            "`recorded_at` is datetime.date(2026, 1, 1), not text",
        ),
        ("duration: 1", "ending: 1", "`ending` is 1, not text"),
        ("duration: 1", "hidden_usage: 50", "`hidden_usage` is 50, not a mapping"),
        ("duration: 1", "http_version: 2", "`http_version` is 2, not text"),
        ("duration: 1", "layout: 1", "`layout` is 1, not text"),
        ("duration: 1", "request_layout: 1", "`request_layout` is 1, not text"),
        ("duration: 1", "chunks: 12", "`chunks` is 12, not text"),
        (
            "duration: 1",
            "chunks: 12@0 x",
            "`chunks` holds 'x'; a chunk is written as bytes@milliseconds, as in 120@35.2",
        ),
        (
            'headers: {}\n    body:\n      string: ""',
            "headers: {content-encoding: gzip}\n    body:\n      string: !!binary H4sIAAAA",
            "Error -3 while decompressing data: invalid block type",
        ),
    ],
)
def test_a_damaged_interaction_is_refused_with_file_line_and_reason(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(CassetteError) as caught:
        parse(GOOD.replace(old, new, 1).encode(), FILE)
    assert str(caught.value) == f"some.yaml:3: interaction 1 is damaged: {message}; {MEND}"


def test_loading_reads_what_saving_wrote(tmp_path: Path) -> None:
    recorded = [interaction(b"1"), interaction(b"2")]
    save(tmp_path / "a.yaml", recorded)
    assert load(tmp_path / "a.yaml") == recorded


def test_a_cassette_that_is_not_there_is_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.yaml")


def test_a_cassette_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(CassetteError) as caught:
        load(tmp_path)
    assert str(caught.value) == f"{tmp_path}: is a directory, where a cassette has to be a file; move it away"


# --- writing


def full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def failing_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full_disk)


def failing_rename(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", full_disk)


@pytest.mark.parametrize("fails", [failing_fsync, failing_rename])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    fails: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.yaml"
    save(path, [interaction(b"old")])
    before = path.read_bytes()
    fails(monkeypatch)
    with pytest.raises(CassetteError) as caught:
        save(path, [interaction(b"new")])
    assert str(caught.value) == f"{path}: cannot be written: No space left on device; what was there is as it was"
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_while_writing_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.yaml"
    save(path, [interaction(b"old")])

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(path, [interaction(b"new")])
    assert load(path) == [interaction(b"old")]
    assert list(tmp_path.iterdir()) == [path]


def test_the_bytes_are_on_the_disk_before_they_take_the_place_of_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.yaml"
    save(path, [interaction(b"old")])
    seen = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        seen.append((os.fstat(descriptor).st_size, load(path)))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    save(path, [interaction(b"new")])
    # The file while the old one is in its place, and the directory when the new one is.
    assert [there for _, there in seen] == [[interaction(b"old")], [interaction(b"new")]]
    assert seen[0][0] == len(dump([interaction(b"new")]))


def test_a_cassette_cannot_take_the_place_of_a_directory(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.mkdir()
    with pytest.raises(CassetteError, match=r"a\.yaml: cannot be written: Is a directory"):
        save(path, [interaction()])
    assert list(tmp_path.iterdir()) == [path]


def test_a_cassette_cannot_lie_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CassetteError, match=r"a\.yaml: cannot be written: "):
        save(tmp_path / "file" / "a.yaml", [interaction()])
    assert (tmp_path / "file").read_text() == "mine"


def test_an_error_without_a_number_is_told_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: object) -> None:
        raise OSError("the share has gone away")

    monkeypatch.setattr(os, "fsync", gone)
    with pytest.raises(CassetteError, match="cannot be written: the share has gone away; what was there is as it was"):
        save(tmp_path / "a.yaml", [interaction()])


@pytest.mark.parametrize(
    "unfaithful",
    [
        # No YAML can hold half of a surrogate pair, not even as an escape.
        interaction(hidden_usage={"a": "\ud800"}),
        # A cassette has no second way to say how long a stream is.
        interaction(reply=b"data: 1\n\n", headers=STREAM_TYPE, chunks=(Chunk(3, 0.0),)),
    ],
)
def test_what_would_not_read_back_equal_does_not_replace_the_old_file(unfaithful: Interaction, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    save(path, [interaction(b"old")])
    with pytest.raises(
        CassetteError, match=r"a\.yaml: what would be written does not read back .* nothing was written"
    ):
        save(path, [unfaithful])
    assert load(path) == [interaction(b"old")]
    assert list(tmp_path.iterdir()) == [path]


def test_headers_that_came_out_of_order_do_not_stop_a_recording(tmp_path: Path) -> None:
    mixed = (("x-a", "1"), ("x-b", "2"), ("x-a", "3"), ("content-length", "2"))
    item = interaction(headers=mixed)
    save(tmp_path / "a.yaml", [replace(item, request=replace(item.request, headers=mixed[:3]))])
    [found] = load(tmp_path / "a.yaml")
    assert found.reply.headers == found.request.headers == (("x-a", "1"), ("x-a", "3"), ("x-b", "2"))


def test_directories_are_made_where_there_are_none(tmp_path: Path) -> None:
    save(tmp_path / "tests" / "test_a" / "b.yaml", [interaction()])
    assert load(tmp_path / "tests" / "test_a" / "b.yaml") == [interaction()]


def test_a_name_as_long_as_names_may_be_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("é" * 125 + ".yaml")
    save(path, [interaction()])
    assert list(tmp_path.iterdir()) == [path]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
class TestPermissions:
    def test_a_rewritten_cassette_keeps_its_own(self, tmp_path: Path) -> None:
        path = tmp_path / "a.yaml"
        save(path, [interaction()])
        path.chmod(0o604)
        save(path, [interaction(b"new")])
        assert mode(path) == 0o604

    @pytest.mark.parametrize(("umask", "expected"), [(0o027, 0o640), (0o022, 0o644), (0o077, 0o600)])
    def test_a_new_cassette_gets_what_the_umask_leaves(self, umask: int, expected: int, tmp_path: Path) -> None:
        before = os.umask(umask)
        try:
            save(tmp_path / "a.yaml", [interaction()])
        finally:
            os.umask(before)
        assert mode(tmp_path / "a.yaml") == expected

    def test_writing_never_touches_the_umask_of_the_process(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # It belongs to all threads: a file that another one makes meanwhile would be open to everybody.
        monkeypatch.setattr(os, "umask", lambda _: pytest.fail("the umask was touched"))
        save(tmp_path / "a.yaml", [interaction()])
        assert load(tmp_path / "a.yaml") == [interaction()]

    def test_a_link_stays_a_link_to_what_was_written(self, tmp_path: Path) -> None:
        (tmp_path / "store").mkdir()
        target, link = tmp_path / "store" / "real.yaml", tmp_path / "a.yaml"
        save(target, [interaction(b"old")])
        link.symlink_to(target)
        save(link, [interaction(b"new")])
        assert link.is_symlink()
        assert load(target) == [interaction(b"new")]


def test_writers_at_the_same_time_leave_one_whole_cassette(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    versions = [[interaction(base64.b64encode(bytes([number] * 3000)))] * (number + 1) for number in range(8)]
    threads = [threading.Thread(target=save, args=(path, version)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert load(path) in versions
    assert list(tmp_path.iterdir()) == [path]

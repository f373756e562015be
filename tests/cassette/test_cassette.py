"""The cassette file: what is written comes back, stock vcrpy can read it too, and a failed write loses nothing."""

from __future__ import annotations

import json
import re
import time
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

from pytest_samurai.cassette import slices
from pytest_samurai.cassette.frame import MARK
from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.reader import load, parse
from pytest_samurai.cassette.writer import dump, update
from pytest_samurai.errors import CassetteError
from pytest_samurai.text.scalar import scalar
from pytest_samurai.wire.http import CLOSED, Chunk, Headers, Reply, Request
from pytest_samurai.wire.interaction import Interaction

Json = Any
FILE = Path("some.yaml")
# How long one example takes is not a property of the code.
law = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Making up an interaction takes fifty times as long as making up a text, and far longer than the test itself.
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

# Blanks, line ends and YAML's own signs, far more often than by chance, and what confuses its readers.
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
    """Any way to cut a body into pieces."""
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
    # The name of the type's header may have been drawn as well; then its values are next to each other.
    grouped: dict[str, list[str]] = {}
    for name, value in reply.headers:
        grouped.setdefault(name, []).append(value)
    reply = replace(reply, headers=spread(grouped))
    request = Request(draw(texts.filter(bool)), draw(urls), draw(headers_in_order), draw(bodies))
    return Interaction(
        request, reply, draw(st.one_of(st.none(), texts)), edited=draw(st.booleans()), imported=draw(st.booleans())
    )


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
    # vcrpy's own mapping only gives the first value.
    assert {name: request.headers[name] for name in asked} == {name: values[0] for name, values in asked.items()}
    assert response["headers"] == _in_lists(recorded.reply.headers)
    assert meaning(request.body) == meaning(recorded.request.body)
    assert meaning(response["body"]["string"]) == meaning(recorded.reply.body)


def _in_lists(headers: Headers) -> dict[str, list[str]]:
    return {name: [value for key, value in headers if key == name] for name, _ in headers}


def meaning(body: bytes) -> object:
    """The JSON value of a body. In other text, a CR before LF does not count, and neither does how escapes are spelled.

    A cassette keeps neither for its readers, and only our own notes say how it was.
    """
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

OF_BEFORE = """\
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
"""The layout of version 0.1: a reply's headers come before its body."""

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
    body:
      string: |
        {
          "usage": {"prompt_tokens": 28}, "id": "chatcmpl-1"}
    headers:
      content-type: [application/json]
      x-request-id: [req_1, "2"]
    samurai:
      recorded_at: "2026-11-23T15:30:00.000000Z"
      duration: 0.0412
      request_layout: lines
      moved: id@0
      seal: a385c7da 3256b325 62070462
- request:
    method: POST
    uri: https://www.samuraiapi.in/v1/chat/completions
    headers: {}
    body: ""
  response:
    status: {code: 200, message: ""}
    body:
      string: |2+

        data: {"choices": []}

        data: [DONE]

    headers:
      content-type: [text/event-stream; charset=utf-8]
    samurai:
      duration: 1.0e-07
      http_version: HTTP/2
      ending: ReadError
      hidden_usage: {prompt_tokens: 28, completion_tokens: 22, details: {cached: null, ok: true, "1": [0.5]}}
      chunks: >-
        1@0 23@12.3 14@2000
      seal: 2ad0c71f 330b153b a2ba2233
- request:
    method: POST
    uri: https://www.samuraiapi.in/v1/chat/completions
    headers:
      content-type: [application/json]
    body: "a\\u2028b"
  response:
    status: {code: 200, message: OK}
    body:
      string: !!binary |
        /wD/
    headers:
      content-type: [application/json]
    samurai:
      seal: e002c396 4581e59a 4e59142e
version: 1
"""


def _golden() -> list[Interaction]:
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
    return [plain, stream, interaction("a\u2028b".encode(), b"\xff\x00\xff")]


def test_a_cassette_is_laid_out_for_people() -> None:
    assert dump(_golden()).decode() == GOLDEN
    assert parse(GOLDEN.encode(), FILE) == _golden()


def test_a_cassette_of_version_0_1_is_cut_at_its_lines_as_one_of_today() -> None:
    assert slices.cut(OF_BEFORE.encode(), Memory()) is not None
    assert parse(OF_BEFORE.encode(), FILE) == _golden()


def test_a_cassette_of_version_0_1_that_a_formatter_has_rewritten_is_still_under_its_seals() -> None:
    dumped = yaml.safe_dump(yaml.safe_load(OF_BEFORE), sort_keys=False, allow_unicode=True)
    assert parse(f"{MARK}\n{dumped}".encode(), FILE) == _golden()
    with pytest.raises(CassetteError, match="was changed outside of its bodies"):
        parse(f"{MARK}\n{dumped.replace('req_1', 'req_2')}".encode(), FILE)


def test_what_version_0_1_has_recorded_keeps_its_bytes_when_more_is_recorded_to_its_cassette(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(OF_BEFORE, encoding="utf-8", newline="\n")
    more = interaction(b'{"a":1}')
    update(path, lambda before: [*before, more])
    assert (
        path.read_bytes()
        == OF_BEFORE.encode().removesuffix(b"version: 1\n") + dump([more]).partition(b"interactions:\n")[2]
    )
    assert slices.cut(path.read_bytes(), Memory()) is not None
    assert load(path) == [*_golden(), more]


def test_a_text_that_has_to_be_quoted_stays_readable() -> None:
    assert scalar('say "a\\b" to\tme\r\n') == r'"say \"a\\b\" to\tme\r\n"'
    assert scalar("é 🙂") == '"é 🙂"'


def test_no_recordings_at_all_make_a_cassette_too() -> None:
    assert dump([]).endswith(b"\ninteractions: []\nversion: 1\n")
    assert parse(dump([]), FILE) == []


def test_a_text_with_tabs_stays_readable() -> None:
    body = b'{\n\t"model": "m",\n\t"messages": []\n}'
    assert '\n      \t"model": "m",\n' in dump([interaction(body)]).decode()
    assert back(interaction(body)).request.body == body


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


def test_what_a_user_of_vcrpy_keeps_in_a_response_does_no_harm() -> None:
    content = of_vcrpy().replace(b"  response:\n", b"  response:\n    samurai: seven\n    protocol: null\n")
    assert b"seven" in content
    assert parse(content, FILE) == parse(of_vcrpy(), FILE)


# --- cassettes that people edited


def test_an_edited_word_of_a_prompt_changes_that_word_alone() -> None:
    before = b'{"model":"m","messages":[{"role":"user","content":"Bonjour"}]}'
    edited = dump([interaction(before)]).replace(b"Bonjour", b"Buongiorno")
    assert parse(edited, FILE)[0].request.body == before.replace(b"Bonjour", b"Buongiorno")


def test_a_file_whose_lines_git_made_end_in_crlf_reads_the_same() -> None:
    recorded = [interaction(b'{"model":"m","messages":[{"role":"user","content":"a"}]}', b'{\n "a": 1\n}\n')]
    assert parse(dump(recorded).replace(b"\n", b"\r\n"), FILE) == recorded


def test_a_whole_number_of_seconds_is_a_duration_too() -> None:
    written = re.sub(rb"seal: .*", b"seal: none", dump([interaction(duration=2.5)]))
    content = written.replace(b"duration: 2.5", b"duration: 2")
    assert parse(content, FILE)[0].reply.duration == 2.0

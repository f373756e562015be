"""Other tools' layouts are read as what they recorded."""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import brotli
import pytest
import vcr.request
import vcr.serialize
import yaml
import zstandard
from cassetter._core import Body, Cassette, HttpInteraction, HttpRequest, HttpResponse
from hypothesis import assume, given, reject
from vcr.serializers import jsonserializer, yamlserializer

from pytest_samurai.cassette.foreign import translated
from pytest_samurai.cassette.frame import MARK
from pytest_samurai.cassette.loader import lines
from pytest_samurai.cassette.reader import load, parse
from pytest_samurai.cassette.writer import dump, save
from pytest_samurai.errors import CassetteError
from pytest_samurai.wire.http import Chunk, Reply, Request
from pytest_samurai.wire.interaction import Interaction
from tests.cassette.test_cassette import json_values, law

URL = "https://www.samuraiapi.in/v1/chat/completions"
FILE = Path("some.yaml")
JSON_TYPE = (("content-type", "application/json"),)


def interaction(
    request: dict[str, Any] | None = None, response: dict[str, Any] | None = None, **more: Any
) -> Interaction:
    """The one interaction in a file with this content, in YAML as PyYAML writes it."""
    item = {
        "request": {"method": "POST", "uri": URL, "headers": {}, "body": "{}", **(request or {})},
        "response": response or {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "{}"}},
        **more,
    }
    content = yaml.safe_dump({"version": 1, "interactions": [item]}, allow_unicode=True)
    [found] = parse(content.encode(), FILE)
    assert parse(dump([found]), FILE) == [found]
    return found


def refusal(content: str) -> str:
    with pytest.raises(CassetteError) as caught:
        parse(content.encode(), FILE)
    return str(caught.value)


# --- vcrpy


def old_httpx(**more: Any) -> dict[str, Any]:
    headers = {"Content-Type": ["text/event-stream"], "Content-Encoding": ["gzip"], "Content-Length": ["7"]}
    return {"status_code": 200, "http_version": "HTTP/2", "headers": headers, "content": "data: é\n\n", **more}


def test_the_layout_that_vcrpy_had_for_httpx_until_version_5_loads() -> None:
    # It holds what httpx had decoded, whatever the original headers say.
    assert interaction(response=old_httpx()).reply == Reply(
        200,
        "",
        (("content-type", "text/event-stream"),),
        "data: é\n\n".encode(),
        chunks=(Chunk(10, 0.0),),
        http_version="HTTP/2",
    )


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip"])
def test_what_httpx_had_decoded_is_not_taken_for_compressed(encoding: str) -> None:
    response = old_httpx(headers={"content-encoding": encoding, "content-type": "application/json"}, content="{}")
    assert interaction(response=response).reply == Reply(200, "", JSON_TYPE, b"{}", http_version="HTTP/2")


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip"])
@pytest.mark.parametrize("string", ['{"a": "é"}', b'{"a": 1}', "data: 1\n\n"])
def test_what_another_library_had_decoded_is_not_taken_for_compressed(encoding: str, string: Any) -> None:
    headers = {"Content-Encoding": [encoding], "content-type": "text/plain"}
    found = interaction(response={"status": {"code": 200}, "headers": headers, "body": {"string": string}})
    body = string.encode() if isinstance(string, str) else string
    assert found.reply == Reply(200, "", (("content-type", "text/plain"),), body)


@pytest.mark.parametrize("string", [b"not JSON", b"\x8b\x05\x80", None])
def test_what_may_be_compressed_keeps_its_header(string: Any) -> None:
    headers = {"content-encoding": "compress"}
    found = interaction(response={"status": {"code": 200}, "headers": headers, "body": {"string": string}})
    assert found.reply.headers == (("content-encoding", "compress"),)


@pytest.mark.parametrize("item", [7, {"request": 7}, {"request": {}, "response": 7}])
def test_what_is_no_interaction_is_left_to_the_reader(item: Any) -> None:
    assert translated(item) is item


@pytest.mark.parametrize(("content", "body"), [(b"\xff\x00", b"\xff\x00"), (None, b""), ("", b"")])
def test_binary_and_empty_bodies_of_that_layout_load(content: Any, body: bytes) -> None:
    assert interaction(response=old_httpx(content=content)).reply.body == body


def test_that_layout_loads_without_a_version_of_http_and_with_damaged_headers_is_refused() -> None:
    response = old_httpx()
    del response["http_version"]
    assert interaction(response=response).reply.http_version == "HTTP/1.1"
    with pytest.raises(CassetteError, match=r"some\.yaml:2: interaction 1 is damaged: `headers` is \['a'\]"):
        interaction(response=old_httpx(headers=["a"]))


@pytest.mark.parametrize("body", [{"model": "m", "a": 1}, [1, "é"]])
def test_the_json_that_aiohttp_was_given_is_the_body(body: Any) -> None:
    assert json.loads(interaction({"body": body}).request.body) == body


def test_a_body_in_base64_is_undone() -> None:
    body = {"encoding": "utf-8", "base64_string": "w6kK"}
    found = interaction({"body": body}, {"status": {"code": 200}, "headers": {}, "body": body})
    assert (found.request.body, found.reply.body) == ("é\n".encode(), "é\n".encode())


def test_a_body_that_is_null_is_empty() -> None:
    found = interaction({"body": None}, {"status": {"code": 204}, "headers": {}, "body": None})
    assert (found.request.body, found.reply) == (b"", Reply(204, "", (), b""))


def by_vcrpy(body: Any) -> bytes:
    asked = vcr.request.Request("POST", URL, body, {"A": "b"})
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": b"{}"}}
    text: str = vcr.serialize.serialize({"requests": [asked], "responses": [response]}, yamlserializer)
    return text.encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (BytesIO(b'{"a": 1}'), b'{"a": 1}'),
        (BytesIO(b"\xff"), b"\xff"),
        (iter([b"a", b"\xff"]), b"a\xff"),
        (iter(["a", "é"]), "aé".encode()),
    ],
)
def test_a_body_that_was_a_file_or_an_iterator_is_its_bytes(body: Any, expected: bytes) -> None:
    content = by_vcrpy(body)
    assert b"!!python/object" in content
    [found] = parse(content, FILE)
    assert found.request.body == expected


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("state:", "status:", "a file has no content"),
        ("- !!binary |\n        YQ==", "- 7", "a file has no content"),
        ("args:", "arguments:", "an iterator has no content"),
        ("- !!binary |\n          YQ==", "- 7", "an iterator has no content"),
    ],
)
def test_such_a_body_that_was_damaged_is_refused(old: str, new: str, what: str) -> None:
    content = by_vcrpy(BytesIO(b"a") if "file" in what else iter([b"a"])).decode()
    assert old in content
    assert f"a body that was {what}" in refusal(content.replace(old, new))


def test_texts_and_pairs_that_python_2_wrote_load() -> None:
    content = (
        by_vcrpy("{}")
        .decode()
        .replace("- b", '- !!python/unicode "b"')
        .replace("method: POST", "method: !!python/str POST")
    )
    content = content.replace("headers: {}", "headers: {X: !!python/tuple [c, d]}")
    [found] = parse(content.encode(), FILE)
    assert found.request.method == "POST"
    assert found.request.headers == (("a", "b"),)
    assert found.reply.headers == (("x", "c"), ("x", "d"))


def test_a_cassette_in_json_loads(tmp_path: Path) -> None:
    asked = vcr.request.Request("POST", URL, '{"a": "😀 \\/"}', {"Content-Type": "application/json"})
    response = {"status": {"code": 200, "message": "OK"}, "headers": {"A": ["b"]}, "body": {"string": b'"\xc3\xa9"'}}
    text = vcr.serialize.serialize({"requests": [asked], "responses": [response]}, jsonserializer)
    (tmp_path / "a.json").write_text(text)
    [found] = load(tmp_path / "a.json")
    assert found.request == Request("POST", URL, JSON_TYPE, '{"a": "😀 \\/"}'.encode())
    assert found.reply == Reply(200, "OK", (("a", "b"),), '"é"'.encode())


def test_damage_in_json_is_named() -> None:
    item = {"request": {}, "response": {"body": {"string": "\ud83d"}}}
    content = json.dumps({"version": 1, "interactions": [item]}, indent=1)
    # YAML cannot read half of a pair, so nobody can tell at which line an interaction begins.
    assert lines(content.encode())[0] == 1
    assert (
        refusal(content) == "some.yaml:1: interaction 1 is damaged: `method` is missing;"
        " fix it, restore the file, or delete it to record again"
    )
    assert "not readable as YAML" in refusal(content[:-3])


def test_a_flow_mapping_of_yaml_is_read_as_that() -> None:
    assert parse(b"{interactions: [], version: 1}", FILE) == []


# --- cassettes as they are


def response(string: Any, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"status": {"code": 200, "message": "OK"}, "headers": named, "body": {"string": string}}


def test_a_file_without_a_version_is_one_of_version_1() -> None:
    content = by_vcrpy("{}").replace(b"version: 1\n", b"")
    assert b"version" not in content
    assert parse(content, FILE) == parse(by_vcrpy("{}"), FILE)
    assert parse(b'{"interactions": []}', FILE) == []


def test_a_file_without_a_version_that_ends_within_a_line_was_cut_off() -> None:
    content = by_vcrpy("{}").replace(b"version: 1\n", b"")
    with pytest.raises(CassetteError) as caught:
        parse(content[:-1], FILE)
    assert str(caught.value) == (
        f"{FILE}:{len(content.splitlines())}: the end, `version: 1`, is missing, as if it had been cut off;"
        " fix it, restore the file, or delete it to record again"
    )


@pytest.mark.parametrize(
    "tag",
    [
        "apply:multidict._multidict.istr",
        "new:multidict._multidict_py.istr",
        "apply:builtins.str",
        "new:some.package.CaseInsensitiveStr",
        "apply:http.HTTPMethod",
    ],
)
def test_texts_of_other_classes_are_texts_and_nothing_is_called(tag: str) -> None:
    name = f"? !!python/object/{tag}\n      - Content-Type\n      : [!!python/object/{tag} [text/plain]]"
    content = by_vcrpy("{}").decode().replace("A:\n      - b", name)
    assert content != by_vcrpy("{}").decode()
    [read] = parse(content.encode(), FILE)
    assert read.request.headers == (("content-type", "text/plain"),)
    assert lines(content.encode())[0] == 2


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system [ls]",
        "!!python/object/apply:str [ls]",
        "!!python/object/apply:multidict._multidict.istr [a, b]",
        "!!python/object/apply:multidict._multidict.istr [[a]]",
        "!!python/object/apply:multidict._multidict.istr {args: [a]}",
        "!!python/name:multidict._multidict.istr ''",
    ],
)
def test_any_other_object_of_pythons_is_refused(value: str) -> None:
    content = by_vcrpy("{}").decode().replace("- b", f"- {value}")
    assert "could not determine a constructor for the tag 'tag:yaml.org,2002:python/" in refusal(content)


@pytest.mark.parametrize(
    "string",
    [
        "data: 1\n\ndata: [DONE]\n\n",
        b"event: a\nid: 7\ndata: 1\n\ndata: 2\n\n",
        ": PROCESSING\n\n: PROCESSING\n\ndata: 1\n\n",
        "\ufeffdata: 1\r\n\r\ndata: 2\r\n\r\n",
    ],
)
def test_a_stream_whose_headers_do_not_say_so_is_a_stream(string: Any) -> None:
    reply = interaction(response=response(string)).reply
    assert reply.headers == (("content-type", "text/event-stream"),)
    assert reply.chunks is not None
    assert len(reply.chunks) > 1


@pytest.mark.parametrize(
    ("string", "headers"),
    [
        ("data: 1\n\n", {"content_type": "text/plain"}),
        ("event of the day", {}),
        (b"\xff\x00", {}),
        ("", {}),
        (None, {}),
        (": a comment\n", {}),
    ],
)
def test_what_is_said_to_be_something_else_or_is_no_stream_is_none(string: Any, headers: dict[str, str]) -> None:
    assert interaction(response=response(string, **headers)).reply.chunks is None


PLAIN = b'{"usage": {"prompt_tokens": 3}}' * 9


def compressed(encoding: str) -> bytes:
    if encoding == "br":
        return bytes(brotli.compress(PLAIN))
    compressor = zstandard.ZstdCompressor().compressobj()
    # Like a server that streams: the length is not known in advance.
    return bytes(compressor.compress(PLAIN) + compressor.flush())


@pytest.mark.parametrize("encoding", ["br", "zstd"])
def test_brotli_and_zstandard_are_undone(encoding: str) -> None:
    item = response(compressed(encoding), Content_Encoding=encoding.upper(), content_type="application/json")
    assert interaction(response=item).reply == Reply(200, "OK", JSON_TYPE, PLAIN)


@pytest.mark.parametrize(
    ("encoding", "module"), [("br", "brotlicffi"), ("zstd", "compression.zstd"), ("zstd", "backports.zstd")]
)
def test_whatever_is_installed_undoes_it(encoding: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ModuleType(module)
    other.decompress = lambda body: brotli.decompress(body) if encoding == "br" else PLAIN  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "brotli", None)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, module.partition(".")[0], ModuleType(module.partition(".")[0]))
    monkeypatch.setitem(sys.modules, module, other)
    item = response(compressed(encoding), content_encoding=encoding)
    assert interaction(response=item).reply.body == PLAIN


@pytest.mark.parametrize(("encoding", "package"), [("br", "brotli"), ("zstd", "zstandard")])
def test_where_nothing_is_installed_the_package_is_named(
    encoding: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("brotli", "brotlicffi", "zstandard", "compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(CassetteError) as caught:
        interaction(response=response(compressed(encoding), content_encoding=encoding))
    assert str(caught.value) == (
        f"some.yaml:2: interaction 1 is compressed ({encoding}), and nothing installed can decompress it: pip install"
        f" {package}"
    )
    # The recorder decoded the text, but kept the header.
    assert interaction(response=response("Hi", content_encoding=encoding)).reply.headers == ()


@pytest.mark.parametrize("encoding", ["br", "zstd"])
def test_what_is_not_compressed_as_it_says_is_text_or_damaged(encoding: str) -> None:
    assert interaction(response=response("Hi é", content_encoding=encoding)).reply.body == "Hi é".encode()
    with pytest.raises(CassetteError, match=f"is damaged: its headers say {encoding}, but its body is something else"):
        interaction(response=response(b"\xff\xfe", content_encoding=encoding))


def test_a_compressed_file_is_read_as_what_it_holds_and_written_compressed(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml.gz"
    path.write_bytes(gzip.compress(by_vcrpy("{}")))
    read = load(path)
    assert read == parse(by_vcrpy("{}"), FILE)
    save(path, read)
    written = path.read_bytes()
    assert gzip.decompress(written).startswith(MARK.encode())
    assert load(path) == [interaction.as_kept() for interaction in read]
    save(path, read)
    assert path.read_bytes() == written


ZIPPED = gzip.compress(b"a" * 99, mtime=0)


@pytest.mark.parametrize("content", [ZIPPED[:2], ZIPPED[:-9], ZIPPED[:12] + b"\xff" * 20])
def test_a_compressed_file_that_is_damaged_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml.gz"
    path.write_bytes(content)
    with pytest.raises(CassetteError, match=r"a\.yaml\.gz: cannot be decompressed: .*; fix it"):
        load(path)


# --- cassetter


def by_cassetter(body: Body, tmp_path: Path, *, recorded_at: str = "2026-11-24T14:39:22.5+01:00") -> bytes:
    request = HttpRequest("POST", URL, {"content-type": ["application/json"]}, body)
    cassette = Cassette()
    response = HttpResponse(201, {"x-two": ["a", "b"]}, body)
    cassette.add_interaction(HttpInteraction(request, response, recorded_at))
    cassette.save(str(tmp_path / "a.yaml"))
    return (tmp_path / "a.yaml").read_bytes()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (Body("text", "data: 1\r\n\r\n  é\n\n"), "data: 1\r\n\r\n  é\n\n".encode()),
        (Body("binary", bytes(range(256))), bytes(range(256))),
        (Body("none"), b""),
        (Body("json", [1, None]), b"[1, null]"),
    ],
)
def test_bodies_of_cassetter_load_by_their_type(body: Body, expected: bytes, tmp_path: Path) -> None:
    [found] = parse(by_cassetter(body, tmp_path), FILE)
    assert found.request == Request("POST", URL, JSON_TYPE, expected)
    is_stream = expected.startswith(b"data:")
    headers = (("x-two", "a"), ("x-two", "b"), *([("content-type", "text/event-stream")] if is_stream else []))
    chunks = (Chunk(11, 0.0), Chunk(6, 0.0)) if is_stream else None
    assert found.reply == Reply(201, "", headers, expected, chunks)
    assert found.recorded_at == "2026-11-24T13:39:22.500000Z"


@law
@given(json_values)
def test_any_json_of_cassetter_comes_back_as_its_value(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    # cassetter writes this character unescaped, which YAML forbids.
    assume("\ufffe" not in json.dumps(value, ensure_ascii=False))
    try:
        body = Body("json", value)
    except Exception:  # noqa: BLE001 - cassetter has no exception class for a number that is too large
        reject()
    content = by_cassetter(body, tmp_path_factory.getbasetemp())
    # libyaml takes a tab at the start of a block for indentation, and says so.
    assume(not re.search(rb"[|>][+-]?\n+ *\t", content))
    [found] = parse(content, FILE)
    assert json.loads(found.request.body) == body.content


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01",
        "2026-01-01T10:00:00Z",
        "12:30:45",
        "1:2",
        "<<",
        "=",
        "1e5",
        "yes",
        "null",
        "",
        "0x1f",
        "017",
        "1_0",
    ],
)
def test_a_text_that_yaml_may_take_for_something_else_stays_a_text(text: str, tmp_path: Path) -> None:
    [found] = parse(by_cassetter(Body("json", [text, {text: 1}]), tmp_path), FILE)
    assert json.loads(found.request.body) == [text, {text: 1}]


def test_a_body_parsed_by_the_serializer_of_pydantic_ai_loads() -> None:
    value = {"content": "12:30", "date": "2026-01-01", "big": "1e5", "none": None, "é": [1.5, True]}
    parsed = {"status": {"code": 200, "message": "OK"}, "headers": {}, "parsed_body": value}
    found = interaction({"parsed_body": value, "body": None}, parsed)
    assert json.loads(found.request.body) == json.loads(found.reply.body) == value


def test_a_date_that_yaml_has_read_is_a_time_of_recording_too() -> None:
    content = by_vcrpy("{}").decode().replace("version: 1", "  recorded_at: 2026-11-24T14:39:22.5+01:00\nversion: 1")
    [found] = parse(content.encode(), FILE)
    assert found.recorded_at == "2026-11-24T13:39:22.500000Z"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"request": {"body": {"type": "binary", "content": "xy"}}},
            "a body of type binary is not in hexadecimal digits",
        ),
        (
            {"request": {"body": {"type": "json", "content": float("inf")}}},
            "a body is not JSON: Out of range float values",
        ),
        ({"request": {"body": {"a": b"\xff"}}}, "a body is not JSON: Object of type bytes is not JSON serializable"),
        ({"recorded_at": "yesterday"}, "`recorded_at` is 'yesterday', not a date with a time"),
        ({"recorded_at": 7}, "`recorded_at` is 7, not a date with a time"),
    ],
)
def test_what_is_not_what_it_says_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(CassetteError) as caught:
        interaction(**more)
    assert f"interaction 1 is damaged: {message}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("metadata", "is vcrpy's, and would be lost; leave the file to the tests that read it"),
        ("ws_interactions", "are not HTTP, and would be lost; leave them to cassetter, in a separate file"),
        ("grpc_interactions", "are not HTTP, and would be lost; leave them to cassetter, in a separate file"),
    ],
)
def test_a_file_of_which_something_would_be_lost_is_refused(name: str, message: str) -> None:
    content = yaml.safe_dump({"version": 1, "interactions": [], name: [{"a": 1}]})
    assert refusal(content) == f"some.yaml:1: `{name}` {message}"
    assert parse(yaml.safe_dump({"version": 1, "interactions": [], name: []}).encode(), FILE) == []


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ({"kind": "message", "direction": "sent", "data": {"type": "session.update"}}, "a WebSocket message"),
        ({"kind": "close", "code": 1000, "ok": True, "reason": ""}, "a WebSocket message"),
        ({"request_sample": {"json": {}}, "response_sample": {"json": {}}}, "a gRPC call"),
        ({"request_stream": {"json": {}}, "response_stream": []}, "a gRPC call"),
        ({"method\x1b[2J": "create"}, "something that has ['method\\x1b[2J']"),
    ],
)
def test_what_is_no_call_over_http_is_not_called_damaged_but_said(written: dict[str, Any], what: str) -> None:
    # A call beside it is not read: the rest would be lost with the next recording.
    call = yaml.safe_load(by_vcrpy("{}"))["interactions"][0]
    for before in ([], [call]):
        content = yaml.safe_dump({"version": 1, "interactions": [*before, written]}, sort_keys=False)
        line = [number for number, text in enumerate(content.splitlines(), 1) if text.startswith("- ")][-1]
        assert refusal(content) == (
            f"some.yaml:{line}: interaction {len(before) + 1} is {what}, not a call over HTTP; leave the file to the"
            " tool that wrote it, and if its test makes calls over HTTP as well, give it a cassette for them:"
            ' samurai("another name.yaml")'
        )


@pytest.mark.parametrize("content", ["interactions: {}\n", "messages: []\n"])
def test_a_file_of_yaml_that_no_recorder_of_http_has_written_may_be_that_of_another_tool(content: str) -> None:
    assert refusal(content) == (
        "some.yaml:1: not a cassette: it has no list `interactions`; if another tool wrote it, leave it to that tool;"
        " otherwise fix it, restore the file, or delete it to record again"
    )


@pytest.mark.parametrize("moment", ["2026-11-24T13:39:22.5", "'2026-11-24T13:39:22.5'"])
def test_a_moment_without_a_zone_is_utc_wherever_it_is_read(moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = by_vcrpy("{}").decode().replace("version: 1", f"  recorded_at: {moment}\nversion: 1")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        [found] = parse(content.encode(), FILE)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found.recorded_at == "2026-11-24T13:39:22.500000Z"

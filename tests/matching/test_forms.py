"""Multipart requests: matched by their fields, written without their files, and explained by their fields."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import RequestNotRecorded, use_cassette
from pytest_samurai.cassette.reader import load
from pytest_samurai.matching.endpoints import Endpoints
from pytest_samurai.matching.matcher import Matcher
from pytest_samurai.wire.http import Request
from tests.conftest import KEY
from tests.intercept.scripted import HEADERS, Scripted

URL = "https://api.test/v1/audio/transcriptions"
SOUND = bytes(range(256)) * 8
OPTIONS: dict[str, Any] = {"endpoints": ["*/audio/transcriptions"]}


def transcribed(client: httpx.Client, content: bytes = SOUND, name: str = "a.wav", **fields: Any) -> dict[str, str]:
    data = {"model": "whisper-1", "language": "en", **fields}
    reply = client.post(URL, data=data, files={"file": (name, content, "audio/wav")})
    text: dict[str, str] = reply.json()
    return text


def recorded(path: Path, *texts: str, contents: tuple[bytes, ...] = (SOUND,), **options: Any) -> None:
    transport = Scripted(*(httpx.Response(200, json={"text": text}) for text in texts))
    with use_cassette(path, **OPTIONS, **options), httpx.Client(transport=transport, headers=HEADERS) as client:
        for text, content in zip(texts, contents, strict=True):
            assert transcribed(client, content) == {"text": text}


def refused(path: Path, content: bytes = SOUND, **fields: Any) -> str:
    with use_cassette(path, mode="none", unused="ignore", **OPTIONS) as recorder, httpx.Client() as client:
        with pytest.raises(RequestNotRecorded) as miss:
            transcribed(client, content, **fields)
        recorder.misses.clear()
    return str(miss.value)


def test_the_boundary_does_not_count(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    recorded(path, "Hello", "Bye", "Again", contents=(SOUND, b"other", SOUND))
    with use_cassette(path, mode="none", **OPTIONS), httpx.Client() as client:
        assert transcribed(client, b"other") == {"text": "Bye"}
        assert [transcribed(client), transcribed(client)] == [{"text": "Hello"}, {"text": "Again"}]


def test_a_file_is_written_as_its_length_and_digest(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    recorded(path, "Hello")
    text = path.read_text(encoding="utf-8")
    assert f"[file: 2048 bytes, SHA-256 {sha256(SOUND).hexdigest()}]" in text
    assert "!!binary" not in text


def test_one_that_another_tool_has_recorded_whole_matches_too(cassettes: Path) -> None:
    cassettes.mkdir()
    body = httpx.Request(
        "POST", URL, data={"model": "whisper-1", "language": "en"}, files={"file": ("a.wav", b"Hi", "audio/wav")}
    ).read()
    path = cassettes / "a.yaml"
    lines = [
        *("interactions:", "- request:", f"    method: POST\n    uri: {URL}", "    headers: {}"),
        f"    body: {httpx.Response(200, json=body.decode()).text}",
        *("  response:", "    status: {code: 200, message: OK}", "    headers: {}"),
        *('    body: {string: \'{"text": "old"}\'}', "version: 1", ""),
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    with use_cassette(path, mode="none", **OPTIONS), httpx.Client() as client:
        assert transcribed(client, b"Hi") == {"text": "old"}


def test_a_miss_names_the_fields_that_differ(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    recorded(path, "Hello")
    told = refused(path, language="de", prompt="Names: Kim")
    assert "    language: en -> de\n    prompt: (absent) -> Names: Kim" in told.replace('"', "")
    told = refused(path, content=b"other")
    assert "    file.bytes: 2048 -> 5" in told
    assert "    file.sha256:" in told


def test_fields_can_be_ignored_and_normalized(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    recorded(path, "Hello")
    options: dict[str, Any] = {"ignore": ["prompt"], "normalize": [("en|de", "any")]}
    with use_cassette(path, mode="none", **OPTIONS, **options), httpx.Client() as client:
        assert transcribed(client, name="tmp123.wav", language="de", prompt="x") == {"text": "Hello"}


def test_a_key_in_a_field_or_a_file_is_not_written_and_that_of_another_matches(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    transport = Scripted(httpx.Response(200, json={"text": "Hello"}))
    with use_cassette(path, **OPTIONS), httpx.Client(transport=transport, headers=HEADERS) as client:
        transcribed(client, f"my key: {KEY}".encode(), prompt=f"Remember {KEY}")
    assert KEY not in path.read_text(encoding="utf-8")
    another = "sk-another-9876543210fedcba"
    with (
        use_cassette(path, mode="none", **OPTIONS),
        httpx.Client(headers={"Authorization": f"Bearer {another}"}) as client,
    ):
        transcribed(client, f"my key: {another}".encode(), prompt=f"Remember {another}")


def test_the_fields_of_a_form_are_not_json_with_the_same_keys() -> None:
    matcher = Matcher(("method", "endpoint", "chat"), Endpoints(("*/x",)))
    form = httpx.Request("POST", "https://h/x", files={"model": (None, b"m")}).read()
    keys = {matcher.key(Request("POST", "https://h/x", (), body)) for body in (form, b'{"model": "m"}')}
    assert len(keys) == 2


def test_the_boundary_does_not_count_in_the_headers_either() -> None:
    matcher = Matcher(("headers",), Endpoints(("*/x",)))

    def key(content_type: str) -> bytes:
        return matcher.key(Request("POST", "https://h/x", (("content-type", content_type),), b""))

    assert key("multipart/form-data; boundary=a1") == key("multipart/form-data; boundary=b2")
    assert key("multipart/form-data; boundary=a1") != key("multipart/mixed; boundary=a1")
    assert key("text/plain; boundary=a1") != key("text/plain; boundary=b2")


def test_what_was_recorded_is_read_back_as_it_was_written(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    recorded(path, "Hello")
    [item] = load(path)
    assert item.request.body.startswith(b"--")
    assert item.request.body.count(b"\r\n") > 10

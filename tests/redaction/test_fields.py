"""The keys in a request's body, under names that reveal them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import use_cassette
from pytest_samurai.redaction.fields import body_secrets
from pytest_samurai.redaction.redactors import without_secrets
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction
from tests.redaction.kept import URL

KEY = "f3a91c77be02d4586e1fa0c9b7d2384e"
MULTIPART = f'--b\r\nContent-Disposition: form-data; name="api_key"\r\n\r\n{KEY}\r\n--b--\r\n'

TELLING: list[dict[str, Any]] = [
    {"tools": [{"type": "mcp", "headers": {"Authorization": f"Bearer {KEY}"}}]},
    {"tools": [{"type": "mcp", "headers": {"X-Auth": KEY}}]},
    {"tools": [{"type": "mcp", "authorization": KEY}]},
    {"data_sources": [{"parameters": {"authentication": {"type": "api_key", "key": KEY}}}]},
    {"connection": {"password": KEY, "privateKey": "hunter2"}},
    *(
        {name: KEY}
        for name in (
            *("api_key", "apikey", "api-key", "apiKey", "x-api-key", "aws_secret_access_key", "access_token"),
            *("client_secret", "clientSecret", "secret", "password", "private_key", "passphrase", "AccessKeyId"),
        )
    ),
    {"api_keys": [KEY, {"a": 1}]},
]


@pytest.mark.parametrize("more", TELLING, ids=lambda more: json.dumps(more)[:40])
def test_a_text_under_a_telling_name_is_a_secret_at_any_depth(more: dict[str, Any]) -> None:
    assert KEY in body_secrets(json.dumps({"model": "m", **more}).encode())
    assert KEY in body_secrets(json.dumps([{"model": "m", **more}]).encode())


@pytest.mark.parametrize(
    "more",
    [
        {"password": {"type": "string", "description": KEY}},
        {"key": KEY, "token": KEY, "auth": KEY, "authentication": {"id": KEY}, "headers": {"x-id": KEY}},
        {"prompt_cache_key": KEY, "max_tokens": 12345678, "token_id": KEY, "public_key": KEY, "pad_token": KEY},
        {"api_key": "gpt-4o-mini", "password": "hunter2024", "secret": "your-secret-here-please", "access_token": None},
        {"messages": [{"role": "user", "content": f'{{"api_key": "{KEY}"}}'}]},
    ],
    ids=["schema", "common", "others", "plain", "prompt"],
)
def test_anything_else_in_a_body_is_none(more: dict[str, Any]) -> None:
    assert body_secrets(json.dumps({"model": "m", **more}).encode()) == frozenset()


@pytest.mark.parametrize("body", [b"", b"{", b'{"api_key": ', b"an api_key=of mine", b"\xff\xfe", b"--x", b"[" * 5000])
def test_what_is_neither_json_nor_a_form_has_no_fields(body: bytes) -> None:
    assert body_secrets(body) == frozenset()


def test_a_body_may_be_nested_deeper_than_the_stack_of_python() -> None:
    nested = {"api_key": KEY}
    for _ in range(900):
        nested = {"a": nested}  # type: ignore[dict-item]

    assert body_secrets(json.dumps(nested).encode()) == {KEY}


@pytest.mark.parametrize(
    "body",
    [
        f"model=m&api_key={KEY}".encode(),
        f"client_secret={KEY}".encode(),
        MULTIPART.encode(),
    ],
)
def test_a_field_of_a_form_is_known_by_its_name(body: bytes) -> None:
    assert body_secrets(body) == {KEY}


class Echoing(httpx.BaseTransport):
    """Answers each request with its own contents."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"choices": [{"message": {"content": f"You said {request.content.decode()}"}}]})


@pytest.mark.parametrize(
    "asked",
    [
        *({"json": {"model": "m", "messages": [], **more}} for more in TELLING[:4]),
        {"data": {"model": "m", "api_key": KEY}},
        {"content": MULTIPART, "headers": {"content-type": "multipart/form-data; boundary=b"}},
    ],
    ids=["header", "auth", "authorization", "azure", "form", "multipart"],
)
def test_such_a_key_is_in_no_file_and_another_one_replays_the_same(asked: dict[str, Any], tmp_path: Path) -> None:
    with use_cassette(tmp_path / "a.yaml"), httpx.Client(transport=Echoing()) as client:
        assert KEY in client.post(URL, **asked).text
    other = json.loads(json.dumps(asked).replace(KEY, "0a1b2c3d4e5f60718293a4b5c6d7e8f9"))
    with use_cassette(tmp_path / "a.yaml", mode="none"), httpx.Client() as client:
        assert "[REDACTED]" in client.post(URL, **other).text

    assert KEY not in (tmp_path / "a.yaml").read_text(encoding="utf-8")


def test_what_another_tool_recorded_loses_them_when_it_is_imported() -> None:
    asked = Request("POST", URL, (), json.dumps({"model": "m", "api_key": KEY}).encode())
    [clean] = without_secrets([Interaction(asked, Reply(200, "OK", (), KEY.encode()))], ())

    assert KEY.encode() not in clean.request.body + clean.reply.body

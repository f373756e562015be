"""What a reply says besides its body comes back: the reason, and the length that HEAD asks for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

from pytest_samurai import use_cassette
from tests.intercept.scripted import API, Pieces, Scripted, body


def recorded(path: Path, *replies: httpx.Response, method: str = "POST") -> list[httpx.Response]:
    content = body() if method == "POST" else None
    with use_cassette(path), httpx.Client(transport=Scripted(*replies)) as client:
        return [client.request(method, API, json=content) for _ in replies]


def replayed(path: Path, module: Any = httpx, method: str = "POST") -> Any:
    content = body() if method == "POST" else None
    with use_cassette(path, mode="none"), module.Client() as client:
        return client.request(method, API, json=content)


@pytest.mark.parametrize("module", [httpx, httpx2])
@pytest.mark.parametrize("version", [b"HTTP/1.1", b"HTTP/1.0"])
@pytest.mark.parametrize("reason", [b"", b"OK", b"Fine, thanks"])
def test_the_reason_is_the_one_that_was_given_or_none(
    cassettes: Path, module: Any, version: bytes, reason: bytes
) -> None:
    path = cassettes / "a.yaml"
    extensions = {"http_version": version, "reason_phrase": reason}
    [live] = recorded(path, httpx.Response(200, stream=Pieces(b"{}"), extensions=extensions))
    assert replayed(path, module).reason_phrase == live.reason_phrase == reason.decode()


def test_where_there_are_no_reasons_the_usual_one_is_given(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    [live] = recorded(path, httpx.Response(200, stream=Pieces(b"{}"), extensions={"http_version": b"HTTP/2"}))
    assert replayed(path).reason_phrase == live.reason_phrase == "OK"


def test_a_recording_of_another_tool_that_kept_no_reason_has_the_usual_one(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    cassettes.mkdir()
    item = {
        "request": {"method": "POST", "uri": API, "headers": {}, "body": json.dumps(body())},
        "response": {"status": {"code": 404}, "headers": {}, "body": {"string": "{}"}},
    }
    path.write_text(json.dumps({"interactions": [item], "version": 1}), encoding="utf-8")
    with use_cassette(path, mode="none"):
        assert httpx.post(API, json=body()).reason_phrase == "Not Found"


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_reply_to_head_keeps_its_length(cassettes: Path, module: Any) -> None:
    path = cassettes / "a.yaml"
    headers = {"content-length": "1234", "content-type": "application/json", "content-encoding": "gzip"}
    [live] = recorded(path, httpx.Response(200, headers=headers, stream=Pieces()), method="HEAD")
    reply = replayed(path, module, "HEAD")
    assert reply.headers["content-length"] == live.headers["content-length"] == "1234"
    assert reply.content == b""


@pytest.mark.parametrize(("content", "length"), [(b"", "0"), (b"{}", "2")])
def test_no_other_reply_has_one_written(cassettes: Path, content: bytes, length: str) -> None:
    path = cassettes / "a.yaml"
    recorded(path, httpx.Response(200, headers={"content-length": length}, stream=Pieces(content)))
    assert "content-length" not in path.read_text(encoding="utf-8")
    assert replayed(path).content == content


@pytest.mark.parametrize("module", [httpx, httpx2])
@pytest.mark.parametrize("value", ["a", "\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_what_an_application_changes_in_the_headers_of_a_reply_is_not_in_the_next(
    cassettes: Path, module: Any, value: str
) -> None:
    path = cassettes / "a.yaml"
    headers = [(b"content-type", value.encode())]
    recorded(path, *(httpx.Response(200, headers=headers, stream=Pieces(b"{}")) for _ in range(2)))
    with use_cassette(path, mode="none"), module.Client() as client:
        first = client.post(API, json=body())
        del first.headers["content-type"]
        second = client.post(API, json=body())
    assert second.headers["content-type"] == value


@pytest.mark.parametrize("module", [httpx, httpx2])
@pytest.mark.parametrize(("content", "sent", "kept"), [(b"{}", "2", "2"), (b"{}", None, None), (b"", "0", None)])
def test_a_length_that_is_asked_for_is_kept(
    cassettes: Path, module: Any, content: bytes, sent: str | None, kept: str | None
) -> None:
    path, lengths = cassettes / "a.yaml", {} if sent is None else {"content-length": sent}
    with use_cassette(path, headers=["content-length"]):
        httpx.Client(transport=Scripted(httpx.Response(200, headers=lengths, stream=Pieces(content)))).post(
            API, json=body()
        )
    assert replayed(path, module).headers.get("content-length") == kept


def test_a_length_that_counted_a_compressed_body_is_not_kept_and_that_is_said(cassettes: Path) -> None:
    path, packed = cassettes / "a.yaml", gzip.compress(b"{}")
    headers = {"content-length": str(len(packed)), "content-encoding": "gzip"}
    with use_cassette(path, headers=["content-length"]):
        httpx.Client(transport=Scripted(httpx.Response(200, headers=headers, stream=Pieces(packed)))).post(
            API, json=body()
        )
    with (
        use_cassette(path, mode="none", headers=["content-length"]),
        httpx.Client() as client,
        pytest.raises(KeyError) as error,
    ):
        client.post(API, json=body()).headers["content-length"]
    assert error.value.__notes__ == [
        "`content-length` is not in the recording: it is kept only if it counts the body as it was recorded"
    ]

"""Write cassettes with other tools, as their users would: `python -m tests.recorders TOOL URL DIRECTORY`.

It runs in a separate process, because vcrpy patches every HTTP library it finds, including the test server's. Next to
the cassettes is `calls.json`: what was sent for each, and what the application got.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib import metadata
from pathlib import Path
from typing import Any

KEY = "sk-samurai-test-0123456789abcdef"

CARRIED = ("plain", "gzip", "deflate", "stream", "gzip-stream", "crlf-stream", "error", "binary", "empty")
"""How the test's server sends a reply: see `Gateway` in test_real_cassettes."""

Call = dict[str, Any]
"""What was sent (`url`, `body`), and what the application got (`status`, `content` in Latin-1, one letter per byte)."""


def body_of(text: str, carried: str) -> bytes:
    request: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
    if "stream" in carried:
        request |= {"stream": True, "stream_options": {"include_usage": True}}
    if carried == "error":
        request["model"] = "error-429"
    return json.dumps(request, ensure_ascii=False).encode()


HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}


def call(url: str, body: bytes, status: int, content: bytes) -> Call:
    return {"url": url, "body": body.decode(), "status": status, "content": content.decode("latin-1")}


def by_httpx(url: str, body: bytes) -> Call:
    import httpx

    with httpx.Client(verify=False) as client:
        reply = client.post(url, content=body, headers=HEADERS)
    return call(url, body, reply.status_code, reply.content)


def by_async_httpx(url: str, body: bytes) -> Call:
    import httpx

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(verify=False) as client:
            return await client.post(url, content=body, headers=HEADERS)

    reply = asyncio.run(ask())
    return call(url, body, reply.status_code, reply.content)


def by_httpx2(url: str, body: bytes) -> Call:
    import httpx2

    with httpx2.Client(verify=False) as client:
        reply = client.post(url, content=body, headers=HEADERS)
    return call(url, body, reply.status_code, reply.content)


def by_urllib(url: str, body: bytes) -> Call:
    request = urllib.request.Request(url, body, HEADERS, method="POST")
    try:
        with urllib.request.urlopen(request) as reply:
            content, status, encoding = reply.read(), reply.status, reply.headers.get("content-encoding")
    except urllib.error.HTTPError as error:
        with error:
            content, status, encoding = error.read(), error.code, None
    if encoding == "gzip":
        content = gzip.decompress(content)
    elif encoding == "deflate":
        content = zlib.decompress(content)
    return call(url, body, status, content)


CLIENTS: dict[str, Callable[[str, bytes], Call]] = {
    "httpx": by_httpx,
    "async-httpx": by_async_httpx,
    "httpx2": by_httpx2,
    "urllib": by_urllib,
}

Cassette = tuple[str, dict[str, Any], list[tuple[str, str, str]]]
"""Its name, the tool's options, and calls: the client, the text, how the reply is sent."""


SEES_HTTPX2 = tuple(map(int, metadata.version("vcrpy").split(".")[:2])) >= (8, 2)
"""Whether this vcrpy knows httpx2."""


def of_vcrpy() -> Iterator[Cassette]:
    for client in (client for client in CLIENTS if client != "httpx2" or SEES_HTTPX2):
        for carried in CARRIED:
            yield f"{client}-{carried}.yaml", {}, [(client, f"Hello {client}, é 🙂", carried)]
        options = {"serializer": "json", "decode_compressed_response": True}
        for carried in ("gzip", "stream", "error"):
            yield f"json-{client}-{carried}.json", options, [(client, "Hello\tJSON 🙂", carried)]
    several = [("httpx", text, "plain") for text in ("one", "two", "three", "one")]
    yield "several.yaml", {"match_on": ["method", "uri", "body"], "allow_playback_repeats": False}, several
    filters = {"filter_headers": [("authorization", "XXX")], "before_record_response": lambda response: response}
    yield "filtered.yaml", filters, [("httpx", "Hello", "gzip")]
    yield "decoded.yaml", {"decode_compressed_response": True}, [("httpx", "Hello", "gzip-stream")]


def of_cassetter() -> Iterator[Cassette]:
    for client in ("httpx", "async-httpx", "httpx2"):
        for carried in CARRIED:
            yield f"{client}-{carried}.yaml", {}, [(client, "2026-01-01 at 12:30\n\té 🙂", carried)]
    yield "several.yaml", {"match_on": ["method", "uri", "body"]}, [("httpx", text, "plain") for text in "abcab"]


def opened(tool: str, path: Path, options: dict[str, Any]) -> AbstractContextManager[Any]:
    if tool == "vcrpy":
        import vcr

        return vcr.VCR(record_mode="new_episodes").use_cassette(str(path), **options)  # type: ignore[no-any-return]  # it has no types
    import cassetter

    return cassetter.use_cassette(path, record_mode="new_episodes", **options)


def record(tool: str, url: str, directory: Path) -> None:
    calls: dict[str, list[Call]] = {}
    for name, options, wanted in of_vcrpy() if tool == "vcrpy" else of_cassetter():
        with opened(tool, directory / name, options):
            calls[name] = [
                CLIENTS[client](f"{url}/{carried}/v1/chat/completions", body_of(text, carried))
                for client, text, carried in wanted
            ]
    (directory / "calls.json").write_text(json.dumps(calls))


if __name__ == "__main__":
    record(sys.argv[1], sys.argv[2], Path(sys.argv[3]))

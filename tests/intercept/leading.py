"""A server that redirects, or answers like a model."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_samurai import RequestNotRecorded, use_cassette

ANSWER = {
    "model": "gpt-4o-mini",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Paris."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
}


class _Handler(BaseHTTPRequestHandler):
    asked: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.asked.append(f"{self.command} {self.path}")
        query = parse_qs(urlsplit(self.path).query)
        answer = json.dumps(ANSWER).encode()
        self.send_response(int(query.get("status", ["200"])[0]))
        for location in query.get("to", []):
            self.send_header("location", location)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        pass


class Upstream:
    """`?status=303&to=URL` redirects to another URL; everything else is answered. `asked` lists the requests."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        self.port = port
        self.root = f"http://127.0.0.1:{port}"
        self.url = f"{self.root}/v1/chat/completions"


@contextmanager
def upstream() -> Iterator[Upstream]:
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        served = Upstream(server.server_address[1])
        handler.asked = served.asked  # type: ignore[attr-defined]  # a class made here
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


def refused(path: Path, call: Callable[[], object], **options: Any) -> str:
    """The refusal of a call in a replay, which the application swallows."""
    with pytest.raises(RequestNotRecorded) as miss:
        with use_cassette(path, mode="none", unused="ignore", **options):
            with contextlib.suppress(BaseException):
                call()
    return str(miss.value)

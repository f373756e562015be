"""An HTTP connection to the server."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

from pytest_samurai.server.completion import complete
from pytest_samurai.server.encoding import Json, encoded
from pytest_samurai.server.errors import ApiError, error_object
from pytest_samurai.server.reply import completion_object
from pytest_samurai.server.request import parse
from pytest_samurai.server.stream import events

REQUESTS_PER_DAY = 1000
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-3-5-sonnet-20241022", "gemini-2.0-flash", "deepseek-chat")


@dataclass
class State:
    """What the connections of one ChatServer share."""

    api_key: str | None
    chunk_interval: float
    requests: int = 0
    replies: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def rate_headers(self) -> Json:
        """The headers in every reply. The limit counts down to 0, but is never enforced."""
        with self.lock:
            self.replies += 1
            return {
                "X-RateLimit-Limit-Requests": REQUESTS_PER_DAY,
                "X-RateLimit-Remaining-Requests": max(0, REQUESTS_PER_DAY - self.requests),
                "X-RateLimit-Reset-Requests": (datetime.now(UTC).date() + timedelta(days=1)).isoformat(),
                "x-request-id": f"req-{self.replies:06d}",
            }


class Handler(BaseHTTPRequestHandler):
    """One connection, which may carry any number of requests."""

    protocol_version = "HTTP/1.1"
    server_version = "ChatServer"
    sys_version = ""
    # Nagle's algorithm would hold back a small event until the previous one is acknowledged.
    disable_nagle_algorithm = True

    def __init__(self, state: State, *connection: Any) -> None:
        # Before anything else, because the base class serves the whole connection before its __init__ returns.
        self.state = state
        super().__init__(*connection)

    def handle(self) -> None:
        # A client may hang up at any time, even in the middle of a stream.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def answer(self) -> None:
        try:
            # Always read it: the next request on this connection begins after the body.
            raw = self.read_body()
        except ValueError:
            return self.send_error(400, "the length of the body is not a number")
        try:
            match self.command, self.path.partition("?")[0]:
                case "POST", "/v1/chat/completions":
                    self.chat(raw)
                case "GET", "/v1/models":
                    self.list_models()
                case _:
                    raise ApiError(404, f"there is no {self.command} {self.path}")
        except ApiError as error:
            self.send_object(error.status, error_object(error.status, error.message))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def chat(self, raw: bytes) -> None:
        with self.state.lock:
            self.state.requests += 1
        self.check_key()
        body, digest = parse(raw)
        completion = complete(body, digest)
        if body.get("stream"):
            include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
            self.send_events(events(completion, include_usage=include_usage))
        else:
            self.send_object(200, completion_object(completion))

    def list_models(self) -> None:
        self.check_key()
        data = [{"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "samurai"} for name in MODELS]
        self.send_object(200, {"object": "list", "data": data})

    def check_key(self) -> None:
        key = self.state.api_key
        if key is not None and self.headers.get("Authorization") != f"Bearer {key}":
            raise ApiError(401, "the API key is missing or wrong")

    def read_body(self) -> bytes:
        """The request's body, chunked or not. Raises ValueError if a length in it is not a number."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def send_object(self, status: int, value: Json) -> None:
        data = encoded(value)
        self.send_head(status, {"Content-Type": "application/json", "Content-Length": len(data)})
        self.wfile.write(data)

    def send_events(self, stream: Iterator[bytes]) -> None:
        """Send each event at once, as a separate HTTP chunk, `chunk_interval` seconds after the previous one."""
        self.send_head(200, {"Content-Type": "text/event-stream; charset=utf-8", "Transfer-Encoding": "chunked"})
        for number, data in enumerate(stream):
            if number and self.state.stopping.wait(self.state.chunk_interval):
                raise ConnectionAbortedError("the server was stopped in mid-stream")
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")

    def send_head(self, status: int, headers: Json) -> None:
        self.send_response(status)
        for name, value in (headers | self.state.rate_headers()).items():
            self.send_header(name, str(value))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer an unreadable request. The base class calls this for a bad request line and for an unknown method."""
        # Nobody knows where the next request would begin.
        self.close_connection = True
        self.send_object(int(code), error_object(int(code), message or explain or "not understood"))

    def log_message(self, *_: object) -> None:
        """Print nothing: a test's output is not an access log."""

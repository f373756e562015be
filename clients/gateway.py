"""The server for the clients. It passes requests on to the real server, answers itself for other APIs, and counts.

After `leave` it still listens, so that every attempt to reach it is counted, but it answers nothing.
"""

from __future__ import annotations

import http.client
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from clients.counted import Counted, counted
from clients.scripted import reply_to

_OF_REAL_SERVER: Final = ("/chat/completions", "/completions", "/responses", "/messages")
"""The ends of the paths that the real server answers, the longer ones first."""

_HOP: Final = ("connection", "content-length", "host", "keep-alive", "transfer-encoding", "accept-encoding")


@dataclass(frozen=True)
class Exchange:
    """An answered request: its path, the status of the reply, and the usage in the reply."""

    path: str
    status: int
    counted: Counted | None


class Gateway:
    """A server on 127.0.0.1 in front of the real one, until the end of the `with` block. `url` has no path."""

    def __init__(self, real_url: str, real_key: str) -> None:
        self.exchanges: list[Exchange] = []
        self.connections = 0
        self.is_there = True
        self.real, self.real_key = urlsplit(real_url), real_key
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def leave(self) -> None:
        """Stop answering. From here on, `connections` counts attempts."""
        self.is_there = False
        self.connections = 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        super().__init__(("127.0.0.1", 0), _Handler)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        del request, client_address
        self.gateway.connections += 1
        return self.gateway.is_there


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = urlsplit(self.path).path
        end = next((end for end in _OF_REAL_SERVER if path.endswith(end)), None)
        if end is None:
            status, headers, chunks = reply_to(path, body)
            sent = self._answer(status, headers, iter(chunks))
        else:
            status, sent = self._hand_on(f"/v1{end}", body)
        self.server.gateway.exchanges.append(Exchange(path, status, counted(sent)))

    def do_GET(self) -> None:
        self._answer(404, {"content-type": "application/json"}, iter([b"{}"]))
        self.server.gateway.exchanges.append(Exchange(self.path, 404, None))

    def _hand_on(self, path: str, body: bytes) -> tuple[int, bytes]:
        gateway = self.server.gateway
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        headers = {name: value for name, value in headers.items() if name.lower() not in ("authorization", "x-api-key")}
        headers["Authorization"] = f"Bearer {gateway.real_key}"
        connection = http.client.HTTPConnection(str(gateway.real.netloc), timeout=60)
        try:
            connection.request("POST", path, body, headers)
            reply = connection.getresponse()
            kept = {name: value for name, value in reply.getheaders() if name.lower() not in _HOP}
            return reply.status, self._answer(reply.status, kept, iter(lambda: reply.read1(65536), b""))
        finally:
            connection.close()

    def _answer(self, status: int, headers: dict[str, str], chunks: Any) -> bytes:
        self.close_connection = True
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("server", "date"):
                self.send_header(name, value)
        # The connection closes after each reply, so a stream needs no other framing.
        self.send_header("connection", "close")
        self.end_headers()
        sent = b""
        for chunk in chunks:
            self.wfile.write(chunk)
            self.wfile.flush()
            sent += chunk
        return sent

    def log_message(self, *_: Any) -> None:
        """Print nothing: the table says it."""

"""A server that answers each path with its script, piece by piece."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Mapping[str, tuple[str, Sequence[bytes]]]
"""By path: the content type, and the pieces of the body. One piece is a plain reply."""


@contextmanager
def serving(script: Script) -> Iterator[str]:
    """The root of a server on this machine, during the block. It answers any other path with `{}`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Without it, the second piece of a reply waits 40 ms until the system of the client has confirmed the first.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            kind, pieces = script.get(self.path.partition("?")[0], ("application/json", [b"{}"]))
            self.send_response(200)
            self.send_header("content-type", kind)
            if len(pieces) == 1:
                self.send_header("content-length", str(len(pieces[0])))
            else:
                self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for piece in pieces:
                self.wfile.write(piece if len(pieces) == 1 else b"%x\r\n%b\r\n" % (len(piece), piece))
            if len(pieces) > 1:
                self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""An API with prepared answers, which pretends to be any host and is this machine.

Clients reach it as a proxy (`HTTPS_PROXY`), so the URLs that they record are those of a real API. It speaks TLS in each
tunnel itself, with a certificate for the host of that API, and nothing leaves 127.0.0.1.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import struct
import threading
import zlib
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import trustme

Json = dict[str, Any]
Script = Callable[[Json], "Json | int"]
"""Gives the message that answers a chat request, or the status of an error."""


def tokens(value: object) -> int:
    """About as many as a model would count, and always the same."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return len(re.findall(r"\w{1,6}|[^\w\s]", text))


def vector(text: str, length: int) -> list[float]:
    """A made-up embedding: texts that share words are alike."""
    numbers = [0.0] * length
    for word in re.findall(r"\w{4,}", text.lower()):
        numbers[zlib.crc32(word.encode()) % length] += 0.25
    return numbers


def embeddings(body: Json) -> Json:
    texts: list[str] = body["input"]
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(
                struct.pack(f"<{body['dimensions']}f", *vector(text, body["dimensions"]))
            ).decode(),
        }
        for index, text in enumerate(texts)
    ]
    used = sum(map(tokens, texts))
    return {
        "object": "list",
        "data": data,
        "model": body["model"],
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def usage(body: Json, message: Json) -> Json:
    prompt = tokens(body["messages"]) + (tokens(body["tools"]) if body.get("tools") else 0)
    completion = tokens(message.get("content") or message.get("tool_calls"))
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def head(body: Json, kind: str) -> Json:
    number = zlib.crc32(json.dumps(body, sort_keys=True).encode())
    return {"id": f"chatcmpl-{number:08x}", "object": kind, "created": 1795564800, "model": body["model"]}


def completion(body: Json, message: Json) -> Json:
    finish = "tool_calls" if message.get("tool_calls") else "stop"
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return {**head(body, "chat.completion"), "choices": [choice], "usage": usage(body, message)}


def events(body: Json, message: Json) -> list[Json | str]:
    start = head(body, "chat.completion.chunk")
    words = re.findall(r"\S+\s*", message["content"])
    deltas: list[Json] = [{"role": "assistant", "content": ""}, *({"content": word} for word in words), {}]
    chunks: list[Json | str] = [
        {**start, "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}]}
        for delta in deltas
    ]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({**start, "choices": [], "usage": usage(body, message)})
    return [*chunks, "[DONE]"]


def error(status: int) -> Json:
    return {
        "error": {
            "type": "rate_limit_exceeded",
            "message": "The requests of this plan are used up for today.",
            "code": status,
        }
    }


class ScriptedModel:
    """The server. `environment` is what a client needs to reach it, `directory` is for its certificate."""

    def __init__(self, script: Script, directory: Path) -> None:
        authority = trustme.CA()
        certificates = directory / "authority.pem"
        authority.cert_pem.write_to_path(certificates)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("www.samuraiapi.in").configure_cert(context)
        handler = type("Handler", (_Handler,), {"script": staticmethod(script), "context": context})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.environment: Mapping[str, str] = {
            "HTTPS_PROXY": f"http://127.0.0.1:{self._server.server_port}",
            "SSL_CERT_FILE": str(certificates),
            "SAMURAI_API_KEY": "sk-samurai-0000000000000000",
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing the server waits for its connections, which end with the client's process


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Script
    context: ssl.SSLContext

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.connection = self.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.endswith("/embeddings"):
            self._json(200, embeddings(body))
            return
        message = self.script(body)
        if isinstance(message, int):
            self._json(message, error(message))
        elif body.get("stream"):
            self._stream(events(body, message))
        else:
            self._json(200, completion(body, message))

    def _json(self, status: int, value: Json) -> None:
        content = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, values: list[Json | str]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for value in values:
            said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            self.wfile.write(f"data: {said}\n\n".encode())

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def log_message(self, *_: object) -> None:
        pass

"""A server that sends what a case of the matrix says, byte for byte."""

from __future__ import annotations

import gzip
import json
import socketserver
import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
EVENT_STREAM = "text/event-stream; charset=utf-8"
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True)
class Wire:
    """A reply: its status, its declared type and encoding, its body in pieces, and how that ends.

    `framing` is `chunked`, `length`, or `close`: it ends with the connection. `whole` is false for one that breaks off.
    """

    pieces: Sequence[bytes]
    status: int = 200
    type: str | None = EVENT_STREAM
    encoding: str | None = None
    framing: str = "chunked"
    whole: bool = True

    def sent(self) -> bytes:
        body = b"".join(self.pieces)
        head = [f"HTTP/1.1 {self.status} Said", "Connection: close", "x-request-id: req-1"]
        head += [f"Content-Type: {self.type}"] if self.type else []
        head += [f"Content-Encoding: {self.encoding}"] if self.encoding else []
        if self.framing == "chunked":
            head.append("Transfer-Encoding: chunked")
            body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in self.pieces if piece)
            body += b"0\r\n\r\n" if self.whole else b""
        elif self.framing == "length":
            head.append(f"Content-Length: {len(body) + (not self.whole)}")
        return "\r\n".join([*head, "", ""]).encode() + body


Answer = Callable[[bool, "Dialect"], Wire | None]
"""What is sent, by whether the request asks for a stream's usage; None for a connection that is just closed."""


class Dialect:
    """The events of one API, with the minimum that clients accept."""

    def __init__(self, path: str) -> None:
        self.path = path

    @property
    def asked(self) -> dict[str, Any]:
        said = {"prompt": "Hi"} if self.path == "completions" else {"messages": [{"role": "user", "content": "Hi"}]}
        return {"model": "m", "stream": True, **said}

    def part(self, text: str, finish: str | None = None) -> dict[str, Any]:
        said = {"text": text} if self.path == "completions" else {"delta": {"content": text}}
        return self._chunk(choices=[{"index": 0, **said, "finish_reason": finish}])

    def usage(self, **more: Any) -> dict[str, Any]:
        return self._chunk(choices=[], usage=USAGE, **more)

    def stream(self, asked: bool, *, end: str = "\n\n", done: bool = True) -> list[bytes]:
        """The events of a successful answer."""
        events = [self.part("Hello "), self.part("there"), self.part("", "stop"), *([self.usage()] if asked else [])]
        return [*sse(*events, end=end), *([f"data: [DONE]{end}".encode()] if done else [])]

    def _chunk(self, **more: Any) -> dict[str, Any]:
        kind = "text_completion" if self.path == "completions" else "chat.completion.chunk"
        return {"id": "x", "object": kind, "created": 1, "model": "m", **more}


def sse(*events: Any, end: str = "\n\n") -> list[bytes]:
    return [f"data: {json.dumps(event)}{end}".encode() for event in events]


ERROR = {"error": {"message": "not that", "type": "invalid_request_error", "code": 502}}


# --- the cases


@dataclass(frozen=True)
class Case:
    """An answer, and whether the recorder learns its usage; None if that depends on how far the client reads."""

    answer: Answer
    usage: bool | None = True
    is_refusal: bool = False


def good(**changes: Any) -> Answer:
    return lambda asked, api: replace(Wire(api.stream(asked)), **changes)


def cut(again: Callable[[bytes], Sequence[bytes]]) -> Answer:
    return lambda asked, api: Wire(again(b"".join(api.stream(asked))))


def packed(pack: Callable[[bytes], bytes], encoding: str, framing: str = "chunked") -> Answer:
    def answer(asked: bool, api: Dialect) -> Wire:
        body = pack(b"".join(api.stream(asked)))
        return Wire([body[:20], body[20:]], encoding=encoding, framing=framing)

    return answer


def lines(content_type: str | None) -> Answer:
    """JSON, one object per line."""

    def answer(asked: bool, api: Dialect) -> Wire:
        events = [api.part("Hello"), api.part("", "stop"), *([api.usage()] if asked else [])]
        return Wire([json.dumps(event).encode() + b"\n" for event in events], type=content_type)

    return answer


def always(*events: Callable[[Dialect], Any], done: bool = True, after: bool = False) -> Answer:
    """The same for every request: what these give between the parts, or after `[DONE]`."""

    def answer(_: bool, api: Dialect) -> Wire:
        more = sse(*(event(api) for event in events))
        end = [DONE] if done else []
        return Wire([*sse(api.part("Hello", "stop")), *([*end, *more] if after else [*more, *end])])

    return answer


def refusal(wire: Wire | None) -> Case:
    """An answer for requests with the question, and a plain one for the others."""
    return Case(lambda asked, api: wire if asked else good()(asked, api), usage=False, is_refusal=True)


def failure(status: int) -> Wire:
    return Wire([json.dumps(ERROR).encode()], status=status, type="application/json")


CASES = {
    "as it should be": Case(good()),
    # framings and chunkings
    "with a length": Case(good(framing="length")),
    "until the connection ends": Case(good(framing="close")),
    "in one piece": Case(cut(lambda body: [body])),
    "in pieces of one byte": Case(cut(lambda body: [bytes([byte]) for byte in body])),
    "in pieces of 50 bytes": Case(cut(lambda body: [body[at : at + 50] for at in range(0, len(body), 50)])),
    "lines that end in CRLF": Case(lambda asked, api: Wire(api.stream(asked, end="\r\n\r\n"))),
    "lines that end in CR": Case(lambda asked, api: Wire(api.stream(asked, end="\r\r"))),
    "no blank lines": Case(lambda asked, api: Wire(api.stream(asked, end="\n"))),
    "comments between the events": Case(
        lambda asked, api: Wire([b": ping\n\n".join(api.stream(asked)[:3]), b": ping\n\n", *api.stream(asked)[3:]])
    ),
    "a comment before [DONE]": Case(
        lambda asked, api: Wire([*api.stream(asked, done=False), b": ping\n\n", b": cost 1\n\n", DONE])
    ),
    "a comment first": Case(lambda asked, api: Wire([b": processing\n\n", *api.stream(asked)])),
    # encodings
    "gzip all the same": Case(packed(gzip.compress, "gzip")),
    "gzip with a length": Case(packed(gzip.compress, "gzip", "length")),
    "deflate all the same": Case(packed(zlib.compress, "deflate")),
    "an encoding that nobody knows": Case(good(encoding="none-such"), usage=True),
    # types
    "text/plain": Case(good(type="text/plain")),
    "application/json": Case(good(type="application/json")),
    "application/octet-stream": Case(good(type="application/octet-stream")),
    "no type": Case(good(type=None)),
    "JSON lines": Case(lines("application/x-ndjson")),
    "JSON lines as JSON": Case(lines("application/json")),
    "JSON lines of an event stream": Case(lines(EVENT_STREAM)),
    "JSON lines without a type": Case(lines(None)),
    "no stream": Case(
        lambda _, api: Wire(
            [json.dumps({**api.part("Hello", "stop"), "usage": USAGE}).encode()], type="application/json"
        )
    ),
    # endings
    "without [DONE]": Case(lambda asked, api: Wire(api.stream(asked, done=False))),
    "without the last blank line": Case(lambda asked, api: Wire([b"".join(api.stream(asked)).removesuffix(b"\n\n")])),
    "the answer without its blank line": Case(
        lambda asked, api: Wire([*api.stream(False, done=False), *(sse(api.usage(), end="") if asked else [])])
    ),
    "broken off": Case(lambda _, api: Wire(sse(api.part("Hello")), whole=False), usage=False),
    "broken off in an event": Case(lambda _, api: Wire([sse(api.part("Hello"))[0][:30]], whole=False), usage=False),
    "broken off after the answer": Case(lambda asked, api: Wire(api.stream(asked, done=False), whole=False)),
    "something of the server's after the answer": Case(
        lambda asked, api: Wire([*api.stream(asked, done=False), *sse({"cost": "0"}), DONE])
    ),
    # what is sent unasked
    "usage first": Case(
        lambda _, api: Wire([*sse(api.usage(), api.part("Hello", "stop")), DONE]),
    ),
    "usage without choices": Case(always(lambda api: {"id": "x", "usage": USAGE})),
    "usage without any choices": Case(always(lambda api: {**api.usage(), "choices": None})),
    "usage twice": Case(always(lambda api: api.usage(), lambda api: api.usage())),
    "usage that holds citations": Case(always(lambda api: {**api.usage(), "usage": {**USAGE, "citations": ["h"]}})),
    "usage after [DONE]": Case(always(lambda api: api.usage(), after=True), usage=None),
    "usage with citations": Case(always(lambda api: api.usage(citations=["https://h"]))),
    "usage with more": Case(always(lambda api: api.usage(x_meta={"a": 1}))),
    "usage in the last part": Case(
        lambda _, api: Wire([*sse(api.part("Hello"), {**api.part("", "stop"), "usage": USAGE}), DONE])
    ),
    "usage in every part": Case(lambda _, api: Wire([*sse({**api.part("Hello", "stop"), "usage": USAGE}), DONE])),
    "usage in every part, and once more": Case(
        lambda _, api: Wire([*sse({**api.part("Hello", "stop"), "usage": USAGE}, api.usage()), DONE])
    ),
    "no usage, whatever is asked": Case(lambda _, api: Wire(api.stream(False)), usage=False),
    # errors
    "an error with a usage": Case(always(lambda api: {**ERROR, "usage": USAGE}, done=False)),
    "an error with a usage and no choices": Case(always(lambda api: {**api.usage(), **ERROR}, done=False)),
    "an error after a part": Case(always(lambda api: ERROR, done=False), usage=False),
    "an error first, whatever is asked": Case(lambda _, api: Wire(sse(ERROR)), usage=False),
    **{
        f"{status}, whatever is asked": Case(lambda *_, status=status: failure(status), usage=False)
        for status in (401, 429, 500)
    },
    # refusals of the question
    **{
        f"{status} to those who ask": refusal(failure(status))
        for status in (400, 401, 403, 404, 405, 413, 415, 422, 429, 500, 501, 502, 503, 529)
    },
    "an error first to those who ask": refusal(Wire(sse(ERROR))),
    "an error of another form to those who ask": refusal(Wire(sse({"object": "error", "message": "no"}))),
    "an event called error to those who ask": refusal(Wire([b'event: error\ndata: {"message": "no"}\n\n'])),
    "an error after a comment to those who ask": refusal(Wire([b": processing\n\n", *sse(ERROR)])),
    "an error that is JSON to those who ask": refusal(replace(failure(200))),
    "a gzipped error to those who ask": refusal(
        Wire([gzip.compress(json.dumps(ERROR).encode())], type="application/json", encoding="gzip")
    ),
    "a detail to those who ask": refusal(
        Wire(
            [b'{\n  "detail": [\n    "extra fields not permitted"\n  ]\n}\n'], type="application/json", framing="length"
        )
    ),
    "text to those who ask": refusal(Wire([b"stream_options is not supported"], type="text/plain", framing="close")),
    "nothing to those who ask": refusal(Wire([])),
    "a break to those who ask": refusal(Wire([], whole=False)),
    "a break in a reply of no type to those who ask": refusal(Wire([], type=None, whole=False)),
    "a break in a reply with a length to those who ask": refusal(Wire([], framing="length", whole=False)),
    "a break after a comment to those who ask": refusal(Wire([b": processing\n\n"], whole=False)),
    "a closed connection to those who ask": refusal(None),
}


# --- the server


class Handler(socketserver.StreamRequestHandler):
    server: Wires

    def handle(self) -> None:
        path = self.rfile.readline().split()[1].decode()
        length = 0
        while line := self.rfile.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        body = json.loads(self.rfile.read(length))
        asked = (body.get("stream_options") or {}).get("include_usage") is True
        self.server.asked.append(asked)
        _, number, _, api = path.split("/", 3)
        wire = self.server.cases[int(number)].answer(asked, Dialect(api))
        if wire is not None:
            self.wfile.write(wire.sent())


class Wires(socketserver.ThreadingTCPServer):
    """Answers `/<number of a case>/v1/<path>`. `asked` says for each request whether it asked for its usage."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.cases = list(CASES.values())
        self.asked: list[bool] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def url(self, case: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{list(CASES).index(case)}/v1"

    def __enter__(self) -> Wires:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

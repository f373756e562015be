"""The parts of httpx and httpx2 that this package needs. Their private names are used here and nowhere else.

To add another HTTP library, start here and in `seam`. tests/intercept/test_library.py fails if a private name changes.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

from pytest_samurai.cassette import Remembered
from pytest_samurai.errors import SamuraiError
from pytest_samurai.intercept.begun import Begun, Decoded
from pytest_samurai.intercept.replayedheaders import ReplayedHeaders
from pytest_samurai.intercept.streams import Replay, Tee
from pytest_samurai.intercept.tls import is_known
from pytest_samurai.recorder import CutHeaders
from pytest_samurai.wire import Headers, Reply, Request

LIBRARIES = ("httpx", "httpx2")

SEAM = "_transport_for_url"
"""The client method that chooses the transport of each request.

It is private. The public `HTTPTransport.handle_request` would miss a user's own transports, and aiohttp's.
"""

CONTEXT_MAKER = "create_ssl_context"
"""The function that makes a transport's TLS context."""

_OWN_PACKAGES = ("/httpx/", "/httpx2/", "/httpcore/", "/httpcore2/")


def client_classes(module: ModuleType) -> list[type]:
    """The classes whose `SEAM` is patched."""
    return [client for name in ("Client", "AsyncClient") if (client := getattr(module, name, None)) is not None]


def context_owner(module: ModuleType) -> ModuleType | None:
    """The module whose `CONTEXT_MAKER` the transports call; None if it does not exist in the known form.

    It is a private module. Code that calls the public function asks for a context, and should get one.
    """
    transports = sys.modules.get(f"{module.__name__}._transports.default")
    return transports if is_known(getattr(transports, CONTEXT_MAKER, None), f"{module.__name__}._config") else None


class Library:
    """One of the `LIBRARIES`, with its classes of requests, responses, streams and errors."""

    def __init__(self, module: ModuleType) -> None:
        self._module: Any = module
        self._stand_ins = (module.MockTransport, module.ASGITransport, module.WSGITransport)
        self._network = (module.HTTPTransport, module.AsyncHTTPTransport)
        # A client only accepts streams of its library's classes. Ours are both, like the library's own `ByteStream`.
        both = (module.SyncByteStream, module.AsyncByteStream)
        self.tee: Any = type("Tee", (Tee, *both), {})
        self.begun: Any = type("Begun", (Begun, *both), {})
        self.decoded: Any = type("Decoded", (Decoded, *both), {})
        self.replay: Any = type("Replay", (Replay, *both), {})
        self.whole: Any = module.ByteStream
        # The server closed the connection. A user's own transport may raise Python's errors for that.
        self.closed: tuple[type[Exception], ...] = (
            *(module.RemoteProtocolError, module.ReadError, module.WriteError, module.CloseError),
            *(ConnectionAbortedError, ConnectionResetError, BrokenPipeError, EOFError),
        )
        self._replayed: Any = type("Headers", (ReplayedHeaders, module.Headers), {"plain": module.Headers})
        # Most replies of a server have the same headers, and making them takes as long as the rest of a response.
        self._known: Remembered[Headers, Any] = Remembered(self._headers, 256)

    # --- transports

    def is_stand_in(self, transport: Any) -> bool:
        """Whether a transport replaces the network: the library's own for tests, or Starlette's."""
        return isinstance(transport, self._stand_ins) or type(transport).__module__ == "starlette.testclient"

    def is_mocked(self, transport: Any) -> bool:
        """Whether another tool (respx, pytest-httpx, vcrpy) has replaced the network behind a transport."""
        if not isinstance(transport, self._network):
            return False
        owners = (transport, getattr(transport, "_pool", None))
        names = ("handle_request", "handle_async_request")
        return not all(_is_own(getattr(owner, name)) for owner in owners for name in names if hasattr(owner, name))

    def is_own(self, transport: Any) -> bool:
        """Whether a transport is the library's own. Those connect only to the request's host or its proxy."""
        return type(transport) in self._network

    def came_live(self, response: Any, transport: Any) -> bool:
        """Whether a response came over a connection, and not from a mock or another recorder.

        A user's own transport counts as live, because nobody can tell.
        """
        return not isinstance(transport, self._network) or "network_stream" in response.extensions

    # --- requests

    def request(self, request: Any, content: bytes) -> Request:
        """A request in its recorded form."""
        return Request(request.method, str(request.url), headers_of(request.headers), content)

    def may_be_json(self, request: Any) -> bool:
        """Whether a request's body may be JSON: it is in memory, or its header says so.

        An upload is not read to find out.
        """
        try:
            return bool(request.content)
        except self._module.RequestNotRead:
            return "json" in request.headers.get("content-type", "").lower()

    def with_body(self, request: Any, body: bytes) -> Any:
        """The request with another body. It asks for an uncompressed reply, so that the events can be read."""
        headers = [
            (name, value)
            for name, value in request.headers.raw
            if name.lower() not in (b"content-length", b"transfer-encoding", b"accept-encoding")
        ]
        return self._module.Request(
            request.method,
            request.url,
            headers=[*headers, (b"accept-encoding", b"identity")],
            content=body,
            extensions=request.extensions,
        )

    # --- responses

    def next_url(self, request: Any, response: Any) -> str | None:
        """Where a reply leads, as a client that follows it would find out; None if nowhere."""
        location = response.headers.get("location")
        if location is None:
            return None
        try:
            url = request.url.join(location)
            return str(url if url.host else url.copy_with(host=request.url.host))
        except self._module.InvalidURL:
            # Too late for the error if it isn't a redirect: `urn:...` in a 201 is only a name.
            return None

    def response(self, reply: Reply, stream: object, cut: CutHeaders) -> Any:
        """A recorded reply as a response whose body is `stream`. `cut` explains missing headers."""
        extensions = {"http_version": reply.http_version.encode()}
        if reply.reason or _had_no_reason(reply):
            extensions["reason_phrase"] = reply.reason.encode("ascii", "ignore")
        known = self._known[reply.headers]
        headers = self._replayed(known, known.encoding)
        headers.cut = cut
        response = self._module.Response(reply.status, stream=stream, extensions=extensions)
        # If `Response` got them, it would copy them into the library's own class.
        response.headers = headers
        return response

    def _headers(self, recorded: Headers) -> Any:
        try:
            return self._module.Headers(recorded, "ascii")
        except UnicodeEncodeError:
            return self._module.Headers(recorded, "utf-8")

    def content(self, response: Any) -> bytes | None:
        """The decoded body, if it has been read: a user's own transport may return a response like that."""
        try:
            content: bytes = response.content
        except self._module.ResponseNotRead:
            return None
        return content

    def with_content(self, response: Any, content: bytes) -> Any:
        """A response that has been read, with a different decoded body."""
        headers = [
            (name, value)
            for name, value in headers_of(response.headers)
            if name not in ("content-length", "content-encoding")
        ]
        return self._module.Response(
            response.status_code, headers=headers, content=content, extensions=response.extensions
        )

    def plain(self, response: Any) -> None:
        """Make the body of a live response uncompressed and of unknown length, because part of it will be removed."""
        headers = [pair for pair in headers_of(response.headers) if pair[0] == "content-encoding"]
        compressed = self._module.Response(200, headers=headers, stream=response.stream)
        # A private method: no public one tells whether the library knows the encoding. If it does not, the application
        # gets the body unchanged.
        if type(compressed._get_content_decoder()).__name__ != "IdentityDecoder":
            response.stream = self.decoded(compressed)
            del response.headers["content-encoding"]
        if "content-length" in response.headers:
            del response.headers["content-length"]

    def decoder(self, headers: Headers) -> Callable[[Sequence[bytes]], list[bytes]] | None:
        """A function that undoes a body's content encoding, piece by piece; None if there is no encoding."""
        encoding = dict(headers).get("content-encoding", "identity")
        if encoding == "identity":
            return None

        def decode(pieces: Sequence[bytes]) -> list[bytes]:
            decoded = [b""] * len(pieces)
            index = 0

            def feed() -> Iterator[bytes]:
                nonlocal index
                for number, piece in enumerate(pieces):
                    index = number
                    yield piece

            response = self._module.Response(200, headers={"content-encoding": encoding}, content=feed())
            try:
                for data in response.iter_bytes():
                    decoded[index] += data
            except self._module.DecodingError:
                # The application got this error too. The pieces before it are kept.
                return decoded
            return decoded

        return decode

    def error(self, name: str, said: str, recorded: str) -> Exception:
        """A transport or system error with this name; for any other name, a dropped connection.

        Its message is `said`. Its cause and a note contain `recorded`, the words about the recording.
        """
        kinds = (self._module.TransportError, self._module.DecodingError, OSError)
        kind = getattr(self._module, name, None) or getattr(builtins, name, None)
        if not (isinstance(kind, type) and issubclass(kind, kinds)):
            kind = self._module.RemoteProtocolError
        error: Exception = kind(said or recorded)
        error.__cause__ = SamuraiError(recorded)
        if said:
            error.add_note(recorded)
        return error


def _had_no_reason(reply: Reply) -> bool:
    """Whether a server certainly gave no reason with the status. Otherwise the library adds the usual one, as in live
    calls.

    HTTP/2 has no reasons, and other tools do not store them. Our recordings do, and only they have a duration.
    """
    return not reply.reason and reply.duration is not None and reply.http_version.startswith("HTTP/1")


def headers_of(headers: Any) -> Headers:
    """The headers of a request or a response in their recorded form: in order, with names in lower case.

    Those of a client of another library are a tuple, which has that form already.
    """
    if isinstance(headers, tuple):
        return headers
    return tuple((name.lower(), value) for name, value in headers.multi_items())


def _is_own(method: Any) -> bool:
    """Whether a method is the library's own, judging by its source file."""
    code = getattr(getattr(method, "__func__", method), "__code__", None)
    return code is not None and any(package in code.co_filename.replace("\\", "/") for package in _OWN_PACKAGES)

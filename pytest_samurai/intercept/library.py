"""httpx or httpx2, as this room needs it: here are all the private names of the two that it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

from pytest_samurai.intercept.streams import Replay, Tee
from pytest_samurai.wire import Headers, Reply, Request

MODULES = ("httpx", "httpx2")
SEAM = "_transport_for_url"
TLS_SEAM = "create_ssl_context"


class Library:
    """httpx or httpx2, as this room needs it."""

    def __init__(self, module: ModuleType) -> None:
        self.module: Any = module
        self._stand_ins = (module.MockTransport, module.ASGITransport, module.WSGITransport)
        self._network = (module.HTTPTransport, module.AsyncHTTPTransport)
        # The library wants streams of its own classes, and takes one that is sync and async at once.
        bases = (module.SyncByteStream, module.AsyncByteStream)
        self.tee: Any = type("Tee", (Tee, *bases), {})
        self.replay: Any = type("Replay", (Replay, *bases), {})

    # --- transports

    def is_stand_in(self, transport: Any) -> bool:
        """Whether a transport stands in for the network: the library's own for tests, or Starlette's."""
        return isinstance(transport, self._stand_ins) or type(transport).__module__ == "starlette.testclient"

    def is_network(self, transport: Any) -> bool:
        """Whether a transport is the library's own that opens connections."""
        return isinstance(transport, self._network)

    def is_mocked(self, transport: Any) -> bool:
        """Whether another tool (respx, pytest-httpx, vcrpy) stands in for the network behind this transport."""
        pool = getattr(transport, "_pool", None)
        return isinstance(transport, self._network) and any(
            not _is_own(getattr(owner, name, None))
            for owner in (transport, pool)
            for name in ("handle_request", "handle_async_request")
            if hasattr(owner, name)
        )

    # --- requests

    def request(self, request: Any, content: bytes) -> Request:
        return Request(request.method, str(request.url), headers_of(request.headers), content)

    def with_body(self, request: Any, body: bytes) -> Any:
        """The request with another body; uncompressed replies, since events have to be read on their way through."""
        headers = [
            (name, value)
            for name, value in request.headers.raw
            if name.lower() not in (b"content-length", b"transfer-encoding", b"accept-encoding")
        ]
        return self.module.Request(
            request.method,
            request.url,
            headers=[*headers, (b"accept-encoding", b"identity")],
            content=body,
            extensions=request.extensions,
        )

    # --- responses

    def response(self, reply: Reply, stream: object) -> Any:
        extensions = {"http_version": reply.http_version.encode()}
        if reply.reason:
            extensions["reason_phrase"] = reply.reason.encode("ascii", "ignore")
        try:
            headers = self.module.Headers(reply.headers, "ascii")
        except UnicodeEncodeError:
            headers = self.module.Headers(reply.headers, "utf-8")
        response = self.module.Response(reply.status, headers=headers, stream=stream, extensions=extensions)
        # Else the library finds it out by decoding each of them.
        response.headers.encoding = headers.encoding
        return response

    def content(self, response: Any) -> bytes | None:
        """The body of a response that was read already, decoded; a transport of the user's own may hand out one."""
        try:
            content: bytes = response.content
        except self.module.ResponseNotRead:
            return None
        return content

    def with_content(self, response: Any, content: bytes) -> Any:
        """The response, read already, with another body."""
        kept = [
            (name, value)
            for name, value in headers_of(response.headers)
            if name not in ("content-length", "content-encoding")
        ]
        return self.module.Response(response.status_code, headers=kept, content=content, extensions=response.extensions)

    def decoder(self, headers: Headers) -> Callable[[Sequence[bytes]], list[bytes]] | None:
        """What undoes the content encoding of pieces, each for itself; None if there is none."""
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

            response = self.module.Response(200, headers={"content-encoding": encoding}, content=feed())
            try:
                for data in response.iter_bytes():
                    decoded[index] += data
            except self.module.DecodingError:
                # The application got this error too; what came before it is what there is.
                return decoded
            return decoded

        return decode

    def error(self, name: str) -> Exception:
        """The transport's error of that name; for a name it does not have RemoteProtocolError, a dropped connection."""
        kind = getattr(self.module, name, None)
        if not (isinstance(kind, type) and issubclass(kind, self.module.TransportError)):
            kind = self.module.RemoteProtocolError
        return kind(f"the connection broke here when this was recorded ({name})")  # type: ignore[no-any-return]  # httpx is Any here


def headers_of(headers: Any) -> Headers:
    """The headers of a request or a response as we write them."""
    return tuple((name.lower(), value) for name, value in headers.multi_items())


def _is_own(method: Any) -> bool:
    code = getattr(getattr(method, "__func__", method), "__code__", None)
    return code is not None and any(f"{name}/" in code.co_filename.replace("\\", "/") for name in _OWN_PACKAGES)


_OWN_PACKAGES = ("/httpx", "/httpx2", "/httpcore", "/httpcore2")

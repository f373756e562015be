"""The head of a request or reply: everything before its body."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_samurai.cassette.headers import KnownHeaders, header_lines, meant
from pytest_samurai.cassette.values import unquoted
from pytest_samurai.text import scalar
from pytest_samurai.wire import Headers, Reply, Request

RequestHead = tuple[str, str, Headers]
"""Method, URL and headers."""
Status = tuple[int, str]
"""The code and the reason."""

STATUS = "    status: {code: "


def request_head(request: Request) -> bytes:
    """The head of a request as it is written."""
    lines = [
        "- request:",
        f"    method: {scalar(request.method)}",
        f"    uri: {scalar(request.url)}",
        *header_lines(request.headers),
        "    body: ",
    ]
    return "\n".join(lines).encode()


def reply_head(reply: Reply) -> bytes:
    """The head of a reply as it is written, from the end of the request's body on."""
    return _reply_head(reply, [])


def reply_head_of_old(reply: Reply) -> bytes:
    """The same, with the headers: until version 0.2 they came before the body."""
    return _reply_head(reply, _header_lines(reply))


def _reply_head(reply: Reply, headers: Iterable[str]) -> bytes:
    lines = [
        "",
        "  response:",
        f"{STATUS}{reply.status}, message: {scalar(reply.reason)}}}",
        *headers,
        "    body:",
        "      string: ",
    ]
    return "\n".join(lines).encode()


def reply_headers(reply: Reply) -> bytes:
    """The headers of a reply as they are written, from the end of its body on."""
    return "\n".join(["", *_header_lines(reply)]).encode()


def _header_lines(reply: Reply) -> Iterable[str]:
    return header_lines(meant(reply.headers, reply.body))


def read_request_head(text: bytes, headers: KnownHeaders) -> RequestHead:
    """The head of a request, from the line of its method on. Raises ValueError if it isn't written like that."""
    method, uri, rest = text.decode().split("\n", 2)
    return (
        unquoted(method.removeprefix("    method: ")),
        unquoted(uri.removeprefix("    uri: ")),
        headers.read(rest),
    )


def read_status(line: bytes) -> Status:
    """A status from its line. Raises ValueError if it isn't written like that."""
    code, _, message = line.decode()[len(STATUS) : -1].partition(", message: ")
    return int(code), unquoted(message)

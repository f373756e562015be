"""The pools of urllib3, through which requests and botocore go as well; the only room that knows urllib3.

A pool asks for each reply, also after a redirect or before another try, in one method, which is patched. It is private,
and the same in versions 1 and 2; the public `urlopen` would have us follow redirects and count tries ourselves. What
comes of the reply is urllib3's own work. tests/intercept/test_urllib3pools.py fails when a private name changes.
"""

from __future__ import annotations

import http.client
import io
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from pytest_samurai.intercept.answered import answer, holder
from pytest_samurai.intercept.patch import Patch, outside
from pytest_samurai.intercept.rawreply import RawReply
from pytest_samurai.wire import USUAL_PORTS, Headers, Request

_SEAM = "_make_request"


def patch(module: ModuleType) -> Patch:
    """Have the pools ask the cassette first; `module` is `urllib3.connectionpool`."""
    return Patch(module.HTTPConnectionPool, _SEAM, _answering)


def _answering(original: Any, patch: Patch) -> Any:
    def _make_request(pool: Any, connection: Any, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        # Another tool that stands in for the network, as vcrpy, has connections of its own.
        if patch.active and isinstance(connection, http.client.HTTPConnection):
            reply = _recorded(pool, method, url, options)
            if reply is not None:
                return _response(pool, method, url, reply, options)
        return outside(original, pool, connection, method, url, *arguments, **options)

    return _make_request


def _recorded(pool: Any, method: str, url: str, options: dict[str, Any]) -> RawReply | None:
    whole_url = _whole_url(pool, url)
    recorder = holder(whole_url)
    if recorder is None:
        return None
    content = _read(options)
    headers = _headers(options.get("headers") or pool.headers)
    return answer(recorder, Request(method, whole_url, headers, content))


def _whole_url(pool: Any, url: str) -> str:
    # A proxy is asked for whole URLs.
    if not url.startswith("/"):
        return url
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    is_usual = pool.port in (None, USUAL_PORTS.get(pool.scheme))
    return f"{pool.scheme}://{host}{'' if is_usual else f':{pool.port}'}{url}"


def _headers(headers: Mapping[Any, Any]) -> Headers:
    # botocore has bytes among them.
    return tuple((_text(name).lower(), _text(value)) for name, value in headers.items())


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _read(options: dict[str, Any]) -> bytes:
    """The body of a request. If that can be read only once, what was read takes its place, since it may go live."""
    body = options.get("body")
    if hasattr(body, "read"):
        return _read_file(body, options)
    if body is None or isinstance(body, str):
        return _content(body or "")
    try:
        # The items of an array are numbers, not pieces of a body.
        return bytes(memoryview(body))
    except TypeError:
        options["body"] = pieces = [*map(_content, body)]
    return b"".join(pieces)


def _read_file(file: Any, options: dict[str, Any]) -> bytes:
    try:
        start = file.tell()
    except (AttributeError, OSError):
        start = None
    content = _content(file.read())
    try:
        # Some files know their position and cannot go back to it.
        file.seek(start)
    except (AttributeError, OSError, TypeError):
        options["body"] = io.BytesIO(content)
    return content


def _content(data: Any) -> bytes:
    return data.encode() if isinstance(data, str) else bytes(data)


def _response(pool: Any, method: str, url: str, raw: RawReply, options: Mapping[str, Any]) -> Any:
    """The response as the pool expects it of its seam."""
    reply = http.client.HTTPResponse(_Socket(raw), method=method)  # type: ignore[arg-type]  # it needs no more of one
    reply.begin()
    if "response_conn" not in options:
        # In version 1, the pool makes its own response of that.
        return reply
    urllib3: Any = sys.modules["urllib3.response"]
    response = urllib3.HTTPResponse(
        body=reply,
        headers=urllib3.HTTPHeaderDict(reply.msg.items()),
        status=reply.status,
        version=reply.version,
        reason=reply.reason,
        original_response=reply,
        request_method=method,
        request_url=url,
        **{name: options[name] for name in _OF_RESPONSE if name in options},
    )
    response.version_string = "HTTP/1.0" if reply.version == 10 else "HTTP/1.1"
    response.retries, response._connection, response._pool = options["retries"], options["response_conn"], pool
    return response


_OF_RESPONSE = ("preload_content", "decode_content", "enforce_content_length")


class _Socket:
    """What `http.client` reads a reply from."""

    def __init__(self, raw: RawReply) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> io.BufferedReader:
        del mode  # it only reads
        return io.BufferedReader(_File(self._raw))


class _File(io.RawIOBase):
    """The pieces of a reply; each is read by itself, as the packets of a connection are."""

    def __init__(self, raw: RawReply) -> None:
        self._raw = raw
        self._pieces = iter(raw)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._rest or next(self._pieces, b"")
        length = min(len(buffer), len(data))
        buffer[:length], self._rest = data[:length], data[length:]
        return length

    def close(self) -> None:
        self._raw.close()
        super().close()

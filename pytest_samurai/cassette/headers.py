"""Headers as a cassette keeps them: grouped by name, without those about how a body was transferred."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from pytest_samurai.cassette.checked import get
from pytest_samurai.cassette.remembered import Remembered
from pytest_samurai.cassette.values import read_flow
from pytest_samurai.text import scalar
from pytest_samurai.wire import Headers

COMPRESSED = ("gzip", "x-gzip", "deflate")


_CARRIAGE = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def encoding(headers: Headers) -> str:
    """How a body was encoded for transfer; empty if it wasn't."""
    return ", ".join(value for name, value in headers if name == "content-encoding").strip().lower()


def meant(headers: Headers, body: bytes) -> Headers:
    """The headers of a reply without those that only describe how its body was transferred.

    An encoding that can't be decoded here stays, because the body stays encoded too. So does a length that is the
    body's, and a length without a body: a HEAD request asks for it.
    """
    if _CARRIAGE.isdisjoint(dict(headers)):
        return headers
    undone = encoding(headers) in ("", "identity", *COMPRESSED)
    dropped = _CARRIAGE if undone else _CARRIAGE - {"content-encoding"}
    return tuple(
        (name, value)
        for name, value in headers
        if name not in dropped or (name == "content-length" and value != "0" and (not body or value == str(len(body))))
    )


def by_name(headers: Headers) -> dict[str, list[str]]:
    """The values of each name."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    return values


def pairs_of(headers: Mapping[str, Sequence[str]]) -> Headers:
    """The headers as pairs of name and value."""
    return tuple((name, value) for name, values in headers.items() for value in values)


def header_lines(headers: Headers) -> Iterator[str]:
    """Headers as they are written."""
    if not headers:
        yield "    headers: {}"
        return
    yield "    headers:"
    for name, values in by_name(headers).items():
        yield f"      {scalar(name)}: [{', '.join(map(scalar, values))}]"


class KnownHeaders:
    """Headers that were read before, by their line.

    Headers take most of a reply's memory, and most are equal, so equal ones share an object.
    """

    def __init__(self) -> None:
        self._lines: Remembered[str, Headers] = Remembered(_of_line, 1024)

    def read(self, text: str) -> Headers:
        """The headers in a text, after its first line. Raises ValueError if they aren't written like that."""
        lines = text.split("\n")[1:]
        headers = tuple(chain.from_iterable(map(self._lines.__getitem__, lines)))
        if len(dict(headers)) == len(lines):
            return headers
        return headers_of({"headers": read_flow(f"{{{', '.join(lines)}}}")})


# Nearly all headers have one value without anything to parse.
_ONE_VALUE = re.compile(r'      ([a-z0-9-]+): \[(?:"([^"\\]*)"|([^"\\,\[\]]*))\]')


def _of_line(line: str) -> Headers:
    """The header on a line; none if it has several values, or anything to parse."""
    match = _ONE_VALUE.fullmatch(line)
    if match is None:
        return ()
    name, quoted, plain = match.groups()
    return ((name, plain if quoted is None else quoted),)


def headers_of(data: Mapping[str, Any]) -> Headers:
    """The headers of a request or response that YAML has read. Raises ValueError if they aren't headers.

    Other tools write a single value without a list, and some write bytes.
    """
    written = get(data, "headers", "a mapping", {})
    headers = []
    for name, values in written.items():
        for value in values if isinstance(values, list) else (values,):
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            if not isinstance(name, str) or not isinstance(text, str):
                # Don't show the value: it may be a key.
                raise ValueError(f"header {name!r}: name and value must be text: quote them")
            headers.append((name.lower(), text))
    # Names that differ only in case may be listed separately.
    return tuple(headers) if len(dict(headers)) == len(written) else pairs_of(by_name(tuple(headers)))


def carried(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """The headers and body of a reply, decoded from transfer. Raises zlib.error if the body is damaged."""
    kept = meant(headers, body)
    if len(kept) < len(headers) and encoding(headers) in COMPRESSED:
        body = _decompressed(body)
    return kept, body


def _decompressed(body: bytes) -> bytes:
    """A body that another tool kept compressed."""
    try:
        # With 32, zlib detects whether it is gzip or zlib.
        return zlib.decompress(body, zlib.MAX_WBITS | 32)
    except zlib.error:
        try:
            body.decode()
        except UnicodeDecodeError:
            # Some servers mean raw deflate by "deflate".
            return zlib.decompress(body, -zlib.MAX_WBITS)
        # It is text already: recorders keep the header although their HTTP library has decoded the body.
        return body

"""Headers as a cassette keeps them: grouped by name, without those that tell how a body was carried."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_samurai.cassette.checked import get
from pytest_samurai.cassette.remembered import Remembered
from pytest_samurai.cassette.values import read_flow, unquoted
from pytest_samurai.text import scalar
from pytest_samurai.wire import Headers

COMPRESSED = ("gzip", "x-gzip", "deflate")


_CARRIAGE = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def encoding(headers: Headers) -> str:
    """How a body was encoded to be carried; an empty text if it was not."""
    return ", ".join(value for name, value in headers if name == "content-encoding").strip().lower()


def meant(headers: Headers, body: bytes) -> Headers:
    """Headers of a reply without those that tell how its body was carried, not what it is.

    An encoding that cannot be undone here stays, as the body stays encoded too. So does a length that is the body's,
    and a length without a body: it is what a HEAD request asks for.
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


# Nearly all headers have one value, in which there is nothing that has to be read.
_HEADER = re.compile(r'\n      ([a-z0-9-]+): \["?([^"\\,\[\]\n]*)"?\](?![^\n])')


class KnownHeaders:
    """Headers that were read before.

    Most of what replies take in memory is headers, mostly equal ones: so these share an object.
    """

    def __init__(self) -> None:
        self._pairs: Remembered[tuple[str, str], tuple[str, str]] = Remembered(lambda pair: pair, 1024)
        self._lines: Remembered[str, tuple[str, list[str]]] = Remembered(_read_line, 256)

    def read(self, text: str) -> Headers:
        """The headers in a text, behind its first line. Raises ValueError for what is not written like that."""
        pairs = tuple(map(self._pairs.__getitem__, _HEADER.findall(text)))
        if len(dict(pairs)) == text.count("\n"):
            return pairs
        headers: dict[str, list[str]] = {}
        for name, values in dict(map(self._lines.__getitem__, text.split("\n")[1:])).items():
            headers.setdefault(name.lower(), []).extend(values)
        return pairs_of(headers)


def _read_line(line: str) -> tuple[str, list[str]]:
    name, _, values = line[6:].partition(": [")
    if name[0] == '"' or ", " in values:
        [(name, texts)] = read_flow(f"{{{line[6:]}}}").items()
        return name, texts
    return name, [unquoted(values[:-1])]


def headers_of(data: Mapping[str, Any]) -> Headers:
    """The headers of a request or response that YAML has read. Raises ValueError for what are none.

    Other tools write a value that stands alone without a list, and some write bytes.
    """
    written = get(data, "headers", "a mapping", {})
    headers = []
    for name, values in written.items():
        for value in values if isinstance(values, list) else (values,):
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            if not isinstance(name, str) or not isinstance(text, str):
                # Its value may be a key.
                raise ValueError(f"header {name!r}: name and value have to be text: quote them")
            headers.append((name.lower(), text))
    # Names that differ in case alone may stand apart.
    return tuple(headers) if len(dict(headers)) == len(written) else pairs_of(by_name(tuple(headers)))


def carried(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """Headers and body of a reply without the way in which it was carried. Raises zlib.error for what is damaged."""
    kept = meant(headers, body)
    if len(kept) < len(headers) and encoding(headers) in COMPRESSED:
        body = _decompressed(body)
    return kept, body


def _decompressed(body: bytes) -> bytes:
    """A body that another tool has kept compressed."""
    try:
        # With 32, zlib finds out for itself whether it is gzip or zlib.
        return zlib.decompress(body, zlib.MAX_WBITS | 32)
    except zlib.error:
        try:
            body.decode()
        except UnicodeDecodeError:
            # By "deflate", some servers mean its raw form.
            return zlib.decompress(body, -zlib.MAX_WBITS)
        # It is text already: recorders keep the header of bodies that their HTTP library has decoded.
        return body

"""An interaction as it stands in a cassette: written for people, in vcrpy's layout, with its seal.

Line by line, by hand: every dumper of PyYAML refuses literal blocks for some texts that YAML allows in them, and this
layout is the product.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from pytest_samurai.cassette.layout import lay_out, may_be_laid_out
from pytest_samurai.cassette.seal import checksums
from pytest_samurai.text import quoted, scalar
from pytest_samurai.wire import COMPLETE, Headers, Interaction, Price

Text = Sequence[bytes]
"""A text in UTF-8, in the parts of which it was put together, if it is a large one; else as one."""

HTTP_VERSION = "HTTP/1.1"
_LINE_WIDTH = 110


def interaction_text(interaction: Interaction) -> Text:
    """An interaction as it stands in a cassette, with its seal."""
    request, reply = interaction.request, interaction.reply
    sent, request_layout = _body(request.body, 6)
    received, reply_layout = _body(reply.body, 8)
    head = _head_text(request.method, request.url, request.headers)
    middle = [
        "",
        "  response:",
        f"    status: {{code: {reply.status}, message: {scalar(reply.reason)}}}",
        *_header_lines(meant(reply.headers)),
        "    body:",
        "      string: ",
    ]
    notes = ["", "    samurai:"]
    notes += [f"      {name}: {value}" for name, value in _notes(interaction, request_layout, reply_layout)]
    between, after = ("\n".join(lines).encode() for lines in (middle, notes))
    sealed = checksums([head, sent.style, between, received.style, after], sent.lines, received.lines)
    end = f"\n      seal: {' '.join(sealed)}\n".encode()
    text = [head, *sent.text, between, *received.text, after, end]
    return text if len(request.body) + len(reply.body) > _PART else [b"".join(text)]


class _Written(NamedTuple):
    """A body as it is written: what of it stands outside of its checksum, and what is under that."""

    style: bytes
    lines: Sequence[bytes]

    @property
    def text(self) -> Text:
        return self.lines if self.style == b'"' else [self.style, b"\n", *self.lines]


# Most requests of a cassette differ in nothing but their bodies, and many headers are the same in all replies.
@lru_cache(maxsize=64)
def _head_text(method: str, url: str, headers: Headers) -> bytes:
    lines = [
        "- request:",
        f"    method: {scalar(method)}",
        f"    uri: {scalar(url)}",
        *_header_lines(headers),
        "    body: ",
    ]
    return "\n".join(lines).encode()


def _notes(interaction: Interaction, request_layout: str, reply_layout: str) -> Iterator[tuple[str, str]]:
    reply = interaction.reply
    if interaction.recorded_at is not None:
        yield "recorded_at", scalar(interaction.recorded_at)
    if reply.duration is not None:
        yield "duration", _flow(reply.duration)
    if reply.http_version != HTTP_VERSION:
        yield "http_version", scalar(reply.http_version)
    if request_layout:
        yield "request_layout", request_layout
    if reply_layout:
        yield "layout", reply_layout
    if reply.ending != COMPLETE:
        yield "ending", scalar(reply.ending)
    if reply.hidden_usage is not None:
        yield "hidden_usage", _flow(reply.hidden_usage)
    if interaction.price is not None:
        yield "price", interaction.price if isinstance(interaction.price, str) else _row(interaction.price)
    if interaction.edited:
        yield "edited", "true"
    if reply.chunks:
        yield "chunks", _wrapped([f"{chunk.length}@{_milliseconds(chunk.at)}" for chunk in reply.chunks])


@lru_cache(maxsize=64)
def _row(price: Price) -> str:
    return _flow(price.as_written())


_EXACT = Context(prec=20)


def _milliseconds(seconds: float) -> str:
    return f"{Decimal(repr(seconds)).scaleb(3, _EXACT):f}"


def _wrapped(words: Sequence[str]) -> str:
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) > _LINE_WIDTH:
            lines.append("")
        lines[-1] += f"{word} "
    return ">-" + "".join(f"\n        {line.rstrip()}" for line in lines)


def _header_lines(headers: Headers) -> Iterator[str]:
    if not headers:
        yield "    headers: {}"
        return
    yield "    headers:"
    for name, values in by_name(headers).items():
        yield _header_line(name, tuple(values))


@lru_cache(maxsize=1024)
def _header_line(name: str, values: tuple[str, ...]) -> str:
    return f"      {scalar(name)}: {_flow(list(values))}"


def _flow(value: Any) -> str:
    """A JSON value on one line. Not as JSON would spell it: YAML 1.1 takes `1e-07` for text."""
    match value:
        case Mapping():
            return "{" + ", ".join(f"{scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case str():
            return scalar(value)
        case None:
            return "null"
    return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value)) if isinstance(value, float) else str(value).lower()


# What a literal block cannot hold: controls, every line break but LF, a byte order mark.
_UNBLOCKABLE = re.compile(r"[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_ASCII_BLOCKABLE = bytes([ord("\t"), ord("\n"), *range(0x20, 0x7F)])
_NOT_BLANK = re.compile(rb"[^\t\n ]")
_PART = 1 << 20
"""Bytes of a body that are looked at together, so that no more than one copy of a large one is made."""


def _body(body: bytes, indent: int) -> tuple[_Written, str]:
    """A body as a YAML value (a block where it can be one, else quoted, else base64), and how it was laid out."""
    text, layout = lay_out(body) if may_be_laid_out(body) else (body, "")
    data = text if isinstance(text, bytes) else text.encode()
    margin = b" " * indent
    try:
        if not _NOT_BLANK.search(data) or not all(map(_is_blockable, _parts(data))):
            return _Written(b'"', [quoted(data.decode()).encode()]), layout
    except UnicodeDecodeError:
        encoded = base64.encodebytes(data).rstrip(b"\n")
        return _Written(b"!!binary |", [margin + encoded.replace(b"\n", b"\n" + margin)]), layout
    # Without the number, leading blanks would be taken for indentation.
    number = b"2" if data[:1] in b"\t\n " else b""
    chomp = b"+" if data.endswith(b"\n\n") else b"" if data.endswith(b"\n") else b"-"
    lines = [_indented(part, margin) for part in _parts(data, less=0 if chomp == b"-" else 1)]
    return _Written(b"|%b%b" % (number, chomp), lines), layout


def _parts(data: bytes, less: int = 0) -> Iterator[bytes]:
    """The data without its last byte, if it is to be `less`, cut at the ends of lines."""
    start, end = 0, len(data) - less
    while start < end:
        stop = data.find(b"\n", start + _PART, end) + 1 or end
        yield data[start:stop]
        start = stop


def _is_blockable(data: bytes) -> bool:
    # That there are only plain letters is told many times faster than what else may stand in a block.
    return not data.translate(None, _ASCII_BLOCKABLE) or not _UNBLOCKABLE.search(data.decode())


def _indented(lines: bytes, margin: bytes) -> bytes:
    return (b"" if lines.startswith(b"\n") else margin) + _LINE_START.sub(b"\n" + margin, lines)


# Of a line with something in it: what stands empty stays so.
_LINE_START = re.compile(rb"\n(?=[^\n])")


# --- headers as they are kept


COMPRESSED = ("gzip", "x-gzip", "deflate")
_CARRIAGE = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def encoding(headers: Headers) -> str:
    """How a body was encoded to be carried; nothing if it was not."""
    return ", ".join(value for name, value in headers if name == "content-encoding").strip().lower()


def meant(headers: Headers) -> Headers:
    """Headers without those that tell how a body was carried, not what it is.

    An encoding that cannot be undone here stays, since the body stays encoded too.
    """
    if _CARRIAGE.isdisjoint(dict(headers)):
        return headers
    undone = encoding(headers) in ("", "identity", *COMPRESSED)
    dropped = _CARRIAGE if undone else _CARRIAGE - {"content-encoding"}
    return tuple((name, value) for name, value in headers if name not in dropped)


def by_name(headers: Headers) -> dict[str, list[str]]:
    """The values of each name."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    return values


def pairs(headers: Mapping[str, Sequence[str]]) -> Headers:
    """Name and value of each."""
    return tuple((name, value) for name, values in headers.items() for value in values)

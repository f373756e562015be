"""A body as a YAML value: a block where it can be one, else quoted, else base64."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytest_samurai.cassette.layout import lay_out, may_be_laid_out
from pytest_samurai.text import quoted

Text = Sequence[bytes]
"""A text in UTF-8, in the parts of which it was put together, if it is a large one; else as one."""


class Written(NamedTuple):
    """A body as it is written: what of it stands outside of its checksum, and what is under that."""

    style: bytes
    lines: Sequence[bytes]

    @property
    def text(self) -> Text:
        return self.lines if self.style == b'"' else [self.style, b"\n", *self.lines]


# What a literal block cannot hold: controls, every line break but LF, a byte order mark.
_UNBLOCKABLE = re.compile(r"[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_ASCII_BLOCKABLE = bytes([ord("\t"), ord("\n"), *range(0x20, 0x7F)])
_NOT_BLANK = re.compile(rb"[^\t\n ]")
PART = 1 << 20
"""Bytes of a body that are looked at together, so that no more than one copy of a large one is made."""


def body_text(body: bytes, indent: int) -> tuple[Written, str]:
    """A body as a YAML value (a block where it can be one, else quoted, else base64), and how it was laid out."""
    text, layout = lay_out(body) if may_be_laid_out(body) else (body, "")
    data = text if isinstance(text, bytes) else text.encode()
    margin = b" " * indent
    try:
        if not _NOT_BLANK.search(data) or not all(map(_is_blockable, _parts(data))):
            return Written(b'"', [quoted(data.decode()).encode()]), layout
    except UnicodeDecodeError:
        encoded = base64.encodebytes(data).rstrip(b"\n")
        return Written(b"!!binary |", [margin + encoded.replace(b"\n", b"\n" + margin)]), layout
    # Without the number, leading blanks would be taken for indentation.
    number = b"2" if data[:1] in b"\t\n " else b""
    chomp = b"+" if data.endswith(b"\n\n") else b"" if data.endswith(b"\n") else b"-"
    lines = [_indented(part, margin) for part in _parts(data, less=0 if chomp == b"-" else 1)]
    return Written(b"|%b%b" % (number, chomp), lines), layout


def _parts(data: bytes, less: int = 0) -> Iterator[bytes]:
    """The data without its last byte, if it is to be `less`, cut at the ends of lines."""
    start, end = 0, len(data) - less
    while start < end:
        stop = data.find(b"\n", start + PART, end) + 1 or end
        yield data[start:stop]
        start = stop


def _is_blockable(data: bytes) -> bool:
    # That there are only plain letters is told many times faster than what else may stand in a block.
    return not data.translate(None, _ASCII_BLOCKABLE) or not _UNBLOCKABLE.search(data.decode())


def _indented(lines: bytes, margin: bytes) -> bytes:
    return (b"" if lines.startswith(b"\n") else margin) + _LINE_START.sub(b"\n" + margin, lines)


# Of a line with something in it: what stands empty stays so.
_LINE_START = re.compile(rb"\n(?=[^\n])")

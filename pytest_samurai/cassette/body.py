"""A body as a value of YAML: folded if that was chosen, else a block if possible, else quoted, else base64."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytest_samurai.cassette.folded import STYLE, folded, folded_lines, unfolded
from pytest_samurai.cassette.lastids import Moved, folded_back, ids_back, lines_back
from pytest_samurai.cassette.layout import FOLDED, LINES, SPACED, lay_out, may_be_laid_out, take_back
from pytest_samurai.cassette.values import unquoted
from pytest_samurai.text import quoted

Text = Sequence[bytes]
"""A text in UTF-8: a large one in the parts that it was built from, any other whole."""


class Written(NamedTuple):
    """A body as it is written: its style, which the checksum doesn't cover, and its lines, which it does."""

    style: bytes
    lines: Sequence[bytes]

    @property
    def text(self) -> Text:
        return self.lines if self.style == b'"' else [self.style, b"\n", *self.lines]


# What a literal block can't hold: control characters, line breaks other than LF, a byte order mark.
_UNBLOCKABLE = re.compile(r"[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_ASCII_BLOCKABLE = bytes([ord("\t"), ord("\n"), *range(0x20, 0x7F)])
_NOT_BLANK = re.compile(rb"[^\t\n ]")
PART = 1 << 20
"""The number of bytes of a body to process at a time, so that a large body is copied only once."""


def body_text(body: bytes, indent: int) -> tuple[Written, str]:
    """A body as it is written, and how it was laid out. `indent` is the number of blanks before its lines."""
    text, layout = lay_out(body) if may_be_laid_out(body) else (body, "")
    return written(text, indent, layout), layout


def written(text: str | bytes, indent: int, layout: str) -> Written:
    """A body as it is written, given its layout."""
    if isinstance(text, str) and FOLDED in layout.split():
        return Written(STYLE, [folded(text, indent)])
    data = text if isinstance(text, bytes) else text.encode()
    margin = b" " * indent
    try:
        if not _NOT_BLANK.search(data) or not all(map(_is_blockable, _parts(data))):
            return Written(b'"', [quoted(data.decode()).encode()])
    except UnicodeDecodeError:
        encoded = base64.encodebytes(data).rstrip(b"\n")
        return Written(b"!!binary |", [margin + encoded.replace(b"\n", b"\n" + margin)])
    # Without the number, YAML would take leading blanks for indentation.
    number = b"2" if data[:1] in b"\t\n " else b""
    chomp = b"+" if data.endswith(b"\n\n") else b"" if data.endswith(b"\n") else b"-"
    lines = [_indented(part, margin) for part in _parts(data, less=0 if chomp == b"-" else 1)]
    return Written(b"|%b%b" % (number, chomp), lines)


def _parts(data: bytes, less: int = 0) -> Iterator[bytes]:
    """The data without its last `less` bytes, cut at line ends."""
    start, end = 0, len(data) - less
    while start < end:
        stop = data.find(b"\n", start + PART, end) + 1 or end
        yield data[start:stop]
        start = stop


def _is_blockable(data: bytes) -> bool:
    # Most bodies are ASCII, and checking for that is many times faster.
    return not data.translate(None, _ASCII_BLOCKABLE) or not _UNBLOCKABLE.search(data.decode())


def _indented(lines: bytes, margin: bytes) -> bytes:
    return (b"" if lines.startswith(b"\n") else margin) + _LINE_START.sub(b"\n" + margin, lines)


# Empty lines are not indented.
_LINE_START = re.compile(rb"\n(?=[^\n])")


def plain_body(margin: bytes) -> bytes:
    """The regular expression of a body that all YAML readers read alike, with these blanks before its lines.

    The body is quoted, or it is a block whose first line isn't blank and so shows the indentation.
    """
    lines = rb"\n%b[!-~][ -~]*+(?:\n++%b[ -~]++)*+" % (margin, margin)
    # Empty lines at the end belong to a block only if it says so with `+`.
    return rb'(?:"[ !#-\[\]-~]*"|\|-?%b|\|\+%b(?:\n(?=\n))*+)' % (lines, lines)


# --- reading

_IN_LINES = (LINES, f"{LINES} {SPACED}")
_BREAK = re.compile(rb"\n +")


def in_lines(content: bytes, begin: int, layout: str) -> bool:
    """Whether the body that begins here is JSON that was broken into lines and not changed otherwise."""
    return layout in _IN_LINES and content.startswith(b"|-\n", begin)


def is_folded(content: bytes, begin: int, layout: str) -> bool:
    """Whether the body that begins here is JSON that was folded and not changed otherwise."""
    return layout == FOLDED and content.startswith(b'"\\\n', begin)


def joined(lines: bytes, layout: str) -> bytes:
    """The body that was broken into these lines."""
    # Bytes throughout: converting a long body to text takes longer than this.
    return _put_together(_BREAK.split(lines), layout)


def _put_together(parts: list[bytes], layout: str) -> bytes:
    if layout == LINES:
        return b"".join(parts)
    return b"\n".join(parts).replace(b",\n", b", ").replace(b"\n", b"")


def read_body(
    content: bytes, begin: int, line: int, end: int, margin: bytes, layout: str, moved: Moved | None = None
) -> bytes:
    """The body after its key at `begin`; its first line ends at `line`, its last one at `end`.

    `margin` is a line break with the blanks that follow it. Members that were `moved` go back to their places. Raises
    ValueError for an unknown layout.
    """
    style = content[begin:line]
    if style == b"|-" and layout in _IN_LINES:
        lines = _BREAK.split(content[line:end])
        if moved is None or lines_back(lines, moved.places, moved.quoted, b","):
            return _put_together(lines, layout)
        return ids_back(_put_together(lines, layout), moved)
    if style == STYLE and layout == FOLDED:
        lines = folded_lines(content[line - 1 : end - 1])
        if moved is None or folded_back(lines, moved):
            return unfolded(lines)
        return ids_back(unfolded(lines), moved)
    body = _read(content, line, end, style, margin, layout)
    return body if moved is None else ids_back(body, moved)


def _read(content: bytes, line: int, end: int, style: bytes, margin: bytes, layout: str) -> bytes:
    if style == STYLE:
        return take_back(unfolded(folded_lines(content[line - 1 : end - 1])).decode(), layout)
    if style.startswith(b'"'):
        return take_back(unquoted(style.decode()), layout)
    block = b"\n".join(content[line:end].split(margin))[1:]
    if style.startswith(b"!!binary"):
        return base64.b64decode(block)
    if not style.endswith(b"-"):
        block += b"\n"
    return take_back(block.decode(), layout) if layout else block

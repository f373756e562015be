"""Texts in base64 within another text."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

# With the whole alphabet mapped to one letter, a plain search finds the runs many times faster than `re`.
_ALPHABET = bytes(ord("x" if re.match(rb"[A-Za-z0-9+/_-]", bytes([byte])) else " ") for byte in range(256))
_STANDARD = bytes.maketrans(b"-_", b"+/")
# Groups of four letters that decode to three ASCII letters each; few words look like that. The shortest key has fifteen
# letters, the shortest secret eight, and at least six of those are in whole groups.
_GROUP = rb"[I-Za-f][A-Za-z0-9+/_-]{3}"
_KEY_LENGTH, _KEY = 20, re.compile(rb"(?:%b){5}" % _GROUP)
_SECRET_LENGTH, _SECRET = 10, re.compile(rb"(?:%b){2}" % _GROUP)
_LINE_LENGTH = 60
# A group of four begins where the run begins, unless other letters come first, as in a path. So up to this length all
# four starts are tried. Nothing longer is searched four times, such as a picture.
_LONGEST_SHIFTED = 4096


def _runs(text: bytes, shortest: int, groups: re.Pattern[bytes]) -> Iterator[tuple[int, int]]:
    marked = text.translate(_ALPHABET)
    run = b"x" * shortest
    end = 0
    while (begin := marked.find(run, end)) >= 0:
        end = marked.find(b" ", begin)
        end = len(marked) if end < 0 else end
        if groups.search(text, begin, end):
            yield begin, end


@dataclass(frozen=True, slots=True)
class Encoded:
    """The decoded letters of a text, if they are base64; most are not. Padding may follow the last ones."""

    begin: int
    end: int
    said: bytes
    padding: int

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """The bounds of a part of `said` in the text: all letters with a bit of it, and any padding after the last
        part."""
        first, last = self.begin + begin * 8 // 6, self.begin - (-end * 8 // 6)
        return first, last + self.padding if last == self.end else last


def encoded(text: bytes) -> Iterator[Encoded]:
    """Everything in a text that is in base64, in the standard alphabet or the one for URLs."""
    for begin, end in _runs(text, _SECRET_LENGTH, _SECRET):
        padding = len(text[end : end + 2]) - len(text[end : end + 2].lstrip(b"="))
        for first in _firsts(begin, end):
            # A single leftover letter encodes nothing.
            last = end - ((end - first) % 4 == 1)
            yield Encoded(first, last, _decoded(text[first:last]), padding if last == end else 0)


def wraps(text: bytes) -> bool:
    """Whether base64 may run over several lines, as in mail and PEM: RFC 2045 and RFC 7468."""
    return any(text[end : end + 1] in (b"\n", b"\r", b"\\") for _, end in _runs(text, _LINE_LENGTH, _KEY))


def encoded_keys(text: bytes) -> set[bytes]:
    """The texts in base64 that may hold a key; nearly all texts have none."""
    return {
        _decoded(text[first : end - ((end - first) % 4 == 1)])
        for begin, end in _runs(text, _KEY_LENGTH, _KEY)
        for first in _firsts(begin, end)
    }


def _firsts(begin: int, end: int) -> range:
    return range(begin, begin + (4 if end - begin <= _LONGEST_SHIFTED else 1))


def _decoded(letters: bytes) -> bytes:
    return binascii.a2b_base64(letters.translate(_STANDARD) + b"=" * (-len(letters) % 4))

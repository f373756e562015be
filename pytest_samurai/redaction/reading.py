"""A text with a layer of its escapes undone."""

from __future__ import annotations

import html
import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

_ESCAPE = re.compile(
    # JSON and JavaScript, in any spelling: RFC 8259, section 7. A surrogate pair is one character.
    rb"\\u(?P<pair>[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u(?P<unit>[0-9a-fA-F]{4})"
    rb"|\\u\{(?P<code>[0-9a-fA-F]{1,6})\}"
    rb"|\\(?P<letter>[\"'\\/bfnrt])"
    rb"|\\x(?P<byte>[0-9a-fA-F]{2})"
    # URLs: RFC 3986, section 2.1.
    rb"|%(?P<percent>[0-9a-fA-F]{2})"
    # HTML, as in error pages.
    rb"|(?P<entity>&(?:amp|lt|gt|quot|apos|plus|sol|equals|lowbar|period|colon|num|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)"
    # Terminal sequences, which aren't text: ECMA-48, section 5.4. Source code spells ESC in several ways.
    rb"|(?:(?:\x1b|\\033|\\e)\[|\xc2\x9b)[0-?]*[ -/]*[@-~]"
    rb"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    # C and shells, which spell bytes in octal.
    rb"|\\(?P<octal>[0-3][0-7]{2})"
    # Invisible characters: a soft hyphen, and characters without a width.
    rb"|\xc2\xad|\xe2\x80[\x8b-\x8d]|\xe2\x81\xa0|\xef\xbb\xbf"
)
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}

# Escapes of a letter, a digit, a hyphen or a slash (base64 has slashes), or escapes between two of them. An escaped
# quote or line end hides no part of a key. Each begins with letters that `re` can jump to.
_UNITS = rb"\\u(?:00[0-79aA]|\{|200[bBcCdD]|2060|[fF][eE][fF][fF])"
_BACKSLASHED = tuple(map(re.compile, (_UNITS, rb"\\/", rb"\\x[0-7]", rb"\\[01][0-7]{2}")))
_ENTITY = re.compile(rb"&(?:#|plus;|sol;|equals;|lowbar;|period;|colon;|num;)")
_UNSEEN = re.compile(rb"\xc2\xad|\xe2\x80[\x8b-\x8d]|\xe2\x81\xa0|\xef\xbb\xbf")
_PERCENT = re.compile(rb"%[2-7][0-9a-fA-F]")
_MOST_LAYERS = 6

Span = tuple[int, int]


def hides(text: bytes) -> bool:
    """Whether a text may hold a key that isn't spelled letter by letter."""
    return (
        (b"\\" in text and any(escape.search(text) for escape in _BACKSLASHED))
        or (b"%" in text and _PERCENT.search(text) is not None)
        or (b"&" in text and _ENTITY.search(text) is not None)
        or b"\x1b" in text
        or (b"\x9b" in text and b"\xc2\x9b" in text)
        or (not text.isascii() and _UNSEEN.search(text) is not None)
    )


class Reading:
    """A text made from another one by rewriting parts of it, with the way back.

    `parts` are these parts, from left to right: the bounds of each in the original text, and its new text.
    """

    def __init__(
        self, text: bytes, parts: Sequence[tuple[int, int, bytes]] = (), before: Reading | None = None
    ) -> None:
        self._before = before
        self._parts = parts
        pieces: list[bytes] = []
        # Where each part begins in this text.
        self._begins: list[int] = []
        end = length = 0
        for begin, stop, new in parts:
            pieces += [text[end:begin], new]
            length += begin - end
            self._begins.append(length)
            length += len(new)
            end = stop
        self.text = b"".join([*pieces, text[end:]]) if parts else text

    def span(self, begin: int, end: int) -> Span:
        """The bounds of a span in the original text, widened to whole escapes."""
        reading: Reading | None = self
        while reading is not None:
            begin, end = reading._origin(begin)[0], reading._origin(end - 1)[1]
            reading = reading._before
        return begin, end

    def _origin(self, at: int) -> Span:
        """The bounds in the original text of what became one byte here."""
        number = bisect_right(self._begins, at) - 1
        if number < 0:
            return at, at + 1
        begin, end, new = self._parts[number]
        behind = at - self._begins[number] - len(new)
        return (begin, end) if behind < 0 else (end + behind, end + behind + 1)

    @property
    def joints(self) -> Sequence[int]:
        """Where each rewritten part begins."""
        return self._begins

    def without(self, pattern: re.Pattern[bytes]) -> Reading:
        """The text without the matches of a pattern."""
        return self._changed((*match.span(), b"") for match in pattern.finditer(self.text))

    def _changed(self, parts: Iterator[tuple[int, int, bytes]]) -> Reading:
        return Reading(self.text, [*parts], self)

    def undone(self) -> Reading:
        """The text with one layer of its escapes undone."""
        return self._changed((*match.span(), _read(match)) for match in _ESCAPE.finditer(self.text))

    def layers(self) -> Iterator[Reading]:
        """This text, then each text with one more layer of escapes undone."""
        reading = self
        yield reading
        for _ in range(_MOST_LAYERS):
            undone = reading.undone()
            if undone.text == reading.text:
                return
            yield undone
            reading = undone


def undone(text: bytes) -> bytes:
    """The text with all of its escapes undone, layer by layer."""
    *_, last = Reading(text).layers()
    return last.text


def _read(match: re.Match[bytes]) -> bytes:
    kind = match.lastgroup
    return b"" if kind is None else _READERS[kind](match[kind])


def _units(digits: bytes) -> bytes:
    """The characters of one or two units of UTF-16; half of a surrogate pair stays as it is."""
    units = bytes.fromhex(digits.replace(b"\\u", b"").decode())
    return units.decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass")


def _byte(digits: bytes) -> bytes:
    return bytes.fromhex(digits.decode())


def _code(digits: bytes) -> bytes:
    number = int(digits, 16)
    return chr(number).encode("utf-8", "surrogatepass") if number <= sys.maxunicode else b""


def _octal(digits: bytes) -> bytes:
    return bytes([int(digits, 8)])


def _letter(letter: bytes) -> bytes:
    return _LETTERS.get(letter, letter)


def _entity(entity: bytes) -> bytes:
    return html.unescape(entity.decode()).encode("utf-8", "surrogatepass")


_READERS: dict[str, Callable[[bytes], bytes]] = {
    "pair": _units,
    "unit": _units,
    "code": _code,
    "octal": _octal,
    "letter": _letter,
    "byte": _byte,
    "percent": _byte,
    "entity": _entity,
}

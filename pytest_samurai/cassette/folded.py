r"""Writes JSON in double quotes over several lines, so that a line of a text is a line of the file.

A JSON string can't contain a line break, so a YAML block can't show a text's lines as lines. But in double quotes, YAML
drops a line break after a backslash, together with the blanks after it. So every YAML reader gets the exact text, and
nobody has to undo anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pytest_samurai.cassette.structure import is_json, structure
from pytest_samurai.files import json
from pytest_samurai.text import quoted

STYLE = b'"\\'
"""The start of the value: the opening quote, and a line break that doesn't count."""

_MOST_ON_A_LINE = 100
_VECTOR = re.compile(r"(?<=\[)[-+0-9.eE, ]{400,}+(?=\])")
_STRING_OR_NUMBERS = re.compile(rf'"(?:[^"\\]++|\\.)*+"|{_VECTOR.pattern}')
_TEXT_LINE = re.compile(r"(?:[^\\]++|\\[^n])*+\\n")
# What isn't text, so that nobody reads it: base64, digests, and the numbers of a vector.
_BINARY = re.compile(r"(?<![A-Za-z0-9+/=_\\-])[A-Za-z0-9+/=_\\-]{200,}+")
_BIT = re.compile(rf"(?:\\.|[^\\]){{{_MOST_ON_A_LINE}}}+")
_NUMBERS = re.compile(r"(?:[^,]*+, ?+){8}")
# JSON can't contain it, because control characters in its strings are escaped.
_BREAK = "\0"


def is_to_fold(text: str) -> bool:
    """Whether it is a JSON container with multiline texts, or with more on a line than anybody reads."""
    if text[:1] not in ("{", "[") or ("\\n" not in text and len(text) < 2 * _MOST_ON_A_LINE):
        return False
    # Most texts have none of these. Checking that is much faster than looking at each string.
    if "\\n" not in text and not _BINARY.search(text) and not _VECTOR.search(text):
        return False
    return any(_BREAK in _broken(match) for match in _STRING_OR_NUMBERS.finditer(text)) and is_json(text)


def folded(text: str, indent: int) -> bytes:
    """The lines of a text from the second on, with the closing quote. `indent` is the number of blanks before each."""
    margin = " " * indent
    return ("\\\n".join(f"{margin}{line}" for line in _lines(text)) + '"').encode()


def _lines(text: str) -> Iterator[str]:
    if not is_json(text):
        # Somebody edited it.
        yield _escaped(text)
        return
    marked = _STRING_OR_NUMBERS.sub(_broken, text)
    for blanks, line in structure(marked):
        first, *more = line.split(_BREAK)
        deeper = " " * (blanks + 2 + len(line) - len(line.lstrip(" ")))
        yield " " * blanks + _escaped(first)
        for part in more:
            yield deeper + _escaped(part)


def _escaped(line: str) -> str:
    text = line.removesuffix("\n")
    if text.isascii() and text.isprintable():
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    else:
        escaped = quoted(text)[1:-1]
    end = "" if text == line else "\\n"
    # YAML drops blanks at the beginning of a line, up to a backslash.
    return f"\\{escaped}{end}" if escaped.startswith(" ") else f"{escaped}{end}"


def _broken(match: re.Match[str]) -> str:
    """A string or the numbers of a vector, with a mark wherever a line should end."""
    text = match[0]
    if not text.startswith('"'):
        return _BREAK + _NUMBERS.sub(_as_line, text)
    inner = text[1:-1]
    if "\\n" in inner:
        inner = _TEXT_LINE.sub(_as_line, inner).removesuffix(_BREAK)
    if len(inner) > 2 * _MOST_ON_A_LINE:
        inner = _BINARY.sub(_in_bits, inner)
    return f'"{_BREAK}{inner}"' if _BREAK in inner else text


def _as_line(match: re.Match[str]) -> str:
    return match[0] + _BREAK


def _in_bits(binary: re.Match[str]) -> str:
    return _BIT.sub(_as_line, binary[0]).removesuffix(_BREAK)


def plain_folded(margin: bytes) -> bytes:
    """The regular expression of a folded body that all YAML readers read alike."""
    character = rb'[ !#-\[\]-~]|\\["\\n]'
    line = rb'\\\n%b *+(?:[!#-\[\]-~]|\\["\\n ])(?:%b)*+' % (margin, character)
    return rb'"(?:%b)++"' % line


# --- reading

_FOLD = re.compile(rb"\\\n +(?:\\(?= ))?")


def folded_lines(content: bytes) -> list[bytes]:
    """The lines from the backslash after the opening quote on, without margins."""
    return _FOLD.split(content)


def unfolded(lines: Iterable[bytes]) -> bytes:
    """The text of these lines, without the closing quote. Raises ValueError if they aren't written like that."""
    text = b'"%b"' % b"".join(lines)
    # Given bytes, it would first have to detect their encoding.
    return str(json.loads(text.decode())).encode()

"""The layout of a body: lines for people, from which the exact bytes can be made again.

JSON that came on one line is broken along its structure, so that a message is a line, and a changed word is one changed
line. We only add white space between tokens and never respell a token, so dropping it gives the bytes back. JSON with
multiline texts is folded instead, so that the lines of its texts are lines too.
"""

from __future__ import annotations

import re

from pytest_samurai.cassette.folded import is_to_fold
from pytest_samurai.cassette.structure import is_json, structure
from pytest_samurai.files import json

FOLDED = "folded"
LINES = "lines"
SPACED = "spaced"
ASCII = "ascii"
CRLF = "crlf"
"""Done to a body: folded; broken into lines, with `, ` between items; `\\u` escapes spelled out; CRLF made LF."""

_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)(\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u[0-9a-f]{4})")
# Escapes that are never spelled out: ASCII, which couldn't be escaped again; what a YAML block can't show; lone
# surrogates.
_HIDDEN = re.compile(r"[\x00-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\uffff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def may_be_laid_out(body: bytes) -> bool:
    """Whether `lay_out` may change a body. Events in UTF-8, the largest bodies, are left as they are."""
    return body.startswith((b"{", b"[")) or b"\r" in body or b"\\u" in body


def lay_out(body: bytes) -> tuple[str | bytes, str]:
    """The body as text, and the words that tell how to undo the changes. Bytes that aren't UTF-8 stay bytes."""
    try:
        original = body.decode()
    except UnicodeDecodeError:
        return body, ""
    text, words = original, []
    if "\r\n" in text and _undo(unix := text.replace("\r\n", "\n"), [CRLF]) == original:
        text, words = unix, [CRLF]
    if "\\u" in text and (spelled := _ESCAPE.sub(_spell_out, text)) != text and _undo(spelled, [ASCII]) == text:
        text, words = spelled, [ASCII, *words]
    if is_to_fold(text):
        return text, " ".join([FOLDED, *words])
    lines = _broken(text)
    for how in ([LINES], [LINES, SPACED]):
        if lines != text and _undo(lines, how) == text:
            return lines, " ".join([*how, *words])
    return text, " ".join(words)


def take_back(text: str | bytes, words: str) -> bytes:
    """The bytes from which `lay_out` made this text. Raises ValueError for a word that `lay_out` doesn't use."""
    if isinstance(text, bytes):
        return text
    unknown = set(words.split()) - {FOLDED, LINES, SPACED, ASCII, CRLF}
    if unknown:
        raise ValueError(f"a body cannot be laid out as {' '.join(sorted(unknown))!r}")
    return _undo(text, words.split()).encode()


def _undo(text: str, words: list[str]) -> str:
    if LINES in words:
        text = _BREAK.sub("", _BREAK_AFTER_COMMA.sub(", ", text) if SPACED in words else text)
    if ASCII in words and not text.isascii():
        text = _NOT_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], text)
    if CRLF in words:
        text = text.replace("\n", "\r\n")
    return text


# We never break a body into an empty line, so a person added this one.
_BREAK = re.compile(r"\n *+(?!\n|\Z)")
_BREAK_AFTER_COMMA = re.compile(r",\n *+(?!\n|\Z)")


def _spell_out(escape: re.Match[str]) -> str:
    char: str = json.loads(f'"{escape[2]}"')
    return escape[0] if _HIDDEN.match(char) else escape[1] + char


def _broken(text: str) -> str:
    """The lines of a JSON container that came on one line; any other text unchanged."""
    if text[:1] not in ("{", "[") or "\n" in text.rstrip("\n") or not is_json(text):
        return text
    return "\n".join(" " * blanks + _COMMA_END.sub(",", line) for blanks, line in structure(text))


_COMMA_END = re.compile(r", \Z")

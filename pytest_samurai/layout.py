"""A body as lines for people, and back to the very bytes.

JSON that came on one line is broken where its structure is: a container that holds containers gets a line for each
item, a container of plain values stays on one line. So a message is a line, and one changed word is one changed line.
Only white space between tokens is added, never a token respelled, so that dropping it again gives the bytes back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

LINES = "lines"
SPACED = "spaced"
ASCII = "ascii"
CRLF = "crlf"
"""What was done to a body: broken into lines, with `, ` between items; `\\u` escapes spelled out; CRLF made LF."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^"{}\[\],:]+')
_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)(\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u[0-9a-f]{4})")
# Never spelled out: ASCII, whose escapes nothing would make again; what YAML cannot show in a block; half surrogates.
_HIDDEN = re.compile(r"[\x00-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\uffff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def lay_out(body: bytes) -> tuple[str | bytes, str]:
    """The body as text, and the words that undo it; bytes that are no UTF-8 stay bytes."""
    try:
        original = body.decode()
    except UnicodeDecodeError:
        return body, ""
    text, words = original, []
    if "\r\n" in text and _undo(unix := text.replace("\r\n", "\n"), [CRLF]) == original:
        text, words = unix, [CRLF]
    if "\\u" in text and (spelled := _ESCAPE.sub(_spell_out, text)) != text and _undo(spelled, [ASCII]) == text:
        text, words = spelled, [ASCII, *words]
    lines = "".join(_broken(_tokens(text)))
    for how in ([LINES], [LINES, SPACED]):
        if lines != text and _undo(lines, how) == text:
            return lines, " ".join([*how, *words])
    return text, " ".join(words)


def take_back(text: str | bytes, words: str) -> bytes:
    """The bytes of which `lay_out` made this text. Raises ValueError for a word that `lay_out` does not have."""
    if isinstance(text, bytes):
        return text
    unknown = set(words.split()) - {LINES, SPACED, ASCII, CRLF}
    if unknown:
        raise ValueError(f"a body cannot be laid out as {' '.join(sorted(unknown))!r}")
    return _undo(text, words.split()).encode()


def _undo(text: str, words: list[str]) -> str:
    if LINES in words:
        text = "".join(_joined(text.split("\n"), " " if SPACED in words else ""))
    if ASCII in words and not text.isascii():
        text = _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text)
    if CRLF in words:
        text = text.replace("\n", "\r\n")
    return text


def _joined(lines: list[str], after_comma: str) -> Iterator[str]:
    before = ""
    for place, line in enumerate(lines):
        item = line.lstrip(" ")
        if place == 0:
            yield line
        elif not item:
            # A line that somebody left empty is none of ours.
            yield f"\n{line}"
        else:
            yield after_comma + item if before.endswith(",") else item
        before = line


def _spell_out(escape: re.Match[str]) -> str:
    char: str = json.loads(f'"{escape[2]}"')
    return escape[0] if _HIDDEN.match(char) else escape[1] + char


def _tokens(text: str) -> list[str]:
    """The tokens of a JSON container that came on one line; none of anything else."""
    if text[:1] not in ("{", "[") or "\n" in text.rstrip("\n"):
        return []
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return []
    return _TOKEN.findall(text)


def _broken(tokens: list[str]) -> Iterator[str]:
    outer = _outer_containers(tokens)
    open_at: list[int] = []
    at_break = False
    for place, token in enumerate(tokens):
        if at_break:
            token = token.removeprefix(" ")
            at_break = False
        if token in ("{", "["):
            open_at.append(place)
            yield token
            if place in outer:
                yield _indent(open_at, outer)
        elif token in ("}", "]"):
            if open_at.pop() in outer:
                yield _indent(open_at, outer)
            yield token
        elif token == "," and open_at[-1] in outer:
            yield "," + _indent(open_at, outer)
            at_break = True
        else:
            yield token


def _indent(open_at: list[int], outer: set[int]) -> str:
    return "\n" + "  " * sum(place in outer for place in open_at)


def _outer_containers(tokens: list[str]) -> set[int]:
    """Where the containers begin that hold containers, and where the outermost one does."""
    outer = {0}
    open_at: list[int] = []
    for place, token in enumerate(tokens):
        if token in ("{", "["):
            if open_at:
                outer.add(open_at[-1])
            open_at.append(place)
        elif token in ("}", "]"):
            open_at.pop()
    return outer

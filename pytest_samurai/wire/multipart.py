"""The fields of a multipart form, without the boundary between them.

Sources: RFC 2046, 5.1.1 (the syntax), and RFC 7578 (`multipart/form-data`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

from pytest_samurai.files import json

_BOUNDARY = re.compile(rb"(--[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-])[ \t]*\r?\n")
_HEADER = re.compile(rb"([^:\r\n]+):[ \t]*([^\r\n]*)\r?\n")
_PARAMETER = re.compile(r';\s*(name|filename)(\*?)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))', re.IGNORECASE)
_DIGEST = re.compile(rb"\[file: (\d+) bytes, SHA-256 ([0-9a-f]{64})\]")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a form; `begin` and `end` are the offsets of its content in the body, in bytes."""

    name: str | None
    has_filename: bool
    content_type: str | None
    begin: int
    end: int


def form_of(body: bytes) -> dict[str, Any] | None:
    """The fields of a form by name; None if the body isn't a form.

    A field that occurs more than once becomes a list. Text stays text, and JSON becomes its value. A file becomes an
    object with its length in `bytes` and its `sha256`. The file's name is left out: it is often the name of a temporary
    file. So is its type: clients guess it from the machine's settings.
    """
    parts = _parts(body)
    if parts is None:
        return None
    fields: dict[str, list[Any]] = {}
    for number, part in enumerate(parts):
        name = f"part {number + 1}" if part.name is None else part.name
        fields.setdefault(name, []).append(_value(part, body[part.begin : part.end]))
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def field_names(body: bytes) -> set[str] | None:
    """The names of the fields of a form; None if the body isn't a form."""
    parts = _parts(body)
    return None if parts is None else {part.name for part in parts if part.name is not None}


def without_files(body: bytes) -> bytes:
    """The body with each file of a form replaced by its length and digest; any other body unchanged."""
    parts = _parts(body) or []
    pieces: list[bytes] = []
    end = 0
    for part in parts:
        content = body[part.begin : part.end]
        if _is_file(part, content) and not _DIGEST.fullmatch(content):
            digest = b"[file: %d bytes, SHA-256 %b]" % (len(content), sha256(content).hexdigest().encode())
            pieces += [body[end : part.begin], digest]
            end = part.end
    return b"".join([*pieces, body[end:]]) if pieces else body


def _parts(body: bytes) -> list[_Part] | None:
    """The parts of a form; None if the body isn't a form. The first line gives the boundary."""
    first = _BOUNDARY.match(body)
    if first is None:
        return None
    # The line end before a boundary belongs to the boundary, not to the content.
    edge = re.compile(rb"\r?\n%b(?:(--)[ \t]*(?=[\r\n]|\Z)|[ \t]*(?=\r?\n))" % re.escape(first[1]))
    parts = []
    begin = first.end()
    for end in edge.finditer(body, begin):
        part = _part(body, begin, end.start())
        if part is None:
            return None
        parts.append(part)
        if end[1]:
            return parts
        begin = body.index(b"\n", end.end()) + 1
    return None


def _part(body: bytes, begin: int, end: int) -> _Part | None:
    """The part between two boundaries; None if its headers don't end."""
    headers: dict[str, str] = {}
    while header := _HEADER.match(body, begin, end):
        headers[header[1].decode("latin-1").strip().lower()] = header[2].decode("utf-8", "replace").strip()
        begin = header.end()
    blank = re.compile(rb"\r?\n").match(body, begin)
    if blank is None:
        return None
    told = dict(_parameters(headers.get("content-disposition", "")))
    return _Part(told.get("name"), "filename" in told, headers.get("content-type"), blank.end(), end)


def _parameters(disposition: str) -> Iterator[tuple[str, str]]:
    for match in _PARAMETER.finditer(disposition):
        name, star, quoted, plain = match.groups()
        text = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        # With a star, the value is `UTF-8''` and percent-encoded text: RFC 5987.
        yield name.lower(), unquote(text.rpartition("'")[2]) if star else text


def _is_file(part: _Part, content: bytes) -> bool:
    # A part that has no file name and wasn't text is recognized by the digest that replaced it.
    return part.has_filename or _text(content) is None or _DIGEST.fullmatch(content) is not None


def _value(part: _Part, content: bytes) -> Any:
    if _is_file(part, content):
        return _file(content)
    if "json" in (part.content_type or ""):
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            pass  # then it is ordinary text
    return _text(content)


def _file(content: bytes) -> dict[str, Any]:
    digest = _DIGEST.fullmatch(content)
    if digest:
        return {"bytes": int(digest[1]), "sha256": digest[2].decode()}
    return {"bytes": len(content), "sha256": sha256(content).hexdigest()}


def _text(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None

"""The file: vcrpy's version 1 layout, written for people, and read back before it replaces the old one.

What vcrpy does not know stands under `response.samurai`, the one place where it keeps foreign keys.
"""

from __future__ import annotations

import base64
import json
import os
import re
import stat
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pytest_samurai.chat import COMPLETE, Chunk, Headers, Interaction, Reply, Request, is_event_stream
from pytest_samurai.errors import CassetteError
from pytest_samurai.layout import lay_out, take_back

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_HEAD = "version: 1\ninteractions:\n"
_HTTP_VERSION = "HTTP/1.1"
_LINE_WIDTH = 110


# --- reading


def load(path: Path) -> list[Interaction]:
    """All interactions of a cassette, in the order of the file.

    Raises CassetteError, naming file and line, if the file is not a cassette; FileNotFoundError if there is none.
    """
    return parse(path.read_bytes(), path)


def parse(content: bytes, path: Path) -> list[Interaction]:
    """Interactions from the content of a cassette; `path` is for the text of errors."""
    try:
        document = yaml.load(content, _Loader)
    except yaml.YAMLError as error:
        raise CassetteError(f"{path}{_line(error)}: not readable as YAML: {_problem(error)}") from None
    items = document.get("interactions") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise CassetteError(f"{path}:1: not a cassette: there is no list `interactions` in it")
    if document.get("version") != 1:
        raise CassetteError(f"{path}:1: version is {document.get('version')!r}; this tool reads version 1")
    return [_interaction(item, f"{path}: interaction {number}") for number, item in enumerate(items, 1)]


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f":{mark.line + 1}" if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    return getattr(error, "problem", None) or str(error)


def _interaction(item: object, where: str) -> Interaction:
    if not isinstance(item, dict):
        raise CassetteError(f"{where} is not a mapping with `request` and `response`")
    for part in ("request", "response"):
        if not isinstance(item.get(part), dict):
            raise CassetteError(f"{where} has no `{part}`")
    ours = item["response"].get("samurai")
    if not isinstance(ours, dict):
        ours = {}
    try:
        return Interaction(
            _request(item["request"], ours), _reply(item["response"], ours), recorded_at=ours.get("recorded_at")
        )
    except (KeyError, TypeError, ValueError, AttributeError, zlib.error) as error:
        raise CassetteError(f"{where} is damaged: {type(error).__name__}: {error}") from None


def _request(data: Mapping[str, Any], ours: Mapping[str, Any]) -> Request:
    body = take_back(_text(data.get("body")), ours.get("request_layout", ""))
    return Request(data["method"], data["uri"], _headers(data.get("headers")), body)


def _reply(data: Mapping[str, Any], ours: Mapping[str, Any]) -> Reply:
    status = data["status"]
    body = take_back(_text(data["body"]["string"]), ours.get("layout", ""))
    headers, body = _decoded(_headers(data.get("headers")), body)
    return Reply(
        status=int(status["code"]),
        reason=status.get("message") or "",
        headers=headers,
        body=body,
        chunks=_chunks(headers, body, ours.get("chunks")),
        ending=ours.get("ending", COMPLETE),
        hidden_usage=ours.get("hidden_usage"),
        http_version=ours.get("http_version", _HTTP_VERSION),
        duration=ours.get("duration"),
    )


def _text(value: object) -> str | bytes:
    if value is None:
        return ""
    if not isinstance(value, str | bytes):
        raise TypeError(f"a body is text, not {type(value).__name__}")
    return value


def _headers(data: Mapping[str, Any] | None) -> Headers:
    return tuple(
        (name.lower(), value)
        for name, values in (data or {}).items()
        for value in (values if isinstance(values, list) else [values])
    )


def _decoded(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """Other tools keep bodies as they were compressed; ours are kept as they were meant."""
    encoding = dict(headers).get("content-encoding", "")
    if encoding in ("gzip", "deflate"):
        # 32 lets zlib find out by itself whether it is gzip or deflate.
        body = zlib.decompress(body, zlib.MAX_WBITS | 32)
    elif encoding not in ("", "identity"):
        return headers, body
    dropped = ("content-encoding", "content-length", "transfer-encoding")
    return tuple((name, value) for name, value in headers if name not in dropped), body


def _chunks(headers: Headers, body: bytes, noted: str | None) -> tuple[Chunk, ...] | None:
    """The chunks as noted; of a stream without a note, or edited since, one for each event."""
    if noted is not None:
        chunks = tuple(Chunk(int(length), round(float(at) / 1000, 6)) for length, _, at in map(_at, noted.split()))
        if sum(chunk.length for chunk in chunks) == len(body):
            return chunks
    if noted is None and not is_event_stream(headers):
        return None
    return tuple(Chunk(len(event), 0.0) for event in re.findall(rb".+?(?:\r\n\r\n|\n\n|\r\r|\Z)", body, re.DOTALL))


def _at(chunk: str) -> tuple[str, str, str]:
    return chunk.partition("@")


# --- writing


def save(path: Path, interactions: Sequence[Interaction]) -> None:
    """Replace the cassette, whole or not at all.

    Raises CassetteError, the old file left as it was, if it cannot be written or would not read back equal.
    """
    content = dump(interactions)
    if parse(content, path) != list(interactions):
        raise CassetteError(f"{path}: what would be written does not read back as what was recorded; nothing written")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)
    except OSError as error:
        raise CassetteError(f"{path}: cannot be written: {error.strerror}; the old file is as it was") from error


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """The permissions that the file has, or that a new one would get."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def dump(interactions: Iterable[Interaction]) -> bytes:
    """The content of a cassette.

    Written by hand, line by line: every dumper of PyYAML refuses literal blocks for some texts that YAML allows in
    them, and this layout is the product.
    """
    lines = [line for interaction in interactions for line in _interaction_lines(interaction)]
    return (_HEAD + "\n".join(lines) + "\n").encode()


def _interaction_lines(interaction: Interaction) -> Iterator[str]:
    request, reply = interaction.request, interaction.reply
    request_text, request_layout = lay_out(request.body)
    reply_text, reply_layout = lay_out(reply.body)
    yield "- request:"
    yield f"    method: {scalar(request.method)}"
    yield f"    uri: {scalar(request.url)}"
    yield from _header_lines(request.headers)
    yield f"    body: {_block(request_text, 6)}"
    yield "  response:"
    yield f"    status: {{code: {reply.status}, message: {scalar(reply.reason)}}}"
    yield from _header_lines(reply.headers)
    yield "    body:"
    yield f"      string: {_block(reply_text, 8)}"
    yield "    samurai:"
    for name, value in _notes(interaction, request_layout, reply_layout):
        yield f"      {name}: {value}"


def _notes(interaction: Interaction, request_layout: str, reply_layout: str) -> Iterator[tuple[str, str]]:
    reply = interaction.reply
    if interaction.recorded_at is not None:
        yield "recorded_at", scalar(interaction.recorded_at)
    if reply.duration is not None:
        yield "duration", repr(reply.duration)
    if reply.http_version != _HTTP_VERSION:
        yield "http_version", scalar(reply.http_version)
    if request_layout:
        yield "request_layout", request_layout
    if reply_layout:
        yield "layout", reply_layout
    if reply.ending != COMPLETE:
        yield "ending", scalar(reply.ending)
    if reply.hidden_usage is not None:
        yield "hidden_usage", json.dumps(reply.hidden_usage)
    if reply.chunks is not None:
        yield "chunks", _wrapped([f"{chunk.length}@{chunk.at * 1000:.10g}" for chunk in reply.chunks])


def _wrapped(words: Sequence[str]) -> str:
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) > _LINE_WIDTH:
            lines.append("")
        lines[-1] += f"{word} "
    return ">-" + "".join(f"\n        {line.rstrip()}" for line in lines) if words else '""'


def _header_lines(headers: Headers) -> Iterator[str]:
    if not headers:
        yield "    headers: {}"
        return
    yield "    headers:"
    for name in dict(headers):
        values = ", ".join(scalar(value) for key, value in headers if key == name)
        yield f"      {scalar(name)}: [{values}]"


_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./+=?&%@~-]*(?::[A-Za-z0-9_./+=?&%@~-]+)*(?:;? ?[A-Za-z0-9_./=+-]+)*")
_NOT_TEXT = re.compile(r"(?i)true|false|yes|no|on|off|y|n|null")


def scalar(text: str) -> str:
    """A short text as a YAML scalar: plain where that cannot be misread, else in double quotes."""
    if _PLAIN.fullmatch(text) and not _NOT_TEXT.fullmatch(text):
        return text
    return _quoted(text)


_UNQUOTABLE = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\"\\\u2028\u2029]")


def _quoted(text: str) -> str:
    return '"' + _UNQUOTABLE.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    if char in '"\\':
        return f"\\{char}"
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char) or f"\\u{ord(char):04x}"


# What a literal block cannot hold: controls, every line break but LF, a byte order mark.
_UNBLOCKABLE = re.compile(r"[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def _block(text: str | bytes, indent: int) -> str:
    """A body as a YAML value: a literal block where it can be one, else quoted, else base64."""
    margin = " " * indent
    if isinstance(text, bytes):
        encoded = base64.encodebytes(text).decode().rstrip("\n")
        return "!!binary |\n" + "\n".join(margin + line for line in encoded.split("\n"))
    if not text.strip("\n ") or _UNBLOCKABLE.search(text) or text[0] == "\t" or "\n\t" in text:
        return _quoted(text)
    # Without the number, leading blanks would be taken for indentation.
    number = "2" if text[0] in " \n" else ""
    body = text.rstrip("\n")
    kept = len(text) - len(body)
    chomp = "-" if kept == 0 else "" if kept == 1 else "+"
    lines = body.split("\n") + [""] * max(kept - 1, 0)
    return f"|{number}{chomp}\n" + "\n".join(margin + line if line else "" for line in lines)

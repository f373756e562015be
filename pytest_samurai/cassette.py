"""The file: vcrpy's version 1 layout, written for people, and read back before it replaces the old one.

What vcrpy does not know stands under `response.samurai`, the one place where it keeps foreign keys.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Context, Decimal
from pathlib import Path
from reprlib import repr as shortened
from typing import Any

import yaml

from pytest_samurai.chat import COMPLETE, Chunk, Headers, Interaction, Reply, Request, is_event_stream
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import locked, remove_abandoned, replace_whole
from pytest_samurai.layout import lay_out, take_back
from pytest_samurai.pricing import UNPRICED, Price
from pytest_samurai.scalar import quoted, scalar
from pytest_samurai.seal import MARK, edited_places, seal, whole_items

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

HEAD = f"{MARK}\ninteractions:\n"

_HTTP_VERSION = "HTTP/1.1"
_LINE_WIDTH = 110


# --- reading


def load(path: Path) -> list[Interaction]:
    """All interactions of a cassette, in the order of the file.

    Raises CassetteError, naming file and line, if the file cannot be read or is not a cassette; FileNotFoundError if
    there is none.
    """
    return parse(read(path), path)


def read(path: Path) -> bytes:
    """The content of a cassette. Raises CassetteError if it cannot be read; FileNotFoundError if there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise CassetteError(f"{path}: is a directory, where a cassette has to be a file") from None
    except OSError as error:
        raise CassetteError(f"{path}: cannot be read: {error.strerror}") from error


def parse(content: bytes, path: Path) -> list[Interaction]:
    """Interactions from the content of a cassette; `path` is for the text of errors.

    Raises CassetteError, naming file and line, if this is not a cassette.
    """
    if not content.strip():
        raise CassetteError(f"{path}:1: the file is empty; restore it, or delete it to record again")
    # Git on Windows writes CRLF; a body of ours that has a CR is quoted, so that none stands here as itself.
    content = content.replace(b"\r\n", b"\n")
    _refuse_conflicts(content, path)
    edited = edited_places(content, path)
    _refuse_aliases(content, path)
    try:
        document = yaml.load(content, _Loader)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError) as error:
        # PyYAML lets through what int(), a date or a look-up raised of a value that is not what its tag says.
        raise CassetteError(f"{path}{_place(error, content)}: not readable as YAML: {_problem(error)}") from None
    if not isinstance(document, dict) or not isinstance(document.get("interactions"), list):
        raise CassetteError(f"{path}:1: not a cassette: there is no list `interactions` in it")
    if document.get("version") != 1:
        raise CassetteError(f"{path}:1: version is {document.get('version')!r}; this tool reads version 1")
    interactions = []
    for place, item in enumerate(document["interactions"]):
        try:
            interaction = _interaction(item)
            interactions.append(replace(interaction, edited=interaction.edited or place in edited))
        except (ValueError, zlib.error) as error:
            where = f"{path}:{lines(content)[place]}"
            raise CassetteError(f"{where}: interaction {place + 1} is damaged: {error}") from None
    return interactions


_CONFLICT = re.compile(rb"^(?:<{7} |={7}$|>{7} )", re.MULTILINE)


def _refuse_conflicts(content: bytes, path: Path) -> None:
    found = _CONFLICT.search(content)
    if found:
        line = content.count(b"\n", 0, found.start()) + 1
        raise CassetteError(f"{path}:{line}: these are the marks of a merge conflict; keep one side, or both in turn")


_ALIAS = re.compile(rb"(?:^|[:,\[{-]) +\*\w|\*\w+[,\]}]", re.MULTILINE)
_MOST_REPEATED = 10_000


def _refuse_aliases(content: bytes, path: Path) -> None:
    """Refuse a file of a few lines that unfolds to more than a memory holds. Other tools use aliases, but few."""
    if not _ALIAS.search(content):
        return
    sizes: dict[str, int] = {}
    begun: list[tuple[str | None, int]] = []
    unfolded = 0
    try:
        for event in yaml.parse(content, _Loader):
            if isinstance(event, yaml.AliasEvent):
                unfolded += sizes.get(str(event.anchor), 0)
            elif isinstance(event, yaml.CollectionStartEvent):
                begun.append((event.anchor, unfolded))
            elif isinstance(event, yaml.CollectionEndEvent):
                anchor, before = begun.pop()
                if anchor is not None:
                    sizes[anchor] = unfolded - before + 1
            unfolded += 1
            if unfolded > _MOST_REPEATED and unfolded > len(content):
                raise CassetteError(f"{path}:1: aliases in this file unfold without end; it is not read")
    except yaml.YAMLError:
        return  # and the loader will say of what


_NOTES = frozenset(
    [
        "recorded_at",
        "duration",
        "http_version",
        "request_layout",
        "layout",
        "ending",
        "hidden_usage",
        "price",
        "chunks",
        "edited",
        "seal",
    ]
)


def salvage(content: bytes, path: Path) -> list[Interaction]:
    """The interactions of a file of ours that was cut off: those that are whole."""
    whole = "".join(whole_items(content))
    return parse(f"{HEAD}{whole}version: 1\n".encode(), path) if whole else []


def _place(error: Exception, content: bytes) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f":{error.problem_mark.line + 1}"
    if isinstance(error, yaml.reader.ReaderError):
        line = content.count(b"\n", 0, error.position) + 1
        return f":{line}"
    return ""


def _problem(error: Exception) -> str:
    return getattr(error, "problem", None) or getattr(error, "reason", None) or f"{type(error).__name__}: {error}"


def lines(content: bytes) -> Mapping[int, int]:
    """The line at which each interaction begins, by its place; 1 for those that a merge key brings in.

    Values know no lines, so the file, which has to be readable, is read once more.
    """
    root: Any = yaml.compose(content, _Loader)
    items = [item for key, value in root.value if key.value == "interactions" for item in value.value]
    return defaultdict(lambda: 1, {place: item.start_mark.line + 1 for place, item in enumerate(items)})


_KINDS: Mapping[str, Any] = {
    "text": str,
    "text or !!binary": (str, bytes),
    "a number": (int, float),
    "a whole number": int,
    "a mapping": dict,
}


def _get(data: Mapping[str, Any], name: str, kind: str, default: Any = None) -> Any:
    """What stands under a name, checked to be of a kind; the default, if there is one, for nothing or null.

    Raises ValueError with the name, what is there and what should be.
    """
    value = data.get(name)
    if value is None:
        value = default
    if value is None:
        raise ValueError(f"`{name}` is missing")
    if isinstance(value, bool) or not isinstance(value, _KINDS[kind]):
        raise ValueError(f"`{name}` is {shortened(value)}, not {kind}")
    return value


def _get_any(data: Mapping[str, Any], name: str, kind: str) -> Any:
    return None if data.get(name) is None else _get(data, name, kind)


def _interaction(item: object) -> Interaction:
    if not isinstance(item, dict):
        raise ValueError(f"it is {shortened(item)}, not a mapping")
    request, response = _get(item, "request", "a mapping"), _get(item, "response", "a mapping")
    # vcrpy gives a response whatever keys its user put there.
    ours = response.get("samurai")
    ours = ours if isinstance(ours, dict) else {}
    unknown = sorted(set(map(str, ours)) - _NOTES)
    if unknown:
        raise ValueError(f"`{unknown[0]}` is nothing that stands under `samurai`")
    return Interaction(
        _request(request, ours),
        _reply(response, ours),
        _get_any(ours, "recorded_at", "text"),
        edited=ours.get("edited") is True,
        price=_price(ours.get("price")),
    )


def _price(written: object) -> Price | str | None:
    if written is None or written == UNPRICED:
        return written
    if not isinstance(written, dict):
        raise ValueError(f"`price` is {shortened(written)}, neither a mapping nor {UNPRICED}")
    try:
        return Price.from_written(written)
    except ValueError as error:
        raise ValueError(f"`price`: {error}") from None


def _request(data: Mapping[str, Any], ours: Mapping[str, Any]) -> Request:
    body = take_back(_get(data, "body", "text or !!binary", ""), _get(ours, "request_layout", "text", ""))
    return Request(_get(data, "method", "text"), _get(data, "uri", "text"), _headers(data), body)


def _reply(data: Mapping[str, Any], ours: Mapping[str, Any]) -> Reply:
    status = _get(data, "status", "a mapping")
    string = _get(_get(data, "body", "a mapping"), "string", "text or !!binary", "")
    as_stored = _headers(data)
    headers = _meant(as_stored)
    body = take_back(string, _get(ours, "layout", "text", ""))
    if _encoding(as_stored) in _COMPRESSED:
        body = _decompressed(body)
    return Reply(
        status=_get(status, "code", "a whole number"),
        reason=_get(status, "message", "text", ""),
        headers=headers,
        body=body,
        chunks=_chunks(headers, body, _get_any(ours, "chunks", "text")),
        ending=_get(ours, "ending", "text", COMPLETE),
        hidden_usage=_get_any(ours, "hidden_usage", "a mapping"),
        http_version=_get(ours, "http_version", "text", _HTTP_VERSION),
        duration=_get_any(ours, "duration", "a number"),
    )


def _headers(data: Mapping[str, Any]) -> Headers:
    """Headers as pairs; other tools write a value that stands alone without a list around it, and some as bytes."""
    pairs = []
    for name, values in _get(data, "headers", "a mapping", {}).items():
        for value in values if isinstance(values, list) else [values]:
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            if not isinstance(name, str) or not isinstance(text, str):
                # Its value may be a key.
                raise ValueError(f"header {name!r}: name and value have to be text: quote them")
            pairs.append((name.lower(), text))
    return tuple(pairs)


_COMPRESSED = ("gzip", "x-gzip", "deflate")


def _encoding(headers: Headers) -> str:
    return ", ".join(value for name, value in headers if name == "content-encoding").strip().lower()


def _meant(headers: Headers) -> Headers:
    """Headers in the order of a cassette (by name), without those that tell how a body was carried, not what it is.

    An encoding that cannot be undone here stays, since the body stays encoded too.
    """
    dropped = ["content-length", "transfer-encoding"]
    if _encoding(headers) in ("", "identity", *_COMPRESSED):
        dropped.append("content-encoding")
    return tuple((name, value) for name, values in _by_name(headers).items() for value in values if name not in dropped)


def _by_name(headers: Headers) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    return values


def _decompressed(body: bytes) -> bytes:
    """Other tools keep bodies as they were compressed; ours are kept as they were meant."""
    try:
        # 32 lets zlib find out by itself whether it is gzip or zlib.
        return zlib.decompress(body, zlib.MAX_WBITS | 32)
    except zlib.error:
        try:
            body.decode()
        except UnicodeDecodeError:
            # Some servers take "deflate" for its raw form.
            return zlib.decompress(body, -zlib.MAX_WBITS)
        # It is text already: recorders leave the header on bodies that their HTTP library has decoded.
        return body


_CHUNK = re.compile(r"(\d+)@(\d+(?:\.\d+)?)", re.ASCII)


def _chunks(headers: Headers, body: bytes, noted: str | None) -> tuple[Chunk, ...] | None:
    """The chunks as noted; of a stream without a note, or edited since, one for each event."""
    if noted is not None:
        chunks = tuple(map(_chunk, noted.split()))
        if sum(chunk.length for chunk in chunks) == len(body):
            return chunks
    elif not is_event_stream(headers):
        return None
    return tuple(Chunk(len(event), 0.0) for event in re.findall(rb".+?(?:\r\n\r\n|\n\n|\r\r|\Z)", body, re.DOTALL))


def _chunk(text: str) -> Chunk:
    found = _CHUNK.fullmatch(text)
    if found is None:
        raise ValueError(f"`chunks` holds {text!r}; a chunk is written as bytes@milliseconds, as in 120@35.2")
    return Chunk(int(found[1]), float(f"{found[2]}e-3"))


# --- writing


def save(path: Path, interactions: Sequence[Interaction]) -> None:
    """Replace the cassette, whole or not at all.

    Raises CassetteError, what was there left as it was, if it cannot be written or would not read back equal.
    """
    content = dump(interactions)
    if not _reads_back(content, path, interactions):
        raise CassetteError(
            f"{path}: what would be written does not read back as what was recorded, so nothing was written;"
            " this is a mistake of pytest-samurai, please report it"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(path, content)
    except OSError as error:
        raise CassetteError(
            f"{path}: cannot be written: {error.strerror or error}; what was there is as it was"
        ) from error


def _reads_back(content: bytes, path: Path, interactions: Iterable[Interaction]) -> bool:
    try:
        return parse(content, path) == [_as_stored(interaction) for interaction in interactions]
    except CassetteError:
        return False


def _as_stored(interaction: Interaction) -> Interaction:
    """The interaction with its headers as a cassette has them; all else is kept as it is."""
    request, reply = interaction.request, interaction.reply
    in_order = tuple((name, value) for name, values in _by_name(request.headers).items() for value in values)
    return replace(
        interaction,
        request=replace(request, headers=in_order),
        reply=replace(reply, headers=_meant(reply.headers)),
    )


def update(path: Path, change: Callable[[list[Interaction]], Sequence[Interaction]]) -> None:
    """Replace a cassette by what `change` makes of its interactions, while no other process does.

    Raises CassetteError, what was there left as it was.
    """
    with locked(path):
        remove_abandoned(path)
        try:
            there = load(path)
        except FileNotFoundError:
            there = []
        save(path, change(there))


def dump(interactions: Iterable[Interaction]) -> bytes:
    """The content of a cassette. Headers are written by name, and without what tells how a body was carried.

    Written by hand, line by line: every dumper of PyYAML refuses literal blocks for some texts that YAML allows in
    them, and this layout is the product.
    """
    texts = list(map(interaction_text, interactions))
    # `version` at the end, as vcrpy has it: a file that was cut off anywhere lacks it.
    return f"{MARK}\ninteractions:{'' if texts else ' []'}\n{''.join(texts)}version: 1\n".encode()


def interaction_text(interaction: Interaction) -> str:
    """An interaction as it stands in a cassette, with its seal."""
    lines = "\n".join(_interaction_lines(_as_stored(interaction))).split("\n")
    return "\n".join([*lines, f"      seal: {' '.join(seal(lines))}", ""])


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
        yield "duration", _flow(reply.duration)
    if reply.http_version != _HTTP_VERSION:
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
        yield (
            "price",
            interaction.price if isinstance(interaction.price, str) else _flow(interaction.price.as_written()),
        )
    if interaction.edited:
        yield "edited", "true"
    if reply.chunks:
        yield "chunks", _wrapped([f"{chunk.length}@{_milliseconds(chunk.at)}" for chunk in reply.chunks])


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
    for name, values in _by_name(headers).items():
        yield f"      {scalar(name)}: {_flow(values)}"


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


def _block(text: str | bytes, indent: int) -> str:
    """A body as a YAML value: a literal block where it can be one, else quoted, else base64."""
    margin = " " * indent
    if isinstance(text, bytes):
        encoded = base64.encodebytes(text).decode().rstrip("\n")
        return "!!binary |\n" + "\n".join(margin + line for line in encoded.split("\n"))
    if not text.strip("\t\n ") or _UNBLOCKABLE.search(text):
        return quoted(text)
    # Without the number, leading blanks would be taken for indentation.
    number = "2" if text[0] in "\t\n " else ""
    body = text.rstrip("\n")
    kept = len(text) - len(body)
    chomp = "-" if kept == 0 else "" if kept == 1 else "+"
    lines = body.split("\n") + [""] * max(kept - 1, 0)
    return f"|{number}{chomp}\n" + "\n".join(margin + line if line else "" for line in lines)

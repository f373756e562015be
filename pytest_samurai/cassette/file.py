"""The file: vcrpy's version 1 layout, written for people, and read back before it replaces the old one.

What vcrpy does not know stands under `response.samurai`, the one place where it keeps foreign keys.
"""

from __future__ import annotations

import base64
import json
import os
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any, TypeVar

import yaml

from pytest_samurai.cassette import foreign
from pytest_samurai.cassette.entry import (
    COMPRESSED,
    HTTP_VERSION,
    Text,
    by_name,
    encoding,
    interaction_text,
    meant,
    pairs,
)
from pytest_samurai.cassette.layout import take_back
from pytest_samurai.cassette.plain import is_plain
from pytest_samurai.cassette.seal import MARK, edited_places, whole_items
from pytest_samurai.cassette.slices import Response, Slices, cut, read_head, read_value
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import locked, remove_abandoned, replace_whole
from pytest_samurai.redaction import Redactor, environment_secrets
from pytest_samurai.wire import (
    COMPLETE,
    UNPRICED,
    Chunk,
    Chunks,
    Headers,
    Interaction,
    Price,
    Recordings,
    Reply,
    Request,
    event_lengths,
    is_event_stream,
)

_Loader: Any = type("_Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
"""Safe, with the few tags of Python's that vcrpy writes: a text, a pair, a body that was a file or an iterator."""
_Loader.add_constructor("tag:yaml.org,2002:python/str", _Loader.construct_scalar)
_Loader.add_constructor("tag:yaml.org,2002:python/unicode", _Loader.construct_scalar)
_Loader.add_constructor("tag:yaml.org,2002:python/tuple", lambda loader, node: loader.construct_sequence(node, True))
for _tag, _content in (("new:_io.BytesIO", foreign.buffered), ("apply:builtins.iter", foreign.iterated)):
    _Loader.add_constructor(
        f"tag:yaml.org,2002:python/object/{_tag}",
        lambda loader, node, content=_content: content(loader.construct_mapping(node, True)),
    )

_JsonLoader: Any = type("_JsonLoader", (_Loader,), {})
"""For values that are JSON: what is no number, boolean or null there is a text, as dates are and 12:30:45."""
_JsonLoader.yaml_implicit_resolvers = {
    first: [
        (tag, re.compile(rf"(?!.*:)(?:{pattern.pattern})", pattern.flags))
        for tag, pattern in resolvers
        if tag.rpartition(":")[2] in ("bool", "float", "int", "null")
    ]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}

HEAD = f"{MARK}\ninteractions:\n"
_HEAD_OF_NONE = f"{MARK}\ninteractions: []\n"
_TAIL = b"version: 1\n"


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
        raise CassetteError(f"{path}: is a directory, where a cassette has to be a file; move it away") from None
    except OSError as error:
        raise CassetteError(f"{path}: cannot be read: {error.strerror}") from error


_MEND = "mend it, restore the file, or delete it to record again"


def parse(content: bytes, path: Path) -> list[Interaction]:
    """Interactions from the content of a cassette; `path` is for the text of errors.

    Raises CassetteError, naming file and line, if this is not a cassette.
    """
    return list(recordings(content, path))


_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


class _Sliced(Recordings):
    """Those of a file that is as it was written: each is read when it is asked for, request and reply apart.

    What has been played is kept, to be played by the next test.

    Reading one raises CassetteError, by its line, should it hold what this version does not know.
    """

    def __init__(self, slices: Slices, path: Path) -> None:
        self._slices = slices
        self._path = path
        self.are_redacted = slices.are_dated
        self._asked: dict[int, tuple[tuple[str, str, Headers], bytes]] = {}
        self._replies: dict[int, Reply] = {}

    def __len__(self) -> int:
        return len(self._slices)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        return Interaction(self.request(place), self.reply(place), *self.notes(place))

    def notes(self, place: int) -> tuple[str | None, bool, Price | str | None]:
        written = self._slices.price(place)
        price = None if written is None else self._read(_written_price, written, place)
        return self._slices.recorded_at(place), self._slices.edited(place), price

    def request(self, place: int) -> Request:
        head, body = self._asked.get(place) or self._sent(place)
        return Request(*head, body)

    def _sent(self, place: int) -> tuple[tuple[str, str, Headers], bytes]:
        return self._head(place), self._read(self._slices.sent, place, place)

    def _head(self, place: int) -> tuple[str, str, Headers]:
        return self._read(_head, self._slices.head(place), place)

    def asks(self, place: int, request: Request) -> bool:
        known = self._asked.get(place)
        if known is None:
            if not self._slices.may_send(place, request.body):
                return False
            head, body = self._sent(place)
            # Of equal bytes those of the application, which are in memory already, as the head of other requests is.
            known = self._asked[place] = (head, request.body if body == request.body else body)
        (method, url, _), body = known
        return body == request.body and url == request.url and method == request.method

    def as_json(self, place: int) -> Request:
        body = self._slices.sent_json(place)
        # These are no JSON to a matcher, which takes such a body as the bytes that it is.
        if body is None or b"NaN" in body or b"Infinity" in body:
            return self.request(place)
        return Request(*self._head(place), body)

    def reply(self, place: int) -> Reply:
        found = self._replies.get(place)
        if found is None:
            found = self._replies[place] = _received(self._read(self._slices.response, place, place))
        return found

    def _read(self, read: Callable[[_Given], _Made], given: _Given, place: int) -> _Made:
        try:
            return read(given)
        except ValueError as error:
            where = f"{self._path}:{self._slices.line(place)}"
            raise CassetteError(f"{where}: interaction {place + 1} is damaged: {error}") from None

    def status(self, place: int) -> int:
        return self._slices.status(place)

    def recorded_at(self, place: int) -> str | None:
        return self._slices.recorded_at(place)


# Most requests of a cassette differ in nothing but their bodies, and most have the same row of prices.
_head = lru_cache(256)(read_head)


@lru_cache(256)
def _written_price(text: str) -> Price | str | None:
    return _price(read_value(text))


def recordings(content: bytes, path: Path) -> Recordings:
    """As `parse`, but of a file of ours that is as it was written nothing is read before it is asked for."""
    # Git on Windows writes CRLF; a body of ours that has a CR is quoted, so that none stands here as itself.
    if b"\r" in content:  # the search for two bytes takes a hundred times as long
        content = content.replace(b"\r\n", b"\n")
    slices = cut(content)
    return Recordings(_parsed(content, path)) if slices is None else _Sliced(slices, path)


def _parsed(content: bytes, path: Path) -> list[Interaction]:
    if not content.strip():
        raise CassetteError(f"{path}:1: the file is empty; restore it, or delete it to record again")
    _refuse_conflicts(content, path)
    _refuse_twice(content, path)
    return _interactions(content, path, edited_places(content, path))


def _interactions(content: bytes, path: Path, edited: frozenset[int]) -> list[Interaction]:
    """What YAML reads in a file; those at the places that were `edited` say so."""
    document = _document(content, path)
    if not isinstance(document, dict) or not isinstance(document.get("interactions"), list):
        raise CassetteError(f"{path}:1: not a cassette: there is no list `interactions` in it; {_MEND}")
    version = document.get("version")
    if version != 1:
        written = re.search(rb"^version:", content, re.MULTILINE)
        where = f"{path}:{content[: written.start()].count(10) + 1 if written else 1}"
        raise CassetteError(f"{where}: version is {_shortened(version)}; this tool reads version 1; {_MEND}")
    if more := foreign.lost(document):
        raise CassetteError(f"{path}:1: {more}")
    interactions = []
    ours = content.startswith(MARK.encode())
    for place, item in enumerate(document["interactions"]):
        try:
            interaction = _interaction(foreign.translated(item))
            changed = place in edited or (not ours and _is_not_as_sealed(interaction, item))
            interactions.append(replace(interaction, edited=True) if changed else interaction)
        except (ValueError, zlib.error) as error:
            where = f"{path}:{lines(content)[place]}"
            raise CassetteError(f"{where}: interaction {place + 1} is damaged: {error}; {_MEND}") from None
    return interactions


def _is_not_as_sealed(interaction: Interaction, item: Mapping[str, Any]) -> bool:
    """Whether a body was edited in a file of ours that vcrpy wrote again: it keeps our seal, and has its own layout."""
    notes = item["response"].get("samurai")
    written = notes.get("seal") if isinstance(notes, dict) else None
    if not isinstance(written, str):
        return False
    bodies_now = interaction_text(interaction)[-1].decode().split()[-2:]
    return written.split()[-2:] != bodies_now


_CONFLICT_MARKS = (b"<<<<<<< ", b"=======", b">>>>>>> ")
_CONFLICT = re.compile(rb"^(?:<{7} |={7}$|>{7} )", re.MULTILINE)


def _refuse_conflicts(content: bytes, path: Path) -> None:
    # A search for lines looks at each of them, and takes ten times as long as one for what is in hardly any file.
    found = any(mark in content for mark in _CONFLICT_MARKS) and _CONFLICT.search(content)
    if found:
        line = content.count(b"\n", 0, found.start()) + 1
        raise CassetteError(f"{path}:{line}: these are the marks of a merge conflict; keep one side, or both in turn")


def _document(content: bytes, path: Path) -> Any:
    """What YAML reads in a file."""
    if content.lstrip().startswith(b"{"):
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            pass  # YAML may begin like that too; if this is none either, it says what is wrong
    loader = _JsonLoader if foreign.has_structured_bodies(content) else _Loader
    if loader is _Loader:
        try:
            return _built(content, path)
        except (_Unusual, yaml.YAMLError, RecursionError, *_MISFITS):
            pass
    _refuse_aliases(content, path)
    try:
        return yaml.load(content, loader)
    except (yaml.YAMLError, RecursionError, *_MISFITS) as error:
        where = f"{path}:{_line(error, content)}"
        raise CassetteError(f"{where}: not readable as YAML: {_problem(error)}; {_MEND}") from None


_LIST = re.compile(rb"^interactions:", re.MULTILINE)


def _refuse_twice(content: bytes, path: Path) -> None:
    """Refuse a second list of interactions, as two files joined have one: YAML would forget the first in silence."""
    # A search for lines looks at each of them: most files have the word only once.
    lists = list(_LIST.finditer(content)) if content.count(b"interactions:") > 1 else ()
    if len(lists) > 1:
        line = content.count(b"\n", 0, lists[1].start()) + 1
        raise CassetteError(f"{path}:{line}: `interactions` is there twice; put all interactions into one list")


_ALIAS = re.compile(rb"(?:^|[:,\[{-]) +\*\w|\*\w+[,\]}]", re.MULTILINE)


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
                raise CassetteError(f"{path}:1: aliases in this file unfold without end, so it is not read; {_MEND}")
    except yaml.YAMLError:
        return  # and the loader will say of what


class _Unusual(Exception):
    """Something in a file that no recorder writes; PyYAML knows what it means, or what is wrong with it."""


_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))
_MOST_REPEATED = 10_000


def _built(content: bytes, path: Path) -> Any:  # noqa: C901 - one turn for each event: calls would cost what it saves
    """As `yaml.load`, but made from the events of libyaml, without its nodes: that takes a third of the time.

    Raises _Unusual, or any error of PyYAML's, for all that is not plain mappings, lists, text, numbers, dates and
    bytes; CassetteError for a file of a few lines that unfolds to more than a memory holds. (Other tools use aliases,
    but few.)
    """
    loader = _Loader(content)
    anchors: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    unfolded = 0
    # What is open: the container, the key in it that waits for its value, its anchor, what was unfolded before it.
    stack: list[tuple[Any, Any, str | None, int]] = []
    document: list[Any] = []
    inner: Any = document
    key: Any = _NO_KEY
    try:
        while True:
            event = loader.get_event()
            unfolded += 1
            kind = type(event)
            new: Any = None
            if kind is yaml.ScalarEvent:
                value = event.value
                if event.tag is not None:
                    value = _tagged(event)
                elif event.implicit[0]:
                    value = _short(value) if len(value) <= _SHORT else _plain(value)
                if event.anchor is not None:
                    _begin_anchor(anchors, event.anchor, value)
                    sizes[event.anchor] = 1
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if event.tag is not None:
                    raise _Unusual
                value = new = {} if kind is yaml.MappingStartEvent else []
                if event.anchor is not None:
                    _begin_anchor(anchors, event.anchor, value)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                inner, key, anchor, before = stack.pop()
                if anchor is not None:
                    sizes[anchor] = unfolded - before + 1
                continue
            elif kind is yaml.AliasEvent:
                if event.anchor not in sizes:
                    raise _Unusual
                value = anchors[event.anchor]
                unfolded += sizes[event.anchor]
                if unfolded > _MOST_REPEATED and unfolded > len(content):
                    raise CassetteError(
                        f"{path}:1: aliases in this file unfold without end, so it is not read; {_MEND}"
                    )
            elif kind is yaml.StreamEndEvent:
                break
            else:
                continue
            if type(inner) is list:
                inner.append(value)
            elif key is _NO_KEY:
                if type(value) is not str and not isinstance(value, Hashable):
                    raise _Unusual
                key = value
                continue
            else:
                inner[key] = value
                key = _NO_KEY
            if new is not None:
                stack.append((inner, key, event.anchor, unfolded))
                inner, key = new, _NO_KEY
    finally:
        loader.dispose()
    if len(document) > 1:
        raise _Unusual
    return document[0] if document else None


_NO_KEY = object()


def _plain(text: str) -> Any:
    """What a scalar says that is neither quoted nor a block."""
    tag = _PLAIN.resolve(yaml.ScalarNode, text, (True, False))
    if tag not in _PLAIN_TAGS:
        raise _Unusual
    return _PLAIN.yaml_constructors[tag](_PLAIN, yaml.ScalarNode(tag, text))


_PLAIN = _Loader(b"")
# Names and values of headers are in all interactions, and most of them the same in all cassettes of a suite.
_short = lru_cache(1024)(_plain)
_SHORT = 100


def _tagged(event: Any) -> bytes:
    if event.tag != f"{_TAG}binary":
        raise _Unusual
    return base64.decodebytes(event.value.encode("ascii"))


def _begin_anchor(anchors: dict[str, Any], name: str, value: Any) -> None:
    if name in anchors:
        raise _Unusual
    anchors[name] = value


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
    return parse(f"{HEAD}{whole}".encode() + _TAIL, path) if whole else []


# What PyYAML lets through: int(), a date or a look-up raised it, of a value that is not what its tag says.
_MISFITS = (ValueError, LookupError, AttributeError)


def _line(error: Exception, content: bytes) -> int:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return int(error.problem_mark.line) + 1
    if isinstance(error, yaml.reader.ReaderError):
        return content.count(b"\n", 0, error.position) + 1
    return _line_of_misfit(content) if isinstance(error, _MISFITS) else 1


def _line_of_misfit(content: bytes) -> int:
    loader = _Loader(content)
    try:
        loader.get_single_data()
    except _MISFITS:
        pass
    # What was begun and not ended: the value, and what it lies in.
    return max((int(node.start_mark.line) for node in loader.recursive_objects), default=0) + 1


def _problem(error: Exception) -> str:
    return _redacted(
        getattr(error, "problem", None) or getattr(error, "reason", None) or f"{type(error).__name__}: {error}"
    )


def lines(content: bytes) -> Mapping[int, int]:
    """The line at which each interaction begins, by its place; 1 for those that a merge key brings in.

    Values know no lines, so the file, which has to be readable, is read once more.
    """
    try:
        root: Any = yaml.compose(content, _Loader)
    except yaml.YAMLError:
        return defaultdict(lambda: 1)  # JSON may spell what YAML cannot: half of a pair of surrogates
    items = [item for key, value in root.value if key.value == "interactions" for item in value.value]
    return defaultdict(lambda: 1, {place: item.start_mark.line + 1 for place, item in enumerate(items)})


_KINDS: Mapping[str, Any] = {
    "text": str,
    "text or !!binary": (str, bytes),
    "a number": (int, float),
    "a whole number": int,
    "a mapping": dict,
}


def _redacted(text: str) -> str:
    """What may be said of a file that another tool may have written a secret to."""
    return Redactor(environment_secrets(os.environ)).text(text)


def _shortened(value: object) -> str:
    # In this order: half of a secret has no shape any more.
    text = _redacted(repr(value))
    return text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}..."


_MOST_QUOTED = 60


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
        raise ValueError(f"`{name}` is {_shortened(value)}, not {kind}")
    return value


def _get_any(data: Mapping[str, Any], name: str, kind: str) -> Any:
    return None if data.get(name) is None else _get(data, name, kind)


def _interaction(item: object) -> Interaction:
    if not isinstance(item, dict):
        raise ValueError(f"it is {_shortened(item)}, not a mapping")
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
        raise ValueError(f"`price` is {_shortened(written)}, neither a mapping nor {UNPRICED}")
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
    headers, body = _carried(_headers(data), take_back(string, _get(ours, "layout", "text", "")))
    return Reply(
        status=_get(status, "code", "a whole number"),
        reason=_get(status, "message", "text", ""),
        headers=headers,
        body=body,
        chunks=_chunks(headers, body, _get_any(ours, "chunks", "text")),
        ending=_get(ours, "ending", "text", COMPLETE),
        hidden_usage=_get_any(ours, "hidden_usage", "a mapping"),
        http_version=_get(ours, "http_version", "text", HTTP_VERSION),
        duration=_get_any(ours, "duration", "a number"),
    )


def _received(response: Response) -> Reply:
    """As `_reply`, of a file that is as it was written."""
    headers, body = _carried(response.headers, response.body)
    return Reply(
        response.status,
        response.reason,
        headers,
        body,
        _chunks(headers, body, None) if response.chunks is None else _Noted(response.chunks, body),
        COMPLETE if response.ending is None else response.ending,
        response.hidden_usage,
        HTTP_VERSION if response.http_version is None else response.http_version,
        response.duration,
    )


def _carried(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """Headers and body of a reply, whichever way it was carried."""
    kept = meant(headers)
    if len(kept) < len(headers) and encoding(headers) in COMPRESSED:
        body = _decompressed(body)
    return kept, body


def reply_of(response: Mapping[str, Any]) -> Reply:
    """A reply from what vcrpy has of it. Raises ValueError if that is no response."""
    return _reply(response, {})


def _headers(data: Mapping[str, Any]) -> Headers:
    """Headers as pairs, by name; other tools write a value that stands alone without a list, and some as bytes."""
    headers: dict[str, list[str]] = {}
    for name, values in _get(data, "headers", "a mapping", {}).items():
        for value in values if isinstance(values, list) else [values]:
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            if not isinstance(name, str) or not isinstance(text, str):
                # Its value may be a key.
                raise ValueError(f"header {name!r}: name and value have to be text: quote them")
            headers.setdefault(name.lower(), []).append(text)
    return pairs(headers)


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


_CHUNK = re.compile(r"\d+@\d+(?:\.\d+)?", re.ASCII)


def _chunks(headers: Headers, body: bytes, noted: str | None) -> Sequence[Chunk] | None:
    """The chunks as noted; of a stream without a note, one for each event."""
    if noted is not None:
        words = noted.split()
        wrong = next((word for word in words or [""] if not _CHUNK.fullmatch(word)), None)
        if wrong is not None:
            raise ValueError(f"`chunks` holds {wrong!r}; a chunk is written as bytes@milliseconds, as in 120@35.2")
        return _Noted(" ".join(words).encode(), body)
    return tuple(Chunk(length, 0.0) for length in event_lengths(body)) if is_event_stream(headers) else None


class _Noted(Chunks):
    """Chunks as noted, or, if the body was edited since, one for each event."""

    def __init__(self, text: bytes, body: bytes) -> None:
        self._text = text
        self._body = body

    @cached_property
    def lengths(self) -> Sequence[int]:
        lengths = list(map(int, self._text.replace(b"@", b" ").split()[::2]))
        return lengths if sum(lengths) == len(self._body) else event_lengths(self._body)

    @cached_property
    def times(self) -> Sequence[float]:
        words = self._text.replace(b"@", b" ").split()
        if sum(map(int, words[::2])) != len(self._body):
            return [0.0] * len(self.lengths)
        return [float(word + b"e-3") for word in words[1::2]]


# --- writing


def save(path: Path, interactions: Sequence[Interaction], texts: MutableMapping[int, Text] | None = None) -> None:
    """Replace the cassette, whole or not at all.

    `texts` are those of `interaction_text` that have been made already, by the `id` of their interactions. They are
    taken out, so that a large one is not kept while the file is read back.

    Raises CassetteError, what was there left as it was, if it cannot be written or would not read back equal.
    """
    made = {} if texts is None else texts
    items = [made.pop(id(interaction), ()) or interaction_text(interaction) for interaction in interactions]
    content = _joined(items)
    edges = list(accumulate((sum(map(len, text)) for text in items), initial=len(HEAD)))
    del items
    if not _reads_back(content, edges, path, interactions):
        raise CassetteError(
            f"{path}: what would be written does not read back as what was recorded, so nothing was written;"
            " this is a mistake of pytest-samurai, please report it"
        )
    try:
        replace_whole(path, content)
    except OSError as error:
        raise CassetteError(
            f"{path}: cannot be written: {error.strerror or error}; what was there is as it was"
        ) from error


def _reads_back(content: bytes, edges: Sequence[int], path: Path, interactions: Iterable[Interaction]) -> bool:
    """Whether it does, both as it is read here and as YAML, which is how every other tool reads it.

    What no reader of YAML can take for anything else is not read as YAML each time. `edges` are the places where
    interactions begin, and where the last one ends.
    """
    stored = [_as_stored(interaction) for interaction in interactions]
    doubtful = [place for place, (start, end) in enumerate(pairwise(edges)) if not is_plain(content, start, end)]
    try:
        # What is read here is held against its seals; the words of YAML are then looked at for themselves.
        if parse(content, path) != stored:
            return False
        as_yaml = _joined([[content[edges[place] : edges[place + 1]]] for place in doubtful])
        return not doubtful or _interactions(as_yaml, path, frozenset()) == [stored[place] for place in doubtful]
    except CassetteError:
        return False


def _as_stored(interaction: Interaction) -> Interaction:
    """The interaction with its headers as a cassette has them; all else is kept as it is."""
    request, reply = interaction.request, interaction.reply
    sent, received = pairs(by_name(request.headers)), meant(pairs(by_name(reply.headers)))
    if sent == request.headers and received == reply.headers:
        return interaction
    return replace(interaction, request=replace(request, headers=sent), reply=replace(reply, headers=received))


def update(
    path: Path,
    change: Callable[[list[Interaction]], Sequence[Interaction]],
    texts: MutableMapping[int, Text] | None = None,
) -> None:
    """Replace a cassette by what `change` makes of its interactions, while no other process does; `texts` as in `save`.

    Raises CassetteError, what was there left as it was.
    """
    with locked(path):
        remove_abandoned(path)
        try:
            there = load(path)
        except FileNotFoundError:
            there = []
        save(path, change(there), texts)


def dump(interactions: Iterable[Interaction]) -> bytes:
    """The content of a cassette. Headers are written by name, and without what tells how a body was carried."""
    return _joined(list(map(interaction_text, interactions)))


def _joined(items: Sequence[Text]) -> bytes:
    # `version` at the end, as vcrpy has it: a file that was cut off anywhere lacks it.
    return b"".join([(HEAD if items else _HEAD_OF_NONE).encode(), *chain.from_iterable(items), _TAIL])

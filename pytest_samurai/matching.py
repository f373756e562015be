"""Which recording answers a request: keys to look it up by, and what differs where none does."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pytest_samurai.chat import Request
from pytest_samurai.errors import SettingsError

Json = Any
Path_ = tuple[str | int, ...]

ANY = "*"


# --- endpoints


@dataclass(frozen=True)
class Endpoints:
    """URL patterns (fnmatch on scheme://host/path) of the requests that are recorded."""

    patterns: tuple[str, ...]

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        # A leading star is greedy, so that what follows it is the tail of the path, whatever the base URL.
        return re.compile(
            "|".join(
                f"(?:.*)({translate(pattern[1:])})" if pattern.startswith(ANY) else f"({translate(pattern)})"
                for pattern in self.patterns
            )
        )

    def match(self, url: str) -> str | None:
        """The endpoint of a URL: the tail of it that the pattern names; None if no pattern matches."""
        found = self._regex.fullmatch(_without_query(url))
        return next(part for part in found.groups() if part is not None) if found else None


def _without_query(url: str) -> str:
    return url.partition("?")[0].partition("#")[0]


# --- paths into a JSON value: messages[0].content, metadata.*, tools[*].function.name

_STEP = re.compile(r"(?:^|\.)(?P<key>[^.\[\]]+)|\[(?P<index>\d+|\*)\]|\[\"(?P<quoted>[^\"]*)\"\]")


def parse_path(path: str) -> Path_:
    """`messages[0].content` as ("messages", 0, "content"); `*` stands for any key or index.

    Raises SettingsError for text that is no path.
    """
    steps: list[str | int] = []
    end = 0
    for step in _STEP.finditer(path):
        if step.start() != end:
            break
        end = step.end()
        if step["index"]:
            steps.append(ANY if step["index"] == ANY else int(step["index"]))
        else:
            steps.append(step["quoted"] if step["key"] is None else step["key"])
    if not steps or end != len(path):
        raise SettingsError(f'{path!r} is not a path into a JSON body; write it like "messages[0].content"')
    return tuple(steps)


def format_path(path: Sequence[str | int]) -> str:
    """The text that `parse_path` reads."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _STEP.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text or "(whole body)"


def _without(value: Json, path: Path_) -> Json:
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        if step != ANY and step not in value:
            return value
        chosen = value.keys() if step == ANY else (step,)
        if not rest:
            return {key: item for key, item in value.items() if key not in chosen}
        return {key: _without(item, rest) if key in chosen else item for key, item in value.items()}
    if isinstance(value, list):
        if not rest and step == ANY:
            return []
        # A place that is left out stays as null, so that the places after it keep their numbers.
        return [
            (_without(item, rest) if rest else None) if step in (ANY, place) else item
            for place, item in enumerate(value)
        ]
    return value


# --- what varies from run to run

Substitution = tuple[re.Pattern[str], str]

VOLATILE: Mapping[str, Substitution] = {
    "uuid": (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    "datetime": (
        re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?"),
        "<datetime>",
    ),
    "tmp_path": (re.compile(re.escape(str(Path(tempfile.gettempdir()))) + r"[/\\][^\s\"'`,;:)\]}>]*"), "<tmp_path>"),
}


def parse_substitution(entry: object) -> Substitution:
    """A name of `VOLATILE`, or a pair of a regular expression and its replacement. Raises SettingsError."""
    if isinstance(entry, str) and entry in VOLATILE:
        return VOLATILE[entry]
    if isinstance(entry, tuple | list) and len(entry) == 2 and all(isinstance(part, str) for part in entry):
        try:
            return re.compile(entry[0]), entry[1]
        except re.error as error:
            raise SettingsError(f"{entry[0]!r} is not a regular expression: {error}") from None
    raise SettingsError(f"{entry!r} is neither one of {', '.join(VOLATILE)} nor a pair (pattern, replacement)")


def substitute(value: Json, substitutions: Sequence[Substitution]) -> Json:
    """The value with the substitutions made in every text in it."""
    if isinstance(value, str):
        for pattern, replacement in substitutions:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, dict):
        return {key: substitute(item, substitutions) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, substitutions) for item in value]
    return value


# --- keys


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


def parse_body(body: bytes) -> Json:
    """The JSON value of a body, in which `1.0` is `1`; a body that is no JSON comes back as its bytes."""
    try:
        return json.loads(body, parse_float=_number)
    except (ValueError, RecursionError):
        return body


def canonical(value: Json) -> bytes:
    """One spelling for equal JSON values: sorted keys, no white space; bytes as they are."""
    if isinstance(value, bytes):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Matcher:
    """Gives equal keys to requests that count as the same.

    `match_on` names what is compared: see `COMPONENTS`.
    """

    match_on: tuple[str, ...]
    endpoints: Endpoints
    ignore: tuple[Path_, ...] = ()
    normalize: tuple[Substitution, ...] = ()

    def key(self, request: Request) -> bytes:
        digest = sha256()
        for name in self.match_on:
            part = COMPONENTS[name](self, request)
            digest.update(b"%d:" % len(part) + part)
        return digest.digest()

    def value(self, request: Request) -> Json:
        """The body as it is compared: without what is ignored, with what varies normalized."""
        value = parse_body(request.body)
        if not isinstance(value, bytes):
            for path in self.ignore:
                value = _without(value, path)
            if self.normalize:
                value = substitute(value, self.normalize)
        return value


def _query(_: Matcher, request: Request) -> bytes:
    return repr(sorted(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))).encode()


def _part(name: str) -> Callable[[Matcher, Request], bytes]:
    return lambda _, request: str(getattr(urlsplit(request.url), name)).encode()


COMPONENTS: Mapping[str, Callable[[Matcher, Request], bytes]] = {
    "method": lambda _, request: request.method.upper().encode(),
    "endpoint": lambda matcher, request: (matcher.endpoints.match(request.url) or request.url).encode(),
    "chat": lambda matcher, request: canonical(matcher.value(request)),
    "uri": lambda _, request: request.url.encode(),
    "scheme": _part("scheme"),
    "host": _part("hostname"),
    "port": _part("port"),
    "path": _part("path"),
    "query": _query,
    "body": lambda matcher, request: canonical(matcher.value(request)),
    "raw_body": lambda _, request: request.body,
}
"""What can be compared; from `uri` on, the names and meanings are vcrpy's."""


# --- what differs


@dataclass(frozen=True, slots=True)
class Difference:
    """One path at which two requests differ; `MISSING` on the side that does not have it."""

    path: str
    recorded: Json
    asked: Json


class _Missing:
    def __repr__(self) -> str:
        return "(absent)"


MISSING = _Missing()


def differences(recorded: Json, asked: Json, path: Path_ = ()) -> Iterator[Difference]:
    """Walk two JSON values in step and give what differs, the deepest common path at a time."""
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for key in [*recorded, *(key for key in asked if key not in recorded)]:
            yield from differences(recorded.get(key, MISSING), asked.get(key, MISSING), (*path, key))
    elif isinstance(recorded, list) and isinstance(asked, list):
        for place in range(max(len(recorded), len(asked))):
            old = recorded[place] if place < len(recorded) else MISSING
            new = asked[place] if place < len(asked) else MISSING
            yield from differences(old, new, (*path, place))
    elif type(recorded) is not type(asked) or recorded != asked:
        yield Difference(format_path(path), recorded, asked)

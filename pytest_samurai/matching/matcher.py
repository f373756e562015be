"""Which recording answers a request: keys to look it up by, and what differs where none does."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import translate
from functools import cached_property
from hashlib import sha256
from itertools import zip_longest
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pytest_samurai.errors import SettingsError
from pytest_samurai.wire import Request

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

_KEY = r"[^.\[\]\s]+"
_STEP = re.compile(rf'(?:^|\.)(?P<key>{_KEY})|\[(?P<index>[0-9]+|\*)\]|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]')


def parse_path(path: str) -> Path_:
    """`messages[0].content` as ("messages", 0, "content"); `*` stands for any key or index.

    A key that is no plain word is written as a JSON string in brackets: `metadata["run.id"]`.
    Raises SettingsError for text that is no path.
    """
    steps: list[str | int] = []
    end = 0
    for step in _STEP.finditer(path):
        if step.start() != end:
            break
        end = step.end()
        if step["key"]:
            steps.append(step["key"])
        elif step["quoted"]:
            steps.append(_unquoted(path, step["quoted"]))
        else:
            steps.append(ANY if step["index"] == ANY else int(step["index"]))
    if not steps or end != len(path):
        raise _no_path(path)
    return tuple(steps)


def _unquoted(path: str, quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise _no_path(path) from None


def _no_path(path: str) -> SettingsError:
    return SettingsError(f'{path!r} is not a path into a JSON body; write it like "messages[0].content"')


def format_path(path: Sequence[str | int]) -> str:
    """The text that `parse_path` reads."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(_KEY, step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=not step.isprintable())}]"
    return text or "(whole body)"


def _without(value: Json, path: Path_) -> Json:
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
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

# What was recorded on one machine has to match on another: so the usual places of all systems, not this one's alone.
_TEMPORARY = "|".join(
    [
        re.escape(tempfile.gettempdir()),
        r"(?:/private)?/(?:var/)?tmp",
        r"(?:/private)?/var/folders/[^/\s]+/[^/\s]+/T",
        r"[A-Za-z]:\\Users\\[^\\\n]+\\AppData\\Local\\Temp",
    ]
)

VOLATILE: Mapping[str, Substitution] = {
    "uuid": (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    # A date after a hyphen belongs to a name: gpt-4o-2024-08-06 has to stay another model than gpt-4o-2024-05-13.
    "datetime": (
        re.compile(
            r"(?<![\w-])\d{4}-\d\d-\d\d(?!\d)"
            r"(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?"
        ),
        "<datetime>",
    ),
    # Only as far as it varies: /tmp/pytest-of-me/pytest-7/test_a0/in.txt and .../out.txt stay two files.
    "tmp_path": (
        re.compile(
            rf"(?<![\w.~-])(?:{_TEMPORARY})[/\\]"
            r"(?:pytest-of-[^/\\\s]+[/\\]pytest-\d+[/\\](?:popen-\w+[/\\])?)?"
            r"[^\s\"'`,;:()\[\]{}<>/\\]+"
        ),
        "<tmp_path>",
    ),
}


def parse_substitution(entry: object) -> Substitution:
    """A name of `VOLATILE`, or a pair of a regular expression and its replacement. Raises SettingsError."""
    if isinstance(entry, str) and entry in VOLATILE:
        return VOLATILE[entry]
    if isinstance(entry, tuple | list) and len(entry) == 2 and all(isinstance(part, str) for part in entry):
        try:
            pattern = re.compile(entry[0])
        except re.error as error:
            raise SettingsError(f"{entry[0]!r} is not a regular expression: {error}") from None
        try:
            pattern.sub(entry[1], "")
        except (re.error, IndexError) as error:
            raise SettingsError(f"{entry[1]!r} is no replacement for {entry[0]!r}: {error}") from None
        return pattern, entry[1]
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
    # By way of Decimal, since 1e23 as a float is 8 million less than the whole number of that name.
    return int(exact) if value.is_integer() and (exact := Decimal(text)) == int(exact) else value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def parse_body(body: bytes) -> Json:
    """The JSON value of a body, in which `1.0` is `1`; a body that is no JSON comes back as its bytes."""
    try:
        return json.loads(body, parse_float=_number, parse_constant=_no_number)
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

    @property
    def is_of_bytes(self) -> bool:
        """Whether requests with the same method, URL and body have the same key."""
        return "headers" not in self.match_on

    @property
    def is_of_values(self) -> bool:
        """Whether requests with equal JSON have the same key, other things being equal."""
        return "raw_body" not in self.match_on

    def key(self, request: Request) -> bytes:
        digest = sha256()
        for name in self.match_on:
            part = COMPONENTS[name](self, request)
            digest.update(b"%d:" % len(part) + part)
        return digest.digest()

    def surely_equal(self, one: Request, other: Request) -> bool:
        """Whether two requests have the same key, if that can be told in a third of the time that two keys take.

        For bodies which hold the same values, however they are spelled, and in whichever order their keys come.
        """
        return all(
            self._have_same_value(one.body, other.body)
            if name in ("chat", "body")
            else COMPONENTS[name](self, one) == COMPONENTS[name](self, other)
            for name in self.match_on
        )

    def _have_same_value(self, one: bytes, other: bytes) -> bool:
        try:
            return bool(self._compared(_marked(one)) == self._compared(_marked(other)))
        except (ValueError, RecursionError):
            return one == other

    def value(self, request: Request) -> Json:
        """The body as it is compared: without what is ignored, with what varies normalized."""
        return self._compared(parse_body(request.body))

    def _compared(self, value: Json) -> Json:
        for path in self.ignore:
            value = _without(value, path)
        return substitute(value, self.normalize) if self.normalize else value


def _marked(body: bytes) -> Json:
    """The JSON value of a body, its numbers such that none is equal to what has another key.

    Those are what is no number, as true is 1, and the fraction to which a whole number is the nearest that there is.
    """
    return json.loads(
        body,
        parse_int=lambda text: (int(text),),
        parse_float=lambda text: _told(_number(text)),
        parse_constant=_no_number,
    )


def _told(number: float) -> tuple[float | str, ...]:
    return (number,) if isinstance(number, int) else (number, "fraction")


def _query(_: Matcher, request: Request) -> bytes:
    return repr(sorted(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))).encode()


def _port(_: Matcher, request: Request) -> bytes:
    url = urlsplit(request.url)
    return str(url.port or {"http": 80, "https": 443}.get(url.scheme)).encode()


def _part(name: str) -> Callable[[Matcher, Request], bytes]:
    return lambda _, request: str(getattr(urlsplit(request.url), name)).encode()


COMPONENTS: Mapping[str, Callable[[Matcher, Request], bytes]] = {
    "method": lambda _, request: request.method.upper().encode(),
    "endpoint": lambda matcher, request: (matcher.endpoints.match(request.url) or request.url).encode(),
    "chat": lambda matcher, request: canonical(matcher.value(request)),
    "uri": lambda _, request: request.url.encode(),
    "scheme": _part("scheme"),
    "host": _part("hostname"),
    "port": _port,
    "path": _part("path"),
    "query": _query,
    "headers": lambda _, request: repr(sorted(request.headers)).encode(),
    "body": lambda matcher, request: canonical(matcher.value(request)),
    "raw_body": lambda _, request: request.body,
}
"""What can be compared; from `uri` on, the names and meanings are vcrpy's (of headers, those that are stored count)."""


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
    """Walk two JSON values in step and give what differs, the deepest common path at a time.

    What lists have in common at both ends is left out first, so that an item put in between is one difference.
    """
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for key in [*recorded, *(key for key in asked if key not in recorded)]:
            yield from differences(recorded.get(key, MISSING), asked.get(key, MISSING), (*path, key))
    elif isinstance(recorded, list) and isinstance(asked, list):
        head = _in_common(recorded, asked)
        tail = _in_common(recorded[head:][::-1], asked[head:][::-1])
        pairs = zip_longest(recorded[head : len(recorded) - tail], asked[head : len(asked) - tail], fillvalue=MISSING)
        for place, (old, new) in enumerate(pairs, head):
            yield from differences(old, new, (*path, place))
    elif type(recorded) is not type(asked) or recorded != asked:
        yield Difference(format_path(path), recorded, asked)


def _in_common(recorded: Sequence[Json], asked: Sequence[Json]) -> int:
    """How many items the two begin with that are the same; not by `==`, for which True is 1."""
    count = 0
    for old, new in zip(recorded, asked, strict=False):
        if canonical(old) != canonical(new):
            break
        count += 1
    return count

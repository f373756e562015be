"""The user's own redactions."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import json
from pytest_samurai.redaction.difference import difference
from pytest_samurai.redaction.edits import REDACTED, Edit, edited, spliced, united
from pytest_samurai.redaction.readable import STRING, documents, is_json
from pytest_samurai.redaction.streams import Talk, event_data, parsed, texts_of
from pytest_samurai.wire import Dialect

Rule = re.Pattern[str] | Callable[[str], object]
"""A pattern that finds what to cut out, or a function that returns what replaces a text."""

NAMED: Final = {
    # A URL or form spells the sign as `%40`.
    "email": re.compile(r"\w[\w.+'-]{0,63}(?:@|%40)[^\W_][\w-]{0,62}(?:\.[\w-]{1,63})*\.[^\W\d_]{2,24}\b"),
}
"""The patterns that have a name."""

_URL = re.compile(r"((?:\w+://[^/?#]*)?)([^?#]*)(.*)", re.DOTALL)
_COMMENT = re.compile(rb"^:([^\r\n]*)", re.MULTILINE)

_Step = Callable[[str], Iterable[tuple[int, int, str]]]
"""Finds what to replace in a text: the bounds, and the replacement."""


def parse_rule(entry: object) -> Rule:
    """A rule as people write it: a name, a regular expression or a function. Raises ValueError for anything else."""
    if isinstance(entry, str):
        if entry in NAMED:
            return NAMED[entry]
        if names := sorted(set(entry.split()) & set(NAMED)):
            raise ValueError(f"{names[0]!r} on a line, or in a text, by itself")
        try:
            entry = re.compile(entry)
        except re.error as error:
            raise ValueError(f"regular expressions, and {entry!r} is not one: {error}") from None
    if isinstance(entry, re.Pattern):
        if not isinstance(entry.pattern, str):
            raise ValueError("regular expressions of text, not of bytes")
        if entry.search(""):
            raise ValueError(f"regular expressions that match some text; {entry.pattern!r} matches empty text")
        return entry
    if not callable(entry) or not isinstance(entry, Hashable):
        raise ValueError('a list of regular expressions, of names ("email"), and of functions text -> text')
    return entry


class Rules:
    """Applies the rules to the texts in what is written, not to keys, numbers or `true`, so that JSON stays JSON.

    A function gets each text decoded: for a stream, the whole text of all its events; for JSON within JSON, each text.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        patterns = [rule for rule in rules if isinstance(rule, re.Pattern)]
        self._patterns = partial(_matches, patterns)
        functions = [rule for rule in rules if not isinstance(rule, re.Pattern)]
        self._steps: list[_Step] = [self._patterns] if patterns else []
        self._steps += [partial(_changes, function) for function in functions]

    def text(self, text: str) -> str:
        """A text as it may be written and shown."""
        for step in self._steps:
            text = _said(text, step)
        return text

    def url(self, url: str) -> str:
        """A URL as it may be written and shown. Its host stays, and functions get only its query."""
        match = _URL.match(url)
        assert match is not None
        host, path, query = match.groups()
        return f"{host}{_said(path, self._patterns)}{self.text(query)}"

    def body(self, body: bytes) -> bytes:
        """The body of a request as it may be written."""
        for step in self._steps:
            body = edited(body, self._edits(body, step))
        return body

    def pieces(self, pieces: Sequence[bytes], dialect: Dialect) -> list[bytes]:
        """The pieces of a reply's body as they may be written."""
        pieces = [*pieces]
        for step in self._steps:
            talk = Talk(b"".join(pieces), dialect)
            pieces = spliced(pieces, talk.edits(partial(_of_bytes, step=step)))
            body = b"".join(pieces)
            pieces = spliced(pieces, self._edits(body, step, _spoken(body, dialect)))
        return pieces

    def _edits(self, body: bytes, step: _Step, spoken: frozenset[str] = frozenset()) -> list[Edit]:
        """The edits of a body; the `spoken` texts in its events are already done."""
        values = [*documents(body)]
        if not values:
            return _of_bytes(body, step)
        edits = [edit for begin, end in values for edit in _in_strings(body, begin, end, step, spoken)]
        if step is self._patterns:
            # A comment between events isn't a text for a function.
            for comment in _COMMENT.finditer(body):
                first, last = comment.span(1)
                edits += [(first + begin, first + end, new) for begin, end, new in _of_bytes(body[first:last], step)]
        return united(edits)


def _matches(patterns: Iterable[re.Pattern[str]], text: str) -> Iterator[tuple[int, int, str]]:
    for pattern in patterns:
        for match in pattern.finditer(text):
            if match[0]:
                yield (*match.span(), REDACTED)


def _changes(function: Callable[[str], object], text: str) -> Iterable[tuple[int, int, str]]:
    new = function(text) if text else text
    if not isinstance(new, str):
        name = getattr(function, "__name__", type(function).__name__)
        raise SettingsError(
            f"redact: {name} returned a value of type {type(new).__name__}; it must return the text to write"
        )
    return difference(text, new)


def _of_bytes(body: bytes, step: _Step) -> list[Edit]:
    """The edits of a text in UTF-8; none for a body that isn't text."""
    try:
        text = body.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return []
    edits = difference(text, _said(text, step)) if is_json(body) else step(text)
    return united(
        (_length(text[:begin]), _length(text[:end]), new.encode("utf-8", "surrogatepass")) for begin, end, new in edits
    )


def _length(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _said(text: str, step: _Step) -> str:
    """A text after one step. In JSON, only the texts change."""
    body = text.encode("utf-8", "surrogatepass")
    edits = [*_in_strings(body, 0, len(body), step)] if is_json(body) else _of_bytes(body, step)
    return edited(body, edits).decode("utf-8", "surrogatepass") if edits else text


def _in_strings(body: bytes, begin: int, end: int, step: _Step, done: frozenset[str] = frozenset()) -> Iterator[Edit]:
    for match in STRING.finditer(body, begin, end):
        if match[2]:
            continue
        text = json.loads(b'"%b"' % match[1])
        if text not in done and (new := _said(text, step)) != text:
            yield (*match.span(1), json.dumps(new)[1:-1].encode())


def _spoken(body: bytes, dialect: Dialect) -> frozenset[str]:
    """The texts in the events of a stream that continue from event to event."""
    values = [value for data, _, _, _ in event_data(body) if (value := parsed(data)) is not None]
    return frozenset(holder[key] for value in values for _, holder, key in texts_of(value, dialect))

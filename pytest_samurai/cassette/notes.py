"""The notes of an interaction: what a cassette says about it outside request and reply, under `response.samurai`.

vcrpy keeps unknown keys there. Everything that writes, cuts, judges or loads a note uses the table `NOTES`, so a new
note is a new row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Any

from pytest_samurai.cassette.answer import ANSWER
from pytest_samurai.cassette.body import plain_body, written
from pytest_samurai.cassette.checked import get_any, shortened
from pytest_samurai.cassette.chunks import chunks_text
from pytest_samurai.cassette.values import (
    PLAIN_MAPPING,
    PLAIN_MAPPINGS,
    PLAIN_NUMBER,
    PLAIN_TEXT,
    flow,
    read_flow,
    read_number,
    unquoted,
)
from pytest_samurai.text import scalar
from pytest_samurai.wire import COMPLETE, UNPRICED, Interaction, Price


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    - `write` makes its text; empty if there is nothing to note.
    - `shape` is the regular expression that cuts the text out of a file. `plain` matches only those texts that no YAML
      reader takes for anything else.
    - `read` undoes `write`.
    - `check` takes a mapping that YAML has read and a name in it, and returns the value or None. Raises ValueError for
      anything else.
    - A text that `recurs` from call to call is read once in a run.
    """

    write: Callable[[Any], str]
    shape: bytes
    plain: bytes
    read: Callable[[str], Any]
    check: Callable[[Mapping[str, Any], str], Any]
    recurs: bool = False


def _price_text(price: Price | str) -> str:
    return price if isinstance(price, str) else flow(price.as_written())


def _read_price(text: str) -> Price | str:
    return UNPRICED if text == UNPRICED else Price.from_written(read_flow(text))


def _checked_price(data: Mapping[str, Any], name: str) -> Price | str | None:
    written = data.get(name)
    if written is None or written == UNPRICED:
        return written
    if not isinstance(written, dict):
        raise ValueError(f"`{name}` is {shortened(written)}, neither a mapping nor {UNPRICED}")
    try:
        return Price.from_written(written)
    except ValueError as error:
        raise ValueError(f"`{name}`: {error}") from None


def _flagged(data: Mapping[str, Any], name: str) -> bool | None:
    return True if data.get(name) is True else None


_text = partial(get_any, kind="text")
_CHECKSUMS = rb"[0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8}"

TEXT = Kind(scalar, rb".+", PLAIN_TEXT, unquoted, _text)
NUMBER = Kind(flow, rb"[\d.e+-]+", PLAIN_NUMBER, read_number, partial(get_any, kind="a number"))
MAPPING = Kind(flow, rb"\{.*\}", PLAIN_MAPPINGS, read_flow, partial(get_any, kind="a mapping"))
FLAG = Kind(lambda _: "true", rb"true", rb"true", lambda _: True, _flagged)
LAYOUT = Kind(str, rb"(?:(?:folded|lines|spaced|ascii|crlf) ?)+", rb"[a-z]+(?: [a-z]+)*", str, _text)
BLOCK = Kind(
    lambda text: "".join(part.decode() for part in written(text, 8, "").text),
    rb'"[^\n]*"|\|[-+2]*+(?:\n(?:        [^\n]*+|(?=\n)))++',
    plain_body(b"        "),
    str,
    _text,
)
MOVED = Kind(str, rb"[A-Za-z_]+@[\w@ ]+", rb"[A-Za-z_]+@[0-9]+(?: [A-Za-z_]+@[0-9]+)*", str, _text)
PRICE = Kind(
    _price_text, rb"\{.*\}|unknown", rb"(?:unknown|%b)" % PLAIN_MAPPING, _read_price, _checked_price, recurs=True
)
CHUNKS = Kind(
    chunks_text,
    # The seal covers the details. Looking for each word takes four times as long.
    rb">-[0-9@. \n]++",
    rb">-(?:\n        [0-9@.]+(?: [0-9@.]+)*+)++",
    lambda text: text.removeprefix(">-"),
    _text,
)
SEAL = Kind(" ".join, _CHECKSUMS, _CHECKSUMS, str.split, _text)


class Of(Enum):
    """What a note belongs to: the interaction, its reply, how a body is written, or the text itself."""

    INTERACTION = auto()
    REPLY = auto()
    BODY = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class Note:
    """A row of the table. A cassette doesn't write the default."""

    name: str
    of: Of
    kind: Kind
    default: Any = None

    @property
    def begin(self) -> str:
        """The text before the value."""
        return f"\n      {self.name}: "

    def text(self, value: Any) -> str:
        """The note as it is written; empty for the default."""
        written = "" if value is None or value == self.default else self.kind.write(value)
        return written and self.begin + written

    def pattern(self, of_kind: bytes) -> bytes:
        """The regular expression of the note, which may be missing, given the expression of its kind."""
        return rb"(?:%b(?P<%b>%b))?" % (self.begin.encode(), self.name.encode(), of_kind)

    def checked(self, data: Mapping[str, Any]) -> Any:
        """The value that YAML has read. Raises ValueError if it is not of its kind."""
        value = self.kind.check(data, self.name)
        return self.default if value is None else value


class Notes:
    """The table in the order of writing: the answer first, the longest note second to last, and the seal last."""

    head = b"\n    samurai:"

    def __init__(self, *rows: Note) -> None:
        *optional, self.seal = rows
        self.answer, *short, self.longest = optional
        self.rows = rows
        self.names = frozenset(note.name for note in rows)
        self._short = short
        self._by_name = {note.name: note for note in rows}
        self.date = self._by_name["recorded_at"]
        self._defaults = self._by_side(lambda note: note.default)
        self.text = re.compile(rb"%b(?:%b)" % (self.answer.begin.encode(), self.answer.kind.shape))
        """Finds the answer. It comes before all other notes, and only people read it."""
        self.short = re.compile(b"".join(note.pattern(note.kind.shape) for note in short))
        """Finds all other notes except the longest, which can be skipped to read the rest."""
        # Possessive: otherwise a long note would be tried again at each of its words.
        self.others = re.compile(self.short.pattern + self.longest.pattern(self.longest.kind.shape) + b"+")
        self.plain = b"%b%b%b%b\n" % (
            self.head,
            b"".join(note.pattern(note.kind.plain) for note in optional),
            self.seal.begin.encode(),
            self.seal.kind.plain,
        )

    def written(self, interaction: Interaction, of_bodies: Mapping[str, Any]) -> Iterator[str]:
        """The notes of an interaction as they are written, except answer and seal.

        `of_bodies` has the notes about its bodies.
        """
        for note in self.rows:
            if note.of is Of.INTERACTION:
                yield note.text(getattr(interaction, note.name))
            elif note.of is Of.REPLY:
                yield note.text(getattr(interaction.reply, note.name))
            elif note.of is Of.BODY:
                yield note.text(of_bodies[note.name])

    def side(self, of: Of) -> Side:
        """The notes of one side that `short` finds."""
        return Side([note for note in self._short if note.of is of])

    def read(self, written: tuple[str, str]) -> Any:
        """The value of a note, given its name and text. Raises ValueError if it is not of its kind."""
        name, text = written
        return self._by_name[name].kind.read(text)

    def checked(self, data: Mapping[str, Any]) -> Mapping[Of, Mapping[str, Any]]:
        """All notes as YAML has read them, by side. Raises ValueError for an unknown note or a wrong value."""
        if not data:
            return self._defaults
        unknown = sorted(set(map(str, data)) - self.names)
        if unknown:
            raise ValueError(f"`{unknown[0]}` does not belong under `samurai`")
        return self._by_side(lambda note: note.checked(data))

    def _by_side(self, value: Callable[[Note], Any]) -> dict[Of, dict[str, Any]]:
        return {of: {note.name: value(note) for note in self.rows if note.of is of} for of in Of}


class Side:
    """The notes of an interaction, or of its reply, which are read together."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._names = tuple(note.name for note in notes)
        self._rows = tuple((note.name, note.kind.read, note.kind.recurs) for note in notes)

    def read(self, match: re.Match[bytes], recurring: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
        """The values that `Notes.short` has found, by name. Those that recur are looked up by name and text.

        A missing note is left out: the field has its default. Raises ValueError if a text is not of its kind.
        """
        values = {}
        for text, (name, read, recurs) in zip(match.group(*self._names), self._rows):  # noqa: B905 - names are rows
            if text is not None:
                values[name] = recurring[name, text.decode()] if recurs else read(text.decode())
        return values


NOTES = Notes(
    Note(ANSWER, Of.TEXT, BLOCK),
    Note("recorded_at", Of.INTERACTION, TEXT),
    Note("duration", Of.REPLY, NUMBER),
    Note("http_version", Of.REPLY, TEXT, "HTTP/1.1"),
    Note("request_layout", Of.BODY, LAYOUT, ""),
    Note("layout", Of.BODY, LAYOUT, ""),
    Note("moved", Of.BODY, MOVED, ""),
    Note("ending", Of.REPLY, TEXT, COMPLETE),
    Note("error", Of.REPLY, TEXT, ""),
    Note("hidden_usage", Of.REPLY, MAPPING),
    Note("price", Of.INTERACTION, PRICE),
    Note("edited", Of.INTERACTION, FLAG, False),
    Note("imported", Of.INTERACTION, FLAG, False),
    Note("answered_at", Of.INTERACTION, TEXT),
    Note("chunks", Of.BODY, CHUNKS),
    Note("seal", Of.TEXT, SEAL),
)

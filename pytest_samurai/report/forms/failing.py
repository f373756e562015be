"""Failures and their causes on a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pytest_samurai.report.causes import Group
from pytest_samurai.report.forms.talk import shortened
from pytest_samurai.report.run import Failure
from pytest_samurai.text import TextChange, plural

MOST_TEXT = 250_000
"""The maximum number of characters in the texts of all failures. Beyond that, only the reason is shown."""

_LONGEST = 6_000
_REASON = 200
_MOST_TESTS = 100
_OLD = re.compile(r" *- ")
_NEW = re.compile(r" *\+ ")


@dataclass(frozen=True, slots=True)
class Line:
    """A line in pieces, each with whether it has changed. `kind` is `old` or `new` if there is something to compare."""

    pieces: Sequence[tuple[str, bool]]
    kind: str = ""

    @property
    def tag(self) -> str:
        """The HTML tag for a changed piece."""
        return "del" if self.kind == "old" else "ins"


@dataclass(frozen=True, slots=True)
class Told:
    """A cause of failures: what it is, the difference, and the tests."""

    what: str
    lines: Sequence[Line]
    tests: Sequence[str]
    more: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure. `reason` is the start of its text; `lines` is empty if the page has no space for them."""

    kind: str
    test: str
    reason: str
    lines: Sequence[Line]


def faults(failures: Sequence[Failure]) -> Iterator[Fault]:
    """The failures. A page has space for the texts of the first ones."""
    room = MOST_TEXT
    for failure in failures:
        whole = "\n".join(failure.text.splitlines())
        text = shortened(whole, _LONGEST)
        first = whole.strip().partition("\n")[0] if failure.diagnosis is None else failure.diagnosis.cause.what
        reason = shortened(first, _REASON).replace("\n", " ")
        room -= len(text)
        yield Fault(failure.kind, failure.test, reason, _compared(text.split("\n")) if room >= 0 else ())


def told(group: Group) -> Told:
    """A cause with its first tests, and the number of the others."""
    tests = list(group.tests)
    lines = _compared([shortened(line, _LONGEST).replace("\n", " ") for line in group.cause.difference])
    more = f"and {plural(len(tests) - _MOST_TESTS, 'test')} more" if len(tests) > _MOST_TESTS else ""
    what = f"{plural(len(tests), 'test')}: {group.cause.what}"
    # A text that was only added or only removed has no counterpart.
    lines = [replace(line, kind=line.kind or _side(line)) for line in lines]
    return Told(what, lines, tests[:_MOST_TESTS], more)


def _side(line: Line) -> str:
    [(text, _)] = line.pieces
    return "old" if _OLD.match(text) else "new" if _NEW.match(text) else ""


def _compared(lines: Sequence[str]) -> list[Line]:
    """The lines. If two of them are `matching`'s old and new form of a text, they are compared word by word."""
    shown = [Line([(line, False)]) for line in lines]
    for index, (old, new) in enumerate(pairwise(lines)):
        minus, plus = _OLD.match(old), _NEW.match(new)
        if minus and plus and minus.end() == plus.end():
            before, after = TextChange(old[minus.end() :], new[plus.end() :]).runs(None)
            shown[index] = Line([(minus[0], False), *before], "old")
            shown[index + 1] = Line([(plus[0], False), *after], "new")
    return shown

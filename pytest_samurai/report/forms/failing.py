"""Failures, as a page shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pytest_samurai.report.forms.talk import shortened
from pytest_samurai.report.run import Failure
from pytest_samurai.text import changed_stretches

MOST_TEXT = 250_000
"""Characters of the texts of all failures; of those beyond, only the reason is shown."""

_LONGEST = 6_000
_REASON = 200
_OLD = "      - "
_NEW = "      + "


@dataclass(frozen=True, slots=True)
class Line:
    """A line in pieces, each with whether it has changed. `kind` is `old` or `new` if there is something to compare."""

    pieces: Sequence[tuple[str, bool]]
    kind: str = ""

    @property
    def tag(self) -> str:
        """What HTML has for a changed piece."""
        return "del" if self.kind == "old" else "ins"


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure: `reason` is how its text begins; `lines` are none if the page has no room for them."""

    kind: str
    test: str
    reason: str
    lines: Sequence[Line]


def faults(failures: Sequence[Failure]) -> Iterator[Fault]:
    """The failures. A page has room for the texts of the first."""
    room = MOST_TEXT
    for failure in failures:
        whole = "\n".join(failure.text.splitlines())
        text = shortened(whole, _LONGEST)
        reason = shortened(whole.strip().partition("\n")[0], _REASON).replace("\n", " ")
        room -= len(text)
        yield Fault(failure.kind, failure.test, reason, _lines(text) if room >= 0 else ())


def _lines(text: str) -> list[Line]:
    """The lines of a failure. Two that `matching` has written for a text that changed are compared by the word."""
    lines = text.split("\n")
    shown = [Line([(line, False)]) for line in lines]
    for index, (old, new) in enumerate(pairwise(lines)):
        if old.startswith(_OLD) and new.startswith(_NEW):
            before, after = changed_stretches(old.removeprefix(_OLD), new.removeprefix(_NEW))
            shown[index] = Line([(_OLD, False), *before], "old")
            shown[index + 1] = Line([(_NEW, False), *after], "new")
    return shown

"""What made tests fail, so that all tests of one cause are named together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from json import dumps
from typing import Any, Final

MISS: Final = "miss"
"""A request that no recording answers."""

GROWTH: Final = "growth"
"""More use than the lock has."""


class Reason(StrEnum):
    """Why a request has no recording, as far as it decides what settles that.

    The prompt is another, parameters are others, nothing is recorded for it, or it is something else.
    """

    PROMPT = "prompt"
    PARAMETERS = "parameters"
    UNRECORDED = "unrecorded"
    OTHER = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause: `what` it is, in a few words, and the actual `difference`, on a few lines.

    The same cause has the same `name` in all tests, and in all runs. It begins with the kind: `MISS` or `GROWTH`.
    Of a miss, `ignorable` are the paths of the request without which it would be answered; reports do not have them,
    nor the `reason`.
    """

    name: str
    what: str
    difference: tuple[str, ...] = ()
    reason: Reason = field(default=Reason.OTHER, compare=False)
    ignorable: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, kind: str, what: str, difference: Sequence[str] = (), same: Sequence[Sequence[str]] = ()) -> Cause:
        """A cause of a kind. Causes are one where `same` is; without it, where `what` is."""
        digest = hashlib.sha256(dumps(same or what).encode()).hexdigest()
        return cls(f"{kind}-{digest[:8]}", what, tuple(difference))

    @property
    def kind(self) -> str:
        return self.name.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The cause of a failure; of a refused request, also which of the calls of its recorder it is, from 1.

    `mode` is the record mode in which pytest records that request; empty where pytest does not run the test again.
    `moved` is what grew, with the numbers of this test.
    """

    cause: Cause
    call: int = 0
    mode: str = ""
    moved: str = ""

    def as_json(self) -> list[Any]:
        """As it travels with a report of pytest's."""
        cause = self.cause
        told = [cause.name, cause.what, list(cause.difference), cause.reason.value, list(cause.ignorable)]
        return [*told, self.call, self.mode, self.moved]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> Diagnosis:
        """What `as_json` gave."""
        name, what, difference, reason, ignorable, call, mode, moved = value
        return cls(Cause(name, what, tuple(difference), Reason(reason), tuple(ignorable)), call, mode, moved)

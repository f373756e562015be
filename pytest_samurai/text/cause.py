"""What made tests fail, so that all tests with one cause are named together."""

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
"""More use than in the lock."""


class Reason(StrEnum):
    """Why a request has no recording. This decides what to do about it.

    The prompt changed, parameters changed, nothing is recorded for it, only values differ that vary from run to run, or
    it is something else.
    """

    PROMPT = "prompt"
    PARAMETERS = "parameters"
    UNRECORDED = "unrecorded"
    VARYING = "varying"
    OTHER = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause: `what` it is, in a few words, and the actual `difference`, on a few lines.

    A cause has the same `name` in all tests and in all runs. The name begins with the kind: `MISS` or `GROWTH`. For a
    miss, `ignorable` are the paths of the request; without them, a recording would answer it. Reports have neither
    these nor the `reason`.
    """

    name: str
    what: str
    difference: tuple[str, ...] = ()
    reason: Reason = field(default=Reason.OTHER, compare=False)
    ignorable: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, kind: str, what: str, difference: Sequence[str] = (), same: Sequence[Sequence[str]] = ()) -> Cause:
        """A cause of a kind. Two causes are the same if `same` is; without it, if `what` is."""
        digest = hashlib.sha256(dumps(same or what).encode()).hexdigest()
        return cls(f"{kind}-{digest[:8]}", what, tuple(difference))

    @property
    def kind(self) -> str:
        return self.name.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The cause of a failure; for a refused request, also which call of its recorder it is, from 1.

    `mode` is the record mode that makes pytest record that request; empty if pytest doesn't run the test again. `moved`
    is what grew, with the numbers of this test.
    """

    cause: Cause
    call: int = 0
    mode: str = ""
    moved: str = ""

    def as_json(self) -> list[Any]:
        """The form in which it travels with a pytest report."""
        cause = self.cause
        told = [cause.name, cause.what, list(cause.difference), cause.reason.value, list(cause.ignorable)]
        return [*told, self.call, self.mode, self.moved]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> Diagnosis:
        """The diagnosis that `as_json` gave."""
        name, what, difference, reason, ignorable, call, mode, moved = value
        return cls(Cause(name, what, tuple(difference), Reason(reason), tuple(ignorable)), call, mode, moved)

"""What made tests fail, so that all tests of one cause are named together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause: `what` it is, in a few words, and the actual `difference`, on a few lines.

    The same cause has the same `name` in all tests, and in all runs.
    """

    name: str
    what: str
    difference: tuple[str, ...] = ()

    @classmethod
    def of(cls, kind: str, what: str, difference: Sequence[str] = (), same: Sequence[Sequence[str]] = ()) -> Cause:
        """A cause of a kind (`miss`, `growth`). Causes are one where `same` is; without it, where `what` is."""
        digest = hashlib.sha256(dumps(same or what).encode()).hexdigest()
        return cls(f"{kind}-{digest[:8]}", what, tuple(difference))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The cause of a failure; of a refused request, also which of the calls of its recorder it is, from 1.

    `mode` is the record mode in which pytest records that request; empty where pytest does not run the test again.
    """

    cause: Cause
    call: int = 0
    mode: str = ""

    def as_json(self) -> list[Any]:
        """As it travels with a report of pytest's."""
        return [self.cause.name, self.cause.what, list(self.cause.difference), self.call, self.mode]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> Diagnosis:
        """What `as_json` gave."""
        name, what, difference, call, mode = value
        return cls(Cause(name, what, tuple(difference)), call, mode)

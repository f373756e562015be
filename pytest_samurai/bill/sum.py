"""A sum with parts that may be unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Generic, TypeVar

from pytest_samurai.text import plural
from pytest_samurai.wire import Usage

T = TypeVar("T", int, Decimal, Usage)
"""What is added up: a count, an amount of US dollars, a usage."""


@dataclass(frozen=True, slots=True)
class Sum(Generic[T]):
    """The sum of the parts that are `known`, and the number of those that are `unknown`: unknown never counts as 0."""

    known: T
    unknown: int = 0

    @classmethod
    def of(cls, parts: Iterable[T | None], nothing: Sum[T]) -> Sum[T]:
        """The sum of parts, where None is an unknown one; `nothing` is the sum of no parts, like `NO_COST`."""
        known: T | None = None
        unknown = 0
        for part in parts:
            if part is None:
                unknown += 1
            else:
                known = part if known is None else known + part
        return cls(nothing.known if known is None else known, unknown)

    def __add__(self, part: T | None) -> Sum[T]:
        """The sum with one more part, where None is an unknown one."""
        return Sum(self.known, self.unknown + 1) if part is None else Sum(self.known + part, self.unknown)

    @property
    def if_known(self) -> T | None:
        """The whole sum; None if part of it is unknown."""
        return None if self.unknown else self.known

    def unknown_in(self, noun: str) -> str:
        """How many parts are unknown, as in "unknown in 2 calls"; empty if none are. The `noun` names one part."""
        return f"unknown in {plural(self.unknown, noun)}" if self.unknown else ""

    def doubt(self, noun: str) -> str:
        """The same in brackets, to come after the known sum."""
        return f" ({self.unknown_in(noun)})" if self.unknown else ""


def sums_of(pairs: Sequence[tuple[T | None, T | None]], nothing: Sum[T]) -> tuple[Sum[T], Sum[T]]:
    """The sums of both sides of pairs, to be compared with each other.

    A pair with an unknown side is unknown in both: as a part of only one sum, it would look like a change.
    """
    known = [(None, None) if None in pair else pair for pair in pairs]
    return Sum.of([old for old, _ in known], nothing), Sum.of([new for _, new in known], nothing)


NO_COUNT: Final = Sum(0)
NO_USAGE: Final = Sum(Usage())
NO_COST: Final = Sum(Decimal(0))

"""Conversations of cassettes, to be told without a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_samurai.bill import Call


@dataclass(frozen=True, slots=True)
class Side:
    """The calls of a cassette by their numbers, or of one side of a merge conflict in it: `name` is git's for it.

    Of a call that cannot be read, the reason stands in its place.
    """

    calls: Mapping[int, Call | str]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """The conversation in a cassette. `damage` says why it cannot be read as a whole; it is empty if it can be."""

    title: str
    sides: Sequence[Side]
    damage: str = ""

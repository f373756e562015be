"""Conversations from cassettes, without a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_samurai.bill import Call


@dataclass(frozen=True, slots=True)
class Side:
    """The calls of a cassette by number, or of one side of a merge conflict in it: `name` is git's name for the side.

    An unreadable call is replaced by the reason.
    """

    calls: Mapping[int, Call | str]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """The conversation in a cassette. `damage` says why it cannot be read completely; it is empty if it can."""

    title: str
    sides: Sequence[Side]
    damage: str = ""

"""What a test played of a cassette."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any


def below(root: Path, paths: Iterable[Path]) -> dict[Path, str]:
    """Paths as seen from the root directory, links resolved, so that one file has one name."""
    paths = list(paths)
    return dict(zip(paths, _below(root, map(str, paths)), strict=True))


def _below(root: Path, paths: Iterable[str]) -> list[str]:
    # By texts, and each directory once: a suite has a path for each test, and to resolve one takes longer than a call.
    home = os.path.realpath(root)
    directories: dict[str, str] = {}
    names = []
    for path in paths:
        directory, name = os.path.split(os.path.realpath(path) if os.path.islink(path) else path)  # noqa: PTH114
        if directory not in directories:
            directories[directory] = PurePath(os.path.relpath(os.path.realpath(directory), home), "_").as_posix()[:-1]
        names.append(directories[directory] + name)
    return names


@dataclass(frozen=True, slots=True)
class Play:
    """What one test, or fixture, played of a cassette; places count from 0.

    `cassette` is a path; from the root directory, once `placed` has seen to it. `unknown`, if it is not empty, says
    why what was not played says nothing.
    """

    cassette: str
    recorded: int
    unplayed: list[int]
    shared: bool
    unknown: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it travels with a report. By hand: every test has one, and `asdict` copies each place."""
        return {
            "cassette": self.cassette,
            "recorded": self.recorded,
            "unplayed": self.unplayed,
            "shared": self.shared,
            "unknown": self.unknown,
        }


def placed(plays: Iterable[Play], root: Path) -> list[Play]:
    """The plays with their paths from the root directory."""
    plays = list(plays)
    return [
        replace(play, cassette=name)
        for play, name in zip(plays, _below(root, [play.cassette for play in plays]), strict=True)
    ]


def merged_plays(plays: Iterable[Play]) -> list[Play]:
    """One play for each cassette: unplayed is what nobody played, of those that can say; unknown why others cannot."""
    of: dict[str, list[Play]] = {}
    for play in plays:
        of.setdefault(play.cassette, []).append(play)
    return [_as_one(of[cassette]) for cassette in sorted(of)]


def _as_one(plays: Sequence[Play]) -> Play:
    known = [play for play in plays if not play.unknown] or plays
    unplayed = set.intersection(*(set(play.unplayed) for play in known))
    unknown = next((play.unknown for play in plays if play.unknown), "")
    return replace(known[-1], unplayed=sorted(unplayed), unknown=unknown)

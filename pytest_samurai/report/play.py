"""What a test played from a cassette."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

from pytest_samurai.wire import Origins


def below(root: Path, paths: Iterable[Path]) -> dict[Path, str]:
    """Paths relative to the root directory. Links are resolved, so that each file has one name."""
    paths = list(paths)
    return dict(zip(paths, _below(root, map(str, paths)), strict=True))


def _below(root: Path, paths: Iterable[str]) -> list[str]:
    # Each directory is resolved only once. A suite has a path for each test, and resolving takes longer than a replay.
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
    """What a test or fixture played from a cassette with `recorded` interactions.

    - `cassette`: a path, relative to the root directory after `placed`.
    - `updates`: whether the cassette was to be brought up to date. `dropped`: how many interactions that removed.
    - `unplayed`: indexes from 0. `unknown` says why they mean nothing; it is empty if they do mean something.
    - `users`: the ids of the tests, and the labels of fixtures.
    - `edited`, `imported` and `unsealed`: the counts of `Origins`.
    - `moved`: whether another tool wrote the cassette, imported or not.
    """

    cassette: str
    recorded: int
    unplayed: list[int]
    shared: bool
    unknown: str = ""
    users: list[str] = field(default_factory=list)
    updates: bool = False
    dropped: int = 0
    edited: int = 0
    imported: int = 0
    unsealed: int = 0
    moved: bool = False

    def as_json(self) -> dict[str, Any]:
        """The play in the form that pytest's reports carry. Every test has one, and `asdict` would copy each index."""
        return {
            "cassette": self.cassette,
            "recorded": self.recorded,
            "unplayed": self.unplayed,
            "shared": self.shared,
            "unknown": self.unknown,
            "users": self.users,
            "updates": self.updates,
            "dropped": self.dropped,
            "edited": self.edited,
            "imported": self.imported,
            "unsealed": self.unsealed,
            "moved": self.moved,
        }


def origins_of(plays: Iterable[Play]) -> Origins:
    """How many recordings are not as they were recorded, in cassettes that were opened: each cassette counts once."""
    return Origins.sum(Origins(play.edited, play.imported, play.unsealed) for play in merged_plays(plays))


def placed(plays: Iterable[Play], root: Path) -> list[Play]:
    """The plays, with paths relative to the root directory."""
    plays = list(plays)
    return [
        replace(play, cassette=name)
        for play, name in zip(plays, _below(root, [play.cassette for play in plays]), strict=True)
    ]


def merged_plays(plays: Iterable[Play]) -> list[Play]:
    """One play for each cassette, sorted by path.

    `unplayed` is what none of the tests that can tell has played, and `unknown` is why another cannot tell. It
    `updates` if all of them do.
    """
    by_cassette: dict[str, list[Play]] = {}
    for play in plays:
        by_cassette.setdefault(play.cassette, []).append(play)
    return [_merged(by_cassette[cassette]) for cassette in sorted(by_cassette)]


def _merged(plays: Sequence[Play]) -> Play:
    known = [play for play in plays if not play.unknown] or plays
    unplayed = set.intersection(*(set(play.unplayed) for play in known))
    unknown = next((play.unknown for play in plays if play.unknown), "")
    users = sorted({user for play in plays for user in play.users})
    updates, dropped = all(play.updates for play in plays), sum(play.dropped for play in plays)
    return replace(known[-1], unplayed=sorted(unplayed), unknown=unknown, users=users, updates=updates, dropped=dropped)

"""What a full run used: the plays of its tests, and the tests that cannot say what they would have played."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from pytest_samurai.errors import SettingsError

NOTE = "samurai/full_run"
"""The name of the note of the last full run, in pytest's cache."""


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


@dataclass(frozen=True, slots=True)
class Absent:
    """A test that was skipped before it opened its cassette, of which only a part of the path is known.

    `cassette` is that part, its last names; `fixtures` are the names of the fixtures it would have used.
    """

    test: str
    cassette: str
    fixtures: list[str]

    def may_own(self, path: PurePosixPath) -> bool:
        """Whether a cassette may be the test's, or of one of its fixtures."""
        own = PurePosixPath(self.cassette).parts
        if path.parts[-len(own) :] == own:
            return True
        # A name with a digest may have been cut short.
        of_fixture = "~" in path.name or any(name in path.name for name in self.fixtures)
        return path.parent.name == "fixtures" and of_fixture


@dataclass(frozen=True, slots=True)
class FullRun:
    """The last full run, with what was played since; all paths are relative to the root directory.

    `files` has a digest for each cassette that lay in `directories` when the run ended; an empty one for those that
    were written during the run.
    """

    ended: str
    mode: str
    directories: list[str]
    files: dict[str, str]
    plays: list[Play]
    absent: list[Absent]

    def with_plays(self, plays: Iterable[Play]) -> FullRun:
        """The same with what a later run played, which was no full one."""
        return replace(self, plays=merged_plays([*self.plays, *plays]))

    def as_json(self) -> dict[str, Any]:
        """As it is written down."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FullRun:
        """What `as_json` gave. Raises TypeError or KeyError for another version's."""
        plays, absent = value["plays"], value["absent"]
        return cls(**{**value, "plays": [Play(**one) for one in plays], "absent": [Absent(**one) for one in absent]})


# --- the note

_SUFFIXES = (".yaml", ".yml")
_FIXTURES = "fixtures"


def noted(
    root: Path, directory: Path, plays: Iterable[Play], absent: Iterable[Absent], *, mode: str, began: datetime
) -> FullRun:
    """What a full run that ends now used of the cassettes in `directory`, and in wherever else it opened some."""
    played = merged_plays(plays)
    directories = [*below(root, [directory]).values()]
    for play in played:
        parent = PurePosixPath(play.cassette).parent
        home = parent.parent if parent.name == _FIXTURES else parent
        if not home.is_relative_to(directories[0]):
            directories.append(str(home))
    directories = list(dict.fromkeys(directories))
    files = {name: _digest(root / name, began) for name in cassettes_of(root, directories)}
    return FullRun(datetime.now(UTC).isoformat(timespec="minutes"), mode, directories, files, played, list(absent))


def amended(note: Any, plays: Iterable[Play], not_full: str) -> dict[str, Any]:
    """The note of the last full run after one that was none: with what that played; or, if there is no note, with why.

    `not_full` says why the later run was no full one.
    """
    try:
        return FullRun.from_json(note).with_plays(plays).as_json()
    except (KeyError, TypeError):
        # None yet, or one of another version.
        return {"not_full": not_full}


def cassettes_of(root: Path, directories: Sequence[str]) -> list[str]:
    """The files that may be cassettes: below the first directory, which is for nothing else; in the others, not below.

    Journals are none. Nor are links: what they lead to is judged where it lies.
    """
    found = list((root / directories[0]).rglob("*"))
    for other in directories[1:]:
        found += [path for place in (root / other, root / other / _FIXTURES) for path in place.glob("*")]
    files = (path for path in found if path.suffix in _SUFFIXES and path.is_file() and not path.is_symlink())
    return sorted(set(below(root, files).values()))


def _digest(path: Path, began: datetime) -> str:
    """The digest of a file's content; nothing for one that the run itself wrote, whose places may have moved."""
    try:
        return "" if path.stat().st_mtime >= began.timestamp() else digest_of(path.read_bytes())
    except OSError:
        # A run of tests does not fail of it; what judges the file cannot read it either, and says so.
        return ""


def digest_of(content: bytes) -> str:
    """What tells whether a cassette is as it was when a full run was noted."""
    return sha256(content).hexdigest()[:32]


def last_full_run(cache: Path) -> FullRun:
    """The last full run, from pytest's cache directory. Raises SettingsError if there is none that replayed."""
    # Where pytest keeps values.
    note = cache / "v" / NOTE
    advice = "run all tests with `pytest`, without paths, -k or -m, from its root directory; then prune from there"
    try:
        value = json.loads(note.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"no full run is noted in {note}: {advice} (a cache directory of another name has to be given by"
            " --cache-dir, and `-p no:cacheprovider` keeps none)"
        ) from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{note} cannot be read ({error}): {advice}") from None
    if isinstance(value, dict) and "not_full" in value:
        raise SettingsError(f"no full run is noted yet, and the last run was none: {value['not_full']}; {advice}")
    try:
        run = FullRun.from_json(value)
    except (KeyError, TypeError):
        raise SettingsError(f"{note} is none of this version's: {advice}") from None
    if run.mode in ("all", "live"):
        raise SettingsError(f"the last full run was in mode {run.mode}, which plays nothing: {advice}, to replay")
    return run

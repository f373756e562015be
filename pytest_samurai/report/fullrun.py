"""What a full run used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from pytest_samurai.report.play import Play, below, merged_plays


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

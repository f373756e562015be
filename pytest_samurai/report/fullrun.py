"""What a full run used from the cassettes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from pytest_samurai.files import now
from pytest_samurai.report.play import Play, below, merged_plays

_SUFFIXES = (".yaml", ".yml")
_FIXTURES = "fixtures"
CHANGED = "it has changed since the last full run"
"""Why it is unknown what is unused in a cassette that was changed after the run."""


@dataclass(frozen=True, slots=True)
class Absent:
    """A test that was skipped before it opened its cassette.

    `cassettes` are the ends of its possible cassettes' paths, which is all that is known; `fixtures` are the names of
    the test's fixtures.
    """

    test: str
    cassettes: list[str]
    fixtures: list[str]

    def may_own(self, path: PurePosixPath) -> bool:
        """Whether a cassette may belong to the test or to one of its fixtures."""
        own = (PurePosixPath(name).parts for name in self.cassettes)
        if any(path.parts[-len(parts) :] == parts for parts in own):
            return True
        # A name with a digest was shortened, so the fixture's name may be missing.
        of_fixture = "~" in path.name or any(name in path.name for name in self.fixtures)
        return path.parent.name == _FIXTURES and of_fixture


@dataclass(frozen=True, slots=True)
class FullRun:
    """The last full run, with what was played since. All paths are relative to the root directory.

    `files` has the digest of each cassette in `directories` at the end of the run: empty if the run wrote it, None if
    it could not be read.
    """

    ended: str
    mode: str
    directories: list[str]
    files: dict[str, str | None]
    plays: list[Play]
    absent: list[Absent]

    def with_plays(self, plays: Iterable[Play]) -> FullRun:
        """The full run, plus the plays of a later, partial run."""
        return replace(self, plays=merged_plays([*self.plays, *plays]))

    def doubt(self, name: str, content: bytes) -> str:
        """Why this run does not show what is unused in a cassette with this content; empty if it does."""
        for absent in self.absent:
            if absent.may_own(PurePosixPath(name)):
                return f"{absent.test}, which may use it, was skipped"
        if name not in self.files:
            return "it is newer than the last full run"
        digest = self.files[name]
        if digest is None:
            return "it could not be read in the last full run"
        if not digest:
            return "it was written in the last full run itself"
        return "" if digest == digest_of(content) else CHANGED

    def as_json(self) -> dict[str, Any]:
        """The record as JSON values, for the note."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FullRun:
        """What `as_json` gave. Raises TypeError or KeyError for another version's record."""
        plays, absent = [Play(**play) for play in value["plays"]], [Absent(**test) for test in value["absent"]]
        return cls(**{**value, "plays": plays, "absent": absent})


def noted(
    root: Path, directory: Path, plays: Iterable[Play], absent: Iterable[Absent], *, mode: str, began: datetime
) -> FullRun:
    """The record of a full run that ends now. Its cassettes are in `directory`, and wherever else it opened some."""
    played = merged_plays(plays)
    directories = [*below(root, [directory]).values()]
    for play in played:
        parent = PurePosixPath(play.cassette).parent
        home = parent.parent if parent.name == _FIXTURES else parent
        if not home.is_relative_to(directories[0]):
            directories.append(str(home))
    directories = list(dict.fromkeys(directories))
    files = {name: _digest(root / name, began) for name in cassettes_of(root, directories)}
    return FullRun(now().isoformat(timespec="minutes"), mode, directories, files, played, list(absent))


def amended(note: Any, plays: Iterable[Play], not_full: str) -> dict[str, Any]:
    """The last full run's note plus the plays of a later, partial run. If there is no note, a new one says why.

    `not_full` says why the later run was not full.
    """
    try:
        return FullRun.from_json(note).with_plays(plays).as_json()
    except (KeyError, TypeError):
        # There is none yet, or another version wrote it.
        return {"not_full": not_full}


def cassettes_of(root: Path, directories: Sequence[str]) -> list[str]:
    """The files that may be cassettes: everything below the first directory, which has nothing else, and only the files
    directly in the others.

    Journals are not included, and neither are links: a file is judged in its own location.
    """
    paths = list((root / directories[0]).rglob("*"))
    for other in directories[1:]:
        paths += [path for parent in (root / other, root / other / _FIXTURES) for path in parent.glob("*")]
    files = (path for path in paths if path.suffix in _SUFFIXES and path.is_file() and not path.is_symlink())
    return sorted(set(below(root, files).values()))


def _digest(path: Path, began: datetime) -> str | None:
    """The digest of a file; None if it cannot be read.

    It is empty for a file that the run itself wrote, because its interactions may have new indexes.
    """
    try:
        return "" if path.stat().st_mtime >= began.timestamp() else digest_of(path.read_bytes())
    except OSError:
        # This does not fail a run: the command that judges the file cannot read it either, and says so.
        return None


def digest_of(content: bytes) -> str:
    """The digest of a cassette, which reveals later changes."""
    return sha256(content).hexdigest()[:32]

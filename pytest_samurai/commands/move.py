"""Moves the cassettes of renamed tests, and their rows of the lock, to the new names.

Recordings cost money. So nothing is overwritten, each file has a name at every moment, and an interrupted command can
be run again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pytest_samurai.bill import Lock, update_lock
from pytest_samurai.cassette import JOURNAL, journal_stem
from pytest_samurai.commands.renames import Rename, Target, Targets
from pytest_samurai.commands.tests import Suite
from pytest_samurai.errors import CassetteError, SettingsError
from pytest_samurai.files import claimed, locked, make_directory
from pytest_samurai.text import plural, visible

_TESTS = "tests"


class FileMove(NamedTuple):
    """A cassette or a journal that moves. Both paths are relative to the root."""

    old: str
    new: str

    @property
    def is_journal(self) -> bool:
        return self.old.endswith(JOURNAL)


@dataclass(frozen=True, slots=True)
class Plan:
    """What `mv` does: the files and the rows of the lock that move, by their old names. `left` says what stays."""

    files: Sequence[FileMove]
    rows: Mapping[str, str]
    left: Sequence[str]
    lock_name: str

    @property
    def lines(self) -> list[str]:
        return [
            *(f"{file.old} -> {file.new}" for file in self.files),
            *(f"{self.lock_name}: {old} -> {new}" for old, new in self.rows.items()),
            *self.left,
        ]

    @property
    def closing(self) -> str:
        journals = sum(file.is_journal for file in self.files)
        counts = [
            (len(self.files) - journals, "cassette"),
            (journals, "journal"),
            (len(self.rows), "row"),
        ]
        moved = [
            plural(count, noun) + (f" of {self.lock_name}" if noun == "row" else "") for count, noun in counts if count
        ]
        return f"moved {' and '.join(moved) or 'nothing'}"


def plan(suite: Suite, old: str, new: str) -> Plan:
    """What must move for tests that were called `old` and are now called `new`.

    Raises SettingsError if the two are of different kinds, if nothing is known about the old name, or if the
    destination of a move already exists.
    """
    rename = Rename.of(suite, old, new)
    targets = list(Targets(suite, rename))
    rows = dict(rename.rows(suite.lock, targets))
    files = [move for target in targets if not target.why_left for move in _files(suite.root, target)]
    left = [f"{target.old}: left alone: {target.why_left}" for target in targets if target.why_left]
    if not files and not rows and not left:
        home = visible(str(suite.path(str(suite.home))))
        raise SettingsError(
            f"nothing is known about {old!r}: neither a cassette below {home}, nor a row of {suite.lock_name},"
            " nor a test of the last full run"
        )
    taken = [move.new for move in files if _is_another(suite.root / move.old, suite.root / move.new)]
    taken += [
        f"the row of {row} in {suite.lock_name}" for row in rows.values() if suite.lock and row in suite.lock.tests
    ]
    if taken:
        raise SettingsError(
            "nothing was moved, because this already exists:\n"
            + "\n".join(f"  {visible(name)}" for name in taken)
            + "\nIf the test was recorded again under its new name, the old recordings are not needed:"
            " pytest-samurai prune --write\nTo use the old ones instead, delete the new ones and run this again"
        )
    return Plan(files, rows, left, suite.lock_name)


def _files(root: Path, target: Target) -> Iterator[FileMove]:
    """The cassette, if it exists, and its journals."""
    old = root / target.old
    if old.exists():
        yield FileMove(target.old, target.new)
    stem, new_stem = (journal_stem(PurePosixPath(name).name) for name in (target.old, target.new))
    for journal in sorted(old.parent.glob(f"*{JOURNAL}")):
        if journal.name.startswith(f"{stem}."):
            moved = PurePosixPath(target.new).with_name(f"{new_stem}{journal.name.removeprefix(stem)}")
            yield FileMove(PurePosixPath(target.old).with_name(journal.name).as_posix(), moved.as_posix())


def _is_another(old: Path, new: Path) -> bool:
    """Whether something else exists there.

    An interrupted run of this command may have given the file its second name.
    """
    return new.exists() and not new.samefile(old)


def carry_out(suite: Suite, moves: Plan) -> None:
    """Move the files, then the rows, and delete the directories that this empties.

    Raises CassetteError if a journal is in use or a file cannot be moved, SamuraiError if the lock cannot be written.
    What has been moved stays moved, and the same command moves the rest.
    """
    for file in moves.files:
        if file.is_journal:
            # A run that is recording now would continue under the old name.
            with claimed(suite.root / file.old):
                pass
    for file in moves.files:
        move_file(suite.root / file.old, suite.root / file.new)
    if moves.rows:
        update_lock(suite.root / suite.lock_name, lambda lock: _renamed(lock or Lock({}, {}), moves.rows))
    for file in moves.files:
        _remove_empty((suite.root / file.old).parent)


def move_file(old: Path, new: Path) -> None:
    """Move a file, which has a name at every moment. Raises CassetteError if it cannot be moved or another is there."""
    try:
        with locked(old):
            make_directory(new.parent)
            try:
                # Unlike a rename, this fails if another process has created the file in the meantime.
                os.link(old, new)
            except FileExistsError:
                if _is_another(old, new):
                    raise
            except OSError:
                _rename(old, new)
                return
            old.unlink()
    except OSError as error:
        raise CassetteError(
            f"{old}: cannot be moved to {new}: {error.strerror or error}; what was moved before stays moved, and the"
            " same command moves the rest"
        ) from error


def _rename(old: Path, new: Path) -> None:
    """For file systems without links."""
    if new.exists():
        raise FileExistsError(None, "there is something", str(new))
    old.rename(new)


def _renamed(lock: Lock, rows: Mapping[str, str]) -> Lock:
    tests = {rows.get(test, test): row for test, row in lock.tests.items()}
    by_hand = {(section, rows.get(key, key) if section == _TESTS else key) for section, key in lock.by_hand}
    return Lock(tests, lock.prices, frozenset(by_hand))


def _remove_empty(directory: Path) -> None:
    # The directory of all cassettes is not empty: it has what was moved.
    while _is_removed(directory):
        directory = directory.parent


def _is_removed(directory: Path) -> bool:
    """Remove a directory if it is empty. Returns whether it is gone."""
    try:
        directory.rmdir()
    except OSError:
        return not directory.exists()
    return True

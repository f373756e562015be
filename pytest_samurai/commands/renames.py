"""How renaming tests affects their cassettes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from pytest_samurai.bill import Lock, fixture_cassette
from pytest_samurai.cassette import JOURNAL, beside, cassette_name, module_directory
from pytest_samurai.commands.tests import Suite
from pytest_samurai.errors import SettingsError

_FIXTURES = "fixtures"
_JOURNAL = re.compile(r"(.+\.ya?ml)\.[^.]+\.[^.]+" + re.escape(JOURNAL))


class Target(NamedTuple):
    """A cassette that must move, and its new path; both are relative to the root.

    `why_left` is set if it cannot move.
    """

    old: str
    new: str
    why_left: str = ""


@dataclass(frozen=True, slots=True)
class Rename:
    """The old and the new name of tests, as ids from the root, and the known `tests` with the old name."""

    old: str
    new: str
    tests: Sequence[str]

    @classmethod
    def of(cls, suite: Suite, old: str, new: str) -> Rename:
        """What two typed texts mean. Raises SettingsError if they are of different kinds or the same."""
        olds, news = suite.ids(old), suite.ids(new)
        known = suite.owners.tests(suite.cassettes)
        by_old = [[test for test in known if _is_of(test, name)] for name in olds]
        index = next((index for index, tests in enumerate(by_old) if tests), 0)
        # The file of the new name exists; the old one may be gone.
        existing = [name for name in news if (suite.root / name.partition("::")[0]).exists()]
        chosen = existing[0] if existing else news[min(index, len(news) - 1)]
        if _kind(olds[index]) != _kind(chosen):
            raise SettingsError(
                f"{old!r} is {_kind(olds[index])}, and {new!r} is {_kind(chosen)}; both must be of one kind"
            )
        if olds[index] == chosen:
            raise SettingsError(f"{old!r} and {new!r} are the same")
        return cls(olds[index], chosen, by_old[index])

    @property
    def has_inside(self) -> bool:
        """Whether it renames tests or classes inside a file."""
        return "::" in self.old

    @property
    def is_file(self) -> bool:
        return not self.has_inside and bool(PurePosixPath(self.old).suffix)

    def renamed(self, test: str) -> str:
        """The new id of one of the tests."""
        return self.new + test.removeprefix(self.old)

    def rows(self, lock: Lock | None, targets: Sequence[Target]) -> Iterator[tuple[str, str]]:
        """The rows of a lock that get a new name: those of the tests, and of fixtures whose cassettes move."""
        moved = {target.old: target.new for target in targets if not target.why_left}
        for row in lock.tests if lock is not None else ():
            cassette = fixture_cassette(row)
            if cassette in moved:
                yield row, f"{row.removesuffix(f'({cassette})')}({moved[cassette]})"
            elif cassette is None and _is_of(row, self.old):
                yield row, self.renamed(row)


def _kind(name: str) -> str:
    if "::" in name:
        return "a test with parameters" if name.endswith("]") else "a test or a class"
    return "a file" if PurePosixPath(name).suffix else "a directory"


def _is_of(test: str, name: str) -> bool:
    """Whether a test has this name, or is in the class, file or directory with this name."""
    return test == name or test.startswith((f"{name}::", f"{name}/", f"{name}["))


class Targets:
    """The cassettes that a rename affects: those of its tests and fixtures, and those that must be left alone."""

    def __init__(self, suite: Suite, rename: Rename) -> None:
        self._suite = suite
        self._rename = rename
        beside_file = _beside_file(suite, rename.old) if rename.is_file else ()
        self._names = sorted({*suite.cassettes, *_of_journals(suite), *beside_file})
        run = suite.run
        self._shared = {
            play.cassette
            for play in (run.plays if run is not None else ())
            if play.shared and PurePosixPath(play.cassette).parent.name != _FIXTURES
        }

    def __iter__(self) -> Iterator[Target]:
        by_name = self._inside() if self._rename.has_inside else self._below()
        targets = {target.old: target for target in by_name}
        yield from targets.values()
        # A cassette that a marker names can be anywhere.
        for test in self._rename.tests:
            cassette = self._suite.owners.cassette(test)
            if cassette is not None and cassette in self._suite.cassettes and cassette not in targets:
                targets[cassette] = Target(cassette, cassette, f"{test} uses it by a name that is not its own")
                yield targets[cassette]

    def _target(self, old: str, new: str) -> Target:
        return Target(old, new, "it has a name that belongs to no test" if old in self._shared else "")

    # --- a file or a directory: cassettes keep their names, but change directories

    def _below(self) -> Iterator[Target]:
        rename = self._rename
        directories = [(self._directory(rename.old), self._directory(rename.new))]
        if rename.is_file:
            directories.append((beside(PurePosixPath(rename.old)), beside(PurePosixPath(rename.new))))
        for name in self._names:
            path = PurePosixPath(name)
            # Next to a file there may be a directory with the same name.
            moved = next((pair for pair in directories if _is_in(path, pair[0], deep=not rename.is_file)), None)
            if moved is None:
                continue
            target = self._target(name, (moved[1] / path.relative_to(moved[0])).as_posix())
            is_own = path.parent.name == _FIXTURES or "~" in path.name or bool(self._suite.owners.of(name))
            yield target if is_own or target.why_left else target._replace(why_left="its name belongs to no test")

    def _directory(self, name: str) -> PurePosixPath:
        path = PurePosixPath(name)
        return self._suite.home / (module_directory(path) if self._rename.is_file else path)

    # --- a test or a class: the directory may stay, the names change

    def _inside(self) -> Iterator[Target]:
        owners, rename = self._suite.owners, self._rename
        # If a test's first run died, only its journal is known.
        for test in dict.fromkeys([*rename.tests, rename.old]):
            old = next((name for name in owners.certain(test) if self._is_known(name)), None)
            new = owners.named(rename.renamed(test))
            if old is not None and new is not None:
                yield self._target(old, self._beside(rename.renamed(test), old) or new)
        file, _, inside = rename.old.partition("::")
        new_file, _, new_inside = rename.new.partition("::")
        begin = inside.replace("::", ".")
        directory, new_directory = (self._suite.home / module_directory(PurePosixPath(f)) for f in (file, new_file))
        for name in self._names:
            path = PurePosixPath(name)
            if path.parent == directory / _FIXTURES and path.name.startswith(f"{begin}."):
                yield self._fixture(path, new_directory, inside.split("::"), new_inside.split("::"))
            elif path.parent == directory and "~" in path.name and not owners.of(name) and path.name.startswith(begin):
                yield Target(name, name, "its name does not say which test it belongs to; a full run of the suite does")

    def _is_known(self, name: str) -> bool:
        return name in self._names or (self._suite.root / name).is_file()

    def _beside(self, test: str, old: str) -> str | None:
        """A test's cassette in a directory next to its file, where other tools put it, if the old one is there too."""
        if PurePosixPath(old).is_relative_to(self._suite.home):
            return None
        names = (PurePosixPath(name) for name in self._suite.owners.certain(test))
        return next((str(name) for name in names if not name.is_relative_to(self._suite.home)), None)

    def _fixture(self, path: PurePosixPath, directory: PurePosixPath, old: list[str], new: list[str]) -> Target:
        """The cassette of a fixture in the class."""
        name, bracket, parameters = path.name.removesuffix(".yaml").partition("[")
        *classes, fixture = name.split(".")
        parts = [fixture + bracket + parameters]
        if cassette_name([*classes, *parts]) != path.name:
            return Target(str(path), str(path), "its name does not say which fixture it belongs to")
        moved = cassette_name([*new, *classes[len(old) :], *parts])
        return Target(str(path), str(directory / _FIXTURES / moved))


def _is_in(path: PurePosixPath, directory: PurePosixPath, *, deep: bool) -> bool:
    """Whether a cassette is in a directory or belongs to a fixture there. `deep` includes all subdirectories."""
    return path.is_relative_to(directory) if deep else path.parent in (directory, directory / _FIXTURES)


def _beside_file(suite: Suite, file: str) -> Iterator[str]:
    """Another tool's cassettes next to a test file."""
    for path in (suite.root / beside(PurePosixPath(file))).glob("*"):
        if path.suffix in (".yaml", ".yml"):
            yield suite.name(path)


def _of_journals(suite: Suite) -> Iterator[str]:
    """The cassettes of journals, which may not exist yet."""
    for journal in (suite.root / suite.home).rglob(f"*{JOURNAL}"):
        match = _JOURNAL.fullmatch(journal.name)
        if match is not None:
            yield suite.name(journal.with_name(match[1]))

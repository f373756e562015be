"""A project's tests and their cassettes, as commands find them. No test is collected or run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path, PurePosixPath

from pytest_samurai.bill import Lock, fixture_cassette, load_lock
from pytest_samurai.commands.inifile import configures_pytest, project_settings
from pytest_samurai.errors import SettingsError
from pytest_samurai.report import NOTE, FullRun, Owners, cassettes_of, last_full_run
from pytest_samurai.settings import CASSETTES, LOCK
from pytest_samurai.text import plural, visible

CACHE = ".pytest_cache"
_SURE = (LOCK, f"{CACHE}/v/{NOTE}")
"""Files that only pytest's root directory has."""

_PROJECT = ("pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Named:
    """What a TEST means: the path of its cassette from the working directory, and the test, if known."""

    cassette: Path
    test: str | None

    @property
    def title(self) -> str:
        return f"{self.cassette}" if self.test is None else f"{self.test}: {self.cassette}"


class Suite:
    """The cassettes of a project. `root` is pytest's root directory, as far as files show it."""

    def __init__(self, directory: Path) -> None:
        self.here = directory
        self.root = root_of(directory)

    @cached_property
    def run(self) -> FullRun | None:
        """The last full run; None if none is known."""
        try:
            return last_full_run(self.root / CACHE)
        except SettingsError:
            return None

    @cached_property
    def lock_name(self) -> str:
        """The lock, relative to the root. Raises SettingsError if the ini file cannot be read."""
        return str(project_settings(self.root).lock)

    @cached_property
    def lock(self) -> Lock | None:
        """The contents of the lock; None if there isn't one. Raises SettingsError if it cannot be read."""
        return load_lock(self.root / self.lock_name)

    @cached_property
    def directories(self) -> Sequence[str]:
        """The directories of cassettes, relative to the root. The whole suite's comes first.

        A temporary directory does not count, even if a test recorded there: it is a new one in each run. Raises
        SettingsError if no full run is known and the ini file cannot be read.
        """
        if self.run is not None:
            first, *others = self.run.directories
            return [first, *(name for name in others if not self._is_temporary(name))]
        return [self.name(self.root / project_settings(self.root).cassette_dir)]

    def _is_temporary(self, name: str) -> bool:
        path = Path(os.path.realpath(self.root / name))
        # The project itself may be a temporary one.
        if path.is_relative_to(os.path.realpath(self.root)):
            return False
        return path.is_relative_to(os.path.realpath(tempfile.gettempdir()))

    @property
    def home(self) -> PurePosixPath:
        return PurePosixPath(self.directories[0])

    @cached_property
    def cassettes(self) -> list[str]:
        """All existing cassettes, relative to the root."""
        return cassettes_of(self.root, self.directories)

    @cached_property
    def owners(self) -> Owners:
        """Which test each cassette belongs to. A lock that cannot be read says nothing about it."""
        try:
            lock = self.lock
        except SettingsError:
            lock = None
        return Owners(self.root, self.home, lock, self.run)

    @property
    def doubts(self) -> Iterator[str]:
        """Why it is unknown whose a cassette is, or whether it is in use, if a file should say so and does not."""
        try:
            if (self.root / CACHE / "v" / NOTE).is_file():
                last_full_run(self.root / CACHE)
        except SettingsError as error:
            yield f"cannot tell what is orphaned: {error}"
        try:
            _ = self.lock
        except SettingsError as error:
            yield f"the lock cannot tell which test a cassette belongs to: {error}"

    @property
    def homes(self) -> list[Path]:
        """The existing directories of cassettes, relative to the working directory. If there are none, the suite's."""
        paths = [self.path(name) for name in self.directories]
        return [path for path in paths if (self.here / path).is_dir()] or paths[:1]

    # --- between the working directory and the root

    def name(self, path: Path) -> str:
        """A path relative to the root."""
        return Path(os.path.relpath(path, self.root)).as_posix()

    def path(self, name: str) -> Path:
        """A name relative to the root, as a path from the working directory."""
        return Path(os.path.relpath(self.root / name, self.here))

    def ids(self, text: str) -> list[str]:
        """The ids that a typed text may mean, relative to the working directory and to the root."""
        file, colons, inside = text.partition("::")
        file = file.replace("\\", "/")
        from_here = Path(os.path.relpath(self.here / file, self.root)).as_posix()
        from_root = os.path.normpath(file).replace(os.sep, "/")
        return list(dict.fromkeys(name + colons + inside for name in (from_here, from_root)))

    # --- the meaning of a TEST

    def find(self, text: str) -> Named:
        """The cassette of a TEST: a test id from here or from the root, the end of one, or the path of a cassette.

        Raises SettingsError if it is none of these, or the end of several.
        """
        if "::" not in text and (path := self._path_of(text)) is not None:
            return self._by_path(path)
        if (cassette := fixture_cassette(text)) is not None:
            return self._existing(text, cassette)
        for test in self.ids(text):
            # Since the last full run, it may have got a file of its own name, or lost it.
            for cassette in (self.owners.cassette(test), self.owners.existing(test)):
                if cassette is not None and (self.root / cassette).is_file():
                    return Named(self.path(cassette), test)
        return self._by_end(text)

    def _path_of(self, text: str) -> Path | None:
        """The path of the cassette that a text names, with either slash; None if it names none."""
        paths = [Path(text), Path(text.replace("\\", "/"))]
        path = next((path for path in paths if (self.here / path).is_file()), paths[-1])
        return path if (self.here / path).is_file() or path.suffix in (".yaml", ".yml") else None

    def _by_path(self, path: Path) -> Named:
        if not (self.here / path).is_file():
            raise SettingsError(f"{visible(str(path))}: no such cassette")
        owners = self.owners.of(self.name(self.here / path))
        # A shared cassette does not belong to a single test.
        return Named(path, owners[0] if len(owners) == 1 else None)

    def _by_end(self, text: str) -> Named:
        # A parameter may contain a backslash.
        name, bracket, parameters = text.partition("[")
        end = name.replace("\\", "/") + bracket + parameters
        tests = [test for test in self.owners.tests(self.cassettes) if _ends_with(test, end)]
        if not tests:
            looked = f"{plural(len(self.cassettes), 'cassette')} in {visible(str(self.path(str(self.home))))}"
            by_name = self.owners.named(self.ids(text)[0])
            own = f", which would be {visible(str(self.path(by_name)))}" if by_name is not None else ""
            raise SettingsError(
                f"{text!r} has no cassette{own}. Looked at: {looked}, the rows of {self.lock_name}, and the tests of"
                " the last full run. Give the id of a test, the end of one, or the path of a cassette."
            )
        if len(tests) > 1:
            more = f"\n  and {len(tests) - _MOST_NAMED:,} more" if len(tests) > _MOST_NAMED else ""
            named = "".join(f"\n  {visible(test)}" for test in tests[:_MOST_NAMED])
            raise SettingsError(f"{text!r} is the end of {len(tests):,} tests:{named}{more}")
        return self._existing(tests[0], self.owners.cassette(tests[0]) or "")

    def _existing(self, test: str, cassette: str) -> Named:
        if not (self.root / cassette).is_file():
            raise SettingsError(f"{visible(test)} has no cassette: there is no {visible(str(self.path(cassette)))}")
        return Named(self.path(cassette), test)


def _ends_with(test: str, end: str) -> bool:
    """Whether an id ends with this text, with or without its parameters, starting at a whole name."""
    # Parameters may contain anything, even colons.
    name, bracket, _ = test.partition("[")
    return any(whole == end or whole.endswith((f"/{end}", f"::{end}")) for whole in (test, name if bracket else test))


def root_of(directory: Path) -> Path:
    """Pytest's root directory for work in a directory, as far as files show it."""
    marks: list[Callable[[Path], bool]] = [
        partial(_has, _SURE),
        # Other tools have a `cassettes` directory next to each test file, so pytest's ini file comes first.
        configures_pytest,
        partial(_has, (CASSETTES,)),
        partial(_has, _PROJECT),
    ]
    parents = (directory, *directory.parents)
    return next((parent for is_root in marks for parent in parents if is_root(parent)), directory)


def _has(names: Sequence[str], directory: Path) -> bool:
    return any((directory / name).exists() for name in names)

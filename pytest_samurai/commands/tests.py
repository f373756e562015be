"""The tests of a project and their cassettes, as commands find them: no test is collected, none is run."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path, PurePosixPath

from pytest_samurai.bill import Lock, fixture_cassette, load_lock
from pytest_samurai.cassette import cassette_of
from pytest_samurai.errors import SettingsError
from pytest_samurai.settings import CASSETTES, LOCK

_MARKS = (LOCK,), (CASSETTES,), ("pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")


class Suite:
    """The cassettes of a project. `root` is pytest's root directory, as far as files tell it."""

    def __init__(self, directory: Path) -> None:
        self.here = directory
        self.root = root_of(directory)

    @cached_property
    def lock(self) -> Lock | None:
        return load_lock(self.root / LOCK)

    @property
    def home(self) -> PurePosixPath:
        return PurePosixPath(CASSETTES)

    @cached_property
    def owners(self) -> Owners:
        try:
            lock = self.lock
        except SettingsError:
            lock = None
        return Owners(self.home, lock)

    def name(self, path: Path) -> str:
        return Path(os.path.relpath(path, self.root)).as_posix()

    def path(self, name: str) -> Path:
        return Path(os.path.relpath(self.root / name, self.here))


class Owners:
    """The tests of cassettes."""

    def __init__(self, home: PurePosixPath, lock: Lock | None = None) -> None:
        self._home = home
        self._by_cassette: dict[str, list[str]] = {}
        for row in lock.tests if lock is not None else ():
            if (cassette := fixture_cassette(row) or self.named(row)) is not None:
                self._by_cassette.setdefault(cassette, []).append(row)

    def named(self, test: str) -> str | None:
        try:
            return (self._home / cassette_of(test)).as_posix()
        except SettingsError:
            return None

    def of(self, cassette: str) -> list[str]:
        known = self._by_cassette.get(cassette)
        if known is not None:
            return known
        path = PurePosixPath(cassette)
        test = test_of(path.relative_to(self._home)) if path.is_relative_to(self._home) else None
        return [] if test is None else [test]


def test_of(cassette: PurePosixPath) -> str | None:
    name, bracket, parameters = cassette.name.removesuffix(".yaml").partition("[")
    *classes, function = name.split(".")
    directory = cassette.parent
    if not (directory.name and function.startswith("test")):
        return None
    file = directory if directory.suffix else directory.with_name(f"{directory.name}.py")
    test = "::".join([str(file), *classes, function + bracket + parameters])
    return test if cassette_of(test) == cassette else None


def root_of(directory: Path) -> Path:
    parents = (directory, *directory.parents)
    for names in _MARKS:
        for parent in parents:
            if any((parent / name).exists() for name in names):
                return parent
    return directory

"""Deleted or renamed tests: their cassettes may have the recordings of a test that has no cassette."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from functools import cached_property
from itertools import islice, starmap
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from pytest_samurai.files import exists, without_fakes
from pytest_samurai.plugin.marker import file_of
from pytest_samurai.plugin.state import RUN, lock_of
from pytest_samurai.report import NOTE, FullRun, Owners, cassettes_of
from pytest_samurai.settings import CASSETTES

_MOST_FILES = 100
_MOST_BYTES = 1_000_000
_MOST_NAMED = 3


class Renamed:
    """What a run knows about tests that are gone. Only a test without a cassette asks for it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._root = config.rootpath
        # With an argument `file::test`, pytest does not collect the file's other tests.
        self._collects_whole_files = not any("::" in argument for argument in config.args)

    def commands(self, test: str, cassette: Path, answers: Callable[[Path], bool]) -> list[str]:
        """The commands that give a test the cassette of one that is gone, if that cassette answers its call.

        Only the likeliest cassettes are looked at: first those next to its own, then those with a similar name.
        """
        name = self._owners.named(test)
        if name is None or cassette != self._root / name or not self._is_known_to_commands:
            return []
        # The test may have replaced the file system with a fake one.
        with without_fakes():
            gone = self._answering(name, answers)
            files = [move for old in gone if (move := self._moved_file(old, test)) is not None]
        # All tests of a file share some calls, and each could have recorded them. The file still shows who did.
        moves = files or [(old, test) for old in gone]
        return list(starmap(_move, moves))

    def commands_of_fixture(self, file: str, cassette: Path, answers: Callable[[Path], bool]) -> list[str]:
        """The commands that give the fixtures and tests of a file the cassettes of a file that is gone.

        `cassette` is that of a fixture, which has the same name beside both.
        """
        from pytest_samurai.cassette import module_directory

        home = self._root / self._home
        here = home / module_directory(PurePosixPath(file))
        if not self._is_known_to_commands or not cassette.is_relative_to(here):
            return []
        name = cassette.relative_to(here).as_posix()
        with without_fakes():
            beside = (path for path in cassettes_of(self._root, [self._home]) if path.endswith(f"/{name}"))
            gone = {path: f"{PurePosixPath(self._root / path).relative_to(home)}"[: -len(name) - 1] for path in beside}
            olds = [
                f"{old}.py"
                for path, old in sorted(gone.items())
                if not exists(self._root / f"{old}.py") and self._is_small(path) and answers(self._root / path)
            ]
        return [_move(old, file) for old in olds[:_MOST_NAMED]]

    def _moved_file(self, old: str, test: str) -> tuple[str, str] | None:
        """The old and the new file of a moved test, if the old one is gone and the new one has all its tests."""
        before, after = file_of(old), file_of(test)
        left = {gone.partition("::")[2] for _, gone in self._gone if file_of(gone) == before}
        is_whole = {f"{after}::{name}" for name in left} <= set(self._config.stash[RUN].collection.marked)
        is_same = old.partition("::")[2] == test.partition("::")[2]
        return (before, after) if is_same and is_whole and len(left) > 1 and not exists(self._root / before) else None

    def _answering(self, name: str, answers: Callable[[Path], bool]) -> list[str]:
        own = PurePosixPath(name)

        def distance(candidate: tuple[str, str]) -> tuple[bool, bool, str]:
            path = PurePosixPath(candidate[0])
            return path.parent != own.parent, path.name != own.name, candidate[0]

        nearest = sorted(self._gone, key=distance)[:_MOST_FILES]
        answering = (old for path, old in nearest if self._is_small(path) and answers(self._root / path))
        return [*islice(answering, _MOST_NAMED)]

    def _is_small(self, name: str) -> bool:
        try:
            return (self._root / name).stat().st_size <= _MOST_BYTES
        except OSError:
            return False

    @cached_property
    def _is_known_to_commands(self) -> bool:
        """Whether commands are sure to find the cassettes: in the usual directory, or in the last full run's."""
        if self._home == CASSETTES:
            return True
        return self._run is not None and self._run.directories[:1] == [self._home]

    @cached_property
    def _run(self) -> FullRun | None:
        """The last full run; None if none is known, or if another version noted it."""
        cache = getattr(self._config, "cache", None)
        note: Any = None if cache is None else cache.get(NOTE, None)
        try:
            return FullRun.from_json(note)
        except (TypeError, KeyError):
            return None

    @property
    def _home(self) -> str:
        return Path(self._config.stash[RUN].settings.cassette_dir).as_posix()

    @cached_property
    def _owners(self) -> Owners:
        return Owners(self._root, PurePosixPath(self._home), lock_of(self._config), self._run)

    @cached_property
    def _gone(self) -> list[tuple[str, str]]:
        """The cassettes of tests that are gone, relative to the root, and the ids of these tests."""
        return [
            (path, tests[0])
            for path in cassettes_of(self._root, [self._home])
            if len(tests := self._owners.of(path)) == 1 and self._is_gone(tests[0])
        ]

    def _is_gone(self, test: str) -> bool:
        collection, file = self._config.stash[RUN].collection, file_of(test)
        if test in collection.marked or "::" not in test:
            return False
        if not exists(self._root / file):
            return True
        if self._collects_whole_files and file in collection.files:
            return True
        return not _may_have(self._root / file, test)


def _move(old: str, new: str) -> str:
    return f"pytest-samurai mv {shlex.quote(old)} {shlex.quote(new)}"


def _may_have(path: Path, test: str) -> bool:
    """Whether a partly collected file may contain a test, judging by its text."""
    *classes, function = test.partition("::")[2].partition("[")[0].split("::")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return True
    may_inherit = bool(classes) and re.search(rf"\bclass\s+{re.escape(classes[-1])}\s*\(", text)
    return bool(may_inherit or "import *" in text or re.search(rf"\b{re.escape(function)}\b", text))


_RENAMED = pytest.StashKey[Renamed]()


def renamed_of(config: pytest.Config) -> Renamed:
    """What a run knows about tests that are gone."""
    return config.stash.setdefault(_RENAMED, Renamed(config))

"""Two versions of cassettes: from git and from the working tree, or two files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.bill import fixture_cassette, parse_lock
from pytest_samurai.commands.git import ChangedFile, Repository, Span
from pytest_samurai.commands.pairs import Calls
from pytest_samurai.commands.search import SUFFIXES
from pytest_samurai.commands.tests import Suite
from pytest_samurai.errors import CassetteError, SettingsError
from pytest_samurai.matching import Matcher
from pytest_samurai.redaction import without_secrets

_ALIKE = 0.5
"""The share of its calls that a renamed cassette keeps."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a cassette: its path, its bytes, and its calls.

    The path is relative to the top of the repository. `problem` says why it has no calls, if it cannot be read.
    """

    path: str
    content: bytes
    calls: Calls | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Versions:
    """The old and the new version of a cassette; None if one does not exist. A renamed one has two paths.

    `title` is its test, or else its path. `is_tracked` says whether git knows the current file.
    """

    title: str
    then: Version | None
    now: Version | None
    is_tracked: bool = True

    @property
    def problems(self) -> list[str]:
        return [version.problem for version in (self.then, self.now) if version is not None and version.problem]

    @property
    def moved_from(self) -> str | None:
        """Its old path, if that was different."""
        is_moved = self.then is not None and self.now is not None and self.then.path != self.now.path
        return self.then.path if self.then is not None and is_moved else None


class Reader:
    """Reads versions of cassettes, without `secrets`, for a matcher to compare."""

    def __init__(self, matcher: Matcher, secrets: frozenset[str]) -> None:
        self._matcher = matcher
        self._secrets = secrets

    def version(self, path: str, content: bytes, name: str) -> Version:
        """A version of a cassette, from its bytes. `name` is its name in errors."""
        try:
            interactions = without_secrets(cassette.parse(content, Path(name)), self._secrets)
        except CassetteError as error:
            return Version(path, content, None, str(error))
        return Version(path, content, Calls(interactions, self._matcher))

    def two_files(self, old: Path, new: Path) -> Versions:
        """Two files, compared as an old and a new version. Raises CassetteError for what cannot be read."""
        then, now = (self.version("", cassette.read(path), str(path)) for path in (old, new))
        return Versions(str(new), then, now)


class Tree:
    """A project's cassettes in a git repository, in two versions."""

    def __init__(self, suite: Suite, repository: Repository, reader: Reader, directory: str) -> None:
        self._suite = suite
        self.repository = repository
        self._reader = reader
        self._directory = suite.root / directory

    @property
    def root(self) -> Path:
        """Pytest's root directory."""
        return self._suite.root

    def versions(self, span: Span, paths: Sequence[Path]) -> list[Versions]:
        """The cassettes below these paths that differ in any way, by their current names.

        Without a path, it covers the project: everything below the directory of its cassettes, and our own files below
        its root. Raises SettingsError for a path that neither version has.
        """
        asked = [self.repository.relative(path) for path in paths] or [self._root()]
        files = [file for file in self.repository.changed(span, asked) if Path(file.path).suffix in SUFFIXES]
        for path, name in zip(paths, asked, strict=False):
            self._require(path, name, span)
        contents = self.repository.contents(name for file in files for name in (file.old, file.new) if name is not None)
        pairs = [self._pair(file, span, contents) for file in files]
        is_named = bool(paths)
        chosen = [pair for pair in pairs if (pair.then or pair.now) and (is_named or self._is_cassette(pair))]
        return sorted(_with_renamed(chosen), key=_path)

    def _root(self) -> str:
        """The project; the whole repository, if that is part of the project."""
        root = self._suite.root.resolve()
        return self.repository.relative(root) if root.is_relative_to(self.repository.top) else "."

    def _require(self, path: Path, name: str, span: Span) -> None:
        commits = [commit for commit in (span.old, span.new) if commit is not None]
        if not path.exists() and not any(self.repository.name_of(commit, name) for commit in commits):
            raise SettingsError(f"{path}: no such file or directory, neither here nor in {span.name}")

    def _is_cassette(self, pair: Versions) -> bool:
        versions = [version for version in (pair.then, pair.now) if version is not None]
        is_below = any((self.repository.top / version.path).is_relative_to(self._home) for version in versions)
        return is_below or any(cassette.is_ours(version.content) for version in versions)

    @property
    def _home(self) -> Path:
        return self._directory.resolve()

    def _pair(self, file: ChangedFile, span: Span, contents: Mapping[str, bytes]) -> Versions:
        shown = self.shown(file.path)
        then = now = None
        if file.old is not None:
            then = self._reader.version(file.path, contents[file.old], f"{span.name}:{shown}")
        if file.new is not None:
            now = self._reader.version(file.path, contents[file.new], shown)
        elif span.new is None:
            now = self._here(file.path, shown)
        return Versions(self._title(file.path), then, now, file.is_tracked)

    def _here(self, path: str, shown: str) -> Version | None:
        try:
            content = cassette.read(self.repository.top / path)
        except FileNotFoundError:
            return None
        except CassetteError as error:
            return Version(path, b"", None, str(error))
        return self._reader.version(path, content, shown)

    def shown(self, path: str) -> str:
        """A path in the repository, as reached from the working directory."""
        return str(self._suite.path(self._suite.name(self.repository.top / path)))

    def tests(self, path: str) -> list[str]:
        """The tests that a cassette is known to belong to."""
        return self._suite.owners.of(self._suite.name(self.repository.top / path))

    def rows(self, path: str, *locks: bytes | None) -> set[str]:
        """The keys of a cassette's rows in these locks. Raises SettingsError if one of them is not a lock."""
        name = self._suite.name(self.repository.top / path)
        keys = {key for lock in locks if lock is not None for key in parse_lock(lock, "the lock").tests}
        named = {key for key in keys if fixture_cassette(key) == name or name in self._suite.owners.certain(key)}
        return named | (keys & set(self.tests(path)))

    def _title(self, path: str) -> str:
        tests = self.tests(path)
        return tests[0] if len(tests) == 1 else self.shown(path)


def _path(pair: Versions) -> str:
    version = pair.now or pair.then
    return "" if version is None else version.path


def _with_renamed(pairs: Sequence[Versions]) -> list[Versions]:
    """The cassettes. One that is gone at one path and new at another counts as one."""
    gone = {_path(pair): pair for pair in pairs if pair.now is None}
    new = {_path(pair): pair for pair in pairs if pair.then is None}
    alike = sorted(
        ((-share, after, before) for before in gone for after in new if (share := _share(gone[before], new[after]))),
    )
    kept = {_path(pair): pair for pair in pairs}
    for _, after, before in alike:
        if after in new and before in gone:
            kept[after] = replace(new.pop(after), then=gone.pop(before).then)
            del kept[before]
    return list(kept.values())


def _share(gone: Versions, new: Versions) -> float:
    """The share of calls that two cassettes have in common; 0 if they are not a renamed one."""
    then, now = gone.then, new.now
    if then is None or now is None or then.calls is None or now.calls is None:
        return 0
    olds, news = (set(_meanings(version.calls)) for version in (then, now) if version.calls is not None)
    share = len(olds & news) / max(len(olds), len(news), 1)
    return share if share >= _ALIKE else 0


def _meanings(calls: Calls) -> Iterator[object]:
    return map(calls.meaning, range(len(calls)))

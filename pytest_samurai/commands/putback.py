"""A cassette and its rows of the lock, restored from a revision byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_samurai.bill import with_rows_of
from pytest_samurai.cassette import read
from pytest_samurai.commands.git import Span
from pytest_samurai.commands.versions import Tree, Version, Versions
from pytest_samurai.errors import CassetteError, SettingsError
from pytest_samurai.files import locked, read_whole, remove, remove_abandoned, replace_whole


class PutBack:
    """Restores cassettes. `lock` is the path of the lock, which need not exist. Git's index stays as it is."""

    def __init__(self, tree: Tree, span: Span, lock: Path) -> None:
        self._tree = tree
        self._repository = tree.repository
        self._span = span
        self._lock = lock

    def __call__(self, versions: Versions) -> list[str]:
        """Restore a cassette and its rows. Returns lines that say what was done.

        Raises CassetteError or SettingsError if a file has changed since it was read, or cannot be written.
        """
        paths = list(dict.fromkeys(version.path for version in (versions.then, versions.now) if version is not None))
        # The lock comes first: if it cannot be read, nothing at all is done.
        rows = self._with_rows(paths)
        self._check(versions)
        done = []
        if versions.then is not None:
            self._write(self._path(versions.then), self._content(versions.then.path))
            done.append(f"{self._tree.shown(versions.then.path)} is as it was in {self._span.name}")
        if versions.now is not None and (versions.then is None or versions.moved_from is not None):
            self._remove(self._path(versions.now))
            done.append(f"{self._tree.shown(versions.now.path)} is deleted")
        if rows is not None:
            self._write(self._lock, rows)
            done.append(f"its rows of {self._lock.name} are as they were")
        return done

    def _path(self, version: Version) -> Path:
        return self._repository.top / version.path

    def _content(self, path: str) -> bytes:
        name = self._repository.name_of(self._span.old, path)
        assert name is not None  # its content was read from there
        return self._repository.checked_out(name, path)

    def _check(self, versions: Versions) -> None:
        """Raise CassetteError if somebody has written to the cassette since it was shown."""
        for path in {version.path for version in (versions.then, versions.now) if version is not None}:
            shown = versions.now.content if versions.now is not None and versions.now.path == path else None
            try:
                content = read(self._repository.top / path)
            except FileNotFoundError:
                content = None
            if content != shown:
                raise CassetteError(f"{self._tree.shown(path)}: has changed since it was read; left as it is")

    def _with_rows(self, paths: Sequence[str]) -> bytes | None:
        """The lock with the old rows of these cassettes; None if that changes nothing."""
        try:
            content = read_whole(self._lock)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SettingsError(f"{self._lock}: cannot be read: {error.strerror or error}") from None
        path = self._repository.relative(self._lock)
        name = self._repository.name_of(self._span.old, path)
        old = None if name is None else self._repository.checked_out(name, path)
        tests = {test for cassette in paths for test in self._tree.rows(cassette, content, old)}
        rows = with_rows_of(content, old, tests, self._lock.name)
        return None if rows == content else rows

    def _write(self, path: Path, content: bytes) -> None:
        try:
            with locked(path):
                remove_abandoned(path)
                replace_whole(path, content)
        except OSError as error:
            raise CassetteError(f"{path}: cannot be written: {error.strerror or error}") from None

    def _remove(self, path: Path) -> None:
        try:
            with locked(path):
                remove(path)
        except OSError as error:
            raise CassetteError(f"{path}: cannot be deleted: {error.strerror or error}") from None

"""Which test owns a cassette, as far as that is known without running tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pytest_samurai.bill import Lock, fixture_cassette
from pytest_samurai.errors import SettingsError
from pytest_samurai.report.fullrun import FullRun

if TYPE_CHECKING:
    from pytest_samurai.cassette import Candidate


class Owners:
    """The tests of cassettes, from the last full run, from the lock's rows, and from the cassettes' names.

    `home` is the directory of the cassettes. All paths are relative to the root directory, like the ids of tests.
    """

    def __init__(self, root: Path, home: PurePosixPath, lock: Lock | None = None, run: FullRun | None = None) -> None:
        self._root = root
        self._home = home
        self._by_cassette: dict[str, list[str]] = {}
        self._by_test: dict[str, str] = {}
        for play in run.plays if run is not None else ():
            for user in play.users:
                self._add(user, play.cassette)
        for row in lock.tests if lock is not None else ():
            fixture = fixture_cassette(row)
            if fixture is not None:
                self._forget(row.removesuffix(f" ({fixture})"), fixture)
            if row not in self._by_test and (cassette := fixture or self._existing_or_named(row)) is not None:
                self._add(row, cassette)

    def _add(self, test: str, cassette: str) -> None:
        self._by_test.setdefault(test, cassette)
        self._by_cassette.setdefault(cassette, []).append(test)

    def _forget(self, label: str, cassette: str) -> None:
        # A run knows a fixture by its label. Its row in the lock adds the cassette, and means both.
        users = self._by_cassette.get(cassette, [])
        if label in users:
            users.remove(label)
        if self._by_test.get(label) == cassette:
            del self._by_test[label]

    def existing(self, test: str) -> str | None:
        """The existing cassette with a name that a test may have; None if there isn't one, and for a text that is not
        an id.

        If it may be another test's, it counts as this one's only if another tool recorded some of it.
        """
        from pytest_samurai.cassette import first_existing

        candidate = first_existing(self._root, self._candidates(test), self._is_foreign)
        return None if candidate is None else candidate.path.as_posix()

    def certain(self, test: str) -> list[str]:
        """The cassettes whose name no other test can have, the likeliest first; none for a text that is not an id."""
        return [path.as_posix() for path, is_certain in self._candidates(test) if is_certain]

    def _candidates(self, test: str) -> list[Candidate]:
        from pytest_samurai.cassette import candidates_for

        try:
            return candidates_for(test, self._home)
        except SettingsError:
            return []

    def _is_foreign(self, cassette: Path) -> bool:
        from pytest_samurai.cassette import Shelf, is_foreign

        return is_foreign(cassette, Shelf())

    def _existing_or_named(self, test: str) -> str | None:
        return self.existing(test) or self.named(test)

    def named(self, test: str) -> str | None:
        """The cassette that a test gets by its name, existing or not; None for a text that is not a test's id."""
        # Imported when needed: it loads YAML, and every run with a test imports this package.
        from pytest_samurai.cassette import cassette_of

        try:
            return (self._home / cassette_of(test)).as_posix()
        except SettingsError:
            return None

    def of(self, cassette: str) -> list[str]:
        """The tests of a cassette, and the labels of its fixtures; none if unknown."""
        known = self._by_cassette.get(cassette)
        if known is not None:
            return known
        from pytest_samurai.cassette import owner_beside, owner_by_name

        path = PurePosixPath(cassette)
        own = owner_by_name(path.relative_to(self._home)) if path.is_relative_to(self._home) else None
        tests = [test for test in (own, owner_beside(path)) if test is not None]
        # The directory of the cassettes may be the one next to the test files.
        return sorted(tests, key=lambda test: not (self._root / test.partition("::")[0]).exists())[:1]

    def cassette(self, test: str) -> str | None:
        """The cassette that a test is known to have, or else the one by its name; None for a text that is not an id."""
        return self._by_test.get(test) or self._existing_or_named(test)

    def tests(self, cassettes: Iterable[str]) -> list[str]:
        """All known test ids, including those for these cassettes."""
        named = (test for cassette in cassettes for test in self.of(cassette))
        return sorted({*self._by_test, *named})

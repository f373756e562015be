"""The command `why`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_samurai import bill
from pytest_samurai.bill import Lock, Row, fixture_cassette, own_prices
from pytest_samurai.commands import why
from pytest_samurai.commands.cli.command import Command, say
from pytest_samurai.commands.cli.comparing import add_normalize, matcher_of
from pytest_samurai.commands.inifile import project_settings
from pytest_samurai.commands.tests import Named, Suite
from pytest_samurai.errors import SettingsError
from pytest_samurai.redaction import Redactor, environment_secrets, one_line
from pytest_samurai.settings import LOCK
from pytest_samurai.wire import Interaction, Price


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("test", metavar="TEST", help="id of a test, or the end of one; or its cassette")
    parser.add_argument("--against", metavar="REV", help="compare with the cassette at a git revision, not the lock")
    parser.add_argument("--cassette", metavar="PATH", type=Path, help="its cassette (default: by the name of the test)")
    parser.add_argument("--lock", metavar="PATH", type=Path, default=LOCK, help=f"the lock (default: {LOCK})")
    add_normalize(parser)


def _run(chosen: Namespace) -> int:
    secrets = environment_secrets(os.environ)
    redactor = Redactor(secrets)
    for line in _lines(chosen, secrets):
        say(one_line(redactor, line))
    return 0


def _lines(chosen: Namespace, secrets: frozenset[str]) -> list[str]:
    # Test ids are relative to the directory of the lock.
    root = next((parent for parent in (Path.cwd(), *Path.cwd().parents) if (parent / chosen.lock).is_file()), Path())
    suite, lock = Suite(Path.cwd()), bill.load_lock(root / chosen.lock)
    named = suite.find(chosen.test) if chosen.cassette is None else Named(chosen.cassette, None)
    test, cassette = named.test or _as_in(lock, chosen.test, suite), named.cassette
    now = why.recorded(cassette, secrets)
    if chosen.against is None:
        old = _row(lock, test, chosen.lock)
        shared = None if fixture_cassette(test) else why.shared_line(test, cassette, now, old)
        rates = _rates(now, lock, root)
        lines = [shared] if shared else why.totals(old, why.row(now), rates, str(chosen.lock))
        lines.append("The lock has only totals. To compare call by call: --against=HEAD")
    else:
        then = why.recorded_at(cassette, chosen.against, secrets)
        rates = _rates([*then, *now], lock, root)
        matcher = matcher_of(project_settings(Path.cwd()), chosen)
        lines = [*why.totals(why.row(then), why.row(now), rates, chosen.against), *why.explain(then, now, matcher)]
    return [f"{test}: {cassette}", *lines]


def _as_in(lock: Lock | None, text: str, suite: Suite) -> str:
    """The id of a test in a lock's spelling."""
    rows = lock.tests if lock is not None else {}
    return next((test for test in (text, *suite.ids(text)) if test in rows), text)


def _row(lock: Lock | None, test: str, name: Path) -> Row:
    if lock is None or test not in lock.tests:
        missing = f"no {name}" if lock is None else f"no row for {test!r} in {name}"
        raise SettingsError(f"there is {missing}; compare with a revision of the cassette: --against=HEAD")
    return lock.tests[test]


def _rates(interactions: Sequence[Interaction], lock: Lock | None, root: Path) -> Mapping[str, Price]:
    """The prices of models, from the lock where it has them."""
    return {**why.prices(interactions, own_prices(root)), **(lock.prices if lock is not None else {})}


COMMAND = Command("why", "explain what changed since a test's usage was accepted", _arguments, _run, status_1="never")

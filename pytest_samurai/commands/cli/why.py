"""The command `why`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_samurai import bill
from pytest_samurai.bill import fixture_cassette, own_prices
from pytest_samurai.cassette import cassette_of
from pytest_samurai.commands import why
from pytest_samurai.commands.cli.command import Command, say
from pytest_samurai.errors import SettingsError
from pytest_samurai.redaction import Redactor, environment_secrets, one_line
from pytest_samurai.settings import CASSETTES, LOCK


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("test", metavar="TEST", help="id of a test, as in tests/test_geo.py::test_capital")
    parser.add_argument("--against", metavar="REV", help="compare with the cassette as of a git revision, not the lock")
    parser.add_argument("--cassette", metavar="PATH", type=Path, help="its cassette (default: by the name of the test)")
    parser.add_argument("--lock", metavar="PATH", type=Path, default=LOCK, help=f"the lock (default: {LOCK})")


def _run(chosen: Namespace) -> int:
    # Tests have their ids from the directory where the lock is.
    root = next((at for at in (Path.cwd(), *Path.cwd().parents) if (at / chosen.lock).is_file()), Path())
    fixture = fixture_cassette(chosen.test)
    if chosen.cassette is not None:
        cassette = chosen.cassette
    else:
        cassette = root / (fixture or CASSETTES / cassette_of(chosen.test))
    secrets = environment_secrets(os.environ)
    now = why.recorded(cassette, secrets)
    lock = bill.load_lock(root / chosen.lock)
    if chosen.against is not None:
        then = why.recorded_at(cassette, chosen.against, secrets)
        old, name = why.row(then), chosen.against
    else:
        then = None
        if lock is None or chosen.test not in lock.tests:
            where = f"no {chosen.lock}" if lock is None else f"no row for {chosen.test!r} in {chosen.lock}"
            raise SettingsError(f"there is {where}; compare with a revision of the cassette: --against=HEAD")
        old, name = lock.tests[chosen.test], str(chosen.lock)
    redactor = Redactor(secrets)

    def show(line: str) -> None:
        say(one_line(redactor, line))

    show(f"{chosen.test}: {cassette}")
    shared = why.shared_line(chosen.test, cassette, now, old) if then is None and not fixture else None
    rates = why.prices([*(then or []), *now], own_prices(root)) | dict(lock.prices if lock is not None else {})
    for line in why.totals(old, why.row(now), rates, name) if shared is None else [shared]:
        show(line)
    if then is None:
        show("A lock has totals alone. What it was, call by call, is in the cassette of a revision: --against=HEAD")
    for line in why.explain(then, now) if then is not None else ():
        show(line)
    return 0


COMMAND = Command("why", "what made the difference to what a test used when that was accepted", _arguments, _run)

"""The command `ls`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_samurai.bill import own_prices
from pytest_samurai.commands.cli.command import Command, hand_on, hand_on_json
from pytest_samurai.commands.listing import SORTS, list_lines, listed
from pytest_samurai.commands.tests import Suite
from pytest_samurai.files import now
from pytest_samurai.redaction import Redactor, environment_secrets


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "paths", metavar="PATH", nargs="*", type=Path, help="cassettes and directories of them (default: all)"
    )
    parser.add_argument("--sort", choices=list(SORTS), default="name", help="what comes first (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def _run(chosen: Namespace) -> int:
    suite = Suite(Path.cwd())
    secrets = environment_secrets(os.environ)
    redactor = Redactor(secrets)
    entries = sorted(listed(suite, chosen.paths, own_prices(suite.root), secrets), key=SORTS[chosen.sort])
    if chosen.json:
        hand_on_json([entry.as_json() for entry in entries], redactor)
    else:
        for line in list_lines(entries, now(), redactor, suite.doubts):
            hand_on(line)
    return 1 if any(entry.damage for entry in entries) else 0


COMMAND = Command(
    "ls",
    "list the cassettes: their tests, calls, tokens, cost and age",
    _arguments,
    _run,
    status_1="a cassette is damaged",
)

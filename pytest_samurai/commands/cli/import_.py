"""The command `import`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_samurai.commands.cli.command import Command, say
from pytest_samurai.commands.importer import import_cassettes


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATH", nargs="+", help="cassettes and directories of them")


def _run(chosen: Namespace) -> int:
    failed = False
    for outcome in import_cassettes(map(Path, chosen.paths), environ=os.environ):
        say(outcome.text)
        failed = failed or outcome.failed
    return int(failed)


COMMAND = Command("import", "rewrite cassettes of vcrpy, pytest-recording and cassetter as ours", _arguments, _run)

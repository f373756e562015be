"""The command `mv`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_samurai.commands.cli.command import Command, say
from pytest_samurai.commands.move import carry_out, plan
from pytest_samurai.commands.tests import Suite
from pytest_samurai.redaction import Redactor, environment_secrets, one_line


def _arguments(parser: ArgumentParser) -> None:
    what = "a test id, or a class, a file or a directory of tests"
    parser.add_argument("old", metavar="OLD", help=f"the old name: {what}")
    parser.add_argument("new", metavar="NEW", help="the new name, of the same kind")


def _run(chosen: Namespace) -> int:
    suite = Suite(Path.cwd())
    moves = plan(suite, chosen.old, chosen.new)
    carry_out(suite, moves)
    redactor = Redactor(environment_secrets(os.environ))
    for line in (*moves.lines, moves.closing):
        say(one_line(redactor, line))
    return 0


COMMAND = Command(
    "mv", "move the cassettes of renamed tests, and their rows of the lock", _arguments, _run, status_1="never"
)

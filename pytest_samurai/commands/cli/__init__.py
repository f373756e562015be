"""The command line: a module for each command, and a table of them all."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from pytest_samurai.commands.cli.command import hand_on, stop_writing
from pytest_samurai.commands.cli.table import COMMANDS
from pytest_samurai.errors import SamuraiError
from pytest_samurai.redaction import Redactor, environment_secrets, one_line
from pytest_samurai.report import own_version

__all__ = [
    "main",
]

_SIGPIPE = 128 + 13
"""The exit status that a shell reports for a program that wrote to a closed pipe."""


class _Version(argparse.Action):
    """Looks up the version only on request, because that takes longer than parsing the arguments."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        hand_on(f"{parser.prog} {own_version()}")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status. Raises SystemExit(2) for arguments that make no sense."""
    parser = argparse.ArgumentParser(prog="pytest-samurai", description="Record and replay the model calls of tests.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        own = commands.add_parser(command.name, help=command.help, epilog=f"Status 1: {command.status_1}.")
        command.arguments(own)
        own.set_defaults(run=command.run, parser=own)
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except BrokenPipeError:
        # The reader has seen enough, for example `head`.
        stop_writing()
        return _SIGPIPE
    except SamuraiError as error:
        # The error may quote a file that somebody else wrote.
        redactor = Redactor(environment_secrets(os.environ))
        misused: argparse.ArgumentParser = chosen.parser
        misused.error("\n".join(one_line(redactor, line) for line in str(error).splitlines()))

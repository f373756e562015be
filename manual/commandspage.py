"""The page of the command line."""

from __future__ import annotations

from argparse import Action, ArgumentParser
from collections.abc import Iterator

from pytest_samurai.commands.cli.command import Command
from pytest_samurai.commands.cli.table import COMMANDS

_INTRODUCTION = """\
# Commands

`pytest-samurai COMMAND`. `--help` after a command prints what this page says. A TEST is the id of a test,
the end of one if that is unique, or the path of a cassette.

## Exit statuses

| status | of `pytest-samurai` |
| --- | --- |
| 0 | all is well, and nothing was found |
| 1 | something was found, or not all could be done: see below |
| 2 | the arguments make no sense, or a file cannot be read; the message says what to change |
| 141 | the program that read the output closed it, as `head` does |

`pytest` keeps its own statuses: 0 if all tests passed, 1 if some failed, 2 if the run was interrupted, 4 for an option
that it cannot take (a mistake in a setting of ours is one), 5 if no tests were collected. A broken budget, growth
beyond the lock, and a request without a recording are failed tests: 1.
"""


def commands_page() -> str:
    """The text of docs/commands.md."""
    return "\n".join([_INTRODUCTION, *(line for command in COMMANDS for line in _section(command))])


def arguments(command: Command) -> list[Action]:
    """The arguments of a command, without `--help`."""
    parser = ArgumentParser(add_help=False)
    command.arguments(parser)
    return parser._actions  # argparse makes its help from this, and has no public name for it


def _section(command: Command) -> Iterator[str]:
    page = f"{command.name}.md"
    more = "" if command.name == "demo" else f" See [{command.name}]({page})."
    yield from (f"## {command.name}\n", f"{command.help[0].upper()}{command.help[1:]}.{more}\n")
    yield f"Status 1: {command.status_1}.\n"
    rows = [f"| {spelled(action)} | {_meaning(action)} |" for action in arguments(command)]
    if rows:
        yield from ("| argument | |", "| --- | --- |", *rows, "")


def spelled(action: Action) -> str:
    """An argument as users type it, with the name of its value."""
    value = action.metavar or ("" if action.nargs == 0 else action.dest.upper())
    names = ", ".join(action.option_strings) or str(value)
    choices = "" if action.choices is None else f"{{{','.join(map(str, action.choices))}}}"
    shown = f" {choices or value}" if action.option_strings and action.nargs != 0 else ""
    return f"`{names}{shown}`"


def _meaning(action: Action) -> str:
    return ((action.help or "") % {"default": action.default}).replace("|", r"\|")

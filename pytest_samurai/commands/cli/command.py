"""One command: what it is called, what it takes, what it does."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_samurai.commands.tests import Suite
from pytest_samurai.errors import SamuraiError
from pytest_samurai.files import json
from pytest_samurai.redaction import Redactor
from pytest_samurai.text import visible, visible_json


@dataclass(frozen=True, slots=True)
class Command:
    """A command of `pytest-samurai`.

    `arguments` adds to the parser what the command takes. `run` does the work and returns the exit status: 0 if all is
    fine, 1 if something was found. It raises SamuraiError where the work cannot be done, which is status 2.
    """

    name: str
    help: str
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]


def say(text: str) -> None:
    """Print a line, or several, at once, so that they stay in order with what other processes print."""
    hand_on(visible(text, keep="\n"))


def hand_on(line: str) -> None:
    """Print a line that a program reads, as it is. Raises SamuraiError if it cannot be written, as on a full disk."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        stop_writing()
        raise SamuraiError(f"the output cannot be written: {error.strerror}") from None


def stop_writing() -> None:
    """Have what is left in the buffer of the output go nowhere, since it must not be tried again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def hand_on_json(value: Any, redactor: Redactor) -> None:
    """Print JSON values for a program, without secrets, and with escapes for what a terminal would obey."""
    hand_on(visible_json(redactor.text(json.dumps(value, ensure_ascii=False, indent=2))))


def read_by(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """A type of an argument, by a parser that raises ValueError with what would be right."""

    def read(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise ArgumentTypeError(f"it is {text!r}, and has to be {error}") from None

    return read


def add_cassettes(parser: ArgumentParser) -> None:
    """Have a command take paths of cassettes; without any, it takes all: see `cassettes_chosen`."""
    parser.add_argument(
        "paths", metavar="PATH", nargs="*", type=Path, help="cassettes and directories of them (default: the project's)"
    )


def cassettes_chosen(chosen: Namespace, suite: Suite) -> list[Path]:
    """The paths that were given; without any, the directories in which the project has cassettes, as seen from here."""
    return chosen.paths or suite.homes

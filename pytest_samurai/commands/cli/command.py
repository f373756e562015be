"""A command: its name, its arguments, its work."""

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

    `arguments` adds its arguments to the parser. `run` does the work and returns the exit status: 0 if all is fine, 1
    if something was found, which is what `status_1` says. It raises SamuraiError if the work cannot be done, which
    gives status 2.
    """

    name: str
    help: str
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
    status_1: str


def say(text: str) -> None:
    """Print one or more lines at once, so that they stay in order with the output of other processes."""
    hand_on(visible(text, keep="\n"))


def hand_on(line: str) -> None:
    """Print a line for a program, unchanged.

    Raises SamuraiError if it cannot be written, for example on a full disk.
    """
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        stop_writing()
        raise SamuraiError(f"the output cannot be written: {error.strerror}") from None


def stop_writing() -> None:
    """Discard what is left in the output buffer, because it must not be written again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def hand_on_json(value: Any, redactor: Redactor) -> None:
    """Print JSON values for a program, without secrets, and with anything escaped that a terminal would obey."""
    hand_on(visible_json(redactor.text(json.dumps(value, ensure_ascii=False, indent=2))))


def read_by(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """The type of an argument, made from a parser that raises ValueError with a hint."""

    def read(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise ArgumentTypeError(f"it is {text!r}; it must be {error}") from None

    return read


def add_cassettes(parser: ArgumentParser) -> None:
    """Add an argument for the paths of cassettes. Without any, the command takes all: see `cassettes_chosen`."""
    parser.add_argument(
        "paths", metavar="PATH", nargs="*", type=Path, help="cassettes and directories of them (default: the project's)"
    )


def cassettes_chosen(chosen: Namespace, suite: Suite) -> list[Path]:
    """The given paths; without any, the directories of the project's cassettes, relative to the working directory."""
    return chosen.paths or suite.homes

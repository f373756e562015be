"""The command `import`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_samurai.commands.cli.command import Command, say
from pytest_samurai.commands.importer import import_cassettes
from pytest_samurai.errors import SettingsError
from pytest_samurai.redaction import Redactor, environment_secrets, one_line
from pytest_samurai.text import plural

if TYPE_CHECKING:
    from pytest_samurai.commands.movein import MovedFile


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATH", nargs="+", help="cassettes, or with --tests tests; and directories")
    parser.add_argument("--tests", action="store_true", help="report what to change in the tests, not in cassettes")
    parser.add_argument("--write", action="store_true", help="with --tests: make the changes that are possible")


def _run(chosen: Namespace) -> int:
    if chosen.tests:
        return _move_tests(chosen)
    if chosen.write:
        raise SettingsError("--write goes with --tests; cassettes are rewritten without it")
    failed = False
    for outcome in import_cassettes(map(Path, chosen.paths), environ=os.environ):
        say(outcome.text)
        failed = failed or outcome.failed
    return int(failed)


def _move_tests(chosen: Namespace) -> int:
    try:
        from pytest_samurai.commands.movein import Suite
    except ModuleNotFoundError as error:
        if error.name != "libcst":
            raise
        raise SettingsError(
            "`import --tests` needs libcst, which is not installed: pip install 'pytest-samurai[import]'"
        ) from None
    files = Suite(map(Path, chosen.paths)).moved()
    redactor = Redactor(environment_secrets(os.environ))
    for file in files:
        for line in file.lines:
            say(one_line(redactor, line))
        if chosen.write and file.made:
            file.write()
    say(one_line(redactor, _closing(files, chosen)))
    left = any(file.unread or len(file.made) < len(file.changes) for file in files)
    return int(left or (bool(files) and not chosen.write))


def _closing(files: Sequence[MovedFile], chosen: Namespace) -> str:
    made = sum(len(file.made) for file in files)
    changed = sum(bool(file.made) for file in files)
    left = sum(len(file.changes) - len(file.made) + bool(file.unread) for file in files)
    looks = f"{plural(left, 'line')} to look at" if left else ""
    if not made:
        return f"nothing to change; {looks}" if looks else "nothing to change"
    counted = f"{plural(made, 'change')} in {plural(changed, 'file')}"
    also = f", {looks}" if looks else ""
    if chosen.write:
        return f"made {counted}{also}"
    paths = " ".join(map(str, chosen.paths))
    return f"{counted}{also}; to make the changes: pytest-samurai import --tests --write {paths}"


COMMAND = Command(
    "import",
    "rewrite cassettes of vcrpy, pytest-recording, cassetter in our format",
    _arguments,
    _run,
    status_1="a file could not be rewritten; with `--tests`, something is left to change",
)

"""The command `prune`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_samurai.commands.cli.command import Command, say
from pytest_samurai.commands.prune import delete, judge
from pytest_samurai.commands.tests import CACHE, root_of
from pytest_samurai.errors import CassetteError
from pytest_samurai.redaction import Redactor, environment_secrets, one_line
from pytest_samurai.report import last_full_run


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--write", action="store_true", help="delete what is listed")
    parser.add_argument(
        "--cache-dir",
        metavar="DIR",
        type=Path,
        help=f"pytest's cache_dir (default: {CACHE} in its root directory)",
    )


def _run(chosen: Namespace) -> int:
    here = Path.cwd()
    root = Path(os.path.relpath(root_of(here), here))
    run = last_full_run(chosen.cache_dir or root / CACHE)
    judged = judge(run, root, environ=os.environ)
    for line in judged.lines:
        say(line)
    if not chosen.write:
        say(judged.closing(run))
        return 1 if judged.unused else 0
    deleted = []
    for unused in judged.unused:
        try:
            delete(unused, run, root, environ=os.environ)
            deleted.append(unused)
        except CassetteError as error:
            say(one_line(Redactor(environment_secrets(os.environ)), str(error)))
    say(judged.closing(run, deleted))
    return 0 if len(deleted) == len(judged.unused) else 1


COMMAND = Command(
    "prune",
    "find what the last full run did not use; with --write, delete it",
    _arguments,
    _run,
    status_1="something is not used; with `--write`, not all of it could be deleted",
)

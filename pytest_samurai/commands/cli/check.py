"""The command `check`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_samurai.commands.check import check
from pytest_samurai.commands.cli.command import Command, add_cassettes, read_by, say
from pytest_samurai.files import now
from pytest_samurai.settings import OPTIONS
from pytest_samurai.text import plural


def _arguments(parser: ArgumentParser) -> None:
    add_cassettes(parser)
    parser.add_argument(
        "--max-age",
        metavar="AGE",
        type=read_by(OPTIONS["max_age"].read),
        help='greatest age of a recording: "30d", "12h"',
    )
    parser.add_argument(
        "--redact",
        metavar="RULE",
        action="extend",
        type=read_by(OPTIONS["redact"].read),
        default=[],
        help='what else should not be there: "email", or a regular expression, as in `samurai_redact`; repeatable',
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print what fails, and nothing else")


def _run(chosen: Namespace) -> int:
    checked = check(
        map(Path, chosen.paths),
        environ=os.environ,
        now=now(),
        max_age=chosen.max_age,
        rules=chosen.redact,
    )
    failing = [finding for finding in checked.findings if not finding.advice]
    for finding in failing if chosen.quiet else checked.findings:
        say(finding.text)
    if not chosen.quiet:
        counted = [plural(checked.cassettes, "cassette"), plural(checked.interactions, "interaction")]
        if checked.journals:
            counted.insert(1, plural(checked.journals, "journal"))
        say(f"{', '.join(counted)}: {plural(len(failing), 'finding')}")
    return 1 if failing else 0


COMMAND = Command("check", "find secrets, damage and what is too old in cassettes", _arguments, _run)

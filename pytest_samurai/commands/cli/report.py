"""The command `report`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_samurai.commands.cli.command import Command, hand_on, read_by, say
from pytest_samurai.errors import SettingsError
from pytest_samurai.report import cause_lines, causes, merged_runs, publish, read_run, top_lines, totals_line
from pytest_samurai.settings import SPELLED, Settings, parse_target


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("files", metavar="JSON", nargs="+", type=Path, help="written by --samurai-report=json:PATH")
    parser.add_argument(
        "--to",
        metavar="REPORT",
        action="append",
        default=[],
        type=read_by(parse_target),
        help=f"{', '.join(SPELLED[:-1])} or {SPELLED[-1]}; repeatable (default: a summary to read here)",
    )


def _run(chosen: Namespace) -> int:
    runs = []
    for path in chosen.files:
        try:
            runs.append(read_run(path.read_bytes(), str(path)))
        except OSError as error:
            raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    run = merged_runs(runs)
    published = publish(run, chosen.to, directory=Path.cwd(), environ=os.environ)
    summary = [totals_line(run.totals), *top_lines(run.figures, Settings().top)]
    summary += cause_lines(run, {}) if causes(run) else []
    for line in published.lines:
        hand_on(line)
    for line in () if chosen.to else summary:
        say(line)
    for failed in published.errors:
        say(failed)
    return 1 if published.errors else 0


COMMAND = Command(
    "report",
    "make other reports from JSON reports; several shards are added up",
    _arguments,
    _run,
    status_1="a report could not be written",
)

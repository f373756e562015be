"""The command `cost`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_samurai.bill import own_prices
from pytest_samurai.commands.cli.command import Command, add_cassettes, cassettes_chosen, say
from pytest_samurai.commands.cost import cost_lines, costs
from pytest_samurai.commands.tests import Suite
from pytest_samurai.files import now


def _arguments(parser: ArgumentParser) -> None:
    add_cassettes(parser)
    parser.add_argument("--model", help="a model to compare with, at the same number of tokens")


def _run(chosen: Namespace) -> int:
    today, suite = now(), Suite(Path.cwd())
    paths, prices = cassettes_chosen(chosen, suite), own_prices(suite.root)
    cassettes = costs(paths, prices, today, chosen.model, environ=os.environ)
    for line in cost_lines(cassettes, today, chosen.model):
        say(line)
    return 1 if any(cassette.now is None or cassette.other is None for cassette in cassettes) else 0


COMMAND = Command(
    "cost",
    "show what the recorded calls cost at today's prices, or on another model",
    _arguments,
    _run,
    status_1="a cost is unknown",
)

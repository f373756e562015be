"""The command `show`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from itertools import chain
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.bill import Meter, own_prices
from pytest_samurai.cassette import Reading
from pytest_samurai.commands.cli.command import Command, hand_on, hand_on_json
from pytest_samurai.commands.show import Shown, show_json, show_lines
from pytest_samurai.commands.terminal import Line, laid_out
from pytest_samurai.commands.tests import Suite
from pytest_samurai.errors import SettingsError
from pytest_samurai.redaction import Redactor, environment_secrets, one_line, without_secrets
from pytest_samurai.wire import Interaction


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("test", metavar="TEST", help="id of a test, or the end of one; or the path of a cassette")
    parser.add_argument("--call", metavar="N", type=int, help="show this call alone")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print JSON, for programs")
    forms.add_argument("--plain", action="store_true", help="print steady text, as for git's textconv")


def _run(chosen: Namespace) -> int:
    suite = Suite(Path.cwd())
    named = suite.find(chosen.test)
    try:
        content = cassette.read(named.cassette)
    except FileNotFoundError:
        raise SettingsError(f"{named.cassette}: there is no such cassette") from None
    secrets = environment_secrets(os.environ)
    # Git gives a file another name each time.
    path = Path("cassette") if chosen.plain else named.cassette
    readings = [_without_secrets(reading, secrets) for reading in cassette.readings(content, path)]
    meter = None if chosen.plain else Meter(own_prices(suite.root), lambda _, text: text)
    shown = Shown(chosen.call, chosen.plain, meter)
    redactor = Redactor(secrets)
    if chosen.json:
        about = {"cassette": named.cassette.as_posix(), "test": named.test, **show_json(readings, shown)}
        hand_on_json(about, redactor)
    else:
        title = [] if shown.steady else [Line(named.title, style="bold underline")]
        lines = chain(title, show_lines(readings, shown))
        safe = (Line(one_line(redactor, line.text), line.indent * 2, line.style) for line in lines)
        for text in laid_out(safe, plain=chosen.plain):
            hand_on(text)
    # Git takes any other status for a failure, and shows no difference at all.
    return 1 if readings[0].damage and not chosen.plain else 0


def _without_secrets(reading: Reading, secrets: frozenset[str]) -> Reading:
    """A reading without secrets, which go before anything is cut short: half a secret cannot be told from a word."""
    whole = [interaction for interaction in reading.interactions if isinstance(interaction, Interaction)]
    clean = iter(without_secrets(whole, secrets))
    return replace(
        reading,
        interactions=[next(clean) if isinstance(each, Interaction) else each for each in reading.interactions],
    )


COMMAND = Command("show", "show a cassette as the conversation that it holds", _arguments, _run)

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
from pytest_samurai.commands.search import SUFFIXES
from pytest_samurai.commands.show import Shown, show_json, show_lines, story_of
from pytest_samurai.commands.terminal import Line, laid_out
from pytest_samurai.commands.tests import Named, Suite
from pytest_samurai.errors import SettingsError
from pytest_samurai.files import replace_whole
from pytest_samurai.redaction import Redactor, environment_secrets, one_line, without_secrets
from pytest_samurai.report import story_page
from pytest_samurai.wire import Interaction


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "tests", metavar="TEST", nargs="+", help="id of a test, or the end of one; or the path of a cassette"
    )
    parser.add_argument("--call", metavar="N", type=int, help="show this call alone")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print JSON, for programs")
    forms.add_argument("--plain", action="store_true", help="print text that stays the same, for git's textconv")
    forms.add_argument(
        "--html",
        metavar="PATH",
        nargs="?",
        const=_STDOUT,
        help="write the conversations to a self-contained page (default: on standard output)",
    )


def _run(chosen: Namespace) -> int:
    suite = Suite(Path.cwd())
    secrets = environment_secrets(os.environ)
    if chosen.html is None and len(chosen.tests) > 1:
        raise SettingsError(f"{len(chosen.tests):,} tests are shown on a page only: add --html PATH")
    read = [_read(suite, test, secrets, plain=chosen.plain) for test in chosen.tests]
    meter = None if chosen.plain else Meter(own_prices(suite.root), lambda _, text: text)
    shown = Shown(chosen.call, chosen.plain, meter)
    redactor = Redactor(secrets)
    if chosen.html is not None:
        _make_page(
            chosen.html, story_page([story_of(redactor.text(named.title), readings, shown) for named, readings in read])
        )
    else:
        [(named, readings)] = read
        _print(named, readings, shown, redactor, as_json=chosen.json)
    # Git takes any other status as a failure, and shows no difference at all.
    return 1 if any(readings[0].damage for _, readings in read) and not chosen.plain else 0


def _read(suite: Suite, test: str, secrets: frozenset[str], *, plain: bool) -> tuple[Named, list[Reading]]:
    """What a TEST means, and the contents of its cassette."""
    named = suite.find(test)
    try:
        content = cassette.read(named.cassette)
    except FileNotFoundError:
        raise SettingsError(f"{named.cassette}: no such cassette") from None
    # Git gives the file a new temporary name each time.
    path = Path("cassette") if plain else named.cassette
    return named, [_without_secrets(reading, secrets) for reading in cassette.readings(content, path)]


def _print(named: Named, readings: list[Reading], shown: Shown, redactor: Redactor, *, as_json: bool) -> None:
    if as_json:
        about = {"cassette": named.cassette.as_posix(), "test": named.test, **show_json(readings, shown)}
        hand_on_json(about, redactor)
        return
    title = [] if shown.steady else [Line(named.title, style="bold underline")]
    lines = chain(title, show_lines(readings, shown))
    safe = (Line(one_line(redactor, line.text), line.indent * 2, line.style) for line in lines)
    for text in laid_out(safe, plain=shown.steady):
        hand_on(text)


_STDOUT = "-"


def _make_page(target: str, page: str) -> None:
    """Print a page or write it to a file.

    Raises SettingsError if it cannot be written, or if the file is a cassette.
    """
    if target == _STDOUT:
        hand_on(page)
        return
    path = Path(target)
    if path.suffix in SUFFIXES:
        raise SettingsError(f"--html={target}: this is the name of a cassette; put a TEST before --html")
    try:
        replace_whole(path, f"{page}\n".encode())
    except OSError as error:
        raise SettingsError(f"{target}: cannot be written: {error.strerror or error}") from None


def _without_secrets(reading: Reading, secrets: frozenset[str]) -> Reading:
    """A reading without secrets. They are removed before anything is cut: half a secret looks like any other word."""
    whole = [interaction for interaction in reading.interactions if isinstance(interaction, Interaction)]
    clean = iter(without_secrets(whole, secrets))
    redactor = Redactor(secrets)
    return replace(
        reading,
        interactions=[
            next(clean) if isinstance(each, Interaction) else redactor.text(each) for each in reading.interactions
        ],
        damage=redactor.text(reading.damage),
    )


COMMAND = Command(
    "show",
    "show a cassette as the conversation that it holds",
    _arguments,
    _run,
    status_1="the cassette is damaged; with `--plain` that is 0, since git wants it so",
)

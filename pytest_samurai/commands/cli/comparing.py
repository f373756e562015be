"""The common part of the commands that compare two versions: their arguments, and what they compare."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_samurai.bill import own_prices
from pytest_samurai.commands.cli.command import hand_on
from pytest_samurai.commands.comparison import Comparison, compared
from pytest_samurai.commands.git import Repository, Span
from pytest_samurai.commands.inifile import project_settings
from pytest_samurai.commands.pieces import Line, printed
from pytest_samurai.commands.tests import Suite
from pytest_samurai.commands.versions import Reader, Tree
from pytest_samurai.errors import SettingsError
from pytest_samurai.matching import VOLATILE, Matcher
from pytest_samurai.redaction import Redactor, environment_secrets
from pytest_samurai.settings import OPTIONS, Settings

HEAD = "HEAD"


def add_normalize(parser: ArgumentParser) -> None:
    """Let a command take more entries of `normalize` than the ini file has."""
    parser.add_argument(
        "--normalize",
        metavar="NAMES",
        type=_names,
        default=(),
        help=f"what else varies, besides `samurai_normalize`: {', '.join(VOLATILE)}, with commas between them",
    )


def _names(text: str) -> Any:
    try:
        return OPTIONS["normalize"].read(text.split(","))
    except (SettingsError, ValueError) as error:
        raise ArgumentTypeError(str(error)) from None


def matcher_of(settings: Settings, chosen: Namespace) -> Matcher:
    """What is compared of a request: the ini file's settings plus `normalize` from the command line."""
    matcher = settings.matcher
    return replace(matcher, normalize=(*matcher.normalize, *chosen.normalize))


class Comparing:
    """What a command compares, from the working directory."""

    def __init__(self, chosen: Namespace) -> None:
        self._suite = Suite(Path.cwd())
        self.secrets = environment_secrets(os.environ)
        self.settings = project_settings(self._suite.here)
        self._reader = Reader(matcher_of(self.settings, chosen), self.secrets)
        self._own = own_prices(self._suite.root)

    def tree(self) -> Tree:
        """The cassettes in git. Raises SettingsError if there is no git or no repository."""
        return Tree(self._suite, Repository(self._suite.here), self._reader, self.settings.cassette_dir)

    def two_files(self, old: Path, new: Path) -> list[Comparison]:
        return [compared(self._reader.two_files(old, new), self._own)]

    def versions(self, tree: Tree, span: Span, paths: Sequence[Path]) -> list[Comparison]:
        """The cassettes whose meaning differs."""
        pairs = (compared(versions, self._own) for versions in tree.versions(span, paths))
        return [comparison for comparison in pairs if comparison.is_difference]

    def show(self, lines: Iterable[Line]) -> None:
        """Print lines without secrets.

        The secrets of names and errors are removed here: those are not part of interactions.
        """
        redactor = Redactor(self.secrets)
        safe = ([piece._replace(text=redactor.text(piece.text)) for piece in pieces] for pieces in lines)
        for text in printed(safe):
            hand_on(text)

"""The command `review`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from pytest_samurai.commands.cli.command import Command
from pytest_samurai.commands.cli.comparing import HEAD, Comparing, add_normalize
from pytest_samurai.commands.comparison import Comparison
from pytest_samurai.commands.diff import diff_lines
from pytest_samurai.commands.git import Span
from pytest_samurai.commands.keys import can_answer, single_keys
from pytest_samurai.commands.putback import PutBack
from pytest_samurai.commands.review import Review
from pytest_samurai.commands.versions import Tree
from pytest_samurai.errors import SettingsError


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "revision", metavar="REV", nargs="?", default=HEAD, help="a git revision to compare with (default: %(default)s)"
    )
    add_normalize(parser)


def _run(chosen: Namespace) -> int:
    comparing = Comparing(chosen)
    tree = comparing.tree()
    span = tree.repository.span(chosen.revision)
    if span.new is not None:
        raise SettingsError(f"{chosen.revision!r} names two revisions: review compares the files here with one")
    comparisons = comparing.versions(tree, span, [])
    if not comparisons or not can_answer():
        comparing.show(diff_lines(comparisons))
        return 1 if comparisons else 0
    return _reviewed(comparing, tree, span, comparisons)


def _reviewed(comparing: Comparing, tree: Tree, span: Span, comparisons: Sequence[Comparison]) -> int:
    put_back = PutBack(tree, span, tree.root / comparing.settings.lock)
    with single_keys() as key:
        review = Review(
            comparing.show,
            _ask,
            key,
            lambda comparison: put_back(comparison.versions),
        )
        decided = review.run(comparisons)
    comparing.show(decided)
    return 0 if review.is_done else 1


def _ask(question: str) -> None:
    sys.stdout.write(question)
    sys.stdout.flush()


COMMAND = Command(
    "review",
    "accept what changed in cassettes, or put it back, one by one",
    _arguments,
    _run,
    status_1="something is left to decide, or cannot be accepted",
)

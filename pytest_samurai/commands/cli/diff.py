"""The command `diff`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from pytest_samurai.commands.cli.command import Command
from pytest_samurai.commands.cli.comparing import HEAD, Comparing, add_normalize
from pytest_samurai.commands.comparison import Comparison
from pytest_samurai.commands.diff import diff_lines
from pytest_samurai.commands.git import Repository, Span
from pytest_samurai.errors import SettingsError


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "what",
        metavar="REV, PATH",
        nargs="*",
        help=f"a git revision to compare with (default: {HEAD}), and cassettes or directories; or two cassettes",
    )
    add_normalize(parser)


def _run(chosen: Namespace) -> int:
    comparing = Comparing(chosen)
    comparisons = _compared(comparing, chosen.what)
    comparing.show(diff_lines(comparisons))
    return 1 if any(each.is_difference for each in comparisons) else 0


def _compared(comparing: Comparing, what: Sequence[str]) -> list[Comparison]:
    paths = list(map(Path, what))
    if len(paths) == 2 and all(path.is_file() for path in paths):
        return comparing.two_files(*paths)
    tree = comparing.tree()
    span, paths = _span(tree.repository, what)
    return comparing.versions(tree, span, paths)


def _span(repository: Repository, what: Sequence[str]) -> tuple[Span, list[Path]]:
    """What to compare, limited to these paths. The first argument may be a revision."""
    paths = list(map(Path, what))
    if not what:
        return repository.span(HEAD), []
    is_here = paths[0].exists()
    try:
        span = repository.span(what[0])
    except SettingsError as error:
        # A file may be deleted here and still be known to git.
        if not is_here and not repository.is_known(paths[0]):
            raise SettingsError(f"{error}, and no such file exists, here or in {HEAD}") from None
        return repository.span(HEAD), paths
    if is_here:
        raise SettingsError(f"{what[0]} is both a revision and a file: write ./{what[0]} for the file")
    return span, paths[1:]


COMMAND = Command("diff", "show what changed in cassettes, by meaning", _arguments, _run, status_1="something differs")

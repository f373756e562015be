"""The table of commands, in the order of the help."""

from __future__ import annotations

from typing import Final

from pytest_samurai.commands.cli import check, cost, demo, diff, import_, ls, mv, prune, report, review, show, why
from pytest_samurai.commands.cli.command import Command

COMMANDS: Final[tuple[Command, ...]] = (
    demo.COMMAND,
    ls.COMMAND,
    show.COMMAND,
    mv.COMMAND,
    diff.COMMAND,
    review.COMMAND,
    check.COMMAND,
    prune.COMMAND,
    import_.COMMAND,
    cost.COMMAND,
    report.COMMAND,
    why.COMMAND,
)

"""Reports of a run, for people and programs."""

from importlib import import_module
from typing import TYPE_CHECKING

from pytest_samurai.report.causes import Group, cause_lines, causes, headline, named
from pytest_samurai.report.conversation import Conversation, conversation, message_lines
from pytest_samurai.report.fullrun import CHANGED, Absent, FullRun, amended, cassettes_of, noted
from pytest_samurai.report.fullrunnote import NOTE, RUN_ALL, last_full_run
from pytest_samurai.report.gathered import Gathered
from pytest_samurai.report.lastcalls import last_calls
from pytest_samurai.report.lines import (
    NOTE_PROPERTY,
    UNMARKED_PROPERTY,
    origin_line,
    shared_lines,
    shown_amount,
    shown_count,
    top_lines,
    totals_line,
    unmarked_line,
    updated_line,
)
from pytest_samurai.report.orphans import orphan_lines, orphaned, orphans
from pytest_samurai.report.outdated import drop_outdated
from pytest_samurai.report.owners import Owners
from pytest_samurai.report.play import Play, placed
from pytest_samurai.report.progress import Progress
from pytest_samurai.report.publish import publish
from pytest_samurai.report.run import Failure, Run, merged_runs, read_run
from pytest_samurai.report.spoken import Spoken
from pytest_samurai.report.standing import Collected, Used, standing
from pytest_samurai.report.version import own_version

if TYPE_CHECKING:
    from pytest_samurai.report.forms.stories import story_page
    from pytest_samurai.report.moved import moved_lines
    from pytest_samurai.report.stories import Side, Story
    from pytest_samurai.report.varied import Varied, clock_failure, varied_lines

__all__ = [
    "CHANGED",
    "NOTE",
    "NOTE_PROPERTY",
    "RUN_ALL",
    "UNMARKED_PROPERTY",
    "Absent",
    "Collected",
    "Conversation",
    "Failure",
    "FullRun",
    "Gathered",
    "Group",
    "Owners",
    "Play",
    "Progress",
    "Run",
    "Side",
    "Spoken",
    "Story",
    "Used",
    "Varied",
    "amended",
    "cassettes_of",
    "cause_lines",
    "causes",
    "clock_failure",
    "conversation",
    "drop_outdated",
    "headline",
    "last_calls",
    "last_full_run",
    "merged_runs",
    "message_lines",
    "moved_lines",
    "named",
    "noted",
    "origin_line",
    "orphan_lines",
    "orphaned",
    "orphans",
    "own_version",
    "placed",
    "publish",
    "read_run",
    "shared_lines",
    "shown_amount",
    "shown_count",
    "standing",
    "story_page",
    "top_lines",
    "totals_line",
    "unmarked_line",
    "updated_line",
    "varied_lines",
]

# Imported when asked for: a replay shows no conversations on a page, and has recorded nothing that varies.
_HOMES = {
    "Side": "stories",
    "Story": "stories",
    "Varied": "varied",
    "clock_failure": "varied",
    "moved_lines": "moved",
    "story_page": "forms.stories",
    "varied_lines": "varied",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"pytest_samurai.report.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

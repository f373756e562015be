"""The state of a suite that moved in: what is green, and what fixes the rest, by kind of change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from pytest_samurai.report.causes import Group, causes, group_lines
from pytest_samurai.report.run import Run
from pytest_samurai.text import MISS, Cause, Reason, plural, visible

_MOST_LISTED = 10
_GREEN: Final = ("passed", "xfailed", "xpassed")
_HEADS: Final = {
    Reason.PARAMETERS: "the parameters differ from the recorded ones, as with a newer client",
    Reason.PROMPT: "the prompt has changed since it was recorded",
    Reason.UNRECORDED: "nothing is recorded, so this needs the network",
    Reason.VARYING: "only values differ that vary from run to run",
    Reason.OTHER: "another reason, which each failure explains",
}
"""The line for each kind of change. Changes that cost nothing come first."""

Recording = Callable[[Collection[str]], str | None]
"""Gives the command that records what these tests miss; None if no single command works for all of them."""


def moved_lines(run: Run, recording: Recording) -> list[str]:
    """The lines: how many tests are green, then each kind of change, with its causes and the line that fixes it.

    There are no lines if no test missed a recording.
    """
    groups = _groups(run)
    if not groups:
        return []
    missed = {test for group in groups for test in group.tests}
    ran = {test.figures.test: test.outcome for test in run.tests if test.outcome != "skipped"}
    green = sum(outcome in _GREEN for test, outcome in ran.items() if test not in missed)
    everything = len(ran.keys() | missed)
    others = everything - green - len(missed)
    lines = [
        f"samurai: recordings of another tool are used. Of {plural(everything, 'test')}, {green:,} are green,"
        f" {len(missed):,} missed a recording" + (f", {others:,} failed for another reason" if others else "")
    ]
    for reason, head in _HEADS.items():
        of_reason = [group for group in groups if group.cause.reason is reason]
        if of_reason:
            lines += _section(reason, head, of_reason, recording)
    return lines


def _groups(run: Run) -> list[Group]:
    """The groups of misses, the largest first. A call that was refused without a diagnosis is in no recording."""
    groups = [group for group in causes(run) if group.cause.kind == MISS]
    told = {test for group in groups for test in group.tests}
    refused: dict[str, Group] = {}
    for failure in run.failures:
        if failure.kind == "RequestNotRecorded" and failure.test not in told:
            what = failure.text.split("\n", 1)[0]
            cause = Cause(MISS, what, reason=Reason.UNRECORDED)
            refused.setdefault(what, Group(cause)).tests.setdefault(failure.test, "")
    return [*groups, *refused.values()]


def _section(reason: Reason, head: str, groups: Sequence[Group], recording: Recording) -> list[str]:
    tests = list(dict.fromkeys(test for group in groups for test in group.tests))
    lines = [f"  {plural(len(tests), 'test')}: {head}"]
    for group in groups[:_MOST_LISTED]:
        lines += [f"  {line}" for line in group_lines(group, is_alone=False)]
    if len(groups) > _MOST_LISTED:
        lines.append(f"    and {plural(len(groups) - _MOST_LISTED, 'other cause')}")
    paths = dict.fromkeys(path for group in groups for path in group.cause.ignorable)
    if reason is Reason.PARAMETERS:
        lines.append(f"    To let {_them(tests)} match, without a call, in the ini file or where `ignore` is set:")
        lines.append(visible(f"      samurai_ignore = {' '.join(paths)}"))
    elif reason is not Reason.VARYING and (command := recording(tests)):
        lines.append(f"    To record {_them(tests)}, with paid calls: {command}")
    return lines


def _them(tests: Collection[str]) -> str:
    return "it" if len(tests) == 1 else "them"

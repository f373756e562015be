"""Why the tests of a run failed: a group for each cause, and one sentence for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pytest_samurai.report.run import Failure, Run
from pytest_samurai.text import GROWTH, MISS, Cause, plural, visible

_MOST_SAID = 3
_MOST_LISTED = 5
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Group:
    """The tests that failed for one reason, in the order they ended, each with what grew in it."""

    cause: Cause
    tests: dict[str, str] = field(default_factory=dict)


def causes(run: Run) -> list[Group]:
    """The groups of a run: misses first, and the largest group of each kind first."""
    groups: dict[str, Group] = {}

    def add(cause: Cause, test: str, moved: str = "") -> None:
        groups.setdefault(cause.name, Group(cause)).tests.setdefault(test, moved)

    for failure in run.failures:
        if failure.diagnosis is not None and failure.diagnosis.cause.kind == MISS:
            add(failure.diagnosis.cause, failure.test)
    # Not by failures: a fixture's regression is reported by the first test, but has its own name.
    for regression in run.regressions:
        add(Cause.of(GROWTH, regression.get("cause", regression["why"])), regression["test"], regression["why"])
    return sorted(groups.values(), key=lambda group: (group.cause.kind != MISS, -len(group.tests)))


def first_failures(run: Run) -> list[Failure]:
    """The failures, without those whose cause an earlier failure has told."""
    told: set[str] = set()
    first: list[Failure] = []
    for failure in run.failures:
        name = "" if failure.diagnosis is None else failure.diagnosis.cause.name
        if name not in told:
            first.append(failure)
        told.update(filter(None, [name]))
    return first


def headline(run: Run) -> str:
    """Why tests failed, in a sentence for each kind; empty if none did."""
    groups = causes(run)
    sentences = [_sentence("missed a recording", _of(groups, MISS))]
    sentences.append(_sentence("used more than the lock has", _of(groups, GROWTH)))
    if run.growth is not None and _of(groups, GROWTH):
        sentences.append(f"The run: {run.growth.text()}.")
    return " ".join(filter(None, sentences))


def _of(groups: Sequence[Group], kind: str) -> list[Group]:
    return [group for group in groups if group.cause.kind == kind]


def _sentence(what: str, groups: Sequence[Group]) -> str:
    if not groups:
        return ""
    count = len({test for group in groups for test in group.tests})
    if len(groups) == 1:
        return f"{plural(count, 'test')} {what}: {groups[0].cause.what}."
    said = [f"{plural(len(group.tests), 'test')}: {group.cause.what}" for group in groups[:_MOST_SAID]]
    if len(groups) > _MOST_SAID:
        said.append(_more_causes(groups[_MOST_SAID:]))
    return f"{plural(count, 'test')} {what}. {'; '.join(said)}."


def _more_causes(groups: Sequence[Group]) -> str:
    tests = {test for group in groups for test in group.tests}
    return f"and {plural(len(tests), 'test')} for {plural(len(groups), 'other reason')}"


def cause_lines(run: Run, commands: Mapping[str, str]) -> list[str]:
    """The groups as lines for a terminal, below the sentence.

    `commands` has the next command for each kind of group.
    """
    lines = [visible(f"samurai: {headline(run)}")]
    groups = causes(run)
    for kind, advice in ((MISS, "To record what is missing"), (GROWTH, "To accept it")):
        of_kind = _of(groups, kind)
        for group in of_kind[:_MOST_LISTED]:
            lines += group_lines(group, is_alone=len(of_kind) == 1)
        if len(of_kind) > _MOST_LISTED:
            lines.append(f"  {_more_causes(of_kind[_MOST_LISTED:])}")
        if kind in commands:
            lines.append(f"  {advice}: {commands[kind]}")
    return lines


def group_lines(group: Group, *, is_alone: bool) -> list[str]:
    """A group as lines for a terminal: its cause, unless it `is_alone`, the difference, and the first tests."""
    lines = [] if is_alone else [f"  {plural(len(group.tests), 'test')}: {visible(group.cause.what)}"]
    lines += [f"    {visible(line)}" for line in group.cause.difference]
    if group.cause.kind == GROWTH:
        lines += [f"    {visible(test)}: {visible(moved)}" for test, moved in list(group.tests.items())[:_MOST_NAMED]]
        if len(group.tests) > _MOST_NAMED:
            lines.append(f"    and {plural(len(group.tests) - _MOST_NAMED, 'test')} more")
        return lines
    return [*lines, f"    {visible(named(list(group.tests)))}"]


def named(tests: Sequence[str], most: int = _MOST_NAMED) -> str:
    """The first tests by id, without the file if it was already given, and the number of the others."""
    said: list[str] = []
    file = ""
    for test in tests[:most]:
        before, colons, name = test.partition("::")
        said.append(name if colons and before == file else test)
        file = before
    text = ", ".join(said)
    return f"{text} and {len(tests) - most:,} more" if len(tests) > most else text

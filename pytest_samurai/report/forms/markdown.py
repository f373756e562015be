"""A run as Markdown, for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from pytest_samurai.report.causes import Group, causes, first_failures, headline
from pytest_samurai.report.forms.output import Output
from pytest_samurai.report.forms.parts import REGRESSION, TEST, footer, rows_of_tests, title, unmarked
from pytest_samurai.report.forms.shown import shown
from pytest_samurai.report.lines import origin_line, used
from pytest_samurai.report.run import Run
from pytest_samurai.text import plural

MARK: Final = "<!-- pytest-samurai -->"
"""The first line. A bot uses it to find the comment that it replaces."""

# A comment on GitHub has at most 65,536 characters, and a bot may add some.
_LONGEST_COMMENT = 64_000
_MOST_ROWS = 100
_MOST_FAILURES = 10
_MOST_GROUPS = 10
_MOST_NAMED = 5
_MOST_LINES = 20
_LONGEST_LINE = 160
_LONGEST_SENTENCE = 2_000


def render(run: Run) -> Output:
    """A comment for a pull request: what failed, what grew, and, folded, what each test used.

    Texts from tests are shown as code, so that they cannot be markup or a mention.
    """
    run = shown(run)
    lists: list[_List] = []
    said = headline(run)
    head = [f"{MARK}\n### {title(run)}", *([_code(said, _LONGEST_SENTENCE)] if said else []), used(run.totals)]
    if run.origins.told:
        head.append(origin_line(run.origins))
    head += _failed(run)
    if run.regressions:
        cells = [_line_of([_cell(regression[name]) for name in REGRESSION]) for regression in run.regressions]
        lists.append(_List(_heading(REGRESSION, ("old", "new", "growth")), cells))
    if run.unmarked:
        lines = [f"- {_code(test)}: {calls}" for test, calls in unmarked(run)]
        lists.append(_List("**Live calls outside of any recorder**\n", lines))
    if run.notes:
        lists.append(_List("**Notes**\n", [f"- {_code(note)}" for note in run.notes]))
    rows = [_line_of([_cell(test), *rest]) for test, *rest in rows_of_tests(run)]
    if rows:
        summary = "<details><summary>What each test used, the most expensive first</summary>\n\n"
        lists.append(_List(summary + _heading(TEST, TEST[2:]), rows, "\n\n</details>"))
    foot = f"<sub>{_plain(footer(run))}</sub>"
    room = _LONGEST_COMMENT - sum(len(part) + 2 for part in [*head, foot])
    sections = []
    for index, section in enumerate(lists):
        sections.append(section.within(room // (len(lists) - index)))
        room -= len(sections[-1]) + 2
    return Output("\n\n".join([*head, *sections, foot]) + "\n")


def _failed(run: Run) -> list[str]:
    """Why tests failed: the groups, and the text of the first failure of each, up to a limit."""
    groups, failures = causes(run), first_failures(run)
    parts = [_group(group) for group in groups[:_MOST_GROUPS]]
    if len(groups) > _MOST_GROUPS:
        parts.append(f"... and {plural(len(groups) - _MOST_GROUPS, 'cause')} more")
    for failure in failures[:_MOST_FAILURES]:
        parts += [f"**{_plain(failure.kind)}** {_code(failure.test)}", _fenced(failure.text)]
    if len(failures) > _MOST_FAILURES:
        parts.append(f"... and {plural(len(failures) - _MOST_FAILURES, 'failure')} more")
    return parts


def _group(group: Group) -> str:
    tests = list(group.tests)
    more = f" and {len(tests) - _MOST_NAMED:,} more" if len(tests) > _MOST_NAMED else ""
    said = f"**{plural(len(tests), 'test')}**: {_code(group.cause.what)}: "
    said += ", ".join(map(_code, tests[:_MOST_NAMED])) + more
    difference = "\n".join(group.cause.difference)
    return f"{said}\n\n{_fenced(difference)}" if difference else said


@dataclass(frozen=True, slots=True)
class _List:
    """A table or a bullet list that is shortened if not all lines fit."""

    heading: str
    lines: Sequence[str]
    end: str = ""

    def within(self, room: int) -> str:
        """The heading, the first lines, and the number of lines left out, in at most `room` characters."""
        room -= len(self.heading) + len(self.end) + len(self._more(len(self.lines)))
        lengths = accumulate(len(line) + 1 for line in self.lines[:_MOST_ROWS])
        count = sum(length <= room for length in lengths)
        return "\n".join([self.heading, *self.lines[:count]]) + self._more(len(self.lines) - count) + self.end

    @staticmethod
    def _more(count: int) -> str:
        return f"\n\n... and {count:,} more" if count else ""


def _heading(names: Sequence[str], right: Sequence[str]) -> str:
    return f"{_line_of(names)}\n{_line_of(['---:' if name in right else '---' for name in names])}"


def _line_of(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|~&])", r"\\\1", text)


def _code(text: str, longest: int = _LONGEST_LINE) -> str:
    line = _cut(" ".join(text.split()), longest)
    ticks = _longer_than_any(line, 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def _cell(text: str) -> str:
    return _code(text).replace("|", "\\|")


def _fenced(text: str) -> str:
    lines = list(map(_cut, text.splitlines()))
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"... {plural(len(lines) - _MOST_LINES, 'line')} more"]
    ticks = _longer_than_any("\n".join(lines), 3)
    return "\n".join([f"{ticks}text", *lines, ticks])


def _cut(line: str, longest: int = _LONGEST_LINE) -> str:
    return line if len(line) <= longest else f"{line[:longest]}..."


def _longer_than_any(text: str, shortest: int) -> str:
    """More backticks than the text has in a row, and at least `shortest`."""
    return "`" * max([shortest, *(len(row) + 1 for row in re.findall("`+", text))])

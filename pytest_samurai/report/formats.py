"""A run as others read it: JSON, Markdown, a page, annotations of GitHub, and the input of github-action-benchmark."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from itertools import accumulate
from typing import Final

from pytest_samurai.bill import TestFigures
from pytest_samurai.report.lines import estimate, ranking, shown_amount, shown_count, used
from pytest_samurai.report.run import Run
from pytest_samurai.text import plural

MARK: Final = "<!-- pytest-samurai -->"
"""The first line of the Markdown, by which a bot finds the comment that it is to replace."""

# A comment on GitHub has at most 65,536 characters, and a bot may want to put a few of its own.
_LONGEST_COMMENT = 64_000
_MOST_ROWS = 100
_MOST_FAILURES = 10
_MOST_LINES = 20
_LONGEST_LINE = 160


def as_json(run: Run) -> str:
    """The run as docs/report.schema.json describes it."""
    return json.dumps(run.as_json(), indent=2, ensure_ascii=False) + "\n"


# --- what Markdown and the page both have

_REGRESSION = ("test", "metric", "old", "new", "growth", "why")
_TEST = ("test", "outcome", "calls", "tokens", "cost")


def _title(run: Run) -> str:
    counts = {"test": len(run.tests), "failure": len(run.failures), "regression": len(run.regressions)}
    shown = [plural(count, noun) for noun, count in counts.items() if count or noun == "test"]
    return f"samurai: {', '.join(shown)}"


def _rows(run: Run) -> list[tuple[str, ...]]:
    """Every test and fixture, as `_TEST` names the columns, the most expensive first."""
    outcomes = {test.figures.test: test.outcome for test in run.tests}
    return [_row(figures, outcomes.get(figures.test, "")) for figures in ranking(run.figures)]


def _row(figures: TestFigures, outcome: str) -> tuple[str, ...]:
    tokens = None if figures.usage is None else figures.usage.total_tokens
    return (
        figures.test,
        outcome,
        f"{figures.requests:,}",
        f"{shown_count(tokens)}{estimate(figures)}",
        shown_amount(figures.cost),
    )


def _unmarked(run: Run) -> list[tuple[str, str]]:
    return [(test, f"{calls:,}") for test, calls in run.unmarked.items()]


def _footer(run: Run) -> str:
    return f"pytest-samurai {run.version}, mode {run.mode}, {run.began}"


# --- Markdown


def markdown(run: Run) -> str:
    """A comment for a pull request: what failed, what grew, and, folded, what each test used.

    What comes from tests stands in code, where it is neither markup nor a mention.
    """
    lists: list[_List] = []
    head = [f"{MARK}\n### {_title(run)}", used(run.totals)]
    for failure in run.failures[:_MOST_FAILURES]:
        head += [f"**{_plain(failure.kind)}** {_code(failure.test)}", _fenced(failure.text)]
    if len(run.failures) > _MOST_FAILURES:
        head.append(f"... and {plural(len(run.failures) - _MOST_FAILURES, 'failure')} more")
    if run.regressions:
        cells = [_line_of([_cell(one[name]) for name in _REGRESSION]) for one in run.regressions]
        lists.append(_List(_heading(_REGRESSION, ("old", "new", "growth")), cells))
    if run.unmarked:
        lines = [f"- {_code(test)}: {calls}" for test, calls in _unmarked(run)]
        lists.append(_List("**Live calls outside of any recorder**\n", lines))
    if run.notes:
        lists.append(_List("**Notes**\n", [f"- {_code(note)}" for note in run.notes]))
    rows = [_line_of([_cell(test), *rest]) for test, *rest in _rows(run)]
    if rows:
        summary = "<details><summary>What each test used, the most expensive first</summary>\n\n"
        lists.append(_List(summary + _heading(_TEST, _TEST[2:]), rows, "\n\n</details>"))
    foot = f"<sub>{_plain(_footer(run))}</sub>"
    room = _LONGEST_COMMENT - sum(len(part) + 2 for part in [*head, foot])
    shown = []
    for place, each in enumerate(lists):
        shown.append(each.within(room // (len(lists) - place)))
        room -= len(shown[-1]) + 2
    return "\n\n".join([*head, *shown, foot]) + "\n"


@dataclass(frozen=True, slots=True)
class _List:
    """A table, or bullets, of which as many lines are shown as there is room for."""

    heading: str
    lines: Sequence[str]
    end: str = ""

    def within(self, room: int) -> str:
        """The heading, the first lines, and how many are left out."""
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


def _code(text: str) -> str:
    line = _cut(" ".join(text.split()))
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


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}..."


def _longer_than_any(text: str, shortest: int) -> str:
    """A row of backticks such as the text does not have."""
    return "`" * max([shortest, *(len(row) + 1 for row in re.findall("`+", text))])


# --- a page

_STYLE = """\
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #8885 }
td.number { text-align: right; font-variant-numeric: tabular-nums }
td:first-child, pre { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere }
pre { padding: .6rem; border: 1px solid #8885; overflow-x: auto; white-space: pre-wrap }
h2 { font-size: 1.1em } footer { opacity: .7 }"""


def page(run: Run) -> str:
    """A page of HTML that needs nothing else."""
    return "\n".join(_page(run)) + "\n"


def _page(run: Run) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>{escape(_title(run))}</title>"
    yield f"<style>\n{_STYLE}\n</style>"
    yield f"<h1>{escape(_title(run))}</h1>"
    yield f"<p>{escape(used(run.totals))}</p>"
    for failure in run.failures:
        yield f"<h2>{escape(failure.kind)}: {escape(failure.test)}</h2>"
        yield f"<pre>{escape(failure.text)}</pre>"
    if run.regressions:
        yield "<h2>Regressions</h2>"
        rows = [[one[name] for name in _REGRESSION] for one in run.regressions]
        yield from _html_table(_REGRESSION, rows, right=("old", "new", "growth"))
    if run.unmarked:
        yield "<h2>Live calls outside of any recorder</h2>"
        yield from _html_table(("test", "calls"), _unmarked(run), right=("calls",))
    if run.notes:
        yield "<h2>Notes</h2>"
        yield from (f"<pre>{escape(note)}</pre>" for note in run.notes)
    if run.figures:
        yield "<h2>What each test used</h2>"
        yield from _html_table(_TEST, _rows(run), right=_TEST[2:])
    yield f"<footer>{escape(_footer(run))}</footer>"
    yield "</html>"


def _html_table(names: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> Iterator[str]:
    yield "<table>"
    yield f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"
    kinds = [' class="number"' if name in right else "" for name in names]
    for row in rows:
        cells = (f"<td{kind}>{escape(text)}</td>" for kind, text in zip(kinds, row, strict=True))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</table>"


# --- GitHub


def github_annotations(run: Run, root: str = "") -> list[str]:
    """A workflow command for each failure, and each regression of a test that has none.

    `root` is where rootdir lies, as seen from the top of the repository.
    """
    failed = {failure.test for failure in run.failures}
    found = [(one.file, one.line, one.kind, f"{one.test}\n{one.text}") for one in run.failures]
    for test in run.tests:
        if test.figures.test not in failed:
            found += [
                (
                    test.file,
                    test.line,
                    "UsageRegression",
                    "{test}\n{metric} {old} -> {new} ({growth}): {why}".format(**one),
                )
                for one in test.regressions
            ]
    return [
        f"::error file={_property(posixpath.normpath(posixpath.join(root, file)))},line={line}"
        f",title={_property(kind)}::{_data(text)}"
        for file, line, kind, text in found
    ]


def _data(text: str) -> str:
    # As GitHub's own toolkit does it (`escapeData` and `escapeProperty` of @actions/core).
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# --- github-action-benchmark


def benchmark(run: Run) -> str:
    """Tokens and list cost of each test and of all, in the form `customSmallerIsBetter`.

    What is unknown is left out, and so is a sum of which a part is. The list cost, since what a provider happened to
    have cached is no news.
    """
    totals = run.totals
    entries: list[tuple[str, bool, int | None, Decimal | None]] = [
        (
            "total",
            totals.estimated > 0,
            None if totals.usage.unknown else totals.usage.known.total_tokens,
            totals.list_cost.if_known,
        )
    ]
    for one in run.figures:
        usage = one.usage
        tokens = None if usage is None else usage.total_tokens
        entries.append((one.test, usage is not None and usage.estimated, tokens, one.list_cost))
    found: list[dict[str, object]] = []
    for name, estimated, tokens, cost in entries:
        # Not in the name, by which the history of a row goes on.
        extra = {"extra": "estimated"} if estimated else {}
        if tokens is not None:
            found.append({"name": f"{name}: tokens", "unit": "tokens", "value": tokens, **extra})
        if cost is not None:
            found.append({"name": f"{name}: cost", "unit": "US dollars", "value": float(cost), **extra})
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"

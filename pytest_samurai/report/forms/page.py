"""A run as a page of HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from pytest_samurai.report.causes import causes, first_failures, headline
from pytest_samurai.report.forms.output import Output
from pytest_samurai.report.forms.parts import REGRESSION, TEST, footer, rows_of_tests, title, unmarked
from pytest_samurai.report.forms.shown import shown
from pytest_samurai.report.lines import used
from pytest_samurai.report.run import Run
from pytest_samurai.text import plural

_STYLE = """\
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #8885 }
td.number { text-align: right; font-variant-numeric: tabular-nums }
td:first-child, pre { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere }
pre { padding: .6rem; border: 1px solid #8885; overflow-x: auto; white-space: pre-wrap }
h2 { font-size: 1.1em } footer { opacity: .7 }"""


def render(run: Run) -> Output:
    """A page that needs no other file."""
    return Output("\n".join(_page(shown(run))) + "\n")


def _page(run: Run) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>{escape(title(run))}</title>"
    yield f"<style>\n{_STYLE}\n</style>"
    yield f"<h1>{escape(title(run))}</h1>"
    if said := headline(run):
        yield f"<p><strong>{escape(said)}</strong></p>"
    yield f"<p>{escape(used(run.totals))}</p>"
    for group in causes(run):
        yield f"<h2>{plural(len(group.tests), 'test')}: {escape(group.cause.what)}</h2>"
        yield f"<pre>{escape(chr(10).join([*group.cause.difference, *group.tests]))}</pre>"
    for failure in first_failures(run):
        yield f"<h2>{escape(failure.kind)}: {escape(failure.test)}</h2>"
        yield f"<pre>{escape(failure.text)}</pre>"
    if run.regressions:
        yield "<h2>Regressions</h2>"
        rows = [[regression[name] for name in REGRESSION] for regression in run.regressions]
        yield from _html_table(REGRESSION, rows, right=("old", "new", "growth"))
    if run.unmarked:
        yield "<h2>Live calls outside of any recorder</h2>"
        yield from _html_table(("test", "calls"), unmarked(run), right=("calls",))
    if run.notes:
        yield "<h2>Notes</h2>"
        yield from (f"<pre>{escape(note)}</pre>" for note in run.notes)
    if run.figures:
        yield "<h2>What each test used</h2>"
        yield from _html_table(TEST, rows_of_tests(run), right=TEST[2:])
    yield f"<footer>{escape(footer(run))}</footer>"
    yield "</html>"


def _html_table(names: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> Iterator[str]:
    yield "<table>"
    yield f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"
    kinds = [' class="number"' if name in right else "" for name in names]
    for row in rows:
        cells = (f"<td{kind}>{escape(text)}</td>" for kind, text in zip(kinds, row, strict=True))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</table>"

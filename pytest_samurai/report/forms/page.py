"""A run as an HTML page, with its tests' conversations."""

from __future__ import annotations

from pytest_samurai.report.causes import causes, first_failures, headline
from pytest_samurai.report.forms.failing import faults, told
from pytest_samurai.report.forms.output import Output
from pytest_samurai.report.forms.parts import REGRESSION, footer, title, unmarked
from pytest_samurai.report.forms.rows import rows
from pytest_samurai.report.forms.shown import shown
from pytest_samurai.report.forms.template import Templates
from pytest_samurai.report.lines import origin_line, used
from pytest_samurai.report.run import Run
from pytest_samurai.text import plural

MOST_ROWS = 2_000
"""How many tests have a row besides those that failed or grew. A row takes about 700 bytes."""


def render(run: Run) -> Output:
    """A page that needs no other file, no network and no script."""
    templates, run = Templates(), shown(run)
    tests = rows(run, templates, MOST_ROWS)
    more = len(run.figures) - len(tests)
    content = templates.fill(
        "page.html",
        title=title(run),
        used=used(run.totals),
        recordings=origin_line(run.origins),
        style=templates.fill("page.css"),
        headline=headline(run),
        causes=list(map(told, causes(run))),
        failures=list(faults(first_failures(run))),
        regression_names=REGRESSION,
        regressions=[[regression[name] for name in REGRESSION] for regression in run.regressions],
        unmarked=unmarked(run),
        notes=run.notes,
        rows=tests,
        left_out=f"{plural(more, 'more test')} left out, which cost less, to keep this page small." if more else "",
        footer=footer(run),
    )
    return Output(f"{content}\n")

"""The parts of a run that both Markdown and the page show."""

from __future__ import annotations

from pytest_samurai.bill import TestFigures, in_brackets
from pytest_samurai.report.lines import cache_writes, estimate, ranking, shown_amount, shown_count
from pytest_samurai.report.run import Run
from pytest_samurai.text import plural

REGRESSION = ("test", "metric", "old", "new", "growth", "why")
TEST = ("test", "outcome", "calls", "tokens", "cost")


def title(run: Run) -> str:
    """The number of tests, of failures, and of tests that grew beyond the lock."""
    counts = {"test": len(run.tests), "failure": len(run.failures), "regression": _grown(run)}
    shown = [plural(count, noun) for noun, count in counts.items() if count or noun == "test"]
    return f"samurai: {', '.join(shown)}"


def _grown(run: Run) -> int:
    return len({regression["test"] for regression in run.regressions})


def rows_of_tests(run: Run) -> list[tuple[str, ...]]:
    """A row for every test and fixture, with the columns of `TEST`, the most expensive first."""
    outcomes = outcomes_of(run)
    return [row_of_test(figures, outcomes.get(figures.test, "")) for figures in ranking(run.figures)]


def outcomes_of(run: Run) -> dict[str, str]:
    """The outcome of each test. Fixtures have no outcome of their own."""
    return {test.figures.test: test.outcome for test in run.tests}


def row_of_test(figures: TestFigures, outcome: str) -> tuple[str, str, str, str, str]:
    """The texts for one test or fixture, with the columns of `TEST`."""
    tokens = None if figures.usage is None else figures.usage.total_tokens
    return (
        figures.test,
        outcome,
        f"{figures.requests:,}{in_brackets(figures.endpoints)}",
        f"{shown_count(tokens)}{cache_writes(figures.usage)}{estimate(figures)}",
        shown_amount(figures.cost),
    )


def unmarked(run: Run) -> list[tuple[str, str]]:
    """The tests that went live without a recorder, and their numbers of calls."""
    return [(test, f"{calls:,}") for test, calls in run.unmarked.items()]


def footer(run: Run) -> str:
    """The version, the mode, and when the run began."""
    return f"pytest-samurai {run.version}, mode {run.mode}, {run.began}"

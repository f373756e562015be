"""The tests on a page: a row for each."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_samurai.bill import TestFigures
from pytest_samurai.report.forms.conversations import Conversations, Shown
from pytest_samurai.report.forms.parts import outcomes_of, row_of_test
from pytest_samurai.report.forms.template import Templates
from pytest_samurai.report.lines import rank
from pytest_samurai.report.run import Run
from pytest_samurai.text import plural

_KINDS = {"passed": "good", "xfailed": "good", "failed": "bad", "error": "bad", "xpassed": "bad"}
_NOTHING = Shown("", "", "")


@dataclass(frozen=True, slots=True)
class Row:
    """A test or fixture.

    The shares compare with the largest in the run, from 0 to 100. `grown` is how much of the token share is new since
    the lock was written. `talk` is its conversation.
    """

    test: str
    outcome: str
    kind: str
    calls: str
    tokens: str
    cost: str
    share_of_tokens: float
    share_of_cost: float
    grown: float
    growth: str
    talk: Shown


def rows(run: Run, templates: Templates, most: int) -> list[Row]:
    """The rows of the most expensive tests, up to `most`, and of all that failed or grew."""
    pairs = sorted(_with_spoken(run), key=lambda pair: rank(pair[0]))
    grown: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for regression in run.regressions:
        grown[regression["test"]].append(regression)
    failed = {failure.test for failure in run.failures}
    outcomes = outcomes_of(run)
    urgent = {test for test, outcome in outcomes.items() if _KINDS.get(outcome) == "bad"} | failed | grown.keys()
    pairs = [pair for index, pair in enumerate(pairs) if index < most or pair[0].test in urgent]
    shown: Mapping[int, Shown] = {}
    if run.library is not None:
        spoken = [(figures.test in urgent, index) for figures, index in pairs if index is not None]
        conversations = Conversations(run, run.library, templates)
        shown = conversations.shown([index for first, index in spoken if first], [index for _, index in spoken])
    largest = _Largest(
        max((_tokens(figures) for figures, _ in pairs), default=0),
        max((float(figures.cost or 0) for figures, _ in pairs), default=0.0),
    )
    return [
        _row(figures, outcomes.get(figures.test, ""), grown[figures.test], largest, _talk(figures, index, shown))
        for figures, index in pairs
    ]


def _with_spoken(run: Run) -> list[tuple[TestFigures, int | None]]:
    """All figures, each with the index of its conversation. Equal names are matched in the order of the run."""
    by_user: dict[str, deque[int]] = defaultdict(deque)
    for index, spoken in enumerate(run.spoken):
        by_user[spoken.user].append(index)
    return [
        (figures, by_user[figures.test].popleft() if figures.requests and by_user[figures.test] else None)
        for figures in run.figures
    ]


@dataclass(frozen=True, slots=True)
class _Largest:
    tokens: int
    cost: float


def _row(figures: TestFigures, outcome: str, grown: Sequence[Mapping[str, str]], largest: _Largest, talk: Shown) -> Row:
    _, _, calls, tokens, cost = row_of_test(figures, outcome)
    share = _share(_tokens(figures), largest.tokens)
    return Row(
        figures.test,
        outcome,
        _KINDS.get(outcome, ""),
        calls,
        tokens,
        cost,
        share,
        _share(float(figures.cost or 0), largest.cost),
        round(share * _new_part(grown), 1),
        "; ".join(f"{regression['metric']} {regression['growth']}" for regression in grown),
        talk,
    )


def _tokens(figures: TestFigures) -> int:
    return 0 if figures.usage is None else figures.usage.total_tokens


def _share(amount: float, largest: float) -> float:
    return round(100 * amount / largest, 1) if largest else 0


def _new_part(grown: Sequence[Mapping[str, str]]) -> float:
    """How much of the tokens is new, from 0 to 1; 0 if the numbers are not whole."""
    for regression in grown:
        old, new = (regression[side].replace(",", "") for side in ("old", "new"))
        if regression["metric"] == "total_tokens" and old.isdecimal() and new.isdecimal():
            return 1 - int(old) / max(int(new), int(old), 1)
    return 0


def _talk(figures: TestFigures, index: int | None, shown: Mapping[int, Shown]) -> Shown:
    if index is not None:
        return shown.get(index, _NOTHING)
    if not figures.live:
        return _NOTHING
    calls = f"{plural(figures.live, 'call')} went live without a cassette"
    return Shown("", "", f"{calls}, so what was said was not kept.")

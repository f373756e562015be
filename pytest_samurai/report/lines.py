"""A run as lines in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import PurePosixPath

from pytest_samurai.bill import PREFIX, Sum, TestFigures, in_brackets
from pytest_samurai.report.fullrun import Absent
from pytest_samurai.report.play import Play, merged_plays
from pytest_samurai.report.totals import Totals
from pytest_samurai.text import money, plural, visible
from pytest_samurai.wire import Origins, Usage

NOTE_PROPERTY = f"{PREFIX}note"
UNMARKED_PROPERTY = f"{PREFIX}unmarked"

_NAMED_TESTS = 10
_FEWEST_SECONDS = 0.05
_EXACT_SECONDS = 100


def shared_lines(plays: Iterable[Play], absent: Sequence[Absent]) -> list[str]:
    """What no test played from each shared cassette, if all tests of that cassette can tell."""
    return [
        f"samurai: {visible(play.cassette)}: no test played {_numbers(play.unplayed)}"
        f" of {play.recorded} recorded interactions"
        for play in merged_plays(plays)
        if play.shared
        and play.unplayed
        and not play.unknown
        and not any(test.may_own(PurePosixPath(play.cassette)) for test in absent)
    ]


def origin_line(origins: Origins) -> str:
    """The number of recordings that are no longer as recorded, in the opened cassettes; empty if all are."""
    return f"recordings: {origins.told}" if origins.told else ""


def _numbers(indexes: Iterable[int]) -> str:
    return f"interaction {', '.join(str(index + 1) for index in sorted(indexes))}"


def totals_line(totals: Totals) -> str:
    """The run on one line: tests, calls, tokens, money, and what replay saved."""
    silent = f" ({totals.without_calls:,} without a call)" if totals.without_calls else ""
    return f"samurai: {plural(totals.tests, 'test')}{silent}, {used(totals)}"


def updated_line(totals: Totals, dropped: int) -> str:
    """What a run in mode `update` did: its calls, and the recordings it `dropped`."""
    return f"samurai: mode update: {totals.replayed:,} replayed, {totals.recorded:,} recorded, {dropped:,} dropped"


def used(totals: Totals) -> str:
    """Calls by what happened to them, tokens, money, and what replay saved."""
    text = f"calls: {_calls(totals)}, {_tokens(totals)}, {_cost(totals)}"
    saved = _saved(totals)
    return f"{text}; replay saved {saved}" if saved else text


def _calls(totals: Totals) -> str:
    counts = {how: getattr(totals, how) for how in ("replayed", "recorded", "live")}
    return ", ".join(f"{count:,} {how}" for how, count in counts.items() if count or how == "replayed")


def _tokens(totals: Totals) -> str:
    usage = totals.usage
    if usage.unknown and not usage.known.requests:
        return "tokens unknown"
    return plural(usage.known.total_tokens, "token") + _in_brackets(
        _cache_writes(usage.known), *_doubts(usage, totals.estimated)
    )


def _cost(totals: Totals) -> str:
    cost = totals.cost
    if cost.unknown and not cost.known:
        return "cost unknown"
    # Without a price, an estimate is not part of the sum.
    return money(cost.known) + _in_brackets(*_doubts(cost, totals.estimated if cost.known else 0))


def _doubts(total: Sum[Usage] | Sum[Decimal], estimated: int) -> tuple[str, str]:
    """In how many tests part of the total is estimated, and in how many it is unknown; empty for none."""
    return f"estimated in {plural(estimated, 'test')}" if estimated else "", total.unknown_in("test")


def _in_brackets(*remarks: str) -> str:
    said = ", ".join(filter(None, remarks))
    return f" ({said})" if said else ""


def _saved(totals: Totals) -> str:
    """The money, and how long the calls took when they were recorded."""
    amount = money(totals.saved.known) if totals.saved.known else ""
    if amount and totals.saved.unknown:
        amount = f"more than {amount}"
    return " and ".join(filter(None, [amount, _seconds(totals.seconds)]))


def _seconds(seconds: float) -> str:
    """The time; empty if it is too short to mention."""
    if seconds < _FEWEST_SECONDS:
        return ""
    return f"{seconds:,.1f} s" if seconds < _EXACT_SECONDS else f"{seconds:,.0f} s"


def top_lines(figures: Iterable[TestFigures], count: int) -> list[str]:
    """A line for each of the first `count` tests of the `ranking` that used tokens."""
    ranked = [(test, usage) for test in ranking(figures) if (usage := test.usage) is not None and usage.total_tokens]
    rows = [(shown_amount(test.cost), usage.total_tokens, test) for test, usage in ranked[:count]]
    width = max((len(cost) for cost, _, _ in rows), default=0)
    return [
        f"  {cost:>{width}}  {tokens:>9,} tokens  {plural(test.requests, 'call'):>9}"
        f"  {visible(test.test)}{in_brackets(test.endpoints)}{estimate(test)}"
        for cost, tokens, test in rows
    ]


def ranking(figures: Iterable[TestFigures]) -> list[TestFigures]:
    """The most expensive test first, and unknown costs last. Equal costs are sorted by tokens, then by name."""
    return sorted(figures, key=rank)


def rank(test: TestFigures) -> tuple[Decimal, int, str]:
    """The sort key of a `ranking`."""
    cost, usage = test.cost, test.usage
    return Decimal(1) if cost is None else -cost, 1 if usage is None else -usage.total_tokens, test.test


def shown_count(count: int | None) -> str:
    """A number; a question mark if it is unknown."""
    return "?" if count is None else f"{count:,}"


def shown_amount(amount: Decimal | None) -> str:
    """Money; a question mark if it is unknown."""
    return "?" if amount is None else money(amount)


def cache_writes(usage: Usage | None) -> str:
    """The note after a number of tokens, if some of them were written to the provider's cache."""
    return _in_brackets(_cache_writes(usage))


def _cache_writes(usage: Usage | None) -> str:
    written = 0 if usage is None else usage.cache_write_tokens
    return f"{written:,} into the cache" if written else ""


def estimate(figures: TestFigures) -> str:
    """The note after the name of a test with tokens that the server did not count."""
    return " (estimated)" if figures.usage is not None and figures.usage.estimated else ""


def unmarked_line(calls: Mapping[str, int]) -> str:
    """The tests that went live without a recorder.

    `calls` has their numbers of calls; only the first tests are named.
    """
    tests = ", ".join(map(visible, list(calls)[:_NAMED_TESTS]))
    if len(calls) > _NAMED_TESTS:
        tests += f" and {plural(len(calls) - _NAMED_TESTS, 'test')} more"
    return f"samurai: {plural(sum(calls.values()), 'live call')} outside of any recorder, not recorded: {tests}"

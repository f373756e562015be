"""A run as lines: what was replayed, recorded and sent, and what it used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from pytest_samurai.figures import PREFIX, TestFigures
from pytest_samurai.fullrun import Absent, Play, merged

NOTE_PROPERTY = f"{PREFIX}note"
UNMARKED_PROPERTY = f"{PREFIX}unmarked"

_NAMED_TESTS = 10


def shared_lines(plays: Iterable[Play], absent: Sequence[Absent]) -> list[str]:
    """What nobody played of each cassette that is shared, by tests that all can say so."""
    return [
        f"samurai: {play.cassette}: no test played {_numbers(play.unplayed)} of {play.recorded} recorded interactions"
        for play in merged(plays)
        if play.shared
        and play.unplayed
        and not play.unknown
        and not any(test.may_own(PurePosixPath(play.cassette)) for test in absent)
    ]


def _numbers(places: Iterable[int]) -> str:
    return f"interaction {', '.join(str(place + 1) for place in sorted(places))}"


def totals_line(tests: Sequence[TestFigures], fixtures: Sequence[TestFigures] = ()) -> str:
    """The run on one line: tests, calls, tokens; the calls of fixtures count, as no tests."""
    figures = [*tests, *fixtures]
    calls = ", ".join(
        f"{count:,} {how}"
        for how in ("replayed", "recorded", "live")
        if (count := sum(getattr(one, how) for one in figures)) or how == "replayed"
    )
    known = [one.usage for one in figures if one.usage is not None]
    unknown = len(figures) - len(known)
    if unknown and not known:
        tokens = "tokens unknown"
    else:
        tokens = _plural(sum(usage.total_tokens for usage in known), "token")
        tokens += f" (unknown in {_plural(unknown, 'test')})" if unknown else ""
    return f"samurai: {_plural(len(tests), 'test')}, calls: {calls}, {tokens}"


def top_lines(figures: Sequence[TestFigures], count: int) -> list[str]:
    """The tests that used most tokens, most first."""
    used = [(usage.total_tokens, one) for one in figures if (usage := one.usage) is not None and usage.total_tokens]
    ranked = sorted(used, key=lambda pair: (-pair[0], pair[1].test))
    return [f"{tokens:>9,} tokens  {_plural(one.requests, 'call'):>9}  {one.test}" for tokens, one in ranked[:count]]


def unmarked_line(calls: Mapping[str, int]) -> str:
    """Which tests went live where no recorder was open, the first of many by name; `calls` counts them by test."""
    tests = ", ".join(list(calls)[:_NAMED_TESTS])
    if len(calls) > _NAMED_TESTS:
        tests += f" and {_plural(len(calls) - _NAMED_TESTS, 'test')} more"
    return f"samurai: {_plural(sum(calls.values()), 'live call')} outside of any recorder, not recorded: {tests}"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"

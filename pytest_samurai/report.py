"""A run as lines: what was replayed, recorded and sent, and what it used."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from pytest_samurai.figures import PREFIX, TestFigures

NOTE_PROPERTY = f"{PREFIX}note"
UNMARKED_PROPERTY = f"{PREFIX}unmarked"
SHARED_PROPERTY = f"{PREFIX}shared"

_NAMED_TESTS = 10


@dataclass(frozen=True, slots=True)
class SharedPlay:
    """What one test, or fixture, played of a cassette that others play from as well; places count from 0."""

    cassette: str
    recorded: int
    unplayed: list[int]

    def shared_property(self) -> tuple[str, str]:
        """As it travels in `user_properties`."""
        return SHARED_PROPERTY, json.dumps(asdict(self))

    @classmethod
    def from_shared_property(cls, value: str) -> SharedPlay:
        """What `shared_property` gave."""
        return cls(**json.loads(value))


def shared_lines(plays: Iterable[SharedPlay]) -> list[str]:
    """What nobody played of each shared cassette."""
    unplayed: dict[str, set[int]] = {}
    recorded: dict[str, int] = {}
    for play in plays:
        unplayed[play.cassette] = unplayed.get(play.cassette, set(play.unplayed)) & set(play.unplayed)
        recorded[play.cassette] = play.recorded
    return [
        f"samurai: {cassette}: no test played {_numbers(places)} of {recorded[cassette]} recorded interactions"
        for cassette, places in sorted(unplayed.items())
        if places
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

"""A run as lines: what was replayed, recorded and sent, and what it used."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath

from pytest_samurai.chat import Call
from pytest_samurai.fullrun import Absent, Play, merged

PREFIX = "samurai_"
NOTE_PROPERTY = f"{PREFIX}note"
UNMARKED_PROPERTY = f"{PREFIX}unmarked"
FIXTURE_PROPERTY = f"{PREFIX}fixture"

_FIGURES = ("replayed", "recorded", "live", "prompt_tokens", "completion_tokens", "total_tokens")
FIGURE_PROPERTIES = tuple(f"{PREFIX}{name}" for name in _FIGURES)

_NAMED_TESTS = 10


@dataclass(frozen=True, slots=True)
class TestFigures:
    """What one test did. Counts of calls; tokens, None where a call did not say."""

    __test__ = False

    test: str
    replayed: int
    recorded: int
    live: int
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None

    @classmethod
    def of(cls, test: str, calls: Sequence[Call], *, recorded: int) -> TestFigures:
        """The figures of calls, of which so many were recorded: the others that are no replays just went live."""
        usages = [call.usage for call in calls]
        known = None if None in usages else [usage for usage in usages if usage is not None]
        replayed = sum(call.replayed for call in calls)
        sent = len(calls) - replayed
        return cls(
            test,
            replayed,
            recorded=recorded,
            live=sent - recorded,
            prompt_tokens=None if known is None else sum(usage.prompt_tokens for usage in known),
            completion_tokens=None if known is None else sum(usage.completion_tokens for usage in known),
            total_tokens=None if known is None else sum(usage.total_tokens for usage in known),
        )

    @property
    def requests(self) -> int:
        return self.replayed + self.recorded + self.live

    def properties(self) -> list[tuple[str, int]]:
        """Name and value, as they travel in `user_properties`: to JUnit, and from xdist workers."""
        values = [(f"{PREFIX}{name}", getattr(self, name)) for name in _FIGURES]
        return [(name, value) for name, value in values if value is not None]

    def fixture_property(self) -> tuple[str, str]:
        """The same for the figures of a fixture, which travel with the test that it was set up for."""
        return FIXTURE_PROPERTY, json.dumps(asdict(self))

    @classmethod
    def from_fixture_property(cls, value: str) -> TestFigures:
        """What `fixture_property` gave."""
        return cls(**json.loads(value))

    @classmethod
    def from_properties(cls, test: str, properties: Iterable[tuple[str, object]]) -> TestFigures | None:
        """What `properties` gave; None for a test that has none."""
        found = {name.removeprefix(PREFIX): value for name, value in properties if name.startswith(PREFIX)}
        if "replayed" not in found:
            return None

        def count(name: str) -> int | None:
            value = found.get(name)
            return value if isinstance(value, int) else None

        return cls(
            test,
            count("replayed") or 0,
            count("recorded") or 0,
            count("live") or 0,
            count("prompt_tokens"),
            count("completion_tokens"),
            count("total_tokens"),
        )


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
    known = [one.total_tokens for one in figures if one.total_tokens is not None]
    unknown = len(figures) - len(known)
    if unknown and not known:
        tokens = "tokens unknown"
    else:
        tokens = _plural(sum(known), "token") + (f" (unknown in {_plural(unknown, 'test')})" if unknown else "")
    return f"samurai: {_plural(len(tests), 'test')}, calls: {calls}, {tokens}"


def top_lines(figures: Sequence[TestFigures], count: int) -> list[str]:
    """The tests that used most tokens, most first."""
    ranked = sorted((one for one in figures if one.total_tokens), key=lambda one: (-(one.total_tokens or 0), one.test))
    return [f"{one.total_tokens:>9,} tokens  {_plural(one.requests, 'call'):>9}  {one.test}" for one in ranked[:count]]


def unmarked_line(calls: Mapping[str, int]) -> str:
    """Which tests went live where no recorder was open, the first of many by name; `calls` counts them by test."""
    tests = ", ".join(list(calls)[:_NAMED_TESTS])
    if len(calls) > _NAMED_TESTS:
        tests += f" and {_plural(len(calls) - _NAMED_TESTS, 'test')} more"
    return f"samurai: {_plural(sum(calls.values()), 'live call')} outside of any recorder, not recorded: {tests}"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"

"""A request without a recording, explained: what is nearest, what differs, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from pytest_samurai.matching.bodies import Json, spelled
from pytest_samurai.matching.description import describe
from pytest_samurai.matching.differences import MISSING, Difference, differences
from pytest_samurai.matching.likeness import likeness, words
from pytest_samurai.matching.matcher import COMPONENTS, Matcher
from pytest_samurai.matching.normalize import VOLATILE, substitute
from pytest_samurai.text import visible
from pytest_samurai.wire import Interaction, Request, usage_of

_SHOWN_DIFFERENCES = 8

_BODY_COMPONENTS = frozenset({"chat", "body", "raw_body"})
IN_PROMPT = ("messages", "tools", "functions", "response_format")
_DATA_URL = (re.compile(r"data:[^,\s]*,\S*"), "")


Denial = tuple[int, str]
"""The place of a recording, and the name of the function of `match_on` that does not take it for the request."""


@dataclass(frozen=True, slots=True)
class Miss:
    """All that is known when a request is refused."""

    request: Request
    recorded: Sequence[Interaction]
    played: frozenset[int]
    matcher: Matcher
    test: str
    cassette: str
    mode: str
    rerun: str | None
    denials: Sequence[Denial] = ()

    def text(self) -> str:
        endpoint = self.matcher.endpoints.match(self.request.url) or self.request.url
        lines = [f"{self.request.method} {endpoint} has no recording, and the mode does not let it go live."]
        lines += [f"  {name:<9} {value}" for name, value in self._facts()]
        if self.denials:
            lines.append("  Equal in what `match_on` names, but not by its functions:")
            lines += [
                f"    interaction {place + 1}: {name} says no" for place, name in self.denials[:_SHOWN_DIFFERENCES]
            ]
        elif equal := self._equal():
            lines.append(f"  {_played_out(equal)}: this is one call more than was recorded.")
        elif self.recorded:
            lines += self._compared()
        if self.rerun:
            lines.append(f"  To record this test{' again' if self.recorded else ''}: {self.rerun}")
        return visible("\n".join(lines), keep="\n")

    def _facts(self) -> list[tuple[str, str]]:
        there = f"{len(self.recorded)} recorded, {len(self.played)} played" if self.recorded else "no recordings"
        return [("test", self.test), ("cassette", f"{self.cassette} ({there})"), ("mode", self.mode)]

    def _equal(self) -> list[int]:
        key = self.matcher.key(self.request)
        return [place for place, item in enumerate(self.recorded) if self.matcher.key(item.request) == key]

    def _compared(self) -> list[str]:
        asked = self.matcher.value(self.request)
        place, recorded = self._nearest(asked)
        nearest = self.recorded[place]
        around = list(self._around(nearest.request))
        counts = not _BODY_COMPONENTS.isdisjoint(self.matcher.match_on)
        found = list(differences(recorded, asked)) if counts else []
        shown = found[:_SHOWN_DIFFERENCES]
        played = ", already played" if place in self.played else ""
        lines = [f"  The nearest recording is interaction {place + 1}{played}. What differs:", *around]
        lines += [line for difference in shown for line in describe(difference)]
        if len(found) > len(shown):
            lines.append(f"    ... and {len(found) - len(shown)} more")
        if not around and not found:
            lines.append("    the bytes of the body, which hold the same values")
        if growth := _growth(nearest, recorded, asked):
            lines.append(f"  prompt tokens: {growth}")
        if kinds := [] if around else volatile_kinds(found):
            entries = ", ".join(f'"{kind}"' for kind in kinds)
            lines.append(f"  Only what varies from run to run differs. To let it match, add to `normalize`: {entries}")
        return lines

    def _nearest(self, asked: Json) -> tuple[int, Json]:
        """The recording that shares most words with what was asked, and its value; among equals an unplayed one."""
        wanted = words(asked)

        def rank(candidate: tuple[int, Json]) -> tuple[float, bool]:
            place, value = candidate
            return -likeness(wanted, words(value)), place in self.played

        return min(((place, self.matcher.value(item.request)) for place, item in enumerate(self.recorded)), key=rank)

    def _around(self, nearest: Request) -> Iterator[str]:
        """What differs beside the body."""
        for name in self.matcher.match_on:
            if name not in _BODY_COMPONENTS:
                old, new = (COMPONENTS[name](self.matcher, one).decode() for one in (nearest, self.request))
                if old != new:
                    yield f"    {name}: {old} -> {new}"


def _played_out(places: Sequence[int]) -> str:
    numbers = ", ".join(str(place + 1) for place in places)
    if len(places) == 1:
        return f"An equal request is recorded once (interaction {numbers}) and was already played"
    return f"An equal request is recorded {len(places)} times (interactions {numbers}), and all were already played"


def _growth(nearest: Interaction, recorded: Json, asked: Json) -> str | None:
    """The likely number of prompt tokens, from the tokens per character of the nearest recording.

    None if its usage is unknown, or if nothing to speak of changes.
    """
    usage = usage_of(nearest.reply)
    old, new = prompt_length(recorded), prompt_length(asked)
    if usage is None or not usage.prompt_tokens or not old:
        return None
    likely = round(usage.prompt_tokens * new / old)
    change = f"{likely / usage.prompt_tokens - 1:+.0%}"
    return None if change in ("+0%", "-0%") else f"{usage.prompt_tokens:,} -> about {likely:,}, {change}"


def prompt_length(value: Json) -> int:
    """The characters of a request that count as prompt: not the parameters."""
    prompt = {name: value[name] for name in IN_PROMPT if name in value} if isinstance(value, dict) else value
    return length(prompt) if prompt else 0


def length(value: Json) -> int:
    """The characters of a value, but for pictures, whose tokens are no matter of length; none if it is missing."""
    return 0 if value is MISSING else len(spelled(substitute(value, [_DATA_URL])))


def volatile_kinds(found: Sequence[Difference]) -> list[str]:
    """The fewest `normalize` entries that would make all differences go away; none if some would stay."""
    for count in range(1, len(VOLATILE) + 1):
        for kinds in combinations(VOLATILE, count):
            entries = [VOLATILE[kind] for kind in kinds]
            sides = ((substitute(one.recorded, entries), substitute(one.asked, entries)) for one in found)
            if found and not any(True for old, new in sides for _ in differences(old, new)):
                return list(kinds)
    return []

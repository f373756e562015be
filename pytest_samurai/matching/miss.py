"""A request without a recording, explained: what is nearest, what differs, what to do."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from pytest_samurai.matching.matcher import (
    COMPONENTS,
    MISSING,
    VOLATILE,
    Difference,
    Json,
    Matcher,
    differences,
    substitute,
)
from pytest_samurai.wire import Interaction, Request, answer_of, dialect_of, prompt_length, text_length

_SHOWN_DIFFERENCES = 8
_CONTEXT = 60
_ON_ONE_LINE = 40
# Comparing takes time by the product of both lengths.
_COMPARED_WORDS = 100_000

_BODY_COMPONENTS = frozenset({"chat", "body", "raw_body"})


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
        return _visible("\n".join(lines), keep="\n")

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
        if growth := _growth(nearest, recorded, self.request, asked):
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


def _spelled(value: Json) -> str:
    """A value as text for people; deliberately not `canonical`, which spells unicode in ASCII."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False)


def words(value: Json) -> Counter[str]:
    """The words in a value, and how often they are there."""
    return Counter(re.findall(r"\w+", _spelled(value)))


def likeness(one: Counter[str], other: Counter[str]) -> float:
    """The share of words that two values have in common: 0 to 1."""
    return (one & other).total() / ((one | other).total() or 1)


def _growth(nearest: Interaction, recorded: Json, request: Request, asked: Json) -> str | None:
    """The likely number of prompt tokens, from the tokens per character of the nearest recording.

    None if its usage is unknown, or if nothing to speak of changes.
    """
    usage = answer_of(nearest).usage
    old = prompt_length(dialect_of(nearest.request.url), recorded)
    new = prompt_length(dialect_of(request.url), asked)
    if usage is None or not usage.prompt_tokens or not old:
        return None
    likely = round(usage.prompt_tokens * new / old)
    change = f"{likely / usage.prompt_tokens - 1:+.0%}"
    return None if change in ("+0%", "-0%") else f"{usage.prompt_tokens:,} -> about {likely:,}, {change}"


def length(value: Json) -> int:
    """The characters of a value, without those of pictures; 0 if it is missing."""
    return 0 if value is MISSING else text_length(value)


def describe(difference: Difference) -> list[str]:
    """A difference as lines: short values on one, texts on two with the changed words in [brackets]."""
    old, new = (_spelled(side) if isinstance(side, bytes) else side for side in (difference.recorded, difference.asked))
    if isinstance(old, str) and isinstance(new, str) and not (_is_short(old) and _is_short(new)):
        before, after = changed_words(old, new)
        return [f"    {difference.path}:", f"      - {before}", f"      + {after}"]
    return [f"    {difference.path}: {_short(old)} -> {_short(new)}"]


def _is_short(text: str) -> bool:
    return len(text) <= _ON_ONE_LINE and " " not in text and text.isprintable()


def _short(value: Json) -> str:
    text = repr(value) if value is MISSING else _spelled(value)
    return text if len(text) <= 2 * _CONTEXT else f"{text[: 2 * _CONTEXT]}..."


_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")


def _visible(text: str, keep: str = "") -> str:
    """The text without what a terminal would obey, or could not print."""
    return _UNSEEN.sub(lambda found: found[0] if found[0] in keep else ascii(found[0])[1:-1], text)


_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def changed_words(old: str, new: str) -> tuple[str, str]:
    """Both texts, each on a line, with the changed words in [brackets]; long stretches are cut short."""
    olds, news = _TOKEN.findall(old), _TOKEN.findall(new)
    head = _common(olds, news)
    tail = _common(olds[head:][::-1], news[head:][::-1])
    left, right = olds[head : len(olds) - tail], news[head : len(news) - tail]
    if len(left) * len(right) <= _COMPARED_WORDS:
        # Blanks are in every text, so they say nothing about what belongs together.
        codes = SequenceMatcher(str.isspace, left, right, autojunk=False).get_opcodes()
    else:
        codes = [("replace", 0, len(left), 0, len(right))]
    changed = [code[1:] for code in codes if code[0] != "equal"]
    return (
        _bracketed(olds, [(head + begin, head + end) for begin, end, _, _ in changed]),
        _bracketed(news, [(head + begin, head + end) for _, _, begin, end in changed]),
    )


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _bracketed(words: Sequence[str], changed: Sequence[tuple[int, int]]) -> str:
    """The words with changed runs marked; an empty run, where the other text has more, keeps what is around it."""
    text, at = "", 0
    for begin, end in changed:
        same, other = "".join(words[at:begin]), "".join(words[begin:end])
        text += _cut(same, 0 if at == 0 else _CONTEXT, _CONTEXT)
        text += f"[{_cut(other, 2 * _CONTEXT, 2 * _CONTEXT)}]" if other else ""
        at = end
    return _visible(text + _cut("".join(words[at:]), _CONTEXT, 0))


def _cut(text: str, first: int, last: int) -> str:
    if len(text) <= first + last:
        return text
    return f"{text[:first]}...{text[len(text) - last :]}"


def volatile_kinds(found: Sequence[Difference]) -> list[str]:
    """The fewest `normalize` entries that would make all differences go away; none if some would stay."""
    for count in range(1, len(VOLATILE) + 1):
        for kinds in combinations(VOLATILE, count):
            entries = [VOLATILE[kind] for kind in kinds]
            sides = ((substitute(one.recorded, entries), substitute(one.asked, entries)) for one in found)
            if found and not any(True for old, new in sides for _ in differences(old, new)):
                return list(kinds)
    return []

"""A request without a recording, explained: what is nearest, what differs, what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_samurai.chat import Call, Interaction, Request
from pytest_samurai.matching import MISSING, VOLATILE, Difference, Json, Matcher, canonical, differences

_SHOWN_DIFFERENCES = 8
_CONTEXT = 60
_COMPARED_CLOSELY = 12


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

    def text(self) -> str:
        endpoint = self.matcher.endpoints.match(self.request.url) or self.request.url
        lines = [f"{self.request.method} {endpoint} has no recording, and the mode does not let it go live."]
        lines += [f"  {name:<9} {value}" for name, value in self._facts()]
        equal = self._equal()
        nearest = None if equal else self._nearest()
        if equal:
            numbers = ", ".join(str(number + 1) for number in equal)
            lines.append(
                f"  An equal request is recorded {_times(len(equal))} (interaction {numbers}) and was already played:"
                " this is one call more than was recorded."
            )
        elif nearest is not None:
            lines += self._compared(nearest)
        lines += self._advice(nearest)
        return "\n".join(lines)

    def _facts(self) -> list[tuple[str, str]]:
        there = f"{len(self.recorded)} recorded, {len(self.played)} played" if self.recorded else "no recordings"
        return [("test", self.test), ("cassette", f"{self.cassette} ({there})"), ("mode", self.mode)]

    def _equal(self) -> list[int]:
        key = self.matcher.key(self.request)
        return [place for place, item in enumerate(self.recorded) if self.matcher.key(item.request) == key]

    def _nearest(self) -> int | None:
        """The recording with the fewest differences; among equals, the one whose text is most alike."""
        asked = self.matcher.value(self.request)
        counts = [
            (len(list(differences(self.matcher.value(item.request), asked))), place)
            for place, item in enumerate(self.recorded)
        ]
        asked_text = canonical(asked).decode("utf-8", "replace")

        def likeness(place: int) -> float:
            text = canonical(self.matcher.value(self.recorded[place].request)).decode("utf-8", "replace")
            return difflib.SequenceMatcher(None, text, asked_text, autojunk=False).quick_ratio()

        best = [place for _, place in sorted(counts)[:_COMPARED_CLOSELY]]
        fewest = {place: count for count, place in counts}
        return min(best, key=lambda place: (fewest[place], -likeness(place)), default=None)

    def _differences(self, place: int) -> list[Difference]:
        recorded = self.matcher.value(self.recorded[place].request)
        return list(differences(recorded, self.matcher.value(self.request)))

    def _compared(self, place: int) -> list[str]:
        nearest = self.recorded[place].request
        found = self._differences(place)
        played = ", already played" if place in self.played else ""
        lines = [f"  The nearest recording is interaction {place + 1}{played}. What differs:"]
        if nearest.method != self.request.method:
            lines.append(f"    method: {nearest.method} -> {self.request.method}")
        if not found and nearest.url != self.request.url:
            lines.append(f"    url: {nearest.url} -> {self.request.url}")
        for difference in found[:_SHOWN_DIFFERENCES]:
            lines += describe(difference)
        if len(found) > _SHOWN_DIFFERENCES:
            lines.append(f"    ... and {len(found) - _SHOWN_DIFFERENCES} more")
        growth = self._growth(place)
        return [*lines, growth] if growth else lines

    def _growth(self, place: int) -> str | None:
        """The likely number of prompt tokens, from the tokens per byte of the nearest recording."""
        recorded = self.recorded[place]
        usage = Call(recorded, number=place + 1, replayed=True).usage
        old, new = (
            len(canonical(self.matcher.value(recorded.request))),
            len(canonical(self.matcher.value(self.request))),
        )
        if usage is None or not usage.prompt_tokens or not old:
            return None
        likely = round(usage.prompt_tokens * new / old)
        if likely == usage.prompt_tokens:
            return None
        change = (likely - usage.prompt_tokens) / usage.prompt_tokens
        return f"  prompt tokens: {usage.prompt_tokens:,} -> about {likely:,} ({change:+.0%})"

    def _advice(self, nearest: int | None) -> list[str]:
        lines = []
        volatile = volatile_kinds(self._differences(nearest)) if nearest is not None else []
        if volatile:
            entries = ", ".join(f'"{kind}"' for kind in volatile)
            lines.append(f"  Only what varies from run to run differs; to let it match: normalize=[{entries}]")
        if self.rerun:
            lines.append(f"  To record this test again: {self.rerun}")
        return lines


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def describe(difference: Difference) -> list[str]:
    """A difference as lines: short values on one, texts on two with the changed words in [brackets]."""
    old, new = difference.recorded, difference.asked
    if isinstance(old, str) and isinstance(new, str):
        before, after = changed_words(old, new)
        return [f"    {difference.path}:", f"      - {before}", f"      + {after}"]
    return [f"    {difference.path}: {_short(old)} -> {_short(new)}"]


def _short(value: Json) -> str:
    if value is MISSING:
        return repr(value)
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else canonical(value).decode()
    return text if len(text) <= 2 * _CONTEXT else f"{text[: 2 * _CONTEXT]}..."


def changed_words(old: str, new: str) -> tuple[str, str]:
    """Both texts with the changed stretch in [brackets]; long ones are cut to what stands around it."""
    olds, news = re.split(r"(\s+)", old), re.split(r"(\s+)", new)
    head = _common(olds, news)
    tail = _common(olds[head:][::-1], news[head:][::-1])
    return _bracketed(olds, head, tail), _bracketed(news, head, tail)


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _bracketed(words: Sequence[str], head: int, tail: int) -> str:
    before = "".join(words[:head])
    changed = "".join(words[head : len(words) - tail])
    after = "".join(words[len(words) - tail :])
    if len(before) > _CONTEXT:
        before = f"...{before[-_CONTEXT:]}"
    if len(after) > _CONTEXT:
        after = f"{after[:_CONTEXT]}..."
    if len(changed) > 4 * _CONTEXT:
        changed = f"{changed[: 2 * _CONTEXT]} ... {changed[-2 * _CONTEXT :]}"
    return f"{before}[{changed}]{after}".replace("\n", "\\n")


def volatile_kinds(found: Sequence[Difference]) -> list[str]:
    """The `normalize` entries that would make all differences go away; none if some would stay."""
    kinds: list[str] = []
    for difference in found:
        if not isinstance(difference.recorded, str) or not isinstance(difference.asked, str):
            return []
        old, new = difference.recorded, difference.asked
        for kind, (pattern, mark) in VOLATILE.items():
            if pattern.sub(mark, old) == old and pattern.sub(mark, new) == new:
                continue
            old, new = pattern.sub(mark, old), pattern.sub(mark, new)
            if kind not in kinds:
                kinds.append(kind)
        if old != new:
            return []
    return kinds

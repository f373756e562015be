"""A miss: a request without a recording, explained."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_samurai.matching.bodies import Json
from pytest_samurai.matching.cause import cause_of, said_cause, unrecorded_cause
from pytest_samurai.matching.description import describe
from pytest_samurai.matching.differences import MISSING, Difference, differences
from pytest_samurai.matching.likeness import likeness, words
from pytest_samurai.matching.matcher import COMPONENTS, OF_BODIES, Matcher
from pytest_samurai.matching.normalize import VOLATILE, parse_substitution, substitute
from pytest_samurai.matching.paths import format_path
from pytest_samurai.text import MISS, Cause, Reason, visible
from pytest_samurai.wire import Interaction, Request, answer_of, dialect_of, prompt_length, text_length

_SHOWN_DIFFERENCES = 8

Denial = tuple[int, str]
"""The index of a recording, and the name of the `match_on` function that says it isn't the request."""


@dataclass(frozen=True, slots=True)
class Miss:
    """What is known about a refused request: the nearest recording, the differences, what to do.

    `renamed` are commands. They give this test the cassette of a test that no longer exists and would answer the
    request.
    """

    request: Request
    recorded: Sequence[Interaction]
    played: frozenset[int]
    matcher: Matcher
    test: str
    cassette: str
    mode: str
    rerun: str | None
    denials: Sequence[Denial] = ()
    renamed: Sequence[str] = ()

    def text(self) -> str:
        """The miss as text for people."""
        return self.told()[0]

    def told(self) -> tuple[str, Cause]:
        """The miss as text for people, and its cause."""
        endpoint = self.matcher.endpoints.match(self.request.url) or self.request.url
        lines = [f"{self.request.method} {endpoint} has no recording, and the mode does not let it go live."]
        lines += [f"  {name:<9} {value}" for name, value in self._facts()]
        if self.denials:
            lines.append("  Equal in every part that `match_on` names, but not by its functions:")
            lines += [
                f"    interaction {index + 1}: {name} says no" for index, name in self.denials[:_SHOWN_DIFFERENCES]
            ]
            names = dict.fromkeys(name for _, name in self.denials)
            cause = said_cause([f"equal, but {name} of `match_on` says no" for name in names])
        elif equal := self._equal():
            lines.append(f"  {_played_out(equal)}: the test makes one more call than was recorded.")
            cause = unrecorded_cause(["one more call than was recorded"])
        elif self.recorded:
            compared, cause = self._compared()
            lines += compared
        else:
            cause = renamed_cause(self.renamed) if self.renamed else unrecorded_cause(["no recordings"])
        lines += renamed_lines(self.renamed)
        # A new recording of what varies would miss again.
        if self.rerun and cause.reason is not Reason.VARYING:
            lines.append(f"  To record {'what is missing' if self.recorded else 'this test'}: {self.rerun}")
        return "\n".join(map(visible, lines)), cause

    def _facts(self) -> list[tuple[str, str]]:
        counts = f"{len(self.recorded)} recorded, {len(self.played)} played" if self.recorded else "no recordings"
        return [("test", self.test), ("cassette", f"{self.cassette} ({counts})"), ("mode", self.mode)]

    def _equal(self) -> list[int]:
        key = self.matcher.key(self.request)
        return [index for index, recording in enumerate(self.recorded) if self.matcher.key(recording.request) == key]

    def _compared(self) -> tuple[list[str], Cause]:
        asked = self.matcher.value(self.request)
        index, recorded = self._nearest(asked)
        nearest = self.recorded[index]
        around = list(self._around(nearest.request))
        changes = list(differences(recorded, asked)) if self.matcher.compares_bodies else []
        shown = changes[:_SHOWN_DIFFERENCES]
        played = ", already played" if index in self.played else ""
        lines = [f"  The nearest recording is interaction {index + 1}{played}. What differs:", *around]
        lines += [line for difference in shown for line in describe(difference)]
        if len(changes) > len(shown):
            lines.append(f"    ... and {len(changes) - len(shown)} more")
        if not around and not changes:
            lines.append("    the bytes of the body, which hold the same values")
        if growth := _growth(nearest, recorded, self.request, asked):
            lines.append(f"  prompt tokens: {growth}")
        kinds = [] if around else volatile_kinds(changes)
        if kinds:
            entries = ", ".join(f'"{kind}"' for kind in kinds)
            advice = f"To let them match, add to `normalize`: {entries}"
            lines.append(f"  Only values that vary from run to run differ. {advice}")
            cause = said_cause([f"only values that vary from run to run, add to `normalize`: {entries}"])
            return lines, replace(cause, reason=Reason.VARYING)
        if changes and words(recorded) == words(asked):
            lines.append("  The same words in another order: sort anything that comes from a set or the file system.")
        if around:
            is_elsewhere = all(any(self._around(recording.request)) for recording in self.recorded)
            said = [line.strip().replace(":", "", 1) for line in around]
            return lines, unrecorded_cause(said) if is_elsewhere else said_cause(said)
        if not changes:
            return lines, said_cause(["the bytes of the body, which hold the same values"])
        cause = cause_of(changes, dialect_of(self.request.url), recorded, asked)
        return lines, replace(cause, ignorable=self._with_ignored(cause.ignorable))

    def _with_ignored(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Paths to ignore, after those already ignored: setting the option replaces all of them."""
        return (*map(format_path, self.matcher.ignore), *paths) if paths else ()

    def _nearest(self, asked: Json) -> tuple[int, Json]:
        """The index and value of the recording that shares most words with the request; if equal, an unplayed one."""
        wanted = words(asked)

        def rank(candidate: tuple[int, Json]) -> tuple[float, bool]:
            index, value = candidate
            return -likeness(wanted, words(value)), index in self.played

        values = ((index, self.matcher.value(recording.request)) for index, recording in enumerate(self.recorded))
        return min(values, key=rank)

    def _around(self, nearest: Request) -> Iterator[str]:
        """The differences outside the body."""
        for name in self.matcher.match_on:
            if name not in OF_BODIES:
                old, new = (COMPONENTS[name](self.matcher, request).decode() for request in (nearest, self.request))
                if old != new:
                    yield f"    {name}: {old} -> {new}"


def renamed_lines(commands: Sequence[str]) -> list[str]:
    """What to do if a test was renamed: the commands for it."""
    if not commands:
        return []
    if len(commands) == 1:
        line = "A recording of a test that no longer exists would answer it. If you renamed that test to this one, run:"
    else:
        tests = f"{len(commands)} tests that no longer exist"
        line = f"Recordings of {tests} would answer it. If you renamed one of them to this one, run its line:"
    return [
        f"  {line}",
        *(f"    {command}" for command in commands),
    ]


def renamed_cause(commands: Sequence[str]) -> Cause:
    """The cause if a test may have been renamed: one cause for everything that a command settles."""
    old = shlex.split(commands[0])[-2]
    return Cause.of(
        MISS, visible(f"recorded by {old}, which no longer exists"), list(map(visible, commands)), [commands]
    )


def _played_out(indexes: Sequence[int]) -> str:
    numbers = ", ".join(str(index + 1) for index in indexes)
    if len(indexes) == 1:
        return f"The same request is recorded once (interaction {numbers}), and that recording has already been played"
    times = f"{len(indexes)} times (interactions {numbers})"
    return f"The same request is recorded {times}, and all have already been played"


def _growth(nearest: Interaction, recorded: Json, request: Request, asked: Json) -> str | None:
    """The likely number of prompt tokens, from the tokens per character of the nearest recording.

    None if its usage is unknown, if not all of its tokens are text, or if nearly nothing changes.
    """
    usage = answer_of(nearest).usage
    dialect = dialect_of(nearest.request.url)
    old = prompt_length(dialect, recorded)
    new = prompt_length(dialect_of(request.url), asked)
    if usage is None or not usage.prompt_tokens or not old or not dialect.is_of_text:
        return None
    likely = round(usage.prompt_tokens * new / old)
    change = f"{likely / usage.prompt_tokens - 1:+.0%}"
    return None if change in ("+0%", "-0%") else f"{usage.prompt_tokens:,} -> about {likely:,}, {change}"


def length(value: Json) -> int:
    """The characters of a value without pictures; 0 if it is missing."""
    return 0 if value is MISSING else text_length(value)


def volatile_kinds(changes: Sequence[Difference]) -> list[str]:
    """The fewest `normalize` entries that make all differences go away; none if some would stay."""

    def leave_nothing(kinds: Sequence[str]) -> bool:
        entries = list(map(parse_substitution, kinds))
        sides = ((substitute(change.recorded, entries), substitute(change.asked, entries)) for change in changes)
        return not any(True for old, new in sides for _ in differences(old, new))

    needed = list(VOLATILE)
    if not changes or not leave_nothing(needed):
        return []
    # The last first: those in front replace more at once.
    for kind in reversed(list(VOLATILE)):
        fewer = [other for other in needed if other != kind]
        if leave_nothing(fewer):
            needed = fewer
    return needed

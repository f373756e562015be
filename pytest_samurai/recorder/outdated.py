"""The recordings that a test no longer plays, and the positions of their replacements."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from operator import itemgetter

from pytest_samurai.recorder.course import Course
from pytest_samurai.recorder.playback import Playback
from pytest_samurai.wire import Interaction

Numbered = tuple[int | None, Interaction]
"""An interaction and the number of the test's call that it answered; None if it answered none."""


class Outdated:
    """What a test no longer plays after its `course`; nothing if that is not whole, or if `drops` is false."""

    def __init__(self, playback: Playback, course: Course, *, drops: bool) -> None:
        self._playback = playback
        self._course = course
        self._unplayed = frozenset(playback.unplayed()) if drops and course.is_whole else frozenset()
        self._outdated: set[int] = set()
        self._numbers: dict[int, int] = {}

    def __bool__(self) -> bool:
        return any(index < len(self._playback.stored) for index in self._unplayed)

    @property
    def resumed(self) -> list[Numbered]:
        """The calls of interrupted runs that stay."""
        numbered = enumerate(self._playback.interrupted.interactions, len(self._playback.stored))
        return [
            (self._course.numbers.get(index), interaction)
            for index, interaction in numbered
            if index not in self._unplayed
        ]

    @property
    def count(self) -> int:
        """How many such recordings the cassette has."""
        return len(self._outdated)

    def find(self, recordings: Sequence[Interaction]) -> None:
        """Find them in the cassette as it is now. It finds none if somebody else has changed them."""
        if list(self._playback.stored) == list(recordings):
            of_file = range(len(recordings))
            self._outdated = {id(recordings[index]) for index in self._unplayed if index in of_file}
            numbers = self._course.numbers.items()
            self._numbers = {id(recordings[index]): number for index, number in numbers if index in of_file}

    def __contains__(self, interaction: Interaction) -> bool:
        return id(interaction) in self._outdated

    def number(self, interaction: Interaction) -> int | None:
        """The number of the call that a recording in the cassette answered."""
        return self._numbers.get(id(interaction))


def in_order(
    kept: Sequence[Numbered], added: Sequence[Numbered], key: Callable[[Interaction], Hashable]
) -> list[Interaction]:
    """Recordings and additions in the order of the test: each addition follows the call before it.

    An interaction that answers no call comes last. So do all additions if no recording was played. Equal requests are
    played in the order of recording, so none is put before an equal one, judged by its `key`.
    """
    calls: list[tuple[int, int, Interaction | None]] = [
        (number, position, None) for position, (number, _) in enumerate(kept, 1) if number is not None
    ]
    if not calls:
        return [interaction for _, interaction in [*kept, *added]]
    calls += [(number, 0, interaction) for number, interaction in added if number is not None]
    last = {key(interaction): position for position, (_, interaction) in enumerate(kept, 1)}
    behind: list[list[Interaction]] = [[] for _ in range(len(kept) + 1)]
    before = 0
    for _, position, interaction in sorted(calls, key=itemgetter(0)):
        if interaction is None:
            before = position
            continue
        equal = key(interaction)
        before = last[equal] = max(before, last.get(equal, 0))
        behind[before].append(interaction)
    arranged = behind[0]
    for (_, interaction), following in zip(kept, behind[1:], strict=True):
        arranged += [interaction, *following]
    return arranged + [interaction for number, interaction in added if number is None]

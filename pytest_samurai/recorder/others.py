"""What other processes have written to a cassette while it was open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence

from pytest_samurai.wire import Interaction, Recordings


def written_meanwhile(recordings: Sequence[Interaction], known: Recordings) -> list[Interaction]:
    """The recordings in a file that are not `known`. Recordings of other tools, which have no dates, are left out."""
    times = set(known.times())
    return [recording for recording in recordings if recording.recorded_at not in times | {None}]


def without_equal(
    added: Iterable[Interaction],
    recorded: Iterable[Interaction],
    played: Iterable[Interaction],
    kind: Callable[[Interaction], Hashable],
) -> list[Interaction]:
    """What is to be added, without what is already recorded of the same kind. What was `played` does not count."""
    standing_in = Counter(map(kind, recorded))
    standing_in.subtract(map(kind, played))
    missing = []
    for interaction in added:
        standing_in[kind(interaction)] -= 1
        if standing_in[kind(interaction)] < 0:
            missing.append(interaction)
    return missing

"""What other processes have written to a cassette while it was open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path

from pytest_samurai.matching import Matcher
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.paths import shown
from pytest_samurai.recorder.playback import Playback
from pytest_samurai.text import plural
from pytest_samurai.wire import Interaction, Recordings


class Others:
    """What other tests, workers and runs have written to the cassette of a test, merged with what the test adds.

    `matcher` tells which requests are equal. `notes` gets what there is to say of a run that made way.
    """

    def __init__(self, path: Path, owner: Owner, playback: Playback, matcher: Matcher, notes: list[str]) -> None:
        self._path = path
        self._owner = owner
        self._playback = playback
        self._matcher = matcher
        self._notes = notes

    def merged(
        self, kept: Sequence[Interaction], added: Sequence[Interaction], *, passed: bool
    ) -> tuple[Sequence[Interaction], Sequence[Interaction]]:
        """What stays of a cassette, and what is to be added.

        All who share a cassette play it from the start. So if workers that set up the same fixture at once each added
        their calls, only the first copy would ever be played. The same is true of two runs of one test at once.
        """
        if self._owner.shared:
            return kept, without_equal(added, kept, self._played_from_file(), self._kind)
        others = written_meanwhile(kept, self._playback.recordings)
        missing = without_equal(added, others, (), self._kind)
        if others and missing and passed and self._owner.rerun is not None:
            # Each run of a test had a conversation of its own, and a replay needs all of one.
            self._notes.append(
                f"{self._owner.test}: another run recorded this test at the same time, with different calls;"
                f" this run's calls replaced its {plural(len(others), 'call')} in {shown(self._path)}"
            )
            return [recording for recording in kept if recording not in others], added
        return kept, missing

    def key(self, interaction: Interaction) -> bytes:
        """The key of a request."""
        return self._matcher.key(interaction.request)

    def _played_from_file(self) -> list[Interaction]:
        """What this test has played from the cassette, and so will play again before what it recorded."""
        recordings = self._playback.recordings
        # What was taken up from journals comes last, and is not in the file yet.
        from_file = len(recordings) - len(self._playback.interrupted.interactions)
        return [recordings[index] for index in self._playback.played if index < from_file]

    def _kind(self, interaction: Interaction) -> tuple[bytes, bool]:
        # An error does not stand in for an answer.
        return self.key(interaction), interaction.reply.is_success


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

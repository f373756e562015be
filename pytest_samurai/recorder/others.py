"""What other processes wrote to a cassette while it was open."""

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
    """Merges what other tests, workers and runs wrote to a test's cassette with what the test adds.

    `matcher` tells which requests are equal. `notes` gets a line about a run whose recordings give way.
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
        """What stays of a cassette, and what is added to it.

        Everyone who shares a cassette plays it from the start. So if several workers set up the same fixture at once
        and each added its calls, only the first copy would ever be played. The same is true of two runs of one test at
        once.
        """
        if self._owner.shared:
            return kept, without_equal(added, kept, self._played_from_file(), self._kind)
        others = written_meanwhile(kept, self._playback.recordings)
        missing = without_equal(added, others, (), self._kind)
        if others and missing and passed and self._owner.rerun is not None:
            # Each run of the test had a separate conversation, and a replay needs one of them, complete.
            self._notes.append(
                f"{self._owner.test}: another run recorded this test at the same time, with other calls:"
                f" its {plural(len(others), 'call')} in {shown(self._path)} were replaced by this run's"
            )
            return [recording for recording in kept if recording not in others], added
        return kept, missing

    def key(self, interaction: Interaction) -> bytes:
        """The key of a request."""
        return self._matcher.key(interaction.request)

    def _played_from_file(self) -> list[Interaction]:
        """What this test has played from the cassette, and will play again before its new recordings."""
        recordings = self._playback.recordings
        # Recordings recovered from journals come last, and are not in the file yet.
        from_file = len(recordings) - len(self._playback.interrupted.interactions)
        return [recordings[index] for index in self._playback.played if index < from_file]

    def _kind(self, interaction: Interaction) -> tuple[bytes, bool]:
        # An error cannot replace an answer.
        return self.key(interaction), interaction.reply.is_success


def written_meanwhile(recordings: Sequence[Interaction], known: Recordings) -> list[Interaction]:
    """The recordings in a file that are not `known`. It leaves out other tools' recordings, which have no dates."""
    times = set(known.times())
    return [recording for recording in recordings if recording.recorded_at not in times | {None}]


def without_equal(
    added: Iterable[Interaction],
    recorded: Iterable[Interaction],
    played: Iterable[Interaction],
    kind: Callable[[Interaction], Hashable],
) -> list[Interaction]:
    """The new interactions, without those whose equals are already recorded. What was `played` does not count."""
    standing_in = Counter(map(kind, recorded))
    standing_in.subtract(map(kind, played))
    missing = []
    for interaction in added:
        standing_in[kind(interaction)] -= 1
        if standing_in[kind(interaction)] < 0:
            missing.append(interaction)
    return missing

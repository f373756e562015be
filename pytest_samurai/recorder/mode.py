"""What each record mode allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from pytest_samurai.recorder.owner import Owner
from pytest_samurai.settings import Mode
from pytest_samurai.wire import Interaction, Recordings, is_call

UPDATE: Final[Mode] = "update"
"""The mode that messages advise: it pays only for what has changed."""


class Ending(Protocol):
    """A test that has ended, with what modes ask about it. `Keeper` answers."""

    @property
    def passed(self) -> bool:
        """Whether the test passed."""

    @property
    def added(self) -> Sequence[Interaction]:
        """The interactions to be added to the cassette."""

    @property
    def has_outdated(self) -> bool:
        """Whether the cassette holds recordings that the test no longer plays, or merge conflict marks."""

    def is_outdated(self, interaction: Interaction) -> bool:
        """Whether the test no longer plays a recording."""

    def has_asked(self, interaction: Interaction) -> bool:
        """Whether the new interactions include a request equal to that of a recording."""

    def is_of_another_test(self, interaction: Interaction) -> bool:
        """Whether another test may have made a recording in this run."""


class RecordMode:
    """What a record mode allows. Each mode overrides the answers that differ."""

    name: Mode

    has_cassette = True
    """Without a cassette, nothing is read, written or compared with the lock: all requests go live."""

    may_go_live = True
    """Whether requests of any test may go live."""

    plays = True
    """Whether recordings in the cassette are played."""

    replaces = False
    """Whether new recordings replace the contents of the cassette instead of being added."""

    updates = False
    """Whether a passed test's cassette drops the recordings that the test no longer plays."""

    only_replays_once_recorded = False
    """Whether a test that may record now can only replay the next time."""

    looks_for_renamed = False
    """Whether a test without a cassette looks for that of a test that is gone before a request goes live."""

    expects_all_played = False
    """Whether a test must play all recordings even if it may record."""

    @property
    def writes(self) -> bool:
        """Whether anything is written."""
        return self.has_cassette and self.may_go_live

    # --- when a recorder opens

    def may_record(self, recordings: Recordings | None, owner: Owner) -> bool:
        """Whether requests of a test may go live.

        `recordings` is what its cassette holds; None if there isn't one yet.
        """
        del recordings, owner
        return self.may_go_live

    def playable(self, recordings: Recordings, owner: Owner) -> Recordings:
        """The recordings of a cassette that may be played."""
        del owner
        return recordings if self.plays else Recordings()

    def gets_placeholders(self, recordings: Recordings, *, asked: bool) -> bool:
        """Whether a recording test gets placeholders for keys.

        `asked` says that its client may also be used in replays.
        """
        del recordings
        return asked and self.only_replays_once_recorded

    def takes_up(self, *, replacing: bool) -> bool:
        """Whether to recover a crashed run's journal.

        `replacing` says that the run would have replaced the cassette.
        """
        return self.writes and (self.replaces or not replacing)

    # --- when it closes

    def changes_cassette(self, ending: Ending) -> bool:
        """Whether the cassette must be rewritten."""
        return bool(ending.added)

    def kept(self, recordings: list[Interaction], ending: Ending) -> list[Interaction]:
        """The recordings in the cassette that stay. The new ones are added after them."""
        del ending
        return recordings


class _None(RecordMode):
    """Replay what is recorded, and refuse the rest."""

    name = "none"
    may_go_live = False


class _Once(RecordMode):
    """Replay a cassette. Record one that does not exist yet, or that this run has begun."""

    name = "once"
    only_replays_once_recorded = True
    looks_for_renamed = True

    def may_record(self, recordings: Recordings | None, owner: Owner) -> bool:
        return recordings is None or all(map(owner.recorded_in_this_run, recordings.times()))


class _NewEpisodes(RecordMode):
    """Replay what was recorded before this run, and add what is missing."""

    name = "new_episodes"
    expects_all_played = True

    def playable(self, recordings: Recordings, owner: Owner) -> Recordings:
        old = [recording for recording in recordings if not owner.recorded_in_this_run(recording.recorded_at)]
        return Recordings(old)


class _Update(RecordMode):
    """Replay what matches, record what does not, and drop what a passed test no longer plays."""

    name = UPDATE
    updates = True

    def gets_placeholders(self, recordings: Recordings, *, asked: bool) -> bool:
        """The test may turn out to be a replay, which needs no key."""
        del asked
        return len(recordings) > 0

    def changes_cassette(self, ending: Ending) -> bool:
        return bool(ending.added) or ending.has_outdated

    def kept(self, recordings: list[Interaction], ending: Ending) -> list[Interaction]:
        return [recording for recording in recordings if not ending.is_outdated(recording)]


class _All(RecordMode):
    """Record everything, and replace the contents of the cassette."""

    name = "all"
    plays = False
    replaces = True

    def kept(self, recordings: list[Interaction], ending: Ending) -> list[Interaction]:
        """What other tests recorded in this run, what a failed test did not ask again, and what is not a call."""
        return [
            recording
            for recording in recordings
            # Other requests, for example to a search engine, cannot be recorded again.
            if not is_call(recording)
            or ending.is_of_another_test(recording)
            or not (ending.passed or ending.has_asked(recording))
        ]


class _Live(RecordMode):
    """Send everything; read and write nothing."""

    name = "live"
    has_cassette = False
    plays = False


RECORD_MODES: Mapping[Mode, RecordMode] = {
    mode.name: mode for mode in (_None(), _Once(), _NewEpisodes(), _Update(), _All(), _Live())
}
"""The record modes by name. For a new one, add a class here and its name to `settings.Mode`."""

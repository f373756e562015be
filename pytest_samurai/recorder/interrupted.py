"""What crashed runs recorded and did not write to a cassette."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pytest_samurai.cassette import LeftBehind
from pytest_samurai.recorder.mode import UPDATE, RecordMode
from pytest_samurai.recorder.paths import shown
from pytest_samurai.recorder.retries import without_retries
from pytest_samurai.settings import Settings
from pytest_samurai.text import plural
from pytest_samurai.wire import Interaction, Recordings


class Interrupted:
    """The journals that a recorder recovers, and their interactions that the cassette does not hold yet."""

    def __init__(self) -> None:
        self.journals: list[LeftBehind] = []
        self.interactions: list[Interaction] = []

    def take_up(
        self,
        path: Path,
        journals: Iterable[LeftBehind],
        recordings: Recordings,
        mode: RecordMode,
        settings: Settings,
    ) -> list[str]:
        """Recover the journals next to a cassette that holds `recordings`. Those that the mode leaves alone stay.

        Returns the notes about both kinds.
        """
        notes = []
        for journal in journals:
            # The process may have died between writing the cassette and deleting the journal.
            missing = [call for call in without_retries(journal.interactions, settings) if not _holds(recordings, call)]
            calls = f"{plural(len(missing), 'call')} of an interrupted recording"
            if mode.takes_up(replacing=journal.replacing) or (mode.writes and not missing):
                self.journals.append(journal)
                self.interactions += missing
                if missing:
                    notes.append(f"{shown(path)}: recovered {calls}")
                continue
            journal.close()
            if missing:
                advised = "all" if journal.replacing else UPDATE
                them = "it" if len(missing) == 1 else "them"
                notes.append(f"{shown(journal.path)} holds {calls}; --samurai-mode={advised} recovers {them}")
        return notes

    def discard(self) -> None:
        """Delete the journals: their calls are in the cassette."""
        for journal in self.journals:
            journal.discard()

    def close(self) -> None:
        """Leave the journals for the next run."""
        for journal in self.journals:
            journal.close()


def _holds(recordings: Recordings, call: Interaction) -> bool:
    # Calls in a journal have no price yet.
    return any(replace(recording, price=call.price) == call for recording in recordings)

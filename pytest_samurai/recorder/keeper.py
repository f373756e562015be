"""What is kept of a test: each call when it ends, and the cassette at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.bill import Meter
from pytest_samurai.cassette import Journal
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import exists
from pytest_samurai.recorder.calls import Unrecorded
from pytest_samurai.recorder.course import Course
from pytest_samurai.recorder.editor import Editor, priced
from pytest_samurai.recorder.exchange import Take
from pytest_samurai.recorder.identity import identity
from pytest_samurai.recorder.mode import RECORD_MODES
from pytest_samurai.recorder.others import Others
from pytest_samurai.recorder.outdated import Numbered, Outdated, in_order
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.paths import shown
from pytest_samurai.recorder.playback import Playback
from pytest_samurai.recorder.retries import without_mended, without_retries
from pytest_samurai.recorder.stale import stale_text
from pytest_samurai.redaction import as_ours
from pytest_samurai.settings import Settings
from pytest_samurai.text import plural
from pytest_samurai.wire import Interaction


class Keeper:
    """Keeps what a test records: each call in a journal when it ends, and all of them in the cassette at the end.

    `notes` gets what there is to say about it. Record modes ask about what is public here: see `Ending`.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings,
        owner: Owner,
        playback: Playback,
        editor: Editor,
        meter: Meter,
        notes: list[str],
    ) -> None:
        self.owner = owner
        self.playback = playback
        self.passed = False
        self.added: list[Interaction] = []
        self.recorded = 0
        self.dropped = 0
        self._path = path
        self._settings = settings
        self._mode = RECORD_MODES[settings.mode]
        self._others = Others(path, owner, playback, identity(settings), notes)
        self._interrupted = playback.interrupted
        self._editor = editor
        self._meter = meter
        self._notes = notes
        self._journal = Journal(path, replacing=self._mode.replaces)
        self._is_ready = False
        # The calls by number, as they will be written, without their prices.
        self.calls: dict[int, Interaction] = {}
        self._outdated: Outdated | None = None

    # --- while the test runs

    def prepare(self) -> None:
        """Check once, before paying for a call, that it can be kept. Raises CassetteError if it cannot."""
        if not self._is_ready:
            cassette.try_to_save(self._path)
            self._is_ready = True

    def add(self, number: int, interaction: Interaction, *, to_journal: bool) -> None:
        """Keep a call that has ended, as it is written. In the journal it survives a crash of this process.

        It has no price there yet: that is looked up when the cassette is written.
        """
        self.calls[number] = interaction
        if not to_journal:
            return
        try:
            self._journal.add(interaction)
        except OSError as error:
            # The application's call succeeded. If the disk is full, writing the cassette will fail and say so.
            note = f"{shown(self._journal.path)}: cannot be written: {error.strerror or error}"
            if note not in self._notes:
                self._notes.append(note)

    def stale(self, takes: Sequence[Take], unrecorded: Sequence[Unrecorded]) -> str | None:
        """The complaint that no live call was kept, and that the old cassette would still answer.

        A test that made no call at all only gets a note: it may not be one of the tests that record to the cassette.
        """
        is_stale = self._mode.replaces and self.playback.is_older and not self.calls
        if not is_stale or any(take.interaction is not None and not take.has_ended for take in takes):
            return None
        return stale_text(self._path, self._settings, self.owner, takes, unrecorded, self._notes)

    # --- at the end of the test

    def close(self, course: Course, *, left_out: str | None) -> None:
        """Write the cassette, and delete the journals. `left_out` is the text about errors that are not recorded.

        Raises CassetteError if the cassette cannot be written. Then the journals stay, with everything that was
        recorded.
        """
        self.passed = course.passed
        if course.unanswered and course.passed:
            them = "it" if course.unanswered == 1 else "them"
            self._notes.append(
                f"{self.owner.test}: {plural(course.unanswered, 'request')} got no reply and could not be recorded;"
                f" a replay will refuse {them}"
            )
        if self._mode.updates and not self.owner.shared:
            self._outdated = Outdated(self.playback, course, drops=self._settings.unused != "ignore")
        new = self._priced(self._worth_keeping())
        self.recorded = len(new)
        # An interrupted run may have ended with an error, and this run may have recovered from it.
        numbered = [*self._priced(self._resumed()), *new]
        self.added = without_retries([interaction for _, interaction in numbered], self._settings)
        if self._mode.changes_cassette(self):
            self._write(new, {id(interaction): number for number, interaction in numbered})
        if left_out and course.passed and self.recorded:
            self._notes.append(f"{self.owner.test}: {left_out}")
        self._journal.discard()
        self._interrupted.discard()

    def _priced(self, numbered: Sequence[Numbered]) -> list[Numbered]:
        # Only now: the journal of a crashed run has no prices either.
        return [(number, priced(interaction, self._meter)) for number, interaction in numbered]

    def _resumed(self) -> list[Numbered]:
        """The calls of interrupted runs that stay."""
        if self._outdated is not None:
            return self._outdated.resumed
        return [(None, interaction) for interaction in self._interrupted.interactions]

    def _worth_keeping(self) -> list[Numbered]:
        """What this test has recorded; nothing if the test failed and one of its calls ended in an error."""
        calls = [interaction for _, interaction in sorted(self.calls.items())]
        if not self.passed:
            # If a retry recovered from an error, on any host, the calls that were paid for are worth keeping.
            mended = without_mended(calls, self._settings, anywhere=True)
            failed = [call.reply for call in mended if not call.reply.is_success]
            if failed:
                status = failed[-1].status
                what = f"status {status}" if status >= 400 else "a stream that broke or contained an error"
                self._notes.append(
                    f"nothing was recorded for {self.owner.test}: the test did not pass, and a call ended in {what}"
                )
                return []
        worth = set(map(id, without_retries(calls, self._settings)))
        return [(number, call) for number, call in sorted(self.calls.items()) if id(call) in worth]

    def _write(self, new: Sequence[Numbered], numbers: Mapping[int, int | None]) -> None:
        def change(recordings: list[Interaction]) -> list[Interaction]:
            if self._outdated is not None:
                self._outdated.find(recordings)
            kept, missing = self._others.merged(self._mode.kept(recordings, self), self.added, passed=self.passed)
            self.recorded = len(set(map(id, missing)) & {id(interaction) for _, interaction in new})
            clean = as_ours(kept, self._editor.redactors.secrets)
            if self._outdated is None:
                return [*clean, *missing]
            self.dropped = self._outdated.count
            stay = [(self._outdated.number(old), own) for old, own in zip(kept, clean, strict=True)]
            return in_order(
                stay, [(numbers[id(interaction)], interaction) for interaction in missing], self._others.key
            )

        try:
            cassette.update(self._path, change, settles=self._mode.updates)
        except BaseException as error:
            self._journal.close()
            self._interrupted.close()
            if isinstance(error, CassetteError):
                raise CassetteError(f"{error}{self._where_the_calls_are() if self.added else ''}") from error
            raise

    def has_asked(self, interaction: Interaction) -> bool:
        """Whether the new interactions include a request equal to that of a recording."""
        return self._others.key(interaction) in self._asked

    @cached_property
    def _asked(self) -> set[bytes]:
        return set(map(self._others.key, self.added))

    def is_of_another_test(self, interaction: Interaction) -> bool:
        """Whether another test may have made a recording in this run."""
        return self.owner.shared and self.owner.recorded_in_this_run(interaction.recorded_at)

    @property
    def has_outdated(self) -> bool:
        """Whether the cassette holds recordings that the test no longer plays, or merge conflict marks."""
        return bool(self._outdated) or (self.passed and self.playback.in_conflict)

    def is_outdated(self, interaction: Interaction) -> bool:
        """Whether the test no longer plays a recording."""
        return self._outdated is not None and interaction in self._outdated

    # --- if the cassette cannot be written

    def _where_the_calls_are(self) -> str:
        """Where to find the calls that did not get into the cassette, as the end of a sentence."""
        journals = [journal.path for journal in self._interrupted.journals]
        if exists(self._journal.path):
            journals.insert(0, self._journal.path)
        if not journals:
            return "; what was recorded is lost"
        lost = f", except for {plural(self._journal.lost, 'call')} lost" if self._journal.lost else ""
        return f"; what was recorded is kept in {', '.join(map(shown, journals))}{lost}"

"""What is kept of a test: each call as it ends, and the cassette at the end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.bill import Meter
from pytest_samurai.cassette import Journal
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import exists
from pytest_samurai.recorder.calls import Unrecorded, unrecorded_text
from pytest_samurai.recorder.editor import Editor, priced
from pytest_samurai.recorder.exchange import Take
from pytest_samurai.recorder.identity import identity
from pytest_samurai.recorder.mode import RECORD_MODES
from pytest_samurai.recorder.others import without_equal, written_meanwhile
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.paths import shown
from pytest_samurai.recorder.playback import Playback, is_ours
from pytest_samurai.recorder.retries import without_mended, without_retries
from pytest_samurai.redaction import without_secrets
from pytest_samurai.settings import Settings
from pytest_samurai.text import plural
from pytest_samurai.wire import Interaction


class Keeper:
    """Keeps what a test records: each call in a journal as it ends, all of them in the cassette at the end.

    `notes` gets what there is to say about that. What is public here is what record modes ask about: see `Ending`.
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
        self._path = path
        self._settings = settings
        self._mode = RECORD_MODES[settings.mode]
        self._matcher = identity(settings)
        self._interrupted = playback.interrupted
        self._editor = editor
        self._meter = meter
        self._notes = notes
        self._journal = Journal(path, replacing=self._mode.replaces)
        self._is_ready = False
        # By their numbers, the calls as they will be written, but for their prices.
        self.calls: dict[int, Interaction] = {}

    # --- while the test runs

    def prepare(self) -> None:
        """See once whether a call can be kept that is to be paid. Raises CassetteError if not."""
        if not self._is_ready:
            cassette.try_to_save(self._path)
            self._is_ready = True

    def add(self, number: int, interaction: Interaction, *, to_journal: bool) -> None:
        """Keep a call that has ended, as it is written. In the journal it survives the death of this process.

        There it has no price yet: that is looked up when the cassette is written.
        """
        self.calls[number] = interaction
        if not to_journal:
            return
        try:
            self._journal.add(interaction)
        except OSError as error:
            # The application's call went well. If the disk is full, writing the cassette will fail, and say so.
            note = f"{shown(self._journal.path)}: cannot be written: {error.strerror or error}"
            if note not in self._notes:
                self._notes.append(note)

    def stale(self, takes: Sequence[Take], unrecorded: Sequence[Unrecorded]) -> str | None:
        """The complaint if no live call was kept and the old cassette would still answer.

        A test that made no call at all gets a note: it may be none of the tests that record to the cassette.
        """
        is_stale = self._mode.replaces and self.playback.is_older and not self.calls
        unrecorded = [call for call in unrecorded if not call.is_let_pass]
        if not is_stale or any(take.interaction is not None and not take.has_ended for take in takes):
            return None
        keeps = f"{shown(self._path)} keeps what an earlier run recorded, and a replay would answer from that"
        if not takes and not unrecorded:
            if not self.owner.shared:
                no_call = f"no call to record was seen in mode {self._mode.name}, so nothing was recorded"
                self._notes.append(f"{self.owner.test}: {no_call}; {keeps}; if it makes none, delete the cassette")
            return None
        unanswered = sum(take.interaction is None for take in takes)
        reason = f"{plural(unanswered, 'request')} got no reply" if unanswered else "its calls were left out"
        missed = [] if takes else [unrecorded_text(unrecorded, self._settings)]
        command = self.owner.command(self._mode.name)
        lines = [f"nothing was recorded in mode {self._mode.name}{f': {reason}' if takes else ''}. {keeps}.", *missed]
        lines += [f"  To record it: {command}"] if command else []
        return "\n".join([*lines, "  If the test no longer makes any call: delete the cassette."])

    # --- when it has ended

    def close(self, *, passed: bool, unanswered: int, left_out: str | None) -> None:
        """Write the cassette, and delete the journals. `unanswered` is the number of requests that got no reply.

        `left_out` is what there is to say of errors that are not recorded.

        Raises CassetteError if the cassette cannot be written. The journals then stay, with what was recorded.
        """
        self.passed = passed
        if unanswered and passed:
            self._notes.append(
                f"{self.owner.test}: {plural(unanswered, 'request')} got no reply, which cannot be recorded;"
                " the replay will refuse it"
            )
        # Not before: the journal of a run that died has no prices either.
        interrupted = [priced(interaction, self._meter) for interaction in self._interrupted.interactions]
        new = [priced(interaction, self._meter) for interaction in self._worth_keeping()]
        self.recorded = len(new)
        # An interrupted run may have ended on an error, and this run may have recovered from it.
        self.added = without_retries([*interrupted, *new], self._settings)
        if self._mode.changes_cassette(self):
            self._write(new)
        if left_out and passed and self.recorded:
            self._notes.append(f"{self.owner.test}: {left_out}")
        self._journal.discard()
        self._interrupted.discard()

    def _worth_keeping(self) -> list[Interaction]:
        """What this test has recorded; nothing if the test failed and one of its calls ended in an error."""
        calls = [interaction for _, interaction in sorted(self.calls.items())]
        if not self.passed:
            # An error that a retry recovered from, at any host, is no reason to lose calls that were paid for.
            mended = without_mended(calls, self._settings, anywhere=True)
            failed = [call.reply for call in mended if not call.reply.is_success]
            if failed:
                status = failed[-1].status
                what = f"status {status}" if status >= 400 else "a stream that broke or held an error"
                self._notes.append(
                    f"nothing recorded of {self.owner.test}: it did not pass, and a call ended in {what}"
                )
                return []
        return without_retries(calls, self._settings)

    def _write(self, new: Sequence[Interaction]) -> None:
        def change(recordings: list[Interaction]) -> list[Interaction]:
            kept, missing = self._merged(self._mode.kept(recordings, self))
            self.recorded = len({id(interaction) for interaction in missing} & {id(interaction) for interaction in new})
            return [*self._as_ours(kept), *missing]

        try:
            cassette.update(self._path, change)
        except BaseException as error:
            self._journal.close()
            self._interrupted.close()
            if isinstance(error, CassetteError):
                raise CassetteError(f"{error}{self._where_the_calls_are()}") from error
            raise

    def _as_ours(self, recordings: Sequence[Interaction]) -> list[Interaction]:
        """Recordings without the keys that other tools have left in them: under our mark nobody looks for any."""
        foreign = [recording for recording in recordings if not is_ours(recording)]
        clean = iter(without_secrets(foreign, self._editor.redactors.secrets))
        return [recording if is_ours(recording) else next(clean) for recording in recordings]

    def has_asked(self, interaction: Interaction) -> bool:
        """Whether a request equal to that of a recording is among what is to be added."""
        return self._matcher.key(interaction.request) in self._asked

    @cached_property
    def _asked(self) -> set[bytes]:
        return {self._matcher.key(interaction.request) for interaction in self.added}

    def is_of_another_test(self, interaction: Interaction) -> bool:
        """Whether another test may have made a recording in this run."""
        return self.owner.shared and self.owner.recorded_in_this_run(interaction.recorded_at)

    # --- what several tests record to one cassette

    def _merged(self, kept: Sequence[Interaction]) -> tuple[Sequence[Interaction], Sequence[Interaction]]:
        """What stays of a cassette, and what is to be added, where others have written to it as well.

        All who share a cassette play it from the start. So if workers that set up the same fixture at once each added
        their calls, only the first copy would ever be played. The same is true of two runs of one test at once.
        """
        if self.owner.shared:
            return kept, without_equal(self.added, kept, self._played_from_file(), self._kind)
        others = written_meanwhile(kept, self.playback.recordings)
        missing = without_equal(self.added, others, (), self._kind)
        if others and missing and self.passed and self.owner.rerun is not None:
            # Each run of a test had a conversation of its own, and a replay needs all of one.
            self._notes.append(
                f"{self.owner.test}: another run recorded this test at the same time, with other calls:"
                f" its {plural(len(others), 'call')} in {shown(self._path)} made way for this run's"
            )
            return [recording for recording in kept if recording not in others], self.added
        return kept, missing

    def _played_from_file(self) -> list[Interaction]:
        """What this test has played from the cassette, and so will play again before what it recorded."""
        recordings = self.playback.recordings
        # What was taken up from journals comes last, and is not in the file yet.
        from_file = len(recordings) - len(self._interrupted.interactions)
        return [recordings[index] for index in self.playback.played if index < from_file]

    def _kind(self, interaction: Interaction) -> tuple[bytes, bool]:
        # An error does not stand in for an answer.
        return self._matcher.key(interaction.request), interaction.reply.is_success

    def _where_the_calls_are(self) -> str:
        """Where the calls are that did not get into the cassette, as the end of a sentence."""
        journals = [journal.path for journal in self._interrupted.journals]
        if exists(self._journal.path):
            journals.insert(0, self._journal.path)
        if not journals:
            return "; what was recorded is lost"
        lost = f", but for {plural(self._journal.lost, 'call')} lost" if self._journal.lost else ""
        return f"; what was recorded is kept in {', '.join(map(shown, journals))}{lost}"

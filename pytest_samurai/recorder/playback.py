"""The recordings that may be played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytest_samurai.cassette import Kept, Shelf
from pytest_samurai.errors import CassetteError
from pytest_samurai.matching import Denial, Keys, Lookup, Miss
from pytest_samurai.recorder.age import age_notes
from pytest_samurai.recorder.editor import Editor
from pytest_samurai.recorder.interrupted import Interrupted
from pytest_samurai.recorder.mode import RECORD_MODES, UPDATE
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.paths import shown
from pytest_samurai.recorder.vcrpy import Bridge
from pytest_samurai.redaction import Redactors, is_ours
from pytest_samurai.settings import Settings
from pytest_samurai.text import Diagnosis, Reason
from pytest_samurai.wire import RETRYABLE, Interaction, Recordings, Reply, Request


class Playback:
    """The recordings of an open cassette that may be played, and which of them have been.

    - The recordings of an interrupted run come last. Before them, `stored` are those of the file as it was read.
    - `in_conflict`: whether the file has merge conflict marks.
    - `may_record`: whether a request that no recording answers may go live.
    - `is_older`: in a mode that replaces the cassette, whether it holds an earlier run's recordings.
    - `is_new`: whether there is neither a cassette nor what is left of one.
    - `is_foreign`: whether another tool wrote the cassette, and it was neither imported nor recorded to.
    """

    def __init__(
        self,
        keys: Keys,
        settings: Settings,
        bridge: Bridge | None,
        interrupted: Interrupted,
        *,
        stored: Recordings,
        may_record: bool,
        is_older: bool = False,
        is_new: bool = False,
        in_conflict: bool = False,
        is_foreign: bool = False,
    ) -> None:
        self.stored = stored
        self.in_conflict = in_conflict
        self.is_foreign = is_foreign
        self.recordings = keys.recordings
        self.interrupted = interrupted
        self.may_record = may_record
        self.is_older = is_older
        self.is_new = is_new
        self.lookup = Lookup(keys)
        self._settings = settings
        self._bridge = bridge

    @property
    def played(self) -> set[int]:
        """The indices of the recordings that have been played."""
        return self.lookup.played

    def take(self, request: Request) -> tuple[int | None, Sequence[Denial]]:
        """Take the recording that answers a request: its index, or None. It then counts as played.

        The second value holds the recordings that `match_on` functions turned down.
        """
        index, denials = self._unplayed(request)
        if index is None and self._settings.allow_playback_repeats:
            return self._first_equal(request), denials
        return index, denials

    def _first_equal(self, request: Request) -> int | None:
        """The first recording that answers a request, played or not."""
        equal = self.lookup.equal(request)
        if self._bridge is None:
            return next(iter(equal), None)
        return self._bridge.first(request, [(index, self.recordings.request(index)) for index in equal])[0]

    def _unplayed(self, request: Request) -> tuple[int | None, Sequence[Denial]]:
        if self._bridge is None:
            return self.lookup.take(request), ()
        equal = [(index, self.recordings.request(index)) for index in self.lookup.candidates(request)]
        index, denials = self._bridge.first(request, equal)
        if index is not None:
            self.played.add(index)
        return index, denials

    def reply(self, index: int) -> Reply:
        """A recorded reply. With `keep_retries`, an error that SDKs retry tells them not to sleep first."""
        reply = self.recordings.reply(index)
        if not self._settings.keep_retries or reply.status not in RETRYABLE:
            return reply
        # SDKs ignore `retry-after: 0`.
        headers = [(name, value) for name, value in reply.headers if name not in ("retry-after", "retry-after-ms")]
        return replace(reply, headers=(*headers, ("retry-after-ms", "1")))

    def miss(
        self,
        request: Request,
        denials: Sequence[Denial],
        owner: Owner,
        cassette: str,
        number: int,
        renamed: Sequence[str] = (),
    ) -> tuple[str, Diagnosis]:
        """Why no recording answers a request, and what to do about it.

        `request` is the form that is compared, `number` the call's number. `renamed` are the commands that give the
        test another cassette, which has the answer.
        """
        played = frozenset(self.lookup.played)
        miss = Miss(
            request=request,
            recorded=self.recordings,
            played=played,
            matcher=self._settings.matcher,
            test=owner.test,
            cassette=cassette,
            mode=self._settings.mode,
            rerun=owner.command(UPDATE),
            denials=denials,
            renamed=renamed,
        )
        text, cause = miss.told()
        helps = not renamed and owner.rerun is not None and cause.reason is not Reason.VARYING
        return text, Diagnosis(cause, number, UPDATE if helps else "")

    def unplayed(self) -> list[int]:
        """The indices of the recordings that were not played.

        Of errors that were retried, only the first counts: versions of an SDK differ in how often they retry. Requests
        to other URLs than the endpoints do not count, because other tools record more than calls.
        """
        unplayed = self.lookup.unplayed(RETRYABLE)
        # We record only endpoints, so there is no need to read the URLs of our own recordings.
        if self.recordings.are_redacted:
            return unplayed
        endpoints = self._settings.matcher.endpoints
        return [index for index in unplayed if endpoints.match(self.recordings.request(index).url) is not None]


def opened(path: Path, settings: Settings, owner: Owner, shelf: Shelf, editor: Editor, notes: list[str]) -> Playback:
    """Read a cassette, and recover what crashed runs have left next to it. `notes` gets what there is to say.

    Raises CassetteError if there is a cassette that cannot be read.
    """
    mode = RECORD_MODES[settings.mode]
    kept = _load(path, shelf, settles=mode.updates) if mode.has_cassette else None
    recordings = Recordings() if kept is None else kept.recordings
    interrupted = Interrupted()
    if mode.has_cassette:
        notes += interrupted.take_up(path, shelf.left_behind(path), recordings, mode, settings)
    resumed = interrupted.interactions
    may_record = bool(resumed) or mode.may_record(None if kept is None else recordings, owner)
    if may_record:
        # What is secret now stays secret, even if the test removes it from the environment.
        editor.redactors.look_again()
    playable = mode.playable(recordings, owner)
    if resumed:
        playable = Recordings([*playable, *resumed])
    keys = _shared_keys(playable, kept, settings, editor.redactors)
    if settings.max_age is not None:
        notes += age_notes(keys.recordings, settings.max_age, shown(path))
    is_older = mode.replaces and not all(map(owner.recorded_in_this_run, recordings.times()))
    return Playback(
        keys,
        settings,
        editor.bridge,
        interrupted,
        stored=recordings,
        may_record=may_record,
        is_older=is_older,
        is_new=mode.has_cassette and kept is None and not resumed,
        in_conflict=kept is not None and kept.in_conflict,
        is_foreign=kept is not None and not kept.is_ours and not recordings.are_redacted,
    )


def would_answer(path: Path, request: Request, settings: Settings, shelf: Shelf, editor: Editor) -> bool:
    """Whether another test's cassette holds a request, in its compared form. An unreadable one does not."""
    try:
        kept = shelf.load(path)
    except (CassetteError, FileNotFoundError):
        return False
    return bool(Lookup(_shared_keys(kept.recordings, kept, settings, editor.redactors)).candidates(request))


def _load(path: Path, shelf: Shelf, *, settles: bool) -> Kept | None:
    try:
        return shelf.load(path, settles=settles)
    except FileNotFoundError:
        return None


def _shared_keys(playable: Recordings, kept: Kept | None, settings: Settings, redactors: Redactors) -> Keys:
    """The keys of the playable recordings. Tests share them if they match alike and know the same secrets.

    `kept` is the cassette as the run has read it. Secrets matter because other tools' recordings are redacted before
    they get their keys. So are all recordings if the user has rules, which may be newer.
    """
    memo = {} if kept is None or playable is not kept.recordings else kept.memo
    secrets = None if playable.are_redacted and not redactors.rules else redactors.secrets
    alike = (settings.matcher, secrets, redactors.rules)
    keys: Keys | None = memo.get(alike)
    if keys is None:
        if secrets is not None:
            playable = Recordings([_as_written(interaction, redactors) for interaction in playable])
        # They live longer than the recorder, so they must not refer to it or to its calls.
        keys = memo[alike] = Keys(playable, settings.matcher)
    return keys


def _as_written(interaction: Interaction, redactors: Redactors) -> Interaction:
    """A recording as we would write it. Other tools leave secrets in theirs."""
    if is_ours(interaction) and not redactors.rules:
        return interaction
    return replace(interaction, request=redactors.request(interaction.request))

"""One open cassette: classify each request, then act."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_samurai.bill import Call, Meter
from pytest_samurai.errors import CassetteError, RequestNotRecorded
from pytest_samurai.files import REAL, exists
from pytest_samurai.matching import Denial
from pytest_samurai.recorder.calls import Calls
from pytest_samurai.recorder.ceilings import CeilingReached
from pytest_samurai.recorder.children import UNSEEN_CHILD, Children
from pytest_samurai.recorder.cutheaders import CutHeaders
from pytest_samurai.recorder.editor import Editor
from pytest_samurai.recorder.exchange import Played, Take
from pytest_samurai.recorder.keeper import Keeper
from pytest_samurai.recorder.live import Live
from pytest_samurai.recorder.mode import RECORD_MODES
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.paths import shown
from pytest_samurai.recorder.placeholder import (
    Placeholders,
    has_placeholder,
    placeholder_refusal,
)
from pytest_samurai.recorder.playback import Playback, opened
from pytest_samurai.recorder.renamed import Renamed
from pytest_samurai.recorder.shared import Shared
from pytest_samurai.recorder.sums import Sums
from pytest_samurai.recorder.unseen import ModelHosts
from pytest_samurai.recorder.verdict import has_only_started_children, verdict_of
from pytest_samurai.settings import Mode, Settings
from pytest_samurai.text import Diagnosis, visible
from pytest_samurai.wire import Interaction, Request, is_call

Playing = tuple[Played | None, Sequence[Denial]]
"""The reply from a recording. Without one, the recordings that `match_on` functions turned down."""


class Recorder(Sums):
    """Answers requests from a cassette, or records them to it. A test knows it as the `samurai` fixture."""

    playback: Playback  # set by `open`, like the next one
    hosts: ModelHosts

    def __init__(self, path: Path, settings: Settings, owner: Owner, shared: Shared) -> None:
        self.cassette_path = path
        self.settings = settings
        self.mode: Mode = settings.mode
        self.record_mode = RECORD_MODES[settings.mode]
        self.endpoints = settings.matcher.endpoints
        self.owner = owner
        self.is_open = False
        self.misses: list[RequestNotRecorded] = []
        self.notes: list[str] = []
        self.sent: list[tuple[Any, str]] = []  # each request's headers, as its library has them, and its URL
        self.cut_headers, self.children = CutHeaders(settings, owner), Children()
        self._directory, self._shared = REAL.getcwd(), shared
        self._editor = Editor(settings, owner.test, shared.redactors, self.notes)
        self.filtered, self.redacted = self._editor.filtered, self._editor.redactors.request
        # The recorder keeps its calls, and they keep the meter. A meter that knows the recorder would make a cycle.
        meter = Meter(shared.prices, self._editor.redactors.name, settings.estimate_usage)
        self._calls = Calls(meter, shared.tally, settings)
        self.unrecorded, self.has_calls_under_way = self._calls.unrecorded, self._calls.are_under_way
        self._live: Live | None = None
        self._keeper: Keeper | None = None
        self.placeholders = Placeholders(settings.keys)
        self._needs_no_headers = self._editor.bridge is None and settings.matcher.is_of_bytes

    @cached_property
    def _renamed(self) -> Renamed:
        """Answers questions about requests that are not in the cassette. Most tests never send one."""
        return Renamed(self.cassette_path, self.settings, self.owner, self._shared.shelf, self._editor)

    # --- what a test sees

    @property
    def replaying(self) -> bool:
        """Whether this recorder can only replay: no request goes live."""
        return self._live is None

    @cached_property
    def shown_path(self) -> str:
        """The path of the cassette relative to where the run was started, even if the test has changed directory."""
        return shown(self.cassette_path, self._directory)

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls so far, in the order they were sent, each with as much of its reply as has arrived.

        Errors that a retry recovered from are left out, unless they are kept: a replay has none either.
        """
        return self._calls.all()

    @property
    def kept_calls(self) -> tuple[Call, ...]:
        """The calls without the errors that the cassette leaves out: the same in a replay as in the recording."""
        return self._calls.kept()

    def budget(self, **limits: object) -> AbstractContextManager[None]:
        """A budget for the calls sent within the block, as in `samurai.budget(max_total_tokens=100)`.

        Raises BudgetExceeded at the end of the block, SettingsError for a keyword that is not a limit.
        """
        return self._calls.budget(limits, self.children)

    @property
    def recordings(self) -> list[Interaction]:
        """The calls as the cassette has them or will have them."""
        return self._calls.recorded({} if self._keeper is None else self._keeper.calls)

    @property
    def kept(self) -> list[Interaction]:
        """The live calls as they are written, in the order they were sent."""
        return [] if self._keeper is None else [call for _, call in sorted(self._keeper.calls.items())]

    @property
    def recorded(self) -> int:
        """How many calls the cassette got when it was closed."""
        return 0 if self._keeper is None else self._keeper.recorded

    @property
    def dropped(self) -> int:
        """How many recordings were dropped from the cassette when it was closed, because they are no longer played."""
        return 0 if self._keeper is None else self._keeper.dropped

    # --- open, judge, close

    def open(self, *, placeholders: bool = False) -> None:
        """Read the cassette. Raises CassetteError if it exists and cannot be read.

        A replay gets placeholders for keys that are not set, and so does an update of recorded calls. With
        `placeholders`, so does a test that is recorded now and will be a replay next time, because its client may be
        used in replays.
        """
        path, settings, owner, notes = self.cassette_path, self.settings, self.owner, self.notes
        self.playback = opened(path, settings, owner, self._shared.shelf, self._editor, notes)
        self.hosts = ModelHosts(self.playback.recordings, settings.endpoints, self._calls.urls_sent)
        if self.record_mode.writes:
            self._keeper = Keeper(path, settings, owner, self.playback, self._editor, self._calls.meter, notes)
        if self.playback.may_record:
            if self._keeper is not None and (self.record_mode.replaces or not exists(path)):
                self._keeper.prepare()
            self._live = Live(settings, owner, self._shared, self._editor, self._calls, self._keeper)
        if self.replaying or self.record_mode.gets_placeholders(self.playback.recordings, asked=placeholders):
            self.placeholders.give()
        self.is_open = True

    def verdict(self) -> BaseException | None:
        """What fails a test whose body succeeded, apart from what it did not play: see `verdict_of`."""
        return verdict_of(self, self._calls, self._keeper)

    def close(self, *, passed: bool = True) -> None:
        """Write the cassette. If a failed test ended on a failed call, nothing is written, and `notes` say why.

        Raises CassetteError if the cassette cannot be written. Everything recorded is then in a journal next to it.
        """
        self.is_open = False
        self.placeholders.remove()
        if not passed:
            self.notes += self.cut_headers.notes()
        unanswered = 0 if self._live is None else self._live.close()
        if unknown := self._calls.spend():
            self.note(unknown)
        if has_only_started_children(self):
            self.note(UNSEEN_CHILD)
        if self._keeper is not None:
            self._keeper.close(self._calls.course(passed, unanswered), left_out=self._calls.left_out())

    # --- requests

    def handle(self, request: Request) -> Played | Take | None:
        """Classify a request, then act: let it through (None), replay it, refuse it, or let it go live and record it.

        Raises RequestNotRecorded for a refused request, and anything that one of the user's hooks raises.
        """
        filtered = self._editor.filtered(request)
        if filtered is None:
            return None
        played, denials = self.play(request, filtered)
        if played is not None:
            return played
        if self._live is None or self._renamed.is_wanted(self.playback):
            asked = self._editor.compared(request, filtered)
            renamed = self._renamed.commands(asked, self.playback)
            number = self._calls.count + 1
            if self._live is None:
                raise self.refuse(*self.playback.miss(asked, denials, self.owner, self.shown_path, number, renamed))
            if renamed:
                raise self.refuse(*self._renamed.refusal(asked, self.shown_path, number, renamed))
        if has_placeholder(request.headers, request.url):
            raise self.refuse(placeholder_refusal(self.redacted(request), self.owner.test))
        try:
            return self._live.send(request, filtered)
        except (CeilingReached, CassetteError) as reached:
            raise self.refuse(str(reached)) from None

    def replay(self, request: Request) -> Played | None:
        """Replay a request that may lack its headers. None if only `handle`, with the headers, can decide.

        It need not be redacted. Recordings hold no secrets, so a request that equals one has none in the parts that
        count.
        """
        if not self._needs_no_headers:
            return None
        with self._calls.lock:
            index = self.playback.lookup.take(request)
            return None if index is None else self._calls.play(request, self.playback, index)

    def play(self, request: Request, filtered: Request, *, is_endpoint: bool = True) -> Playing:
        """Replay a request if it is recorded; otherwise say which recordings `match_on` functions turned down."""
        # A new cassette has nothing to look up, so the request need not wait for its redaction.
        if not self.playback.recordings:
            return None, ()
        asked = self._editor.compared(request, filtered)
        with self._calls.lock:
            index, denials = self.playback.take(asked)
            if index is None:
                return None, denials
            # Besides the endpoints, only calls to a model count.
            counts = is_endpoint or is_call(self.playback.recordings[index])
            return self._calls.play(request, self.playback, index, counts=counts), denials

    # --- what to say about a test

    def refuse(self, text: str, diagnosis: Diagnosis | None = None) -> RequestNotRecorded:
        """Note that a request was refused, so that the test fails even if the application swallows it."""
        # First tell the recorder's process, which may look at any moment.
        self.children.tell(text)
        miss = self.owner.refusal(text)
        miss.diagnosis = diagnosis
        self.misses.append(miss)
        return miss

    def note(self, text: str) -> None:
        """Say something about this test at the end of the run, once."""
        note = f"{self.owner.test}: {visible(text)}"
        if note not in self.notes:
            self.notes.append(note)

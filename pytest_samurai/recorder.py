"""One open cassette: classify each request, then replay it, record it or refuse it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.budget import total
from pytest_samurai.cassette import Recordings
from pytest_samurai.chat import (
    CLOSED,
    Call,
    Headers,
    Interaction,
    Reply,
    Request,
    parse_object,
    with_usage_asked,
)
from pytest_samurai.errors import BudgetExceeded, CassetteError, RequestNotRecorded, SamuraiFailure
from pytest_samurai.exchange import Played, Take, timestamp
from pytest_samurai.journal import Journal, LeftBehind, left_behind
from pytest_samurai.lookup import Keys, Lookup
from pytest_samurai.miss import Miss
from pytest_samurai.redaction import Redactors
from pytest_samurai.settings import Layer, Mode, Settings, resolve
from pytest_samurai.shelf import Kept, Shelf
from pytest_samurai.usage import Usage

PLACEHOLDER_KEY = "sk-placeholder-of-a-replayed-test"
KEY_NAMES = ("SAMURAI_API_KEY", "OPENAI_API_KEY")


def shown(path: Path, directory: str | None = None) -> str:
    """A path as people would type it: relative where it lies below the working directory, or that one."""
    root = directory or Path.cwd()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


_NAMED = 5


def summary(request: Request) -> str:
    """What a request asks, on one short line: the end of its last message."""
    messages = (parse_object(request.body) or {}).get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    content = last.get("content") if isinstance(last, dict) else None
    text = content if isinstance(content, str) else request.body.decode("utf-8", "replace")
    line = " ".join(text.split())
    return line if len(line) <= _LINE else f"{line[:_LINE]}..."


_LINE = 80


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def has_placeholder(headers: Headers) -> bool:
    """Whether a request carries the key of a replay, which must not go out."""
    return any(PLACEHOLDER_KEY in value for _, value in headers)


_SIGNATURES = frozenset({"content-digest", "digest", "signature", "x-amz-content-sha256"})

RETRYABLE = frozenset({408, 409, 429, *range(500, 600)})
"""What SDKs try again by themselves. Source: the retry logic of the OpenAI SDK."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose recorder it is: the test, when its run began, the command that runs it again, who else has the cassette.

    `rerun` is what pytest is to be given to run it again, as typed in a shell; `refusal` is what is raised for a
    request that is refused.
    """

    test: str
    run_began: datetime
    rerun: str | None = None
    shared: bool = False
    refusal: type[RequestNotRecorded] = RequestNotRecorded


class Recorder:
    """Answers requests from a cassette, or records them to it. A test knows it as the `samurai` fixture.

    `shelf` has the cassettes that the run has read before.
    """

    def __init__(self, path: Path, settings: Settings, owner: Owner, shelf: Shelf | None = None) -> None:
        self.cassette_path = path
        self._directory = os.getcwd()  # noqa: PTH109 - a string will do: it is asked for by every test, and seldom used
        self.mode: Mode = settings.mode
        self.settings = settings
        self.is_open = False
        self.misses: list[RequestNotRecorded] = []
        self.notes: list[str] = []
        self.recorded = 0
        self._owner = owner
        self._matcher = settings.matcher
        self.endpoints = self._matcher.endpoints
        self._lock = threading.Lock()
        self._may_record = settings.mode != "none"
        self._shelf = shelf or Shelf()
        self._redactors = Redactors(os.environ)
        self._recorded = Recordings()
        self._keys = Keys(self._recorded, self._matcher)
        self._lookup = Lookup(self._keys)
        self._exchanges: list[Played | Take] = []
        # By the id of what was recorded, and of what of it is written; both live as long as this does.
        self._made: dict[int, Interaction] = {}
        self._texts: dict[int, str] = {}
        self._placeholders: list[str] = []
        self._journal = Journal(path, replacing=settings.mode == "all")
        self._taken_up: list[LeftBehind] = []
        self._resumed: list[Interaction] = []

    @cached_property
    def shown_path(self) -> str:
        """The path of the cassette as it is typed where the run was started, wherever the test may have gone since."""
        return shown(self.cassette_path, self._directory)

    # --- what a test sees

    @property
    def replaying(self) -> bool:
        """Whether all this recorder can do is replay: no request goes live."""
        return not self._may_record

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls so far, in the order in which they were sent; each as far as its reply has come."""
        with self._lock:
            exchanges = list(self._exchanges)
        return tuple(call for exchange in exchanges if (call := exchange.call) is not None)

    @property
    def usage(self) -> Usage:
        """The sum over the calls. Raises UnknownUsage, naming the call, if one of them did not say."""
        return total(self.calls)

    @contextmanager
    def budget(self, **limits: object) -> Iterator[None]:
        """A budget for the calls sent within the block, as in `samurai.budget(max_total_tokens=100)`.

        Raises BudgetExceeded at the end of the block, SettingsError for what is no limit.
        """
        budget = resolve([Layer("samurai.budget()", "budget", limits)]).budget
        before = len(self._exchanges)
        yield
        verdict = budget.verdict([call for call in self.calls if call.number > before])
        if verdict:
            raise BudgetExceeded(verdict)

    def verdict(self) -> BaseException | None:
        """What fails a test whose body went through: a swallowed miss, a broken budget, what was not played."""
        if self.misses:
            return self.misses[0]
        broken = self.settings.budget.verdict(self.calls)
        if broken:
            return BudgetExceeded(broken)
        unused = self._unused()
        if unused and self.settings.unused == "fail":
            return SamuraiFailure(unused)
        if unused and self.settings.unused == "warn":
            self.notes.append(unused)
        return None

    # --- open and close

    def open(self, *, placeholders: bool = False) -> None:
        """Read the cassette. Raises CassetteError if it is there and cannot be read.

        A replay gets placeholders for keys that are not set; with `placeholders` so does what may still record, whose
        client may be made to be used in a replay.
        """
        kept = self._load()
        there = Recordings() if kept is None else kept.recordings
        self._take_up(there)
        if self.mode == "once":
            self._may_record = kept is None or bool(self._resumed) or all(map(self._is_of_this_run, there.times()))
        if self._may_record:
            # What is secret now stays so if the test takes it out of the environment.
            self._redactors = Redactors(dict(os.environ))
        if self.mode in ("none", "once"):
            self._recorded = there
        elif self.mode == "new_episodes":
            self._recorded = Recordings([item for item in there if not self._is_of_this_run(item.recorded_at)])
        if self._resumed:
            self._recorded = Recordings([*self._recorded, *self._resumed])
        self._keys = self._shared_keys(kept)
        self._lookup = Lookup(self._keys)
        if self.replaying or (placeholders and self.mode == "once"):
            self._placeholders = [name for name in KEY_NAMES if not os.environ.get(name)]
            os.environ.update(dict.fromkeys(self._placeholders, PLACEHOLDER_KEY))
        self._note_age()
        self.is_open = True

    def _shared_keys(self, kept: Kept | None) -> Keys:
        """Those that the tests before have made; what is redacted first may be another with other secrets."""
        memo = {} if kept is None or self._recorded is not kept.recordings else kept.memo
        redactors = None if self._recorded.are_redacted else self._redactors
        alike = (self._matcher, redactors and redactors.secrets)
        if alike not in memo:
            # It outlives the recorder, which it must not keep, with all its calls.
            memo[alike] = Keys(self._recorded, self._matcher, redactors)
        keys: Keys = memo[alike]
        return keys

    def _load(self) -> Kept | None:
        if self.mode == "live":
            return None
        try:
            return self._shelf.load(self.cassette_path)
        except FileNotFoundError:
            return None

    def _take_up(self, there: Sequence[Interaction]) -> None:
        """Take up what a run that died has paid for; or name it, where this run is not one to record it."""
        if self.mode == "live":
            return
        for journal in left_behind(self.cassette_path):
            # It may have died when the cassette was written and the journal not yet gone.
            missing = [item for item in self._without_retries(journal.interactions) if item not in there]
            calls = f"{_plural(len(missing), 'call')} of a recording that was interrupted"
            if self.mode == "none" or (missing and journal.replacing > (self.mode == "all")):
                wanted = "all" if journal.replacing else "once"
                journal.close()
                if missing:
                    self.notes.append(f"{shown(journal.path)} holds {calls}; --samurai-mode={wanted} takes them up")
                continue
            self._taken_up.append(journal)
            if missing:
                self._resumed += missing
                self.notes.append(f"{self.shown_path}: took up {calls}")

    def _is_of_this_run(self, recorded_at: str | None) -> bool:
        return recorded_at is not None and recorded_at >= timestamp(self._owner.run_began)

    def _note_age(self) -> None:
        limit = self.settings.max_age
        if limit is None:
            return
        oldest = min((time for time in self._recorded.times() if time is not None), default=None)
        if oldest is not None and oldest < timestamp(datetime.now(UTC) - limit):
            self.notes.append(f"{self.shown_path}: recorded on {oldest[:10]}, which is longer ago than samurai_max_age")

    def close(self, *, passed: bool = True) -> None:
        """Write down what was recorded; `notes` say why nothing was, if a failed test ended on a failed call.

        Raises CassetteError if it cannot be written; it is then kept in a journal beside the cassette.
        """
        self.is_open = False
        for name in self._placeholders:
            if os.environ.get(name) == PLACEHOLDER_KEY:
                del os.environ[name]
        if self.mode in ("none", "live"):
            return
        takes = [exchange for exchange in self._exchanges if isinstance(exchange, Take)]
        for take in takes:
            take.end(CLOSED)
        unanswered = sum(take.interaction is None for take in takes)
        if unanswered and passed:
            self.notes.append(
                f"{self._owner.test}: {_plural(unanswered, 'request')} got no reply, which cannot be recorded;"
                " the replay will refuse it"
            )
        new = self._without_retries([self._written(take.interaction) for take in takes if take.interaction is not None])
        failed = [item for item in new if not item.reply.is_success]
        if failed and not passed:
            reply = failed[-1].reply
            what = f"status {reply.status}" if reply.status >= 400 else "a stream that broke or held an error"
            self.notes.append(f"nothing recorded of {self._owner.test}: it did not pass, and a call ended in {what}")
            new = []
        self.recorded = len(new)
        if new or self._resumed:
            self._write(new, passed=passed)
        self._journal.discard()
        for journal in self._taken_up:
            journal.discard()

    def _without_retries(self, new: Sequence[Interaction]) -> list[Interaction]:
        """Without the errors after which the same request went well: a replay would sleep through the back-off."""
        if self.settings.keep_retries or all(item.reply.status not in RETRYABLE for item in new):
            return list(new)
        went_well: set[bytes] = set()
        kept = []
        for item in reversed(new):
            key = self._matcher.key(item.request)
            if item.reply.is_success:
                went_well.add(key)
            if not (item.reply.status in RETRYABLE and key in went_well):
                kept.append(item)
        return kept[::-1]

    def _write(self, new: Sequence[Interaction], *, passed: bool) -> None:
        # What was interrupted may have ended on an error that went well when this run tried again.
        recorded = self._without_retries([*self._resumed, *new])

        asked = {self._matcher.key(item.request) for item in recorded} if self.mode == "all" and not passed else None

        def change(there: list[Interaction]) -> list[Interaction]:
            if self.mode == "all":
                there = [item for item in there if self._stays(item, asked)]
            return [*there, *recorded]

        try:
            cassette.update(self.cassette_path, change, self._texts)
        except CassetteError as error:
            self._journal.close()
            for journal in self._taken_up:
                journal.close()
            raise CassetteError(f"{error}{self._kept()}") from error

    def _kept(self) -> str:
        """Where the calls are that did not get into the cassette, as the end of a sentence."""
        journals = [journal.path for journal in self._taken_up]
        if self._journal.path.exists():
            journals.insert(0, self._journal.path)
        if not journals:
            return "; what was recorded is lost"
        lost = f", but for {_plural(self._journal.lost, 'call')} lost" if self._journal.lost else ""
        return f"; what was recorded is kept in {', '.join(map(shown, journals))}{lost}"

    def _stays(self, item: Interaction, asked: set[bytes] | None) -> bool:
        """What mode `all` does not replace: what others recorded in this run, what a failed test has not `asked`."""
        if self._owner.shared and self._is_of_this_run(item.recorded_at):
            return True
        return asked is not None and self._matcher.key(item.request) not in asked

    def _ended(self, item: Interaction) -> None:
        """A call has ended: from now on it is safe from a process that dies."""
        if not self.is_open or self.mode in ("none", "live"):
            return
        with self._lock:
            try:
                written = self._written(item)
                self._texts[id(written)] = self._journal.add(written)
            except OSError as error:
                # The application's call went well; that the disk is full is said when the cassette is written.
                note = f"{shown(self._journal.path)}: cannot be written: {error.strerror or error}"
                if note not in self.notes:
                    self.notes.append(note)

    def _written(self, item: Interaction) -> Interaction:
        """A call as it is written down; made once, as the call ends."""
        if id(item) not in self._made:
            redactor = self._redactors.of(item.request)
            request, reply = redactor.request(item.request), redactor.reply(item.reply)
            self._made[id(item)] = replace(item, request=request, reply=reply)
        return self._made[id(item)]

    # --- what was not played

    def unplayed(self) -> list[int]:
        """The places of the recordings that were not played; the tail of a run of retried errors counts as played.

        SDKs differ in how often they try again, from one version to the next.
        """
        unplayed = [place for place in range(self.count) if place not in self._lookup.played]
        retried = {place for place in unplayed if self._recorded.status(place) in RETRYABLE}
        return [place for place in unplayed if place not in retried or not self._is_tail(place)]

    def _is_tail(self, place: int) -> bool:
        """Whether the request before this one that is equal to it was to be tried again as well."""
        equal = self._keys.places[self._keys[place]]
        before = equal[: equal.index(place)]
        return bool(before) and self._recorded.status(before[-1]) in RETRYABLE

    @property
    def count(self) -> int:
        """How many interactions the cassette had when it was opened."""
        return len(self._recorded)

    @property
    def shares_cassette(self) -> bool:
        """Whether other tests play from the cassette too, so that no test can say what of it is unused."""
        return self._owner.shared

    def _unused(self) -> str | None:
        if (
            self.settings.unused == "ignore"
            or (self._may_record and self.mode != "new_episodes")
            or self.shares_cassette
        ):
            return None
        unplayed = self.unplayed()
        if not unplayed:
            return None
        count = f"{len(unplayed)} of {_plural(len(self._recorded), 'recorded interaction')}"
        lines = [f"{count} {'was' if len(unplayed) == 1 else 'were'} not played: {self.shown_path}"]
        for place in unplayed[:_NAMED]:
            lines.append(f"  interaction {place + 1}: {summary(self._recorded[place].request)}")
        if len(unplayed) > _NAMED:
            lines.append(f"  ... and {len(unplayed) - _NAMED} more")
        if self._owner.rerun is not None:
            lines.append(f"  To record this test again: {self._command('all')}")
        return "\n".join(lines)

    # --- requests

    def handle(self, request: Request) -> Played | Take:
        """Classify a request, and keep its place: replay it if an unplayed recording matches, else record it.

        Raises RequestNotRecorded if the mode does not let it go live.
        """
        # While a cassette is made there is nothing to look up, and the first chunk of a stream need not wait for it.
        if self.count and (played := self._play(request, self.redacted(request))) is not None:
            return played
        if not self._may_record:
            raise self._missed(request)
        if has_placeholder(request.headers):
            raise self._placeholder_sent(request)
        asking = self._asking(request)
        with self._lock:
            take = Take(request, len(self._exchanges) + 1, asking, self._ended)
            self._exchanges.append(take)
            return take

    def replay(self, request: Request) -> Played | None:
        """Answer a request that may lack its headers; None if it takes these, or `handle`, to say what becomes of it.

        A recording holds no secrets, so a request that is equal to one holds none either, and need not be redacted.
        """
        return self._play(request, request) if self.count and self._matcher.is_of_bytes else None

    def _play(self, request: Request, as_recorded: Request) -> Played | None:
        with self._lock:
            place = self._lookup.take(as_recorded)
            if place is None:
                return None
            played = Played(request, self._reply(place), len(self._exchanges) + 1)
            self._exchanges.append(played)
            return played

    def _asking(self, request: Request) -> bytes | None:
        """The body that asks for usage too; None for one that needs it not, or that was signed as it is."""
        if not self.settings.stream_usage or any(name in _SIGNATURES for name, _ in request.headers):
            return None
        return with_usage_asked(request.body)

    def _reply(self, place: int) -> Reply:
        """A recorded reply; a retried error that was kept tells SDKs not to sleep (`retry-after: 0` they ignore)."""
        reply = self._recorded.reply(place)
        if not self.settings.keep_retries or reply.status not in RETRYABLE:
            return reply
        headers = [(name, value) for name, value in reply.headers if name not in ("retry-after", "retry-after-ms")]
        return replace(reply, headers=(*headers, ("retry-after-ms", "1")))

    def refuse(self, text: str) -> RequestNotRecorded:
        """Note that a request was refused, so that the test fails even if the application swallows it."""
        miss = self._owner.refusal(text)
        self.misses.append(miss)
        return miss

    def _rerun(self) -> str | None:
        """The command that mends a miss; what others recorded, or what was played to the end, is not paid for again."""
        if self._owner.rerun is None:
            return None
        keeps = self._owner.shared or (self.count and len(self._lookup.played) == self.count)
        return self._command("new_episodes" if keeps else "all")

    def _command(self, mode: Mode) -> str:
        return f"pytest --samurai-mode={mode} {self._owner.rerun}"

    def _placeholder_sent(self, request: Request) -> RequestNotRecorded:
        return self.refuse(
            f"{request.method} {self.redacted(request).url} has to go live to be recorded, and its key is the"
            f" placeholder that replayed tests get.\n  test      {self._owner.test}\n"
            f"  Set {' or '.join(KEY_NAMES)}, and make the client after that."
        )

    def _missed(self, request: Request) -> RequestNotRecorded:
        miss = Miss(
            request=self.redacted(request),
            recorded=self._recorded,
            played=frozenset(self._lookup.played),
            matcher=self._matcher,
            test=self._owner.test,
            cassette=self.shown_path,
            mode=self.mode,
            rerun=self._rerun(),
        )
        return self.refuse(miss.text())

    def redacted(self, request: Request) -> Request:
        """The request as it may be shown and written down."""
        return self._redactors.request(request)

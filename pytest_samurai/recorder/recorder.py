"""One open cassette: classify each request, then replay it, record it or refuse it."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property, partial
from pathlib import Path
from urllib.parse import urlsplit

from pytest_samurai import cassette
from pytest_samurai.bill import Call, Meter, PriceList, Tally, total, total_cost
from pytest_samurai.cassette import Journal, Kept, LeftBehind, Shelf, Text
from pytest_samurai.errors import BudgetExceeded, CassetteError, RequestNotRecorded, SamuraiFailure
from pytest_samurai.matching import Denial, Keys, Lookup, Miss, prompt_length
from pytest_samurai.recorder.exchange import Played, Take, timestamp
from pytest_samurai.recorder.vcrpy import Bridge
from pytest_samurai.redaction import REQUEST_HEADERS, Redactor, Redactors
from pytest_samurai.settings import Layer, Mode, Settings, resolve
from pytest_samurai.text import plural
from pytest_samurai.wire import (
    CLOSED,
    RETRYABLE,
    UNPRICED,
    Headers,
    Interaction,
    Recordings,
    Reply,
    Request,
    Usage,
    parse_object,
    summary,
    with_usage_asked,
)

PLACEHOLDER_KEY = "sk-placeholder-of-a-replayed-test"
KEY_NAMES = ("SAMURAI_API_KEY", "OPENAI_API_KEY")
_BASE_URL_NAMES = ("SAMURAI_BASE_URL", "OPENAI_BASE_URL")


def shown(path: Path, directory: str | None = None) -> str:
    """A path as people would type it: relative where it lies below the working directory, or that one."""
    root = directory or Path.cwd()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _as_it_is(request: Request, text: str) -> str:
    del request
    return text


_NAMED = 5
_LONGEST_ERROR = 80


def has_placeholder(headers: Headers) -> bool:
    """Whether a request carries the key of a replay, which must not go out."""
    return any(PLACEHOLDER_KEY in value for _, value in headers)


def _host_and_port(url: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        # Nobody connects to what is no URL.
        return None
    return _one_name(parts.hostname or ""), port


def _one_name(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "::1") else host.lower()


_SIGNATURES = frozenset({"content-digest", "digest", "signature", "x-amz-content-sha256"})

_CHARACTERS_A_TOKEN = 4
"""Of English text, roughly. Source: OpenAI's help page on tokens."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose recorder it is: the test, when its run began, the command that runs it again, who else has the cassette.

    `rerun` is what pytest is to be given to run it again, as typed in a shell; `refusal` is what is raised for a
    request that is refused; `on_live` is told of each call that went live, with the name of the test.
    """

    test: str
    run_began: datetime
    rerun: str | None = None
    shared: bool = False
    refusal: type[RequestNotRecorded] = RequestNotRecorded
    on_live: Callable[[str, Call], None] | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """What the recorders of a run have in common: prices, the cassettes that were read, the limits of the run.

    And the redactors, by what they redact, which is the same for most.
    """

    prices: PriceList
    shelf: Shelf
    tally: Tally | None = None
    redactors: dict[frozenset[str], Redactor] = field(default_factory=dict)


class Recorder:
    """Answers requests from a cassette, or records them to it. A test knows it as the `samurai` fixture.

    `shared` is what it has in common with the others of its run.
    """

    def __init__(self, path: Path, settings: Settings, owner: Owner, shared: Shared) -> None:
        self.cassette_path = path
        self._directory = os.getcwd()  # noqa: PTH109 - a string will do: it is asked for by every test, and seldom used
        self.mode: Mode = settings.mode
        self.settings = settings
        self.is_open = False
        self.misses: list[RequestNotRecorded] = []
        self.notes: list[str] = []
        self.recorded = 0
        self._owner = owner
        self._redactors = Redactors(os.environ, shared.redactors)
        # Calls have it, and are kept by the recorder: if it knew the recorder, neither would go when its test ends.
        self._meter = Meter(shared.prices, self._redactors.name, settings.estimate_usage)
        self._tally = shared.tally
        self._spent: set[int] = set()
        self._reserved = Decimal(0)
        self._bridge = Bridge(settings) if settings.needs_vcrpy else None
        self._matcher = settings.matcher
        # What functions tell apart is the same only if it is so in all: nothing recorded may go for another's sake.
        self._identity = (
            replace(self._matcher, match_on=(*self._matcher.match_on, "method", "endpoint", "chat"))
            if settings.functions
            else self._matcher
        )
        self.endpoints = self._matcher.endpoints
        # A function of `match_on` is called under it, and may look at the calls so far.
        self._lock = threading.RLock()
        self._may_record = settings.mode != "none"
        self._shelf = shared.shelf
        self._recorded = Recordings()
        self._lookup = Lookup(Keys(self._recorded, self._matcher))
        self._exchanges: list[Played | Take] = []
        # By its number, what is written of each call; and its text, by the id of that.
        self._to_write: dict[int, Interaction] = {}
        self._texts: dict[int, Text] = {}
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
    def kept_calls(self) -> tuple[Call, ...]:
        """The calls without the errors that are left out of the cassette: the same in a replay as when recorded."""
        with self._lock:
            exchanges = list(self._exchanges)
        pairs = [(item, exchange.call) for exchange in exchanges if (item := exchange.interaction) is not None]
        kept = {id(item) for item in self._without_retries([item for item, _ in pairs])}
        return tuple(call for item, call in pairs if call is not None and id(item) in kept)

    @property
    def usage(self) -> Usage:
        """The sum over the calls. Raises UnknownUsage, naming the call, if one of them did not say."""
        return total(self.calls)

    @property
    def cost(self) -> Decimal:
        """What the calls were billed, in US dollars.

        Raises UnknownUsage or UnknownPrice, naming the call, if one of them cannot be priced.
        """
        return total_cost(self.calls)

    @property
    def list_cost(self) -> Decimal:
        """What they would have cost if nothing had been cached, which `max_cost` judges; raises as `cost` does."""
        return total_cost(self.calls, as_listed=True)

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
        unknown = self._spend()
        if self.misses:
            return self.misses[0]
        of_run = None if self._tally is None else self._tally.judge()
        # Most tests have no limits, and to make calls of what was played takes longer than the rest of the verdict.
        of_test = self.settings.budget.verdict(self.calls) if self.settings.budget.limits() else None
        broken = "\n".join(filter(None, [of_test, of_run, unknown]))
        if broken:
            return BudgetExceeded(broken)
        unused = self._unused()
        if unused and self.settings.unused == "fail":
            return SamuraiFailure(unused)
        if unused and self.settings.unused == "warn":
            self.notes.append(unused)
        return None

    def _spend(self) -> str | None:
        """Put on the tally of the run what it has not yet; returns what the tally says to that."""
        if self._tally is None:
            return None
        calls = [call for call in self.calls if call.number not in self._spent]
        self._spent.update(call.number for call in calls)
        return self._tally.spend(calls)

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
            self._redactors.look_again()
        if self.mode in ("none", "once"):
            self._recorded = there
        elif self.mode == "new_episodes":
            self._recorded = Recordings([item for item in there if not self._is_of_this_run(item.recorded_at)])
        if self._resumed:
            self._recorded = Recordings([*self._recorded, *self._resumed])
        keys = self._shared_keys(kept)
        self._recorded = keys.recordings
        self._lookup = Lookup(keys)
        if self.replaying or (placeholders and self.mode == "once"):
            self._placeholders = [name for name in KEY_NAMES if not os.environ.get(name)]
            for name in self._placeholders:
                os.environ[name] = PLACEHOLDER_KEY
        self._note_age()
        self.is_open = True

    def _shared_keys(self, kept: Kept | None) -> Keys:
        """Those that the tests before have made; what is redacted first may be another with other secrets."""
        memo = {} if kept is None or self._recorded is not kept.recordings else kept.memo
        redactors = None if self._recorded.are_redacted else self._redactors
        alike = (self._matcher, redactors and redactors.secrets)
        if alike not in memo:
            recorded = self._recorded if redactors is None else Recordings([*map(self._as_written, self._recorded)])
            # It outlives the recorder, which it must not keep, with all its calls.
            memo[alike] = Keys(recorded, self._matcher)
        keys: Keys = memo[alike]
        return keys

    def _as_written(self, item: Interaction) -> Interaction:
        """A recording as we write it; other tools write down what would be cut out of it here."""
        if item.recorded_at is not None and all(name in REQUEST_HEADERS for name, _ in item.request.headers):
            return item
        return replace(item, request=self.redacted(item.request))

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
        for journal in self._shelf.left_behind(self.cassette_path):
            # It may have died when the cassette was written and the journal not yet gone.
            missing = [item for item in self._without_retries(journal.interactions) if item not in there]
            calls = f"{plural(len(missing), 'call')} of a recording that was interrupted"
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
        takes = [exchange for exchange in self._exchanges if isinstance(exchange, Take)]
        for take in takes:
            take.end(CLOSED)
        if self._tally is not None and self._reserved:
            # What never got a reply.
            self._tally.paid(self._reserved, Decimal(0))
        if unknown := self._spend():
            self.notes.append(f"{self._owner.test}: {unknown}")
        if self.mode in ("none", "live"):
            return
        unanswered = sum(take.interaction is None for take in takes)
        if unanswered and passed:
            self.notes.append(
                f"{self._owner.test}: {plural(unanswered, 'request')} got no reply, which cannot be recorded;"
                " the replay will refuse it"
            )
        new = [item for _, item in sorted(self._to_write.items())]
        # What a client has mended is no reason to lose what was paid for, whether it is kept or not.
        failed = [item for item in self._without_mended(new) if not item.reply.is_success]
        new = self._without_retries(new)
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
        """Without the errors that a client mended, unless they are to be kept: a replay would sleep through them."""
        return list(new) if self.settings.keep_retries else self._without_mended(new)

    def _without_mended(self, new: Sequence[Interaction]) -> list[Interaction]:
        """Without the errors after which the same request went well."""
        if not any(item.reply.status in RETRYABLE for item in new):
            return list(new)
        went_well: set[bytes] = set()
        kept = []
        for item in reversed(new):
            key = self._identity.key(item.request)
            if item.reply.is_success:
                went_well.add(key)
            if not (item.reply.status in RETRYABLE and key in went_well):
                kept.append(item)
        return kept[::-1]

    def _write(self, new: Sequence[Interaction], *, passed: bool) -> None:
        # What was interrupted may have ended on an error that went well when this run tried again.
        recorded = self._without_retries([*self._resumed, *new])
        asked = {self._identity.key(item.request) for item in recorded} if self.mode == "all" and not passed else None

        def change(there: list[Interaction]) -> list[Interaction]:
            if self.mode == "all":
                there = [item for item in there if self._stays(item, asked)]
            missing = self._not_stood_in_for(recorded, there)
            self.recorded = len({id(item) for item in missing} & {id(item) for item in new})
            return [*there, *missing]

        try:
            cassette.update(self.cassette_path, change, self._texts)
        except CassetteError as error:
            self._journal.close()
            for journal in self._taken_up:
                journal.close()
            raise CassetteError(f"{error}{self._kept()}") from error

    def _priced(self, item: Interaction) -> Interaction:
        """With the prices of the day stamped on it; an error costs nothing, whatever the prices."""
        if not item.reply.is_success or item.price is not None:
            return item
        return replace(item, price=Call(item, number=0, replayed=False, meter=self._written_meter).price or UNPRICED)

    @cached_property
    def _written_meter(self) -> Meter:
        """For what is as it will be written: no model in there holds a secret any more."""
        return replace(self._meter, redact=_as_it_is)

    def _call(self, item: Interaction) -> Call:
        return Call(item, number=0, replayed=False, meter=self._meter)

    def _not_stood_in_for(self, recorded: Sequence[Interaction], there: Sequence[Interaction]) -> list[Interaction]:
        """Without what a shared cassette has by now of equal requests, which whoever shares it plays from the start.

        Else workers that set up the same fixture at once would write it down once each, and all but the first copy
        would never be played.
        """
        if not self._owner.shared:
            return list(recorded)
        standing_in = Counter(map(self._kind, there))
        from_file = len(self._recorded) - len(self._resumed)
        standing_in.subtract(self._kind(self._recorded[place]) for place in self._lookup.played if place < from_file)
        missing = []
        for item in recorded:
            kind = self._kind(item)
            standing_in[kind] -= 1
            if standing_in[kind] < 0:
                missing.append(item)
        return missing

    def _kind(self, item: Interaction) -> tuple[bytes, bool]:
        # An answer is not stood in for by an error.
        return self._identity.key(item.request), item.reply.is_success

    def _kept(self) -> str:
        """Where the calls are that did not get into the cassette, as the end of a sentence."""
        journals = [journal.path for journal in self._taken_up]
        if self._journal.path.exists():
            journals.insert(0, self._journal.path)
        if not journals:
            return "; what was recorded is lost"
        lost = f", but for {plural(self._journal.lost, 'call')} lost" if self._journal.lost else ""
        return f"; what was recorded is kept in {', '.join(map(shown, journals))}{lost}"

    def _stays(self, item: Interaction, asked: set[bytes] | None) -> bool:
        """What mode `all` does not replace: what others recorded in this run, what a failed test has not `asked`."""
        if self._owner.shared and self._is_of_this_run(item.recorded_at):
            return True
        return asked is not None and self._identity.key(item.request) not in asked

    def _ended(self, likely: Decimal, number: int, request: Request, item: Interaction) -> None:
        """A call has ended: from now on it is safe from a process that dies. Of its request, `request` is written."""
        if self._tally is not None and self._tally.judges_live_cost:
            with self._lock:
                self._reserved -= likely
            self._tally.paid(likely, self._call(item).cost)
        if self._owner.on_live is not None:
            self._owner.on_live(self._owner.test, self._call(item))
        if self.mode == "live":
            return
        self._redactors.look_again()
        redactor = self._redactors.of(item.request)
        with self._naming("before_record_response", item.request):
            reply = item.reply if self._bridge is None else self._bridge.reply(item.reply)
        if reply is None:
            return
        kept = self._priced(replace(item, request=redactor.request(request), reply=redactor.reply(reply)))
        with self._lock:
            self._to_write[number] = kept
            if not self.is_open:
                return
            try:
                self._texts[id(kept)] = self._journal.add(kept)
            except OSError as error:
                # The application's call went well; that the disk is full is said when the cassette is written.
                note = f"{shown(self._journal.path)}: cannot be written: {error.strerror or error}"
                if note not in self.notes:
                    self.notes.append(note)

    @contextmanager
    def _naming(self, hook: str, request: Request) -> Iterator[None]:
        """Name a hook that raises: the application may swallow it, and only the next run would find what is missing."""
        try:
            yield
        except Exception as error:
            # Its text may be the request itself, with the key.
            text = " ".join(self._redacted_text(request, str(error)).split())[:_LONGEST_ERROR]
            self.notes.append(
                f"{self._owner.test}: {hook} raised {type(error).__name__}: {text}; the call is not recorded"
            )
            raise

    # --- what was not played

    def unplayed(self) -> list[int]:
        """The places of the recordings that were not played; the tail of a run of retried errors counts as played.

        SDKs differ in how often they try again, from one version to the next. Calls to other places than the endpoints,
        which other tools record too, cannot be played.
        """
        unplayed = self._lookup.unplayed(RETRYABLE)
        # What is ours was recorded to be played; to look would be to read all that nobody plays.
        if self._recorded.are_redacted:
            return unplayed
        return [place for place in unplayed if self.endpoints.match(self._recorded.request(place).url) is not None]

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
        count = f"{len(unplayed)} of {plural(len(self._recorded), 'recorded interaction')}"
        lines = [f"{count} {'was' if len(unplayed) == 1 else 'were'} not played: {self.shown_path}"]
        for place in unplayed[:_NAMED]:
            lines.append(f"  interaction {place + 1}: {summary(self._recorded[place].request)}")
        if len(unplayed) > _NAMED:
            lines.append(f"  ... and {len(unplayed) - _NAMED} more")
        if self._owner.rerun is not None:
            lines.append(f"  To record this test again: {self._command('all')}")
        return "\n".join(lines)

    # --- requests

    def handle(self, request: Request) -> Played | Take | None:
        """Classify a request, and keep its place: replay it if an unplayed recording matches, else record it.

        None for one that the user's filters let pass. Raises RequestNotRecorded if the mode does not let it go live.
        """
        # The application may have read its keys from a file by now, or the test have set one.
        self._redactors.look_again()
        with self._naming("before_record_request", request):
            filtered = request if self._bridge is None else self._bridge.request(request)
        if filtered is None:
            return None
        # While a cassette is made there is nothing to look up, and the first chunk of a stream need not wait for it.
        asked = self._redactors.of(request).request(filtered) if self.count else None
        played, denials = self._play(request, asked) if asked is not None else (None, ())
        if played is not None:
            return played
        if not self._may_record:
            raise self._missed(asked or self._redactors.of(request).request(filtered), denials)
        if has_placeholder(request.headers):
            raise self._placeholder_sent(request)
        asking = self._asking(request)
        with self._lock:
            number = len(self._exchanges) + 1
            likely = self._admitted(request)
            take = Take(request, number, asking, partial(self._ended, likely, number, filtered), self._meter)
            self._exchanges.append(take)
            return take

    def replay(self, request: Request) -> Played | None:
        """Answer a request that may lack its headers; None if it takes these, or `handle`, to say what becomes of it.

        A recording holds no secrets, so a request that is equal to one holds none in what counts, and need not be
        redacted.
        """
        if self._bridge is not None or not self._matcher.is_of_bytes:
            return None
        return self._play(request, request)[0]

    def _play(self, request: Request, as_recorded: Request) -> tuple[Played | None, Sequence[Denial]]:
        """The recording that answers a request, and those that the functions of `match_on` did not take for it."""
        denials: Sequence[Denial] = ()
        with self._lock:
            if self._bridge is None:
                place = self._lookup.take(as_recorded)
            else:
                equal = [(one, self._recorded.request(one)) for one in self._lookup.candidates(as_recorded)]
                place, denials = self._bridge.first(as_recorded, equal)
                if place is not None:
                    self._lookup.played.add(place)
            if place is None:
                return None, denials
            number = len(self._exchanges) + 1
            played = Played(request, self._reply(place), number, self._meter, self._recorded, place)
            self._exchanges.append(played)
            return played, denials

    def _admitted(self, request: Request) -> Decimal:
        """What a request that may go live is likely to cost. Raises RequestNotRecorded if a ceiling would be passed."""
        if self._tally is None:
            return Decimal(0)
        likely = self._likely_cost(request) if self._tally.judges_live_cost else Decimal(0)
        if refused := self._tally.admit(likely):
            lines = [f"{request.method} {self.redacted(request).url} was not sent: {refused}."]
            lines.append(f"  test      {self._owner.test}")
            if self.mode != "live":
                lines.append(f"  To record the rest at another time: {self._command('new_episodes')}")
            raise self.refuse("\n".join(lines))
        self._reserved += likely
        return likely

    def _likely_cost(self, request: Request) -> Decimal:
        """From the length of the prompt and the most that may be answered; 0 where no price is known beforehand."""
        asked = parse_object(request.body) or {}
        model = asked.get("model")
        price = self._meter.prices.price(model, datetime.now(UTC), url=request.url) if isinstance(model, str) else None
        if price is None:
            return Decimal(0)
        counts = (asked.get(name) for name in ("max_completion_tokens", "max_tokens"))
        choices = asked.get("n")
        answered = next((count for count in counts if isinstance(count, int)), 0)
        answered *= choices if isinstance(choices, int) else 1
        prompt = prompt_length(asked) // _CHARACTERS_A_TOKEN
        return price.cost(Usage(1, prompt, answered, prompt + answered), as_listed=True) or Decimal(0)

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

    def connected(self, host: str, port: int) -> None:
        """Note a connection that no request was seen for, if it leads to where chat was recorded and this replays."""
        if not self.replaying:
            return
        urls = [item.request.url for item in self._recorded] + [os.environ.get(name, "") for name in _BASE_URL_NAMES]
        if (_one_name(host), port) in {place for url in dict.fromkeys(urls) if (place := _host_and_port(url))}:
            self.note(
                f"connected to {host}:{port}, which serves chat, by a client that no recorder sees"
                " (requests, urllib, aiohttp, a raw socket): nothing of it is replayed;"
                " send its calls through httpx, or forbid connections in tests"
            )

    def note(self, text: str) -> None:
        """Have something said of this test at the end of the run, once."""
        said = f"{self._owner.test}: {text}"
        if said not in self.notes:
            self.notes.append(said)

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

    def _missed(self, request: Request, denials: Sequence[Denial]) -> RequestNotRecorded:
        miss = Miss(
            request=request,
            recorded=self._recorded,
            played=frozenset(self._lookup.played),
            matcher=self._matcher,
            test=self._owner.test,
            cassette=self.shown_path,
            mode=self.mode,
            rerun=self._rerun(),
            denials=denials,
        )
        return self.refuse(miss.text())

    def redacted(self, request: Request) -> Request:
        """The request as it may be shown and written down."""
        return self._redactors.request(request)

    def _redacted_text(self, request: Request, text: str) -> str:
        return self._redactors.of(request).text(text)

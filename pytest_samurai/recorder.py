"""One open cassette: classify each request, then replay it, record it or refuse it."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.budget import total
from pytest_samurai.chat import (
    CLOSED,
    COMPLETE,
    Call,
    Chunk,
    Headers,
    Interaction,
    Reply,
    Request,
    UsageFilter,
    ends_stream,
    is_event_stream,
    with_usage_asked,
)
from pytest_samurai.errors import BudgetExceeded, RequestNotRecorded
from pytest_samurai.miss import Miss
from pytest_samurai.redaction import Redactor, environment_secrets, request_secrets
from pytest_samurai.settings import Layer, Mode, Settings, resolve
from pytest_samurai.usage import Usage

PLACEHOLDER_KEY = "sk-placeholder-of-a-replayed-test"
KEY_NAMES = ("SAMURAI_API_KEY", "OPENAI_API_KEY")


def shown(path: Path) -> str:
    """A path as people would type it: relative where it lies below the working directory."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _has_placeholder(request: Request) -> bool:
    return any(PLACEHOLDER_KEY in value for _, value in request.headers)


class Played:
    """A request that has its answer: `interaction` is the request as it was sent now, and the reply as recorded."""

    def __init__(self, request: Request, recorded: Interaction, number: int) -> None:
        self.interaction = replace(recorded, request=request)
        self.call = Call(self.interaction, number=number, replayed=True)


class Take:
    """A request that is under way to the real server: what of the reply is kept, and what the application may see.

    `body` is what goes on the wire. `reply` has to come first, then `feed` for each piece, then `end`.
    """

    def __init__(self, request: Request, number: int, *, ask_usage: bool) -> None:
        asked = with_usage_asked(request.body) if ask_usage else None
        self.request = request
        self.body = request.body if asked is None else asked
        self.asked_usage = asked is not None
        self._number = number
        self._sent_at = datetime.now(UTC)
        self._clock = time.perf_counter()
        self._filter: UsageFilter | None = None
        self._head: Reply | None = None
        self._pieces: list[tuple[bytes, float]] = []
        self._call: Call | None = None
        self._ended: Interaction | None = None

    def refused_usage(self, status: int) -> bool:
        """Whether the server may have refused what we added to the request; if so, `body` is what was asked for."""
        if not self.asked_usage or status not in (400, 422):
            return False
        self.body, self.asked_usage = self.request.body, False
        return True

    def reply(self, status: int, reason: str, headers: Headers, http_version: str) -> None:
        streamed = is_event_stream(headers)
        self._filter = UsageFilter() if self.asked_usage and streamed else None
        self._head = Reply(status, reason, headers, b"", () if streamed else None, http_version=http_version)

    def feed(self, data: bytes) -> bytes:
        """Keep a piece of the body as it arrives; returns what of it the application may see now."""
        return self._keep(data if self._filter is None else self._filter.feed(data))

    def rest(self) -> bytes:
        """What was held back, once the body is through."""
        return self._keep(b"" if self._filter is None else self._filter.flush())

    def _keep(self, data: bytes) -> bytes:
        if data and self._ended is None:
            self._pieces.append((data, time.perf_counter() - self._clock))
        return data

    def end(self, ending: str, decode: Callable[[Sequence[bytes]], Sequence[bytes]] | None = None) -> None:
        """The body is through, or nobody reads it any more; the first ending counts.

        `decode` undoes the content encoding, piece by piece.
        """
        if self._ended is not None or self._head is None:
            return
        if decode is not None:
            times = [at for _, at in self._pieces]
            self._pieces = list(zip(decode([data for data, _ in self._pieces]), times, strict=True))
        self._ended = self._so_far(ending)

    @property
    def interaction(self) -> Interaction | None:
        """The call as far as it came; None before its reply has begun."""
        if self._ended is None and self._head is not None:
            return self._so_far(CLOSED)
        return self._ended

    @property
    def call(self) -> Call | None:
        if self._call is not None:
            return self._call
        interaction = self.interaction
        if interaction is None:
            return None
        call = Call(interaction, number=self._number, replayed=False)
        if self._ended is not None:
            self._call = call
        return call

    def _so_far(self, ending: str) -> Interaction:
        assert self._head is not None
        pieces = list(self._pieces)
        body = b"".join(data for data, _ in pieces)
        chunks = tuple(Chunk(len(data), round(at, 4)) for data, at in pieces if data)
        if ending == CLOSED and ends_stream(body):
            ending = COMPLETE
        reply = replace(
            self._head,
            body=body,
            chunks=None if self._head.chunks is None else chunks,
            ending=ending,
            hidden_usage=None if self._filter is None else self._filter.usage,
            duration=round(time.perf_counter() - self._clock, 4),
        )
        return Interaction(self.request, reply, timestamp(self._sent_at))


def timestamp(moment: datetime) -> str:
    """UTC in ISO 8601, to the microsecond: equal lengths, so that order of texts is order in time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose recorder it is: the test, when its run began, the command that runs it again, who else has the cassette.

    `rerun` has `{mode}` where the record mode goes.
    """

    test: str
    run_began: datetime
    rerun: str | None = None
    shared: bool = False


class Recorder:
    """Answers requests from a cassette, or records them to it. A test knows it as the `samurai` fixture."""

    def __init__(self, path: Path, settings: Settings, owner: Owner) -> None:
        self.cassette_path = path
        self.mode: Mode = settings.mode
        self.settings = settings
        self.is_open = False
        self.misses: list[RequestNotRecorded] = []
        self._owner = owner
        self._matcher = settings.matcher
        self.endpoints = self._matcher.endpoints
        self._lock = threading.Lock()
        self._may_record = settings.mode != "none"
        self._recorded: list[Interaction] = []
        self._unplayed: dict[bytes, deque[int]] = {}
        self._played: set[int] = set()
        self._exchanges: list[Played | Take] = []
        self._secrets: frozenset[str] = frozenset()
        self._redactors: dict[frozenset[str], Redactor] = {}
        self._placeholders: list[str] = []

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
        """What fails a test whose body went through: a request that it swallowed, or a broken budget."""
        if self.misses:
            return self.misses[0]
        broken = self.settings.budget.verdict(self.calls)
        return BudgetExceeded(broken) if broken else None

    # --- open and close

    def open(self, *, placeholders: bool = False) -> None:
        """Read the cassette. Raises CassetteError if it is there and cannot be read.

        A replay gets placeholders for keys that are not set; with `placeholders` so does what may still record, whose
        client may be made to be used in a replay.
        """
        there = self._load()
        if self.mode == "once":
            self._may_record = there is None or all(map(self._born_in_this_run, there))
        if there is not None and self.mode in ("none", "once"):
            self._recorded = there
        elif there is not None and self.mode == "new_episodes":
            self._recorded = [item for item in there if not self._born_in_this_run(item)]
        for place, item in enumerate(self._recorded):
            self._unplayed.setdefault(self._matcher.key(item.request), deque()).append(place)
        if self.replaying or (placeholders and self.mode == "once"):
            self._placeholders = [name for name in KEY_NAMES if not os.environ.get(name)]
            os.environ.update(dict.fromkeys(self._placeholders, PLACEHOLDER_KEY))
        self._secrets = environment_secrets(os.environ)
        self.is_open = True

    def _load(self) -> list[Interaction] | None:
        if self.mode == "live":
            return None
        try:
            return cassette.load(self.cassette_path)
        except FileNotFoundError:
            return None

    def _born_in_this_run(self, item: Interaction) -> bool:
        return item.recorded_at is not None and item.recorded_at >= timestamp(self._owner.run_began)

    def close(self, *, passed: bool = True) -> str | None:
        """Write down what was recorded; returns why nothing was, if a failed test ended on a failed call."""
        self.is_open = False
        for name in self._placeholders:
            if os.environ.get(name) == PLACEHOLDER_KEY:
                del os.environ[name]
        if self.mode in ("none", "live"):
            return None
        takes = [exchange for exchange in self._exchanges if isinstance(exchange, Take)]
        for take in takes:
            take.end(CLOSED)
        new = [take.interaction for take in takes if take.interaction is not None]
        failed = [item for item in new if not item.reply.is_success]
        if failed and not passed:
            reply = failed[-1].reply
            what = f"status {reply.status}" if reply.status >= 400 else f"a broken stream ({reply.ending})"
            return f"nothing recorded of {self._owner.test}: it did not pass, and a call ended in {what}"
        if new:
            self._write([self._written(item) for item in new])
        return None

    def _write(self, new: Sequence[Interaction]) -> None:
        there = self._load() or []
        if self.mode == "all":
            there = [item for item in there if self._owner.shared and self._born_in_this_run(item)]
        cassette.save(self.cassette_path, [*there, *new])

    def _written(self, item: Interaction) -> Interaction:
        redactor = self._redactor(item.request)
        return replace(item, request=redactor.request(item.request), reply=redactor.reply(item.reply))

    # --- requests

    def handle(self, request: Request) -> Played | Take:
        """Classify a request, and keep its place: replay it if an unplayed recording matches, else record it.

        Raises RequestNotRecorded if the mode does not let it go live.
        """
        # While a cassette is made there is nothing to look up, and the first chunk of a stream need not wait for it.
        key = self._key(request) if self._unplayed else None
        with self._lock:
            number = len(self._exchanges) + 1
            unplayed = self._unplayed.get(key) if key is not None else None
            if unplayed:
                place = unplayed.popleft()
                self._played.add(place)
                exchange: Played | Take = Played(request, self._recorded[place], number)
                self._exchanges.append(exchange)
                return exchange
            if self._may_record and not _has_placeholder(request):
                exchange = Take(request, number, ask_usage=self.settings.stream_usage)
                self._exchanges.append(exchange)
                return exchange
        raise self._placeholder_sent(request) if self._may_record else self._missed(request)

    def _key(self, request: Request) -> bytes:
        return self._matcher.key(self._redactor(request).request(request))

    def refuse(self, text: str) -> RequestNotRecorded:
        """Note that a request was refused, so that the test fails even if the application swallows it."""
        miss = RequestNotRecorded(text)
        self.misses.append(miss)
        return miss

    def _rerun(self) -> str | None:
        """The command that mends a miss; what others recorded, or what was played to the end, is not paid for again."""
        if self._owner.rerun is None:
            return None
        keeps = self._owner.shared or (self._recorded and len(self._played) == len(self._recorded))
        return self._owner.rerun.format(mode="new_episodes" if keeps else "all")

    def _placeholder_sent(self, request: Request) -> RequestNotRecorded:
        return self.refuse(
            f"{request.method} {request.url} has to go live to be recorded, and its key is the placeholder that"
            f" replayed tests get.\n  test      {self._owner.test}\n"
            f"  Set {' or '.join(KEY_NAMES)}, and make the client after that."
        )

    def _missed(self, request: Request) -> RequestNotRecorded:
        miss = Miss(
            request=self._redactor(request).request(request),
            recorded=self._recorded,
            played=frozenset(self._played),
            matcher=self._matcher,
            test=self._owner.test,
            cassette=shown(self.cassette_path),
            mode=self.mode,
            rerun=self._rerun(),
        )
        return self.refuse(miss.text())

    def _redactor(self, request: Request) -> Redactor:
        secrets = self._secrets | request_secrets(request.headers)
        if secrets not in self._redactors:
            self._redactors[secrets] = Redactor(secrets)
        return self._redactors[secrets]

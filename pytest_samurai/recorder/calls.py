"""The calls of a test so far."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from pytest_samurai.bill import Budget, Call, Meter, Tally
from pytest_samurai.errors import BudgetExceeded
from pytest_samurai.recorder.children import Children
from pytest_samurai.recorder.course import Course
from pytest_samurai.recorder.exchange import Played, Take
from pytest_samurai.recorder.playback import Playback
from pytest_samurai.recorder.question import Question
from pytest_samurai.recorder.retries import left_out_text, mended_in, without_retries
from pytest_samurai.settings import Layer, Settings, resolve
from pytest_samurai.wire import Interaction, Request


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A call that went live without being recorded. `pattern` is the endpoint that would record it.

    It is None for a client that no recorder sees, and for a call that the user's settings let through.
    """

    what: str
    pattern: str | None = None
    is_let_pass: bool = False


def endpoints_setting(settings: Settings, patterns: Iterable[str]) -> str:
    """The setting that also records these endpoints."""
    return f"samurai_endpoints = {' '.join(dict.fromkeys([*settings.endpoints, *patterns]))}"


def unrecorded_text(unrecorded: Sequence[Unrecorded], settings: Settings) -> str:
    """Which calls went live without being recorded, and how to record them."""
    calls = "1 call went live and was" if len(unrecorded) == 1 else f"{len(unrecorded):,} calls went live and were"
    lines = [f"{calls} not recorded: {', '.join(dict.fromkeys(call.what for call in unrecorded))}"]
    patterns = [call.pattern for call in unrecorded if call.pattern is not None]
    if patterns:
        which = "them" if len(patterns) > 1 else "it"
        lines.append(f"  To record {which} as well: {endpoints_setting(settings, patterns)}")
    let_pass = sum(call.is_let_pass for call in unrecorded)
    if let_pass:
        lines.append(
            "  No budget can count calls that ignore_hosts, ignore_localhost, a hook or samurai_unseen lets through"
        )
    if len(patterns) + let_pass < len(unrecorded):
        lines.append("  To record the calls of this client, send them through httpx")
    return "\n".join(lines)


class Calls:
    """The calls of one recorder, in the order they were sent, each with as much of its reply as has arrived.

    If the run has limits, their usage is added to its `tally`.
    """

    def __init__(self, meter: Meter, tally: Tally | None, settings: Settings) -> None:
        # `match_on` functions are called under this lock, and may look at the calls so far.
        self.lock = threading.RLock()
        self.meter = meter
        self._tally = tally
        self._settings = settings
        self._exchanges: list[Played | Take] = []
        self._uncounted: list[Played] = []
        self._spent: set[int] = set()
        self._told = 0
        self.unrecorded: list[Unrecorded] = []
        """Calls that went live without being recorded: nobody knows what they used."""

    @property
    def count(self) -> int:
        """How many calls have been sent so far."""
        return len(self._exchanges)

    def play(self, request: Request, playback: Playback, index: int, *, counts: bool = True) -> Played:
        """Answer a request with a recording. The caller has held `lock` since it took the recording, and still does.

        If it does not count, it is not numbered as a call and comes after the last one.
        """
        number = len(self._exchanges) + counts
        played = Played(request, playback.reply(index), number, self.meter, playback.recordings, index)
        (self._exchanges if counts else self._uncounted).append(played)
        return played

    def send(
        self,
        request: Request,
        question: Question | None,
        keep: Callable[[int, Interaction], None],
        count: Callable[[int, Interaction], None],
    ) -> Take:
        """Let a request go live. `keep` and `count` get the call's number and its interaction: see `Take`."""
        with self.lock:
            number = len(self._exchanges) + 1
            take = Take(request, number, question, partial(keep, number), partial(count, number), self.meter)
            self._exchanges.append(take)
        return take

    def all(self) -> tuple[Call, ...]:
        """The calls whose replies have begun, without live errors that a retry recovered from.

        A replay has none of these, so they would change the verdict and the numbers of the same test.
        """
        return tuple(call for _, call in self._counted())

    def kept(self) -> tuple[Call, ...]:
        """The calls that a cassette keeps: all except errors that a retry recovered from, including replayed ones."""
        exchanges = self._so_far()
        mended = self._mended(exchanges)
        calls = (exchange.call for exchange in exchanges if id(exchange) not in mended)
        return tuple(call for call in calls if call is not None)

    def recorded(self, kept: Mapping[int, Interaction]) -> list[Interaction]:
        """The calls as the cassette has them. `kept` maps numbers to the live calls that were kept."""
        made = (
            exchange.recorded if isinstance(exchange, Played) else kept.get(exchange.number)
            for exchange, _ in self._counted()
        )
        return [interaction for interaction in made if interaction is not None]

    def _counted(self) -> Iterator[tuple[Played | Take, Call]]:
        exchanges = self._so_far()
        mended = self._mended([exchange for exchange in exchanges if isinstance(exchange, Take)])
        left_out = 0
        for number, exchange in enumerate(exchanges, 1):
            if id(exchange) in mended:
                left_out += 1
            elif (call := exchange.call) is not None:
                if left_out:
                    # Messages use the numbers that the calls have in a replay.
                    call.number = number - left_out
                yield exchange, call

    def _mended(self, exchanges: Sequence[Played | Take]) -> set[int]:
        """The ids of the calls that ended in an error and that the client then retried successfully."""
        if not exchanges:
            return set()
        begun = [(exchange, made) for exchange in exchanges if (made := exchange.interaction) is not None]
        kept = {id(made) for made in without_retries([made for _, made in begun], self._settings)}
        return {id(exchange) for exchange, made in begun if id(made) not in kept}

    def left_out(self) -> str | None:
        """A text about errors that the cassette does not keep: see `left_out_text`."""
        if self._settings.keep_retries:
            return None
        made = [interaction for take in self.takes() if (interaction := take.interaction) is not None]
        return left_out_text(mended_in(made, self._settings))

    def takes(self) -> list[Take]:
        """The calls that went live."""
        return [exchange for exchange in self._exchanges if isinstance(exchange, Take)]

    def urls_sent(self) -> set[str]:
        """The URLs of the calls that went live."""
        return {take.request.url for take in self.takes()}

    def course(self, passed: bool, unanswered: int) -> Course:
        """How the test went, now that all its calls have ended."""
        played = [exchange for exchange in (*self._exchanges, *self._uncounted) if isinstance(exchange, Played)]
        numbers = {exchange.index: exchange.number for exchange in played}
        return Course(passed, unanswered, sum(not call.is_let_pass for call in self.unrecorded), numbers)

    def are_under_way(self) -> bool:
        """Whether a live call has not ended yet."""
        return any(not take.has_ended for take in self.takes())

    def _so_far(self) -> list[Played | Take]:
        with self.lock:
            return list(self._exchanges)

    # --- what the calls may use

    @contextmanager
    def budget(self, limits: Mapping[str, object], children: Children) -> Iterator[None]:
        """Check the calls that are sent within the block against limits. See `Recorder.budget`."""
        budget = resolve([Layer("samurai.budget()", "budget", limits)]).budget
        before, unrecorded_before = set(map(id, self._exchanges)), len(self.unrecorded)
        had_started, children.were_started = children.were_started, False
        try:
            yield
        finally:
            has_started, children.were_started = children.were_started, children.were_started or had_started
        calls = [call for exchange, call in self._counted() if id(exchange) not in before]
        unrecorded = self.unrecorded[unrecorded_before:]
        if has_started and not calls and not unrecorded:
            raise BudgetExceeded(_of_child(budget.limits()))
        verdict = budget.verdict(calls)
        unjudged = self._unjudged(budget.limits(), unrecorded)
        if verdict or unjudged:
            raise BudgetExceeded("\n".join(filter(None, [verdict, unjudged])))

    def spend(self) -> str | None:
        """Add the new calls to the run's tally. Returns which limits they make impossible to judge."""
        if self._tally is None:
            return None
        unspent = [(exchange, call) for exchange, call in self._counted() if id(exchange) not in self._spent]
        self._spent.update(id(exchange) for exchange, _ in unspent)
        unrecorded, self._told = self.unrecorded[self._told :], len(self.unrecorded)
        unjudged = self._unjudged(self._tally.limits(), unrecorded)
        return "\n".join(filter(None, [self._tally.spend([call for _, call in unspent]), unjudged])) or None

    def verdict(self, budget: Budget, *, only_children: bool) -> str | None:
        """How the budgets of the test and of the run are broken; None if both hold.

        With `only_children`, the test has made no call itself, but has started processes that may have.
        """
        # Most tests have no limits, so their calls need no look.
        of_child = of_test = None
        limits = budget.limits()
        names = [*limits, *([] if self._tally is None else self._tally.limits())]
        if names and only_children:
            of_child = _of_child(names)
        if limits:
            unjudged = self._unjudged(limits, self.unrecorded)
            of_test = "\n".join(filter(None, [budget.verdict(self.all()), unjudged]))
        of_run = None if self._tally is None else self._tally.judge()
        return "\n".join(filter(None, [of_child, of_test, of_run])) or None

    def _unjudged(self, limits: Iterable[str], unrecorded: Sequence[Unrecorded]) -> str | None:
        """Why limits cannot be judged, if live calls were not recorded."""
        names = ", ".join(limits)
        if not names or not unrecorded:
            return None
        return f"{names} cannot be judged: {unrecorded_text(unrecorded, self._settings)}"


def _of_child(limits: Iterable[str]) -> str:
    return (
        f"{', '.join(limits)} cannot be judged: a child process was started, and no call was seen; make the call in the"
        " test's own process, or set no limit if the child calls no model"
    )

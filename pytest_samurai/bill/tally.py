"""What a whole run has used so far, in all its processes, and its limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

from pytest_samurai.bill.budget import Limits, total, total_cost
from pytest_samurai.bill.call import Call
from pytest_samurai.bill.sum import NO_COST, Sum
from pytest_samurai.errors import SamuraiError
from pytest_samurai.files import exists, json, locked, read_whole, remove, replace_whole, scratch
from pytest_samurai.text import money, money_apart


@dataclass(slots=True)
class _Count:
    """What was used in total, and how much of it went live. `reserved` is the likely cost of the calls under way.

    `told` says that a test has failed because of the run's limits, so that no other test does. Money is in US dollars.
    """

    tokens: int = 0
    cost: Decimal = Decimal(0)
    live_requests: int = 0
    live_cost: Sum[Decimal] = NO_COST
    reserved: Decimal = Decimal(0)
    told: bool = False


class Tally:
    """The count of a run, in a file that all its processes share."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits

    @classmethod
    def begin(cls, limits: Limits) -> Tally:
        """The tally of a run that begins now. The process that begins it must `end` it."""
        return cls(scratch("tally"), limits)

    @property
    def judges_live_cost(self) -> bool:
        """Whether `admit` must know what a call will probably cost."""
        return self._limits.max_live_cost is not None

    @property
    def path(self) -> str:
        """The file from which another process of the run makes its tally."""
        return str(self._path)

    def end(self) -> None:
        remove(self._path)

    @contextmanager
    def _changed(self) -> Iterator[_Count]:
        with locked(self._path):
            count = _Count()
            if exists(self._path):
                count = _read(read_whole(self._path))
            yield count
            replace_whole(self._path, json.dumps(asdict(count), default=str).encode())

    def limits(self) -> list[str]:
        """The names of the options whose limits are set."""
        return [f"samurai_{name}" for name, limit in asdict(self._limits).items() if limit is not None]

    # --- the budget of the run

    def spend(self, calls: Sequence[Call]) -> str | None:
        """Add what calls used. Returns why a limit can't be judged, naming the calls; None if all can be."""
        unknown = []
        for name, known in (("max_total_tokens", total), ("max_cost", partial(total_cost, as_listed=True))):
            if getattr(self._limits, name) is not None:
                try:
                    known(calls)
                except SamuraiError as error:
                    unknown.append(f"samurai_{name} cannot be judged: {error}")
        with self._changed() as count:
            count.tokens += sum(call.usage.used for call in calls if call.usage is not None)
            count.cost += Sum.of([call.list_cost for call in calls], NO_COST).known
        return "\n".join(unknown) or None

    def judge(self) -> str | None:
        """How the budget of the run is broken: the failure for the test that broke it; None for every later test."""
        with self._changed() as count:
            broken = [] if count.told else self._broken(count, "with this test the run has")
            count.told = count.told or bool(broken)
        return "\n".join(broken) or None

    def last_word(self) -> list[str]:
        """How the budget of the run is broken, now that the run is over; empty if it holds."""
        with self._changed() as count:
            return self._broken(count, "the run has")

    def _broken(self, count: _Count, who: str) -> list[str]:
        limits = self._limits
        broken = []
        if limits.max_total_tokens is not None and count.tokens > limits.max_total_tokens:
            over = f"used {count.tokens:,} (+{count.tokens - limits.max_total_tokens:,})"
            broken.append(f"samurai_max_total_tokens is {limits.max_total_tokens:,}; {who} {over}")
        if limits.max_cost is not None and count.cost > limits.max_cost:
            limit, used = money_apart(limits.max_cost, count.cost)
            over = f"used {used} (+{money(count.cost - limits.max_cost)})"
            broken.append(f"samurai_max_cost is {limit}; {who} {over}")
        return broken

    # --- the ceilings of what goes live

    def may_admit_later(self, likely: Decimal) -> bool:
        """Whether another run with the same limits may send a request of this likely cost in US dollars."""
        limits = self._limits
        return limits.max_live_requests != 0 and (limits.max_live_cost is None or likely <= limits.max_live_cost)

    def admit(self, likely: Decimal) -> str | None:
        """Count a request that is about to go live, with its likely cost in US dollars; or say why it may not."""
        limits = self._limits
        with self._changed() as count:
            if limits.max_live_requests is not None and count.live_requests >= limits.max_live_requests:
                came = f"this run has sent {count.live_requests:,}"
                return f"samurai_max_live_requests is {limits.max_live_requests:,}, and {came}"
            if limits.max_live_cost is not None:
                limit, cost = money(limits.max_live_cost), count.live_cost
                spent = money(cost.known)
                if cost.unknown:
                    known = f"{cost.unknown:,} of {count.live_requests:,} live calls of this run have no known cost"
                    return f"samurai_max_live_cost is {limit}, and {known}, {spent} without them"
                if cost.known + count.reserved + likely > limits.max_live_cost:
                    under_way = f", {money(count.reserved)} is under way" if count.reserved else ""
                    came = f"this run has spent {spent} on {count.live_requests:,} live calls{under_way}"
                    return f"samurai_max_live_cost is {limit}, {came}, and this call would cost about {money(likely)}"
            count.live_requests += 1
            count.reserved += likely
        return None

    def paid(self, likely: Decimal, cost: Decimal | None) -> None:
        """Count the cost, in US dollars, of an admitted call that has ended; None if the cost is unknown."""
        with self._changed() as count:
            count.reserved -= likely
            count.live_cost += cost


def _read(text: bytes) -> _Count:
    written = json.loads(text)
    live_cost = Sum(Decimal(written["live_cost"]["known"]), written["live_cost"]["unknown"])
    amounts = {name: Decimal(written[name]) for name in ("cost", "reserved")}
    return _Count(**{**written, **amounts, "live_cost": live_cost})

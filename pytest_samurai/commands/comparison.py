"""What changed in a cassette: its calls, their usage, and their cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pytest_samurai.bill import NO_COST, NO_COUNT, PriceList, Row, Sum, in_percent, measured, moved, sums_of
from pytest_samurai.commands import why
from pytest_samurai.commands.callchange import Change, alone, changes
from pytest_samurai.commands.pairs import Calls, paired
from pytest_samurai.commands.versions import Versions
from pytest_samurai.text import money_apart
from pytest_samurai.wire import Price


@dataclass(frozen=True, slots=True)
class CallChange:
    """A change and its call."""

    call: str
    change: Change


@dataclass(frozen=True, slots=True)
class Spending:
    """The tokens and US dollars of a version; None if unknown."""

    tokens: int | None = 0
    cost: Decimal | None = Decimal(0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a cassette, compared. `moved` says how its usage changed."""

    versions: Versions
    changes: tuple[CallChange, ...] = ()
    moved: tuple[str, ...] = ()
    old: Spending = Spending()
    new: Spending = Spending()

    @property
    def title(self) -> str:
        return self.versions.title

    @property
    def is_whole(self) -> bool:
        """Whether both versions exist and could be read."""
        then, now = self.versions.then, self.versions.now
        return then is not None and now is not None and not self.versions.problems

    @property
    def is_difference(self) -> bool:
        """Whether anything differs in meaning."""
        return not self.is_whole or bool(self.changes or self.moved or self.versions.moved_from)


def compared(versions: Versions, own: PriceList) -> Comparison:
    """A comparison of a cassette. Both versions have the same prices: the project's, or else the recorded ones."""
    then, now = (None if version is None else version.calls for version in (versions.then, versions.now))
    interactions = [[] if calls is None else calls.interactions for calls in (then, now)]
    rates = why.prices([*interactions[0], *interactions[1]], own)
    before, after = map(why.row, interactions)
    old, new = _spending(before, rates), _spending(after, rates)
    if then is None or now is None:
        return Comparison(versions, old=old, new=new)
    spent = moved(before, after) or (["other usage"] if before != after else [])
    return Comparison(versions, tuple(_changes(then, now)), tuple(spent), old, new)


def _changes(then: Calls, now: Calls) -> Iterator[CallChange]:
    for old, new in paired(then, now):
        if new is None:
            assert old is not None  # a pair has at least one side
            yield CallChange(f"call {old + 1}", alone(then, old, "gone"))
        elif old is None:
            yield CallChange(f"call {new + 1}", alone(now, new, "new"))
        else:
            at = f"call {new + 1}" + ("" if old == new else f" (it was call {old + 1})")
            yield from (CallChange(at, change) for change in changes(then, old, now, new))


def _spending(row: Row, rates: Mapping[str, Price]) -> Spending:
    metrics = measured(row, rates)
    tokens, cost = metrics["total_tokens"], metrics["cost"]
    return Spending(None if tokens is None else int(tokens), None if cost is None else Decimal(cost))


def spending_text(comparisons: list[Comparison]) -> str:
    """The tokens and the cost of everything that differs, old and new, with the change in per cent."""
    tokens = sums_of([(comparison.old.tokens, comparison.new.tokens) for comparison in comparisons], NO_COUNT)
    costs = sums_of([(comparison.old.cost, comparison.new.cost) for comparison in comparisons], NO_COST)
    shown = [f"{total.known:,}" for total in tokens]
    text = f"tokens {_apart(shown, *(total.known for total in tokens))}{_unknown(tokens[0])}"
    if any(total.known for total in costs):
        money = money_apart(*(total.known for total in costs))
        return f"{text}, cost {_apart(money, *(total.known for total in costs))}{_unknown(costs[0])}"
    return f"{text}, cost unknown" if costs[0].unknown else text


def _apart(shown: list[str], old: int | Decimal, new: int | Decimal) -> str:
    if old == new:
        return shown[0]
    return f"{shown[0]} -> {shown[1]}" + (f" ({in_percent(old, new)})" if old else "")


def _unknown(total: Sum[int] | Sum[Decimal]) -> str:
    return f" (unknown in {total.unknown:,})" if total.unknown else ""

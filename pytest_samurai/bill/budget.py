"""The limits on the usage of a test, a part of a test, or a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

from pytest_samurai.bill.apis import apis_of, beside_chat, in_brackets
from pytest_samurai.bill.call import Call
from pytest_samurai.bill.ownprices import lines_to_add
from pytest_samurai.bill.sum import NO_COST, NO_USAGE, Sum
from pytest_samurai.errors import SamuraiError, UnknownPrice, UnknownUsage
from pytest_samurai.text import money, money_apart, visible
from pytest_samurai.wire import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most that calls may use together; None means no limit. `max_cost` is in US dollars."""

    max_requests: int | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    max_total_tokens: int | None = None
    max_cost: Decimal | None = None

    def limits(self) -> dict[str, int | Decimal]:
        """The limits that are set, by name."""
        return {name: limit for name in LIMIT_NAMES if (limit := getattr(self, name)) is not None}

    def verdict(self, calls: Sequence[Call]) -> str | None:
        """Which limits are broken, with both numbers and the calls; None if all hold.

        A call with unknown usage breaks any limit on tokens, and a call with an unknown price breaks any limit on
        money. The verdict names that call. Money is the list cost, as if nothing had been cached.
        """
        broken = []
        unjudged: dict[str, list[str]] = {}
        for name, limit in self.limits().items():
            try:
                used = _USED[name](calls)
            except SamuraiError as unknown:
                unjudged.setdefault(str(unknown), []).append(name)
            else:
                if used > limit:
                    broken.append(_breach(name, used, limit))
        broken += [f"{', '.join(names)} cannot be judged: {reason}" for reason, names in unjudged.items()]
        return "\n".join([*broken, *table(calls, priced=self.max_cost is not None)]) if broken else None


LIMIT_NAMES = tuple(limit.name for limit in fields(Budget))
"""The names of all limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that a run may use, and may send live; None means no limit. Money is in US dollars."""

    max_total_tokens: int | None = None
    max_cost: Decimal | None = None
    max_live_requests: int | None = None
    max_live_cost: Decimal | None = None


def _breach(name: str, used: int | Decimal, limit: int | Decimal) -> str:
    if isinstance(used, Decimal):
        shown = money_apart(Decimal(limit), used)
        return f"{name} is {shown[0]}, used {shown[1]} (+{money(used - limit)})"
    return f"{name} is {limit:,}, used {used:,} (+{used - limit:,})"


def _named(calls: Sequence[Call]) -> str:
    return ", ".join(
        f"call {call.number} ({', '.join([visible(call.model or 'model unknown'), *_api(call)])})" for call in calls
    )


def _api(call: Call) -> tuple[str, ...]:
    return beside_chat(apis_of([call.endpoint]))


def total(calls: Sequence[Call]) -> Usage:
    """The usage of all calls. Raises UnknownUsage, naming the calls, if the usage of one is unknown."""
    return Sum.of(_usages(calls), NO_USAGE).known


def _usages(calls: Sequence[Call]) -> list[Usage]:
    if unknown := [call for call in calls if call.usage is None]:
        others = [call for call in unknown if call.has_usage_in_other_units]
        parts = [call for call in unknown if call.has_usage_in_part]
        zeros = [call for call in unknown if call.has_usage_of_nothing]
        kinds = [
            ([call for call in unknown if call not in [*others, *parts, *zeros]], "the reply has no usage"),
            (parts, "the reply has only a part of it"),
            (others, "the reply has one, but not in tokens"),
            (zeros, "the reply says 0 tokens, as servers do that do not count"),
        ]
        raise UnknownUsage(
            "; ".join(f"the usage of {_named(these)} is unknown: {why}" for these, why in kinds if these)
        )
    return [call.usage for call in calls if call.usage is not None]


def total_cost(calls: Sequence[Call], *, as_listed: bool = False) -> Decimal:
    """What the calls were billed in US dollars; with `as_listed`, what they would have cost without any cache.

    Raises UnknownUsage or UnknownPrice, naming the calls, if the cost of one is unknown.
    """
    total(calls)
    costs = [call.list_cost if as_listed else call.cost for call in calls]
    cost = Sum.of(costs, NO_COST)
    if cost.unknown:
        raise UnknownPrice(_unpriced([call for call, amount in zip(calls, costs, strict=True) if amount is None]))
    return cost.known


def _unpriced(calls: Sequence[Call]) -> str:
    priced = [(call, _missing(call)) for call in calls if call.price is not None]
    paid = [call for call, missing in priced if not missing and call.has_paid_tools]
    odd = [call for call, missing in priced if not missing and not call.has_paid_tools]
    calls = [call for call in calls if call.price is None]
    lines = [
        f"the price of {_named([call])} has no {', '.join(missing)} for tokens that it used; you can set a price with"
        " that rate for this model in pyproject.toml"
        for call, missing in priced
        if missing
    ]
    if paid:
        lines.append(
            f"the cost of {_named(paid)} is unknown: besides tokens, it used something with its own price, such as a"
            " search"
        )
    if odd:
        lines.append(f"the usage of {_named(odd)} makes no sense: its parts exceed the whole")
    for tier in dict.fromkeys(call.special_tier for call in calls):
        named = _named([call for call in calls if call.special_tier == tier])
        lines.append(f"the price of {named}{f' in the service tier {visible(tier)}' if tier else ''} is unknown")
    models = list(dict.fromkeys(call.model for call in calls if call.model is not None))
    if models:
        lines += ["To set it, in US dollars per million tokens, add to pyproject.toml:", *lines_to_add(models)]
    return "\n  ".join(lines)


def _missing(call: Call) -> list[str]:
    return [] if call.price is None or call.usage is None else call.price.missing(call.usage)


_USED: dict[str, Callable[[Sequence[Call]], int | Decimal]] = {
    "max_requests": len,
    "max_prompt_tokens": lambda calls: total(calls).prompt_tokens,
    "max_completion_tokens": lambda calls: sum(usage.answered for usage in _usages(calls)),
    "max_total_tokens": lambda calls: sum(usage.used for usage in _usages(calls)),
    "max_cost": lambda calls: total_cost(calls, as_listed=True),
}
"""How to measure what each limit limits."""


def table(calls: Sequence[Call], *, priced: bool = False) -> list[str]:
    """The evidence for a verdict: a line for each call with its tokens and, if `priced`, its list cost.

    Estimated tokens have a `~` before them, and a last line explains it.
    """
    rows = [("call", "model", "prompt", "completion", "total", "cost")]
    for call in calls:
        usage = call.usage
        counts = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) if usage else ()
        about = "~" if usage and usage.estimated else ""
        prompt, completion, whole = [f"{about}{count:,}" for count in counts] or ["?"] * 3
        cost = "?" if call.list_cost is None else money(call.list_cost)
        model = f"{visible(call.model or '?')}{in_brackets(_api(call))}"
        rows.append((str(call.number), model, prompt, completion, whole, cost))
    width = max(len(row[1]) for row in rows)
    lines = [
        f"  {number:>4}  {model:<{width}}  {prompt:>9}  {completion:>10}  {whole:>9}"
        + (f"  {cost:>11}" if priced else "")
        for number, model, prompt, completion, whole, cost in rows
    ]
    if any(call.usage is not None and call.usage.estimated for call in calls):
        lines.append("  ~ is an estimate: the server did not say what the call used")
    return lines

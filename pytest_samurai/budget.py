"""A limit on what a test, or a part of it, may use; and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from pytest_samurai.chat import Call
from pytest_samurai.errors import UnknownUsage
from pytest_samurai.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most that calls may use together; None where there is no limit."""

    max_requests: int | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    max_total_tokens: int | None = None

    def limits(self) -> dict[str, int]:
        """The limits that are set, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: limit for name, limit in values.items() if limit is not None}

    def verdict(self, calls: Sequence[Call]) -> str | None:
        """What was broken, with both numbers and the calls; None if all limits hold.

        A token limit cannot hold on a call whose usage is unknown: that breaks it too, and is named.
        """
        limits = self.limits()
        broken = []
        requests = limits.pop("max_requests", None)
        if requests is not None and len(calls) > requests:
            broken.append(_breach("max_requests", len(calls), requests))
        if limits:
            try:
                used = total(calls)
            except UnknownUsage as unknown:
                broken.append(f"{', '.join(limits)} cannot be judged: {unknown}")
            else:
                broken += [
                    _breach(name, count, limit)
                    for name, limit in limits.items()
                    if (count := getattr(used, name.removeprefix("max_"))) > limit
                ]
        return "\n".join([*broken, *table(calls)]) if broken else None


def _breach(name: str, used: int, limit: int) -> str:
    return f"{name} is {limit:,}, used {used:,} (+{used - limit:,})"


def total(calls: Sequence[Call]) -> Usage:
    """The sum over the calls. Raises UnknownUsage, naming the calls that did not say, if there are any."""
    unknown = [call for call in calls if call.usage is None]
    if unknown:
        names = ", ".join(f"call {call.number} ({call.model or 'model unknown'})" for call in unknown)
        raise UnknownUsage(f"the usage of {names} is unknown: the reply has no usage")
    return sum((call.usage for call in calls if call.usage is not None), Usage())


def table(calls: Sequence[Call]) -> list[str]:
    """One line per call: the evidence of a verdict."""
    rows = [("call", "model", "prompt", "completion", "total")]
    for call in calls:
        usage = call.usage
        counts = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) if usage else ()
        prompt, completion, whole = [f"{count:,}" for count in counts] or ["?"] * 3
        rows.append((str(call.number), call.model or "?", prompt, completion, whole))
    width = max(len(row[1]) for row in rows)
    return [
        f"  {number:>4}  {model:<{width}}  {prompt:>9}  {completion:>10}  {whole:>9}"
        for number, model, prompt, completion, whole in rows
    ]

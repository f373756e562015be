"""A run as the input of github-action-benchmark."""

from __future__ import annotations

import json
from decimal import Decimal

from pytest_samurai.report.forms.output import Output
from pytest_samurai.report.run import Run


def render(run: Run) -> Output:
    """Tokens and list cost of each test and of all, in the form `customSmallerIsBetter`.

    What is unknown is left out, and so is a sum of which a part is. The list cost, since what a provider happened to
    have cached is no news.
    """
    totals = run.totals
    entries: list[tuple[str, bool, int | None, Decimal | None]] = [
        (
            "total",
            totals.estimated > 0,
            None if totals.usage.unknown else totals.usage.known.total_tokens,
            totals.list_cost.if_known,
        )
    ]
    for one in run.figures:
        usage = one.usage
        tokens = None if usage is None else usage.total_tokens
        entries.append((one.test, usage is not None and usage.estimated, tokens, one.list_cost))
    found: list[dict[str, object]] = []
    for name, estimated, tokens, cost in entries:
        # Not in the name, by which the history of a row goes on.
        extra = {"extra": "estimated"} if estimated else {}
        if tokens is not None:
            found.append({"name": f"{name}: tokens", "unit": "tokens", "value": tokens, **extra})
        if cost is not None:
            found.append({"name": f"{name}: cost", "unit": "US dollars", "value": float(cost), **extra})
    return Output(json.dumps(found, indent=2, ensure_ascii=False) + "\n")

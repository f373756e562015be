"""A run as the input of github-action-benchmark."""

from __future__ import annotations

from decimal import Decimal

from pytest_samurai.files import json
from pytest_samurai.report.forms.output import Output
from pytest_samurai.report.run import Run
from pytest_samurai.text import visible_json


def render(run: Run) -> Output:
    """The tokens and list costs of each test and of all tests, in the form `customSmallerIsBetter`.

    Unknown values are left out, and so are sums with an unknown part. The cost is the list cost, because it does not
    matter what a provider happened to have cached.
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
    for figures in run.figures:
        usage = figures.usage
        tokens = None if usage is None else usage.total_tokens
        entries.append((figures.test, usage is not None and usage.estimated, tokens, figures.list_cost))
    rows: list[dict[str, object]] = []
    for name, estimated, tokens, cost in entries:
        # Not in the name: a row with another name would start a new history.
        extra = {"extra": "estimated"} if estimated else {}
        if tokens is not None:
            rows.append({"name": f"{name}: tokens", "unit": "tokens", "value": tokens, **extra})
        if cost is not None:
            rows.append({"name": f"{name}: cost", "unit": "US dollars", "value": float(cost), **extra})
    return Output(visible_json(json.dumps(rows, indent=2, ensure_ascii=False)) + "\n")

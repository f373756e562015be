"""The verdict on a test that uses more than the lock allows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from pytest_samurai.bill.change import SUMS, causes, in_percent
from pytest_samurai.bill.figures import PREFIX, TestFigures
from pytest_samurai.bill.lock import LOCKED_PARTS, TOKENS, Lock, Row, prices_for, row_of
from pytest_samurai.bill.metrics import ABOUT, METRICS, labelled, measured
from pytest_samurai.bill.tolerance import Tolerance
from pytest_samurai.files import json
from pytest_samurai.text import money, money_apart, visible
from pytest_samurai.wire import Price, Usage

REGRESSION_PROPERTY: Final = f"{PREFIX}regression"

FLOOR: Final = 16
"""A test may always use this many tokens more, whatever the percentage: one more word is not a regression."""


@dataclass(frozen=True, slots=True)
class Regression:
    """One metric of a test that grew too much, all as people read it: "412", "577", "+165, +40%".

    `why` is what moved in this test, with its numbers; `cause` is the same text for all tests where that moved.
    """

    test: str
    metric: str
    old: str
    new: str
    growth: str
    why: str
    cause: str

    def as_json(self) -> str:
        """The form in which it travels in `user_properties`, under `REGRESSION_PROPERTY`."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, value: str) -> Regression:
        """The regression that `as_json` gave."""
        return cls(**json.loads(value))


def judge(figures: TestFigures, lock: Lock, tolerance: Tolerance) -> tuple[Regression, ...]:
    """The metrics of a test that grew more than the tolerance allows; none if the lock has no row for the test.

    Both sides use the prices of the lock, so that a new price list isn't a regression. A model without a price there
    uses the price of the recording. Metrics that are unknown on either side are not judged.
    """
    old, new = lock.tests.get(figures.test), row_of(figures)
    if old is None:
        return ()
    prices = prices_for(figures, lock)
    broken = _broken(old, new, prices, tolerance)
    before, after = measured(old, prices), measured(new, prices)
    moves = causes(old, new, broken) if broken else []
    why, cause = "; ".join(move.text for move in moves), "; ".join(move.what for move in moves)
    regressions = []
    for metric in broken:
        was, now, growth = _apart(before[metric], after[metric], tolerance.of(metric).most_percent)
        shown = labelled(was, metric, old), labelled(now, metric, new), growth
        regressions.append(Regression(figures.test, metric, *shown, why, cause))
    return tuple(regressions)


def is_cheaper(figures: TestFigures, lock: Lock, tolerance: Tolerance) -> bool:
    """Whether going back to the row in the lock would be a regression."""
    return bool(_broken(row_of(figures), lock.tests[figures.test], prices_for(figures, lock), tolerance))


def _broken(old: Row, new: Row, prices: Mapping[str, Price], tolerance: Tolerance) -> list[str]:
    """The metrics that grew from one row to the other by more than the tolerance allows."""
    before, after = measured(old, prices), measured(new, prices)
    floors: dict[str, int | Decimal] = {**dict.fromkeys(TOKENS, FLOOR), "cost": _floor_of_cost(old, prices)}
    return [
        metric
        for metric in METRICS
        if (was := before[metric]) is not None
        and (now := after[metric]) is not None
        and not tolerance.of(metric).lets_pass(was, now, floors.get(metric, 0))
    ]


def _floor_of_cost(row: Row, prices: Mapping[str, Price]) -> Decimal:
    """What `FLOOR` tokens of the most expensive kind that a test used cost, in US dollars."""
    costs = [Decimal(0)]
    for model, spent in row.items():
        price = prices.get(model)
        if price is not None:
            kinds: list[dict[str, Any]] = [{whole: FLOOR} for whole in SUMS]
            used = {part: whole for part, whole in LOCKED_PARTS.items() if getattr(spent.usage, part, 0)}
            kinds += [{whole: FLOOR, part: FLOOR} for part, whole in used.items()]
            costs += [cost for kind in kinds if (cost := price.cost(Usage(**kind))) is not None]
    return max(costs)


def _apart(old: Any, new: Any, allowed: Decimal | None) -> tuple[str, str, str]:
    """Both values, with enough digits to tell them apart, and the growth between them.

    `allowed` is the allowed growth in percent; None if an amount is allowed instead.
    """
    if isinstance(new, Decimal):
        shown, more = money_apart(old, new), money(new - old)
    else:
        shown, more = [f"{old:,}", f"{new:,}"], f"{new - old:,}"
    return shown[0], shown[1], f"+{more}{f', {in_percent(old, new, allowed)}' if old else ''}"


def regression_text(regressions: Sequence[Regression], tolerance: Tolerance, *, lock: str, rerun: str, why: str) -> str:
    """The verdict: both numbers of every metric, what moved, and what to do.

    `lock` is the name of its file. `rerun` is typed after `pytest` to run the test again, `why` after `pytest-samurai
    why`.
    """
    lines = [
        f"{grown.metric} is {grown.old} in {lock}, used {grown.new} ({grown.growth});"
        f" up to {tolerance.of(grown.metric)} is allowed"
        for grown in regressions
    ]
    cause = regressions[0].why
    lines.append(f"  What moved: {cause}")
    if any(text.startswith("~") for grown in regressions for text in (grown.old, grown.new)):
        lines.append(f"  {ABOUT}")
    lines.append(f"  To see why: pytest-samurai why {why}")
    if re.fullmatch(r"completion [^;]*", cause):
        lines.append(f"  Another recording may have another answer: pytest --samurai-mode=all {rerun}")
    lines.append(f"  To accept it: pytest --samurai-update {rerun}")
    return "\n".join(map(visible, lines))

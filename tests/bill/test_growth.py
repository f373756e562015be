"""The sums of a run next to those of the lock."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pytest_samurai.bill.growth import Growth
from pytest_samurai.bill.lock import accepted
from tests.bill.test_lock import figures, unknown, used


def test_all_that_is_in_the_lock_is_added_up_then_and_now_at_the_prices_of_the_lock() -> None:
    lock = accepted(None, [figures(used("m", 100, 100), test="a"), figures(used("m", 300, 0), test="b")])
    now = [figures(used("m", 200, 100), test="a"), figures(used("m", 300, 0), test="b")]
    now.append(figures(used("m", 9_999, 9), test="new"))
    growth = Growth.of(now, lock)
    assert growth == Growth(500, 600, Decimal("0.0008"), Decimal("0.0009"))
    assert growth.text() == "500 -> 600 tokens (+20%), $0.000800 -> $0.000900 (+12%)"
    assert Growth.from_json(growth.as_json()) == growth


def test_a_test_of_which_a_side_is_unknown_is_in_neither_sum_and_is_counted() -> None:
    lock = accepted(None, [figures(used("m", 100, 100), test="a"), figures(used("x", 1, 1, price=None), test="b")])
    growth = Growth.of([figures(unknown("m"), test="a"), figures(used("x", 2, 1, price=None), test="b")], lock)
    assert growth == Growth(2, 3, unknown_tokens=1, unknown_cost=2)
    assert growth.text() == "2 -> 3 tokens (+50%, unknown in 1 test)"


@pytest.mark.parametrize(
    ("growth", "text"),
    [
        (Growth(0, 5), "0 -> 5 tokens"),
        (Growth(5, 5, Decimal(1), Decimal(1)), "5 -> 5 tokens (+0.0%), $1.00 -> $1.00 (+0.0%)"),
        (Growth(1, 2, Decimal(0), Decimal(1), 0, 3), "1 -> 2 tokens (+100%), $0.00 -> $1.00 (unknown in 3 tests)"),
    ],
)
def test_what_was_nothing_has_no_growth_in_percent(growth: Growth, text: str) -> None:
    assert growth.text() == text

"""Money as text: how people read it, and how they write it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pytest_samurai.text.money import money, money_apart, parse_money


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("0.00037", "$0.000370"),
        ("0.0000222", "$0.0000222"),
        ("0.002", "$0.00200"),
        ("0.1", "$0.100"),
        ("1.5", "$1.50"),
        ("1234.567", "$1,234.57"),
        ("-0.002", "-$0.00200"),
    ],
)
def test_money_is_shown_in_cents_or_in_three_digits(amount: str, shown: str) -> None:
    assert money(Decimal(amount)) == shown


def test_amounts_that_would_look_the_same_are_shown_to_the_last_digit() -> None:
    assert money_apart(Decimal("0.002"), Decimal("0.0037")) == ["$0.00200", "$0.00370"]
    assert money_apart(Decimal("0.002"), Decimal("0.0020001")) == ["$0.002", "$0.0020001"]


@pytest.mark.parametrize(("written", "amount"), [("0.002", "0.002"), (0.1, "0.1"), (3, "3"), (Decimal("0.30"), "0.3")])
def test_an_amount_is_what_was_written(written: object, amount: str) -> None:
    assert parse_money(written) == Decimal(amount)

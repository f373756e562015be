"""Money as text: US dollars, exact."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def parse_money(value: object) -> Decimal:
    """An amount as people write it: a number, or text that is one. Raises ValueError for anything else, or below 0."""
    try:
        # Via its text, so that 0.1 means 0.1 and not the nearest float.
        amount = Decimal("nan") if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or amount < 0:
        raise ValueError(f'{value!r} is not an amount; write dollars as in "0.002"')
    return amount


def money(amount: Decimal) -> str:
    """An amount as people read it: to the cent, or to three digits if it is smaller: $1.50, $0.000370."""
    decimals = 2 if not amount else max(2, 2 - amount.adjusted())
    sign = "-" if amount < 0 else ""
    return f"{sign}${abs(amount):,.{decimals}f}"


def money_apart(*amounts: Decimal) -> list[str]:
    """Amounts side by side, to the last digit if fewer digits would make different amounts look the same."""
    shown = [money(amount) for amount in amounts]
    return shown if len(set(shown)) == len(set(amounts)) else [f"${amount.normalize():,f}" for amount in amounts]

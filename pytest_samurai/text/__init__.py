"""Texts that people read, and short texts that files hold."""

from pytest_samurai.text.money import money, money_apart, parse_money
from pytest_samurai.text.scalar import quoted, read_scalar, scalar
from pytest_samurai.text.words import plural

__all__ = [
    "money",
    "money_apart",
    "parse_money",
    "plural",
    "quoted",
    "read_scalar",
    "scalar",
]

"""How much two JSON values have in common, by their words."""

from __future__ import annotations

import re
from collections import Counter

from pytest_samurai.matching.bodies import Json, spelled


def words(value: Json) -> Counter[str]:
    """The words in a value, and how often each occurs."""
    return Counter(re.findall(r"\w+", spelled(value)))


def likeness(left: Counter[str], right: Counter[str]) -> float:
    """The share of words that two values have in common: 0 to 1."""
    return (left & right).total() / ((left | right).total() or 1)

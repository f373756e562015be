"""What every test used when that was last accepted."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pytest_samurai.bill.figures import ModelFigures, TestFigures
from pytest_samurai.bill.pricelist import dearest
from pytest_samurai.wire import Price, Usage

PARTS: Final = {
    "reasoning_tokens": "completion_tokens",
    "prompt_audio_tokens": "prompt_tokens",
    "completion_audio_tokens": "completion_tokens",
}
"""Parts that may have prices of their own, and their wholes; written where there are any."""

TOKENS: Final = ("prompt_tokens", "completion_tokens", "total_tokens")


@dataclass(frozen=True, slots=True)
class Spent:
    """What one model was used for; `usage` is None where a call did not say. Nothing of it counts as cached."""

    requests: int
    usage: Usage | None


Row = Mapping[str, Spent]
"""What one test used, by model as served."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The rows of the tests by their ids, and the prices of the models in them, as they were then."""

    tests: Mapping[str, Row]
    prices: Mapping[str, Price]


def row_of(figures: TestFigures) -> Row:
    """The row that a lock has for these figures: prompts in full, since what is cached differs from day to day."""
    return {
        one.model: Spent(one.requests, None if one.usage is None else replace(one.usage, cached_tokens=0))
        for one in figures.models
    }


def prices_for(figures: TestFigures, lock: Lock) -> Mapping[str, Price]:
    """The prices that both sides are judged by: those of the lock, and what it has none of as recorded."""
    return {one.model: one.price for one in figures.models if one.price is not None} | dict(lock.prices)


def held_text(figures: TestFigures) -> str:
    """What is held against the lock of a test, or fixture, that went well, as it travels with a report."""
    return json.dumps({"test": figures.test, "models": [one.as_json() for one in figures.models]})


def held_from_text(value: str) -> TestFigures:
    """What `held_text` gave."""
    found = json.loads(value)
    return TestFigures(found["test"], models=tuple(map(ModelFigures.from_json, found["models"])))


def fixture_key(label: str, cassette: str) -> str:
    """What stands in a lock for a fixture, in the place of a test's id: with its cassette, as names come twice."""
    return f"{label} ({cassette})"


def fixture_cassette(key: str) -> str | None:
    """The cassette in what `fixture_key` gave; None for the id of a test."""
    found = re.fullmatch(r"\w+ fixture .*? \((.+)\)", key)
    return found[1] if found else None


def accepted(lock: Lock | None, figures: Sequence[TestFigures], gone: Collection[str] = ()) -> Lock:
    """A lock with the rows of these figures in the place of those that it had, and without those that are gone."""
    old = lock or Lock({}, {})
    tests = {test: row for test, row in old.tests.items() if test not in gone}
    tests |= {one.test: row_of(one) for one in figures}
    prices = {**old.prices, **{model: price for model, _, price in moved_prices(old, figures)}}
    models = {model for row in tests.values() for model in row}
    return Lock(tests, {model: price for model, price in prices.items() if model in models})


def moved_prices(lock: Lock, figures: Sequence[TestFigures]) -> Iterator[tuple[str, Price | None, Price]]:
    """The models that no recording has at the price of the lock, with both prices; of several the dearest.

    Old recordings keep their prices, so while one of them has that of the lock, the lock is as right as any.
    """
    seen: dict[str, list[Price]] = {}
    for model in (model for one in figures for model in one.models):
        if model.price is not None:
            seen.setdefault(model.model, []).append(model.price)
    for name, prices in sorted(seen.items()):
        old = lock.prices.get(name)
        if old is None or all(price.rates() != old.rates() for price in prices):
            yield name, old, dearest(prices)

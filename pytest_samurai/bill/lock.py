"""The lock: what every test used when its usage was last accepted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pytest_samurai.bill.apis import beside_chat
from pytest_samurai.bill.figures import ModelFigures, TestFigures
from pytest_samurai.bill.pricelist import dearest
from pytest_samurai.files import json
from pytest_samurai.wire import CACHE_PARTS, PARTS, Price, Usage

LOCKED_PARTS: Final = {part: whole for part, whole in PARTS.items() if part not in CACHE_PARTS}
"""Kinds of tokens that may have their own price, and the counts that include them; written if above 0."""

TESTS: Final = "tests"
PRICES: Final = "prices"
"""The two sections of a lock."""

TOKENS: Final = ("prompt_tokens", "completion_tokens", "total_tokens")


@dataclass(frozen=True, slots=True)
class Spent:
    """The calls to one model. `usage` is None if it is unknown for one call; it leaves out the tokens of a cache.

    `endpoints` are the APIs, by the names of their dialects; none if everything is chat, or if the lock is older.
    """

    requests: int
    usage: Usage | None
    endpoints: tuple[str, ...] = ()


_UNCACHED: Final[dict[str, Any]] = dict.fromkeys(CACHE_PARTS, 0)

Row = Mapping[str, Spent]
"""What one test used, by the model as served."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The rows of tests by id, and the prices of their models at that time.

    `by_hand` are the rows changed by hand since they were written: `TESTS` or `PRICES`, and the key there.
    `in_conflict` says that the lock was read from both sides of a merge conflict.
    """

    tests: Mapping[str, Row]
    prices: Mapping[str, Price]
    by_hand: Collection[tuple[str, str]] = frozenset()
    in_conflict: bool = False


def united(ours: Lock, theirs: Lock) -> Lock:
    """The rows of both sides of a merge conflict.

    If the sides differ in a row, ours is taken. It counts as changed by hand until a run confirms or replaces it.
    """
    sections = ((TESTS, ours.tests, theirs.tests), (PRICES, ours.prices, theirs.prices))
    differing = {
        (section, key)
        for section, mine, other in sections
        for key in mine.keys() & other.keys()
        if mine[key] != other[key]
    }
    by_hand = frozenset(differing).union(ours.by_hand, theirs.by_hand)
    return Lock({**theirs.tests, **ours.tests}, {**theirs.prices, **ours.prices}, by_hand, in_conflict=True)


def row_of(figures: TestFigures) -> Row:
    """The row for these figures, without the tokens of a cache, because caching differs from day to day."""
    return {
        used.model: Spent(
            used.requests,
            None if used.usage is None else replace(used.usage, **_UNCACHED),
            beside_chat(used.endpoints),
        )
        for used in figures.models
    }


def prices_for(figures: TestFigures, lock: Lock) -> Mapping[str, Price]:
    """The prices for both sides of a comparison: from the lock, else from the recording."""
    return {used.model: used.price for used in figures.models if used.price is not None} | dict(lock.prices)


def held_text(figures: TestFigures) -> str:
    """The figures of a test or fixture to compare with the lock, as text that travels with a pytest report."""
    return json.dumps({"test": figures.test, "models": [used.as_json() for used in figures.models]})


def held_from_text(value: str) -> TestFigures:
    """The figures that `held_text` gave."""
    held = json.loads(value)
    return TestFigures(held["test"], models=tuple(map(ModelFigures.from_json, held["models"])))


def fixture_key(label: str, cassette: str) -> str:
    """The key of a fixture in a lock, as tests have their ids. It names the cassette: two fixtures may share a name."""
    return f"{label} ({cassette})"


def fixture_cassette(key: str) -> str | None:
    """The cassette in the key of a fixture; None for the id of a test."""
    match = re.fullmatch(r"\w+ fixture .*? \((.+)\)", key)
    return match[1] if match else None


def accepted(lock: Lock | None, figures: Sequence[TestFigures], gone: Collection[str] = ()) -> Lock:
    """The lock with rows for these figures, which replace older ones, without the tests that no longer exist."""
    old = lock or Lock({}, {})
    tests = {test: row for test, row in old.tests.items() if test not in gone}
    tests |= {used.test: row_of(used) for used in figures}
    prices = {**old.prices, **{model: price for model, _, price in moved_prices(old, figures)}}
    models = {model for row in tests.values() for model in row}
    prices = {model: price for model, price in prices.items() if model in models}
    # Rows that this run confirmed or replaced no longer count as changed by hand.
    priced = {model.model for used in figures for model in used.models if model.price is not None}
    rows = {(TESTS, test) for test in tests.keys() - {used.test for used in figures}}
    rows |= {(PRICES, model) for model in prices.keys() - priced}
    return Lock(tests, prices, frozenset(old.by_hand) & rows)


def moved_prices(lock: Lock, figures: Sequence[TestFigures]) -> Iterator[tuple[str, Price | None, Price]]:
    """The models with a changed price: the name, the lock's price and the recordings' price.

    A recording keeps the price of its day. So a price has moved only if no recording has the lock's price any more. If
    the recordings disagree, the highest price counts.
    """
    recorded: dict[str, list[Price]] = {}
    for model in (model for used in figures for model in used.models):
        if model.price is not None:
            recorded.setdefault(model.model, []).append(model.price)
    for name, prices in sorted(recorded.items()):
        old = lock.prices.get(name)
        if old is None or all(price.rates() != old.rates() for price in prices):
            yield name, old, dearest(prices)

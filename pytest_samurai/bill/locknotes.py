"""What a run says of the lock."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pytest_samurai.bill.figures import UNKNOWN_MODEL, TestFigures
from pytest_samurai.bill.lock import Lock, moved_prices, prices_for
from pytest_samurai.bill.metrics import cost_of, usage_of
from pytest_samurai.bill.ownprices import lines_to_add
from pytest_samurai.bill.regression import is_cheaper
from pytest_samurai.bill.tolerance import Tolerance
from pytest_samurai.wire import Price

_NAMED = 10


def summary_lines(
    lock: Lock | None,
    name: str,
    held: Sequence[TestFigures],
    tolerance: Tolerance,
    *,
    gone: Collection[str],
    recorded: bool,
) -> list[str]:
    """What a run says of the lock, beside its regressions: what is new, gone, priced anew, or could not be judged.

    `recorded` says that there are new recordings: what is cheaper, and that there is no lock, is news only then.
    """
    if lock is None:
        return [f"samurai: no {name}; --samurai-update writes down what each test uses"] if recorded else []
    rows = lock.tests
    known = [one for one in held if one.test in rows]
    unknown = [one.test for one in known if one.usage is None and usage_of(rows[one.test]) is not None]
    cheaper = [one.test for one in known if recorded and is_cheaper(one, lock, tolerance)]
    named = [
        (f"{name} has no row yet for", [one.test for one in held if one.test not in rows]),
        (f"{name} has tokens, and the recording says none, for", unknown),
        (f"{name} has more than is used by", cheaper),
        (f"{name} has rows of tests that are no more:", sorted(gone)),
    ]
    lines = [f"samurai: {what} {_names(tests)}" for what, tests in named if tests]
    lines += [
        f"samurai: {name} has another price of {model} than the recordings, which fails no test: {_rates(old, price)}"
        for model, old, price in moved_prices(lock, held)
        if old is not None
    ]
    lines += _lost_price_lines(lock, name, known)
    return [*lines, "samurai: --samurai-update brings it up to date"] if lines else []


def _lost_price_lines(lock: Lock, name: str, known: Sequence[TestFigures]) -> list[str]:
    """The tests whose cost is in the lock and cannot be held against it, as a model of today has no price."""
    lost = {
        one.test: models
        for one in known
        if (models := _unpriced(one, lock)) and cost_of(lock.tests[one.test], lock.prices)
    }
    models = sorted({model for models in lost.values() for model in models})
    if not lost:
        return []
    lines = [
        f"samurai: {name} has a cost, and the recording none, as the price of {', '.join(models)} is unknown, for"
        f" {_names(list(lost))}"
    ]
    if named := [model for model in models if model != UNKNOWN_MODEL]:
        lines.append("samurai: to set it, in US dollars per million tokens, add to pyproject.toml:")
        lines += [f"  {line}" for line in lines_to_add(named)]
    return lines


def _unpriced(figures: TestFigures, lock: Lock) -> list[str]:
    """The models of known usage that neither the lock nor the recording has a price of."""
    prices = prices_for(figures, lock)
    return [one.model for one in figures.models if one.usage and one.usage.total_tokens and one.model not in prices]


def no_overlap(lock: Lock, name: str, tests: Collection[str]) -> str | None:
    """What is wrong with a lock that has a row for no test of a run: nothing is held against anything there."""
    if not lock.tests.keys().isdisjoint(tests):
        return None
    return (
        f"{name} has no row for any test of this run, so none was held against it; where it is to be so, commit what"
        " --samurai-update writes"
    )


def _names(tests: Sequence[str]) -> str:
    more = f" and {len(tests) - _NAMED:,} more" if len(tests) > _NAMED else ""
    return f"{', '.join(tests[:_NAMED])}{more}"


def _rates(old: Price, new: Price) -> str:
    was, now = old.rates(), new.rates()
    names = [name for name in dict.fromkeys([*was, *now]) if was.get(name) != now.get(name)]
    return ", ".join(f"{name} {was.get(name, 'none')} -> {now.get(name, 'none')}" for name in names)


def update_line(name: str, old: Lock | None, new: Lock) -> str:
    """What `--samurai-update` made of a lock."""
    before, prices = (old.tests, old.prices) if old is not None else ({}, {})
    changed = sum(before[test] != row for test, row in new.tests.items() if test in before)
    counts = {
        "new": len(new.tests.keys() - before.keys()),
        "changed": changed,
        "removed": len(before.keys() - new.tests.keys()),
    }
    said = [f"{count:,} {what}" for what, count in counts.items() if count]
    if prices != new.prices and old is not None:
        said.append("other prices")
    return f"samurai: {name}: {', '.join(said) or 'nothing to change'}"

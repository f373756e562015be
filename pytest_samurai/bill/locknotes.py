"""What a run says about the lock."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pytest_samurai.bill.figures import UNKNOWN_MODEL, TestFigures
from pytest_samurai.bill.lock import TESTS, Lock, moved_prices, prices_for
from pytest_samurai.bill.metrics import cost_of, usage_of
from pytest_samurai.bill.ownprices import lines_to_add
from pytest_samurai.bill.regression import is_cheaper
from pytest_samurai.bill.tolerance import Tolerance
from pytest_samurai.text import visible
from pytest_samurai.wire import Price

_MOST_NAMES = 10


def summary_lines(
    lock: Lock | None,
    name: str,
    held: Sequence[TestFigures],
    tolerance: Tolerance,
    *,
    gone: Collection[str],
    recorded: bool,
) -> list[str]:
    """What a run says about the lock, apart from regressions: what is new, gone, priced differently or can't be judged.

    `name` is the name of the file, `held` has the figures of the tests that passed, `gone` the ids of tests that no
    longer exist. A missing lock, or a test that became cheaper, is news only if something was `recorded`.
    """
    if lock is None:
        return [f"samurai: no {name}; --samurai-update writes down what each test uses"] if recorded else []
    rows = lock.tests
    known = [figures for figures in held if figures.test in rows]
    unknown = [figures.test for figures in known if figures.usage is None and usage_of(rows[figures.test]) is not None]
    cheaper = [figures.test for figures in known if recorded and is_cheaper(figures, lock, tolerance)]
    moved = list(moved_prices(lock, held))
    named = [
        (f"{name} was changed by hand:", _by_hand(lock, {model for model, _, _ in moved})),
        (f"{name} has no row yet for", [figures.test for figures in held if figures.test not in rows]),
        (f"{name} has tokens, but the recording has none, for", unknown),
        (f"{name} has more than is used by", cheaper),
        (f"{name} has rows for tests that no longer exist:", sorted(gone)),
    ]
    lines = [f"samurai: {what} {_names(tests)}" for what, tests in named if tests]
    lines += [
        f"samurai: {name} has a different price for {visible(model)} than the recordings, which fails no test:"
        f" {_rates(old, price)}"
        for model, old, price in moved
        if old is not None
    ]
    lines += _lost_price_lines(lock, name, known)
    return [*lines, "samurai: --samurai-update brings it up to date"] if lines else []


def _by_hand(lock: Lock, moved: Collection[str] = ()) -> list[str]:
    """The rows of a lock that were changed by hand. Prices that have `moved` are left out: they are reported anyway."""
    tests = sorted(key for section, key in lock.by_hand if section == TESTS)
    models = sorted(key for section, key in lock.by_hand if section != TESTS and key not in moved)
    return [*tests, *(f"the price of {model}" for model in models)]


def _lost_price_lines(lock: Lock, name: str, known: Sequence[TestFigures]) -> list[str]:
    """The tests whose cost can't be compared with the lock, because a model that they use now has no price."""
    lost = {
        figures.test: models
        for figures in known
        if (models := _unpriced(figures, lock)) and cost_of(lock.tests[figures.test], lock.prices)
    }
    models = sorted({model for models in lost.values() for model in models})
    if not lost:
        return []
    lines = [
        f"samurai: {name} has a cost, but the recording has none, because the price of"
        f" {', '.join(map(visible, models))}"
        f" is unknown, for {_names(list(lost))}"
    ]
    if named := [model for model in models if model != UNKNOWN_MODEL]:
        lines.append("samurai: to set it, in US dollars per million tokens, add to pyproject.toml:")
        lines += [f"  {line}" for line in lines_to_add(named)]
    return lines


def _unpriced(figures: TestFigures, lock: Lock) -> list[str]:
    """The models that used tokens and have a price neither in the lock nor in the recording."""
    prices = prices_for(figures, lock)
    return [
        used.model for used in figures.models if used.usage and used.usage.total_tokens and used.model not in prices
    ]


def no_overlap(lock: Lock, name: str, tests: Collection[str]) -> str | None:
    """What is wrong with a lock that has no row for any test of the run; None if it has one."""
    if not lock.tests.keys().isdisjoint(tests):
        return None
    return (
        f"{name} has no row for any test of this run, so nothing was compared; to compare, commit what"
        " --samurai-update writes"
    )


def _names(tests: Sequence[str]) -> str:
    more = f" and {len(tests) - _MOST_NAMES:,} more" if len(tests) > _MOST_NAMES else ""
    return f"{', '.join(map(visible, tests[:_MOST_NAMES]))}{more}"


def _rates(old: Price, new: Price) -> str:
    was, now = old.rates(), new.rates()
    names = [name for name in dict.fromkeys([*was, *now]) if was.get(name) != now.get(name)]
    return ", ".join(f"{name} {was.get(name, 'none')} -> {now.get(name, 'none')}" for name in names)


def update_line(name: str, old: Lock | None, new: Lock) -> str:
    """What `--samurai-update` changed in the lock."""
    before, prices = (old.tests, old.prices) if old is not None else ({}, {})
    changed = sum(before[test] != row for test, row in new.tests.items() if test in before)
    counts = {
        "new": len(new.tests.keys() - before.keys()),
        "changed": changed,
        "removed": len(before.keys() - new.tests.keys()),
    }
    said = [f"{count:,} {what}" for what, count in counts.items() if count]
    if old is not None and old.in_conflict:
        said.append("its merge conflict is resolved")
    if prices != new.prices and old is not None:
        said.append("other prices")
    if old is not None and not said and old.by_hand != new.by_hand:
        said.append("what was changed by hand is accepted")
    if left := _by_hand(new):
        said.append(f"changed by hand, and not by this run: {_names(left)}")
    return f"samurai: {name}: {', '.join(said) or 'nothing to change'}"

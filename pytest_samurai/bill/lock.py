"""What every test used when that was last accepted, and the verdict on one that uses more."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any, Final

from pytest_samurai.bill.figures import PREFIX, UNKNOWN_MODEL, ModelFigures, TestFigures
from pytest_samurai.bill.pricing import dearest, lines_to_add, sum_if_known
from pytest_samurai.text import money, money_apart
from pytest_samurai.wire import Price, Usage

REGRESSION_PROPERTY: Final = f"{PREFIX}regression"

FLOOR: Final = 16
"""Growth by so many tokens is let pass, whatever it is in percent: a word more is no regression."""

PARTS: Final = {
    "reasoning_tokens": "completion_tokens",
    "prompt_audio_tokens": "prompt_tokens",
    "completion_audio_tokens": "completion_tokens",
}
"""Parts that may have prices of their own, and their wholes; written where there are any."""

TOKENS: Final = ("prompt_tokens", "completion_tokens", "total_tokens")


# --- what a lock holds


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


# --- what is accepted


def accepted(lock: Lock | None, figures: Sequence[TestFigures], gone: Collection[str] = ()) -> Lock:
    """A lock with the rows of these figures in the place of those that it had, and without those that are gone."""
    old = lock or Lock({}, {})
    tests = {test: row for test, row in old.tests.items() if test not in gone}
    tests |= {one.test: row_of(one) for one in figures}
    prices = {**old.prices, **{model: price for model, _, price in _moved_prices(old, figures)}}
    models = {model for row in tests.values() for model in row}
    return Lock(tests, {model: price for model, price in prices.items() if model in models})


def _moved_prices(lock: Lock, figures: Sequence[TestFigures]) -> Iterator[tuple[str, Price | None, Price]]:
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


# --- what growth is let pass

METRICS: Final = ("requests", *TOKENS, "cost")


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a metric may grow: so many percent of what it was, or by an amount of its own (cost: US dollars)."""

    amount: Decimal
    percent: bool

    def lets_pass(self, old: int | Decimal, new: int | Decimal, floor: int | Decimal) -> bool:
        """Whether a metric may grow like this; by `floor` it always may, if the allowance is in percent."""
        growth = new - old
        if self.percent:
            return growth <= floor or growth * 100 <= old * self.amount
        return growth <= self.amount

    def __str__(self) -> str:
        return f"{self.amount:f}%" if self.percent else f"{self.amount:,f}"


_USUAL = Allowance(Decimal(10), percent=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """The growth over the lock that is let pass, by metric; None where nothing was said of it, which is 10 %."""

    requests: Allowance | None = None
    prompt_tokens: Allowance | None = None
    completion_tokens: Allowance | None = None
    total_tokens: Allowance | None = None
    cost: Allowance | None = None

    def of(self, metric: str) -> Allowance:
        said: Allowance | None = getattr(self, metric)
        return said or _USUAL

    def under(self, higher: Tolerance) -> Tolerance:
        """What `higher` says, and where it says nothing, what this does."""
        return Tolerance(**{metric: getattr(higher, metric) or getattr(self, metric) for metric in METRICS})


_ENTRY = re.compile(r"(?:(\w+):)?([0-9]{1,9}(?:\.[0-9]{1,9})?)(%?)")


def parse_tolerance(entries: Sequence[str]) -> Tolerance:
    """`10%` for all metrics, `metric:10%` or `metric:200` for one, which counts more, wherever it stands.

    Raises ValueError with what would be right.
    """
    general: dict[str, Allowance] = {}
    special: dict[str, Allowance] = {}
    for entry in entries:
        found = _ENTRY.fullmatch(entry)
        if found is None or not (found[1] in METRICS if found[1] else found[3]):
            raise ValueError(f'a list of "10%", "metric:10%" and "metric:200", the metric being {", ".join(METRICS)}')
        allowance = Allowance(Decimal(found[2]), percent=bool(found[3]))
        if found[1]:
            special[found[1]] = allowance
        else:
            general = dict.fromkeys(METRICS, allowance)
    return Tolerance(**{**general, **special})


# --- the verdict


@dataclass(frozen=True, slots=True)
class Regression:
    """One metric of a test that grew beyond what is let pass, all as people read it: "412", "577", "+165, +40%"."""

    test: str
    metric: str
    old: str
    new: str
    growth: str
    why: str

    def as_json(self) -> str:
        """As it travels in `user_properties`, under `REGRESSION_PROPERTY`."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, value: str) -> Regression:
        """What `as_json` gave."""
        return cls(**json.loads(value))


def judge(figures: TestFigures, lock: Lock, tolerance: Tolerance) -> tuple[Regression, ...]:
    """What a test uses more of than its row in the lock lets pass; nothing if it has no row.

    Both sides are priced with the lock's prices, so that no change of prices is a regression; a model that it has none
    for with that of the recording. What is unknown on either side is not judged.
    """
    old, new = lock.tests.get(figures.test), row_of(figures)
    if old is None:
        return ()
    prices = _prices(figures, lock)
    broken = _broken(old, new, prices, tolerance)
    before, after = measured(old, prices), measured(new, prices)
    why = "; ".join(_causes(old, new, broken)) if broken else ""
    found = []
    for metric in broken:
        was, now, growth = _apart(before[metric], after[metric])
        found.append(
            Regression(figures.test, metric, labelled(was, metric, old), labelled(now, metric, new), growth, why)
        )
    return tuple(found)


ABOUT: Final = "~ is an estimate: the server did not say what the calls used"


def labelled(shown: str, metric: str, row: Row) -> str:
    """A metric of a row, with a `~` before what was counted here, not by the server."""
    estimated = any(spent.usage is not None and spent.usage.estimated for spent in row.values())
    return f"~{shown}" if estimated and metric != "requests" else shown


def _prices(figures: TestFigures, lock: Lock) -> Mapping[str, Price]:
    return {one.model: one.price for one in figures.models if one.price is not None} | dict(lock.prices)


def _broken(old: Row, new: Row, prices: Mapping[str, Price], tolerance: Tolerance) -> list[str]:
    """The metrics that grew from one row to the other beyond what is let pass."""
    before, after = measured(old, prices), measured(new, prices)
    floors: dict[str, int | Decimal] = {**dict.fromkeys(TOKENS, FLOOR), "cost": _floor_of_cost(old, prices)}
    return [
        metric
        for metric in METRICS
        if (was := before[metric]) is not None
        and (now := after[metric]) is not None
        and not tolerance.of(metric).lets_pass(was, now, floors.get(metric, 0))
    ]


def _total(row: Row) -> Usage | None:
    usages = [spent.usage for spent in row.values()]
    return None if None in usages else sum((usage for usage in usages if usage is not None), Usage())


def measured(row: Row, prices: Mapping[str, Price]) -> dict[str, int | Decimal | None]:
    """The metrics of a row; None where unknown."""
    usage = _total(row)
    tokens = {name: None if usage is None else getattr(usage, name) for name in TOKENS}
    return {"requests": sum(spent.requests for spent in row.values()), **tokens, "cost": _cost(row, prices)}


def _cost(row: Row, prices: Mapping[str, Price]) -> Decimal | None:
    costs = []
    for model, spent in row.items():
        if spent.usage is None:
            return None
        price = prices.get(model)
        if price is None and spent.usage.total_tokens:
            return None
        costs.append(Decimal(0) if price is None else price.cost(spent.usage))
    return sum_if_known(costs)


def _floor_of_cost(row: Row, prices: Mapping[str, Price]) -> Decimal:
    """What the tokens cost that a test may grow by in any case, if they are of the dearest kind that it used."""
    costs = [Decimal(0)]
    for model, spent in row.items():
        price = prices.get(model)
        if price is not None:
            kinds: list[dict[str, Any]] = [{whole: FLOOR} for whole in _SUMS]
            kinds += [{whole: FLOOR, part: FLOOR} for part, whole in PARTS.items() if getattr(spent.usage, part, 0)]
            costs += [cost for kind in kinds if (cost := price.cost(Usage(**kind))) is not None]
    return max(costs)


def _apart(old: Any, new: Any) -> tuple[str, str, str]:
    """Both values and the growth between them, as people read them."""
    if isinstance(new, Decimal):
        shown, more = money_apart(old, new), money(new - old)
    else:
        shown, more = [f"{old:,}", f"{new:,}"], f"{new - old:,}"
    return shown[0], shown[1], f"+{more}{f', {in_percent(old, new)}' if old else ''}"


def in_percent(old: int | Decimal, new: int | Decimal) -> str:
    """The growth of what was not 0: +40%, -3.5%."""
    change = float((new - old) / old)
    return f"{change:+.{0 if abs(change) >= 0.1 else 1}%}"


def moved(old: Row, new: Row) -> list[str]:
    """Which of requests, models, prompts and completions are others now, up or down, with both numbers."""
    before, after = _total(old), _total(new)
    found = _calls_moved(old, new)
    if before is not None and after is not None:
        found += [
            _tokens_moved(shown, name, before, after)
            for name, shown in _SUMS.items()
            if getattr(before, name) != getattr(after, name)
        ]
    return found


def _calls_moved(old: Row, new: Row) -> list[str]:
    was, now = sum(spent.requests for spent in old.values()), sum(spent.requests for spent in new.values())
    found = [_moved("requests", was, now)] if was != now else []
    # An error names no model, and stands under the name that was asked for.
    answers = [{model: spent for model, spent in row.items() if _has_tokens(spent)} for row in (old, new)]
    calls = [{model: spent.requests for model, spent in row.items()} for row in answers]
    if calls[0].keys() != calls[1].keys() or (was == now and calls[0] != calls[1]):
        found.append(f"model {models_text(answers[0])} -> {models_text(answers[1])}")
    return found


def _has_tokens(spent: Spent) -> bool:
    return spent.usage is None or spent.usage.total_tokens > 0


def _causes(old: Row, new: Row, broken: Collection[str]) -> list[str]:
    """What made a test use more: requests, models, and of prompt and completion those that are among what is `broken`.

    If nothing of that explains it, all that grew: in sum, else of one model, else as a part of prompt or completion.
    """
    found = _calls_moved(old, new)
    before, after = _total(old), _total(new)
    if before is None or after is None:
        return found
    grown = list(_grown(before, after, _SUMS))
    found += [text for name, text in grown if name in broken]
    if found:
        return found
    of_models = (
        (name, f"{text} of {model}")
        for model in old.keys() & new.keys()
        for name, text in _grown(old[model].usage, new[model].usage, _SUMS)
    )
    for some in (grown, sorted(of_models), _grown(before, after, _PART_NAMES)):
        if texts := [text for _, text in some]:
            return texts
    return [_tokens_moved("total", "total_tokens", before, after, " tokens, as the server counts them")]


_SUMS: Final = {"prompt_tokens": "prompt", "completion_tokens": "completion"}
_PART_NAMES: Final = {name: name.removesuffix("_tokens").replace("_", " ") for name in PARTS}


def _grown(old: Usage | None, new: Usage | None, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, shown in names.items():
        if getattr(new, name) > getattr(old, name):
            yield name, _tokens_moved(shown, name, old, new)


def _tokens_moved(shown: str, name: str, old: Usage | None, new: Usage | None, unit: str = " tokens") -> str:
    about = ["~" if usage is not None and usage.estimated else "" for usage in (old, new)]
    return _moved(shown, getattr(old, name), getattr(new, name), about, unit)


def _moved(shown: str, old: int, new: int, about: Sequence[str] = ("", ""), unit: str = "") -> str:
    growth = f" ({in_percent(old, new)})" if old else ""
    return f"{shown} {about[0]}{old:,} -> {about[1]}{new:,}{unit}{growth}"


def models_text(row: Row) -> str:
    """The models of a row, with their calls if there are several."""
    several = len(row) > 1
    return (
        ", ".join(f"{spent.requests} x {model}" if several else model for model, spent in sorted(row.items())) or "none"
    )


def regression_text(regressions: Sequence[Regression], tolerance: Tolerance, *, lock: str, rerun: str, why: str) -> str:
    """The verdict with both numbers of every metric, what moved, and what can be done.

    `rerun` is what pytest is given to run the test again, `why` what `pytest-samurai why` is, as typed in a shell.
    """
    lines = [
        f"{one.metric} is {one.old} in {lock}, used {one.new} ({one.growth}); {tolerance.of(one.metric)} is let pass"
        for one in regressions
    ]
    cause = regressions[0].why
    lines.append(f"  What moved: {cause}")
    if any(text.startswith("~") for one in regressions for text in (one.old, one.new)):
        lines.append(f"  {ABOUT}")
    lines.append(f"  To see why: pytest-samurai why {why}")
    if re.fullmatch(r"completion [^;]*", cause):
        lines.append(f"  Another recording may have another answer: pytest --samurai-mode=all {rerun}")
    lines.append(f"  To accept it: pytest --samurai-update {rerun}")
    return "\n".join(lines)


# --- what a run has to say

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
    unknown = [one.test for one in known if one.usage is None and _total(rows[one.test]) is not None]
    cheaper = [one.test for one in known if recorded and _is_cheaper(one, lock, tolerance)]
    named = [
        (f"{name} has no row yet for", [one.test for one in held if one.test not in rows]),
        (f"{name} has tokens, and the recording says none, for", unknown),
        (f"{name} has more than is used by", cheaper),
        (f"{name} has rows of tests that are no more:", sorted(gone)),
    ]
    lines = [f"samurai: {what} {_names(tests)}" for what, tests in named if tests]
    lines += [
        f"samurai: {name} has another price of {model} than the recordings, which fails no test: {_rates(old, price)}"
        for model, old, price in _moved_prices(lock, held)
        if old is not None
    ]
    lines += _lost_price_lines(lock, name, known)
    return [*lines, "samurai: --samurai-update brings it up to date"] if lines else []


def _lost_price_lines(lock: Lock, name: str, known: Sequence[TestFigures]) -> list[str]:
    """The tests whose cost is in the lock and cannot be held against it, as a model of today has no price."""
    lost = {
        one.test: models
        for one in known
        if (models := _unpriced(one, lock)) and _cost(lock.tests[one.test], lock.prices)
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
    prices = _prices(figures, lock)
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


def _is_cheaper(figures: TestFigures, lock: Lock, tolerance: Tolerance) -> bool:
    """Whether going back to what the lock has would be a regression."""
    return bool(_broken(row_of(figures), lock.tests[figures.test], _prices(figures, lock), tolerance))


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

"""What moved between two rows of the lock, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from pytest_samurai.bill.apis import in_brackets
from pytest_samurai.bill.lock import LOCKED_PARTS, Row, Spent
from pytest_samurai.bill.metrics import usage_of
from pytest_samurai.text import visible
from pytest_samurai.wire import Usage

SUMS: Final = {"prompt_tokens": "prompt", "completion_tokens": "completion"}
"""The two counts of a usage, and their names."""

_MOST_DIGITS: Final = 20

_PART_NAMES: Final = {name: name.removesuffix("_tokens").replace("_", " ") for name in LOCKED_PARTS}


def moved(old: Row, new: Row) -> list[str]:
    """Which of requests, models, prompts and completions changed, up or down, with both numbers."""
    texts = [text for _, text in _calls_moved(old, new)]
    before, after = usage_of(old), usage_of(new)
    if before is not None and after is not None:
        texts += [
            _tokens_moved(shown, name, before, after)
            for name, shown in SUMS.items()
            if getattr(before, name) != getattr(after, name)
        ]
    return texts


class Moved(NamedTuple):
    """What moved in a test: `what` is the same in all tests where this moved, `text` is about this test."""

    what: str
    text: str


def causes(old: Row, new: Row, broken: Collection[str]) -> list[Moved]:
    """What made a test use more: requests, models, and prompts and completions if they are among the `broken` metrics.

    If none of these explains it, then whatever grew: in total, else for one model, else as a part of prompt or
    completion.
    """
    moves = _calls_moved(old, new)
    before, after = usage_of(old), usage_of(new)
    if before is None or after is None:
        return moves
    grown = list(_grown(before, after, SUMS))
    moves += [_more(shown, text) for name, shown, text in grown if name in broken]
    if moves:
        return moves
    of_models = (
        (name, f"{shown} of {visible(model)}", f"{text} of {visible(model)}")
        for model in old.keys() & new.keys()
        for name, shown, text in _grown(old[model].usage, new[model].usage, SUMS)
    )
    for growth in (grown, sorted(of_models), _grown(before, after, _PART_NAMES)):
        if moves := [_more(shown, text) for _, shown, text in growth]:
            return moves
    text = _tokens_moved("total", "total_tokens", before, after, " tokens, as the server counts them")
    return [Moved("more tokens in total", text)]


def _more(shown: str, text: str) -> Moved:
    kind, of, model = shown.partition(" of ")
    return Moved(f"more {kind} tokens{of}{model}", text)


def models_text(row: Row) -> str:
    """The models of a row. APIs are listed unless everything is chat, and the number of calls if there are several."""
    several = len(row) > 1
    models = [
        f"{f'{spent.requests} x ' if several else ''}{visible(model)}{in_brackets(spent.endpoints)}"
        for model, spent in sorted(row.items())
    ]
    return ", ".join(models) or "none"


def in_percent(old: int | Decimal, new: int | Decimal, above: Decimal | None = None) -> str:
    """The change from `old`, which must not be 0, to `new`: +40%, -3.5%.

    A change `above` a percentage gets enough digits to tell the two apart: +10.09% above 10.
    """
    change = float((new - old) / old)
    shown = f"{change:+.{0 if abs(change) >= 0.1 else 1}%}"
    digits = 2
    while above is not None and Decimal(shown[:-1]) <= above and digits < _MOST_DIGITS:
        shown = f"{Decimal(new - old) * 100 / Decimal(old):+.{digits}f}%"
        digits += 1
    return shown


def _calls_moved(old: Row, new: Row) -> list[Moved]:
    was, now = sum(spent.requests for spent in old.values()), sum(spent.requests for spent in new.values())
    # Fewer requests aren't a cause, but they are mentioned.
    what = "more requests" if now > was else "fewer requests"
    moves = [Moved(what, _moved("requests", was, now))] if was != now else []
    # An error names no model, so it is counted under the name that was asked for, which may be an alias.
    answers = [{model: spent for model, spent in row.items() if _has_tokens(spent)} for row in (old, new)]
    calls = [{model: spent.requests for model, spent in row.items()} for row in answers]
    if calls[0].keys() != calls[1].keys() or (was == now and calls[0] != calls[1]):
        text = f"model {models_text(answers[0])} -> {models_text(answers[1])}"
        moves.append(Moved(text, text))
    return moves


def _has_tokens(spent: Spent) -> bool:
    return spent.usage is None or spent.usage.total_tokens > 0


def _grown(old: Usage | None, new: Usage | None, names: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """For each count that grew: its key, its name in words, and both numbers in words."""
    for name, shown in names.items():
        if getattr(new, name) > getattr(old, name):
            yield name, shown, _tokens_moved(shown, name, old, new)


def _tokens_moved(shown: str, name: str, old: Usage | None, new: Usage | None, unit: str = " tokens") -> str:
    about = ["~" if usage is not None and usage.estimated else "" for usage in (old, new)]
    return _moved(shown, getattr(old, name), getattr(new, name), about, unit)


def _moved(shown: str, old: int, new: int, about: Sequence[str] = ("", ""), unit: str = "") -> str:
    growth = f" ({in_percent(old, new)})" if old else ""
    return f"{shown} {about[0]}{old:,} -> {about[1]}{new:,}{unit}{growth}"

"""What moved between two rows of the lock, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from pytest_samurai.bill.apis import in_brackets
from pytest_samurai.bill.lock import PARTS, Row, Spent
from pytest_samurai.bill.metrics import usage_of
from pytest_samurai.text import visible
from pytest_samurai.wire import Usage

SUMS: Final = {"prompt_tokens": "prompt", "completion_tokens": "completion"}
"""The two counts of a usage, and what they are called."""

_PART_NAMES: Final = {name: name.removesuffix("_tokens").replace("_", " ") for name in PARTS}


def moved(old: Row, new: Row) -> list[str]:
    """Which of requests, models, prompts and completions changed, up or down, with both numbers."""
    texts = _calls_moved(old, new)
    before, after = usage_of(old), usage_of(new)
    if before is not None and after is not None:
        texts += [
            _tokens_moved(shown, name, before, after)
            for name, shown in SUMS.items()
            if getattr(before, name) != getattr(after, name)
        ]
    return texts


def causes(old: Row, new: Row, broken: Collection[str]) -> list[str]:
    """What made a test use more: requests, models, and prompts and completions if they are among the `broken` metrics.

    If none of these explains it, then whatever grew: in sum, else of one model, else as a part of prompt or completion.
    """
    texts = _calls_moved(old, new)
    before, after = usage_of(old), usage_of(new)
    if before is None or after is None:
        return texts
    grown = list(_grown(before, after, SUMS))
    texts += [text for name, text in grown if name in broken]
    if texts:
        return texts
    of_models = (
        (name, f"{text} of {visible(model)}")
        for model in old.keys() & new.keys()
        for name, text in _grown(old[model].usage, new[model].usage, SUMS)
    )
    for growth in (grown, sorted(of_models), _grown(before, after, _PART_NAMES)):
        if texts := [text for _, text in growth]:
            return texts
    return [_tokens_moved("total", "total_tokens", before, after, " tokens, as the server counts them")]


def models_text(row: Row) -> str:
    """The models of a row, with their APIs if not all is chat, and the number of their calls if there are several."""
    several = len(row) > 1
    models = [
        f"{f'{spent.requests} x ' if several else ''}{visible(model)}{in_brackets(spent.endpoints)}"
        for model, spent in sorted(row.items())
    ]
    return ", ".join(models) or "none"


def in_percent(old: int | Decimal, new: int | Decimal) -> str:
    """The change from `old`, which may not be 0, to `new`: +40%, -3.5%."""
    change = float((new - old) / old)
    return f"{change:+.{0 if abs(change) >= 0.1 else 1}%}"


def _calls_moved(old: Row, new: Row) -> list[str]:
    was, now = sum(spent.requests for spent in old.values()), sum(spent.requests for spent in new.values())
    texts = [_moved("requests", was, now)] if was != now else []
    # An error names no model, so it is counted under the name that was asked for, which may be an alias.
    answers = [{model: spent for model, spent in row.items() if _has_tokens(spent)} for row in (old, new)]
    calls = [{model: spent.requests for model, spent in row.items()} for row in answers]
    if calls[0].keys() != calls[1].keys() or (was == now and calls[0] != calls[1]):
        texts.append(f"model {models_text(answers[0])} -> {models_text(answers[1])}")
    return texts


def _has_tokens(spent: Spent) -> bool:
    return spent.usage is None or spent.usage.total_tokens > 0


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

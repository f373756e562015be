"""The words that changed from one text to another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from pytest_samurai.text.visible import visible

_CONTEXT = 60
# Comparing takes time in proportion to the product of both lengths.
_COMPARED_WORDS = 100_000
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def changed_words(old: str, new: str) -> tuple[str, str]:
    """Both texts, each on a line, with the changed words in [brackets]. Long stretches are cut short."""
    olds, news, changed = _compared(old, new)
    return (
        _bracketed(olds, [(begin, end) for begin, end, _, _ in changed]),
        _bracketed(news, [(begin, end) for _, _, begin, end in changed]),
    )


Stretches = list[tuple[str, bool]]
"""A text in pieces, each with whether it has changed."""


def changed_stretches(old: str, new: str) -> tuple[Stretches, Stretches]:
    """Both texts whole, cut where changed words begin and end."""
    olds, news, changed = _compared(old, new)
    return (
        _stretches(olds, [(begin, end) for begin, end, _, _ in changed]),
        _stretches(news, [(begin, end) for _, _, begin, end in changed]),
    )


def _stretches(words: Sequence[str], changed: Sequence[tuple[int, int]]) -> Stretches:
    ends = [0, *(end for stretch in changed for end in stretch), len(words)]
    texts = ["".join(words[begin:end]) for begin, end in pairwise(ends)]
    # The first is the same in both, the second is not, and so on.
    return [(text, index % 2 == 1) for index, text in enumerate(texts) if text]


def _compared(old: str, new: str) -> tuple[list[str], list[str], list[tuple[int, int, int, int]]]:
    """The words of both texts, and what has changed: where it begins and ends in the old, and in the new."""
    # Here, so that this package loads without it: pytest's start needs other texts.
    from difflib import SequenceMatcher

    olds, news = _TOKEN.findall(old), _TOKEN.findall(new)
    head = _common(olds, news)
    tail = _common(olds[head:][::-1], news[head:][::-1])
    left, right = olds[head : len(olds) - tail], news[head : len(news) - tail]
    if len(left) * len(right) <= _COMPARED_WORDS:
        # Blanks are everywhere, so they say nothing about what belongs together.
        codes = SequenceMatcher(str.isspace, left, right, autojunk=False).get_opcodes()
    else:
        codes = [("replace", 0, len(left), 0, len(right))]
    changed = [(head + a, head + b, head + c, head + d) for what, a, b, c, d in codes if what != "equal"]
    return olds, news, changed


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    count = 0
    for old, new in zip(left, right, strict=False):
        if old != new:
            break
        count += 1
    return count


def _bracketed(words: Sequence[str], changed: Sequence[tuple[int, int]]) -> str:
    """The text with its changed runs in brackets; where only the other text has words, just the context is kept."""
    text, done = "", 0
    for begin, end in changed:
        same, other = "".join(words[done:begin]), "".join(words[begin:end])
        text += _cut(same, 0 if done == 0 else _CONTEXT, _CONTEXT)
        text += f"[{_cut(other, 2 * _CONTEXT, 2 * _CONTEXT)}]" if other else ""
        done = end
    return visible(text + _cut("".join(words[done:]), _CONTEXT, 0))


def _cut(text: str, first: int, last: int) -> str:
    if len(text) <= first + last:
        return text
    return f"{text[:first]}...{text[len(text) - last :]}"

"""The words that changed from one text to another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_samurai.text.visible import visible

_CONTEXT = 60
# Comparing takes time in proportion to the product of both lengths.
_COMPARED_WORDS = 100_000
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def changed_words(old: str, new: str) -> tuple[str, str]:
    """Both texts, each on a line, with the changed words in [brackets]. Long stretches are cut short."""
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
    changed = [code[1:] for code in codes if code[0] != "equal"]
    return (
        _bracketed(olds, [(head + begin, head + end) for begin, end, _, _ in changed]),
        _bracketed(news, [(head + begin, head + end) for _, _, begin, end in changed]),
    )


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

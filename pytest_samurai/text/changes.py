"""The words that changed from one text to another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from pytest_samurai.text.apart import Edit, edits
from pytest_samurai.text.visible import visible

_CONTEXT = 60
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_LOOK_BACK = 4
"""How many words, signs and blanks to look back for the end of a sentence."""
_SENTENCE_ENDS = re.compile(r"(?:[.!?:][\"')\]*]*\s*|\n\s*)\Z")


class Run(NamedTuple):
    """A stretch of a text, and whether it differs in the other text."""

    text: str
    is_changed: bool


class TextChange:
    """How one text became another, word by word."""

    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = _TOKEN.findall(old), _TOKEN.findall(new)

    @cached_property
    def _edits(self) -> Sequence[Edit]:
        olds, news = self._old, self._new
        # Blanks are everywhere, so they don't tell what belongs together.
        changed = edits(olds, news, str.isspace)
        first, last = Edit(0, 0, 0, 0), Edit(len(olds), len(olds), len(news), len(news))
        around = zip([first, *changed], changed, [*changed[1:], last], strict=False)
        return [_on_sentences(edit, before.end, after.begin, olds, news) for before, edit, after in around]

    @property
    def is_replaced(self) -> bool:
        """Whether so little has stayed that it may be chance: less than half of the words of the shorter text."""
        changed = [edit[:2] for edit in self._edits], [edit[2:] for edit in self._edits]
        sides = zip((self._old, self._new), changed, strict=True)
        counts = [(len(_said(words)), sum(len(_said(words[slice(*run)])) for run in runs)) for words, runs in sides]
        (olds, gone), (news, _) = counts
        return 2 * (olds - gone) < min(olds, news)

    def runs(self, longest: int | None = 2 * _CONTEXT) -> tuple[list[Run], list[Run]]:
        """Both texts in stretches that are the same or changed. Long ones are cut short.

        A changed stretch keeps `longest` characters at either end. With None, both texts are whole.
        """
        return (
            list(_runs(self._old, [(edit.begin, edit.end) for edit in self._edits], longest)),
            list(_runs(self._new, [(edit.new_begin, edit.new_end) for edit in self._edits], longest)),
        )


def changed_words(old: str, new: str) -> tuple[str, str]:
    """Both texts, each on a line, with the changed words in [brackets]. Long stretches are cut short."""
    before, after = TextChange(old, new).runs()
    return _bracketed(before), _bracketed(after)


def _bracketed(runs: Sequence[Run]) -> str:
    return visible("".join(f"[{run.text}]" if run.is_changed else run.text for run in runs))


def _on_sentences(edit: Edit, first: int, last: int, olds: Sequence[str], news: Sequence[str]) -> Edit:
    """The same edit, moved to the beginning of a sentence, if words were only added or only removed.

    "A. [B. ]C." and "A. B[. C]." may be the same change. The edit may move only within the words from `first` to `last`
    of the old text, which are in both.
    """
    if (edit.begin == edit.end) == (edit.new_begin == edit.new_end):
        return edit
    words, begin, end = (news, edit.new_begin, edit.new_end) if edit.begin == edit.end else (olds, edit.begin, edit.end)
    steps = [0]
    while steps[-1] > first - edit.begin and words[begin + steps[-1] - 1] == words[end + steps[-1] - 1]:
        steps.append(steps[-1] - 1)
    forth = 0
    while forth < last - edit.end and words[begin + forth] == words[end + forth]:
        forth += 1
        steps.append(forth)
    for step in steps:
        text = "".join(words[begin + step : end + step])
        before = "".join(words[max(0, begin + step - _LOOK_BACK) : begin + step])
        is_end = not before or _SENTENCE_ENDS.search(before)
        if is_end and _SENTENCE_ENDS.search(text):
            return Edit(*(number + step for number in edit))
    return edit


def _said(words: Sequence[str]) -> list[str]:
    """The words without signs and blanks."""
    return [word for word in words if word[0].isalnum()]


def _runs(words: Sequence[str], changed: Sequence[tuple[int, int]], longest: int | None) -> Iterator[Run]:
    """The text with its changed runs. If only the other text has words, just the context is kept."""
    done = 0
    if longest is None:
        yield from _whole(words, changed)
        return
    for begin, end in changed:
        same, other = "".join(words[done:begin]), "".join(words[begin:end])
        if same:
            yield Run(_cut(same, 0 if done == 0 else _CONTEXT, _CONTEXT), False)
        if other:
            yield Run(_cut(other, longest, longest), True)
        done = end
    if done < len(words):
        yield Run(_cut("".join(words[done:]), _CONTEXT, 0), False)


def _whole(words: Sequence[str], changed: Sequence[tuple[int, int]]) -> Iterator[Run]:
    ends = [0, *(end for stretch in changed for end in stretch), len(words)]
    for index, (begin, end) in enumerate(pairwise(ends)):
        if begin < end:
            # Runs alternate: the first is the same in both, the second isn't, and so on.
            yield Run("".join(words[begin:end]), index % 2 == 1)


def _cut(text: str, first: int, last: int) -> str:
    if len(text) <= first + last:
        return text
    return f"{text[:first]}...{text[len(text) - last :]}"

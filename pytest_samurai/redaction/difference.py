"""The difference between two texts, as edits."""

from __future__ import annotations

import re
from itertools import accumulate

_TOKEN = re.compile(r"\w+|\W")
# Comparing takes time proportional to the product of both lengths.
_MOST_COMPARED = 1_000_000


def difference(old: str, new: str) -> list[tuple[int, int, str]]:
    """The edits, word by word, that turn the old text into the new one: the bounds of each, and its replacement."""
    if old == new:
        return []
    # Imported here, so that a run without such rules doesn't load it.
    from difflib import SequenceMatcher

    olds, news = _TOKEN.findall(old), _TOKEN.findall(new)
    if len(olds) * len(news) > _MOST_COMPARED:
        return [(0, len(old), new)]
    starts = [0, *accumulate(map(len, olds))]
    codes = SequenceMatcher(None, olds, news, autojunk=False).get_opcodes()
    return [
        (starts[begin], starts[end], "".join(news[first:last]))
        for tag, begin, end, first, last in codes
        if tag != "equal"
    ]

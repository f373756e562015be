"""What became of a text, in a few words: one sentence added, 3 words changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Patterns are compiled where they are needed, which is after a miss.
# Beside the marks of ASCII: an ellipsis and closing quotes, and the full stops of Chinese and Japanese.
_MARK, _CLOSING, _EASTERN = r".!?\u2026", r"\"')\]\u201d\u2019", r"\u3002\uff01\uff1f"
# A run of dots is looked at once, however long it is.
_END = rf"(?<![{_MARK}])[{_MARK}]++[{_CLOSING}]*+(?=\s|\Z)|[{_EASTERN}]++"
_SENTENCE = rf"\s*(\S[^\n]*?(?:{_END}|(?=\n)|\Z))"
_ENDED = rf"[{_MARK}{_EASTERN}][{_CLOSING}]*\Z"
# Comparing takes time in proportion to the product of both lengths.
_COMPARED = 100_000
_COUNTED_WORDS = 8


@dataclass(frozen=True, slots=True)
class Rewording:
    """`what` is said of the change. It took `removed` out of the text and put `added` into it, both without context.

    So two texts in which the same was changed have the same rewording, whatever else they say.
    """

    what: str
    removed: str
    added: str


def reworded(old: str, new: str) -> Rewording:
    """The rewording that made another text of a text."""
    if old.split() == new.split():
        return Rewording("white space changed", old, new)
    before, after = re.findall(_SENTENCE, old), re.findall(_SENTENCE, new)
    gone, come = _apart(before, after)
    if (came := _alike(come, new)) and not gone:
        return Rewording(_counted(len(come), came, "added"), "", "\n".join(come))
    if (went := _alike(gone, old)) and not come:
        return Rewording(_counted(len(gone), went, "removed"), "\n".join(gone), "")
    return _by_words(gone, come, is_all=len(gone) == len(before) and len(come) == len(after))


def _alike(sentences: Sequence[str], text: str) -> str | None:
    """What these are called: sentences, or, where not all of them end as such, lines. None for less than a line."""
    if all(re.search(_ENDED, sentence) for sentence in sentences):
        return "sentence"
    lines = {line.strip() for line in text.splitlines()}
    return "line" if len(lines) > 1 and lines.issuperset(sentences) else None


def _by_words(gone: Sequence[str], come: Sequence[str], *, is_all: bool) -> Rewording:
    """The rewording that made these sentences of those; `is_all` if there are no others in either text."""
    olds, news = _words(gone), _words(come)
    removed, added = _apart(olds, news)
    if not removed and not added:
        return Rewording("signs changed", "\n".join(gone), "\n".join(come))
    count = max(len(removed), len(added))
    kept = len(olds) - len(removed)
    has_stayed = 2 * kept >= min(len(olds), len(news))
    if not removed or not added or (has_stayed and count <= _COUNTED_WORDS):
        done = "changed" if removed and added else "removed" if removed else "added"
        return Rewording(_counted(count, "word", done), " ".join(removed), " ".join(added))
    what = _counted(max(len(gone), len(come)), "sentence", "changed") if has_stayed or not is_all else "text replaced"
    return Rewording(what, "\n".join(gone), "\n".join(come))


def _words(sentences: Sequence[str]) -> list[str]:
    return [word for sentence in sentences for word in re.findall(r"\w+", sentence)]


def _apart(old: Sequence[str], new: Sequence[str]) -> tuple[list[str], list[str]]:
    """What only the one has, and what only the other, in the order in which they have it."""
    gone: list[str] = []
    come: list[str] = []
    for begin, end, other_begin, other_end in _changed(old, new):
        gone += old[begin:end]
        come += new[other_begin:other_end]
    return gone, come


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    # Here, so that this package loads without it: pytest's start needs other texts.
    from difflib import SequenceMatcher

    head = _in_common(old, new)
    tail = _in_common(old[head:][::-1], new[head:][::-1])
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(left) * len(right) > _COMPARED:
        yield head, len(old) - tail, head, len(new) - tail
        return
    for kind, *edges in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind != "equal":
            begin, end, other_begin, other_end = (head + edge for edge in edges)
            yield begin, end, other_begin, other_end


def _in_common(old: Sequence[str], new: Sequence[str]) -> int:
    count = 0
    for was, now in zip(old, new, strict=False):
        if was != now:
            break
        count += 1
    return count


def _counted(count: int, noun: str, done: str) -> str:
    return f"one {noun} {done}" if count == 1 else f"{count:,} {noun}s {done}"

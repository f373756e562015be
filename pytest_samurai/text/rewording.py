"""What happened to a text, in a few words: one sentence added, 3 words changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_samurai.text.apart import edits
from pytest_samurai.text.forms import forms_apart, same_to_the_eye

# Patterns are compiled where they are needed, which is after a miss. Besides the ASCII marks, these are an ellipsis,
# closing quotes, and the full stops of Chinese and Japanese.
_MARK, _CLOSING, _EASTERN = r".!?\u2026", r"\"')\]\u201d\u2019", r"\u3002\uff01\uff1f"
# A run of dots is scanned once, however long it is.
_END = rf"(?<![{_MARK}])[{_MARK}]++[{_CLOSING}]*+(?=\s|\Z)|[{_EASTERN}]++"
_SENTENCE = rf"\s*(\S[^\n]*?(?:{_END}|(?=\n)|\Z))"
_ENDED = rf"[{_MARK}{_EASTERN}][{_CLOSING}]*\Z"
_COUNTED_WORDS = 8


@dataclass(frozen=True, slots=True)
class Rewording:
    """`what` describes the change. It took `removed` out of the text and put `added` into it, both without context.

    So the same change in two texts is the same rewording, whatever else the texts say.
    """

    what: str
    removed: str
    added: str


def reworded(old: str, new: str) -> Rewording:
    """The rewording that turned the old text into the new one."""
    if old.split() == new.split():
        return Rewording("white space changed", old, new)
    if same_to_the_eye(old, new):
        return Rewording(f"the same to the eye: {forms_apart(old, new)}", old, new)
    before, after = re.findall(_SENTENCE, old), re.findall(_SENTENCE, new)
    removed, added = _apart(before, after)
    if not removed and (noun := _alike(added, new)):
        return Rewording(_counted(len(added), noun, "added"), "", "\n".join(added))
    if not added and (noun := _alike(removed, old)):
        return Rewording(_counted(len(removed), noun, "removed"), "\n".join(removed), "")
    return _by_words(removed, added, is_all=len(removed) == len(before) and len(added) == len(after))


def _alike(sentences: Sequence[str], text: str) -> str | None:
    """What to call these: sentences or, if not all of them end like sentences, lines. None for less than a line."""
    if all(re.search(_ENDED, sentence) for sentence in sentences):
        return "sentence"
    lines = {line.strip() for line in text.splitlines()}
    return "line" if len(lines) > 1 and lines.issuperset(sentences) else None


def _by_words(old: Sequence[str], new: Sequence[str], *, is_all: bool) -> Rewording:
    """The rewording that turned the old sentences into the new; `is_all` if neither text has any others."""
    olds, news = _words(old), _words(new)
    removed, added = _apart(olds, news)
    if not removed and not added:
        return Rewording("signs changed", "\n".join(old), "\n".join(new))
    count = max(len(removed), len(added))
    kept = len(olds) - len(removed)
    has_stayed = 2 * kept >= min(len(olds), len(news))
    if not removed or not added or (has_stayed and count <= _COUNTED_WORDS):
        done = "changed" if removed and added else "removed" if removed else "added"
        return Rewording(_counted(count, "word", done), " ".join(removed), " ".join(added))
    what = _counted(max(len(old), len(new)), "sentence", "changed") if has_stayed or not is_all else "text replaced"
    return Rewording(what, "\n".join(old), "\n".join(new))


def _words(sentences: Sequence[str]) -> list[str]:
    return [word for sentence in sentences for word in re.findall(r"\w+", sentence)]


def _apart(old: Sequence[str], new: Sequence[str]) -> tuple[list[str], list[str]]:
    """What only the old text has, and what only the new text has, each in its own order."""
    changed = edits(old, new)
    removed = [text for edit in changed for text in old[edit.begin : edit.end]]
    return removed, [text for edit in changed for text in new[edit.new_begin : edit.new_end]]


def _counted(count: int, noun: str, done: str) -> str:
    return f"one {noun} {done}" if count == 1 else f"{count:,} {noun}s {done}"

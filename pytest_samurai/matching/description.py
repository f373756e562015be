"""A difference, described in lines for people."""

from __future__ import annotations

from pytest_samurai.matching.bodies import Json, spelled
from pytest_samurai.matching.differences import MISSING, Difference
from pytest_samurai.text import changed_words, forms_apart

_ON_ONE_LINE = 40
_LONGEST = 120


def describe(difference: Difference) -> list[str]:
    """The lines of a difference: one for short values, two for texts, with the changed words in [brackets]."""
    if texts := texts_apart(difference):
        before, after = changed_words(*texts)
        lines = [f"    {difference.path}:", f"      - {before}", f"      + {after}"]
        forms = forms_apart(*texts)
        return lines if forms is None else [*lines, f"      {forms}"]
    return [f"    {difference.path}: {values_apart(difference)}"]


def texts_apart(difference: Difference) -> tuple[str, str] | None:
    """Both sides of a difference that is shown by the word; None for one that is shown by its values."""
    old, new = sides(difference)
    by_word = isinstance(old, str) and isinstance(new, str) and not (_is_short(old) and _is_short(new))
    return (old, new) if by_word else None


def values_apart(difference: Difference) -> str:
    """Both sides of a difference as values on one line, cut short: 0.5 -> 0.7."""
    old, new = sides(difference)
    forms = forms_apart(old, new) if isinstance(old, str) and isinstance(new, str) else None
    return f"{_short(old)} -> {_short(new)}" + ("" if forms is None else f" ({forms})")


def sides(difference: Difference) -> tuple[Json, Json]:
    """Both values; bytes as the text that they are."""
    old, new = (spelled(side) if isinstance(side, bytes) else side for side in (difference.recorded, difference.asked))
    return old, new


def _is_short(text: str) -> bool:
    return len(text) <= _ON_ONE_LINE and " " not in text and text.isprintable()


def _short(value: Json) -> str:
    text = repr(value) if value is MISSING else spelled(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."

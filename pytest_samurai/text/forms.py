"""Texts that look the same but aren't: the normalization forms of Unicode (UAX #15)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_samurai.text.apart import edits

_MOST_POINTS = 6


def same_to_the_eye(old: str, new: str) -> bool:
    """Whether two texts differ only in how their characters are composed."""
    return old != new and composed(old) == composed(new)


def composed(text: str) -> str:
    """The text in NFC."""
    # Imported here, so that this package loads without it: only a miss needs it.
    from unicodedata import normalize

    return normalize("NFC", text)


def forms_apart(old: str, new: str) -> str | None:
    """How both texts write the first character that only looks the same, by its code points; None if there is none.

    The old text is `-` and the new one `+`, as everywhere that both are shown.
    """
    if old.isascii() and new.isascii():
        return None
    before, after = list(_characters(old)), list(_characters(new))
    for edit in edits(before, after):
        removed, added = before[edit.begin : edit.end], after[edit.new_begin : edit.new_end]
        # The parts of a Korean syllable are characters themselves.
        is_alike = len(removed) == len(added)
        pairs = zip(removed, added, strict=True) if is_alike else [("".join(removed), "".join(added))]
        for one_form, other_form in pairs:
            if same_to_the_eye(one_form, other_form):
                shown = composed(one_form)[:_MOST_POINTS]
                return f"{shown} is {_named(one_form)} in -, and {_named(other_form)} in +"
    return None


def _characters(text: str) -> Iterator[str]:
    """A text by what readers see as its characters: each with its combining marks."""
    from unicodedata import combining

    begin = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not combining(text[index]):
            yield text[begin:index]
            begin = index


def _named(character: str) -> str:
    from unicodedata import is_normalized

    points = " ".join(f"U+{ord(point):04X}" for point in character[:_MOST_POINTS])
    if len(character) > _MOST_POINTS:
        points += " ..."
    form = next((form for form in ("NFC", "NFD") if is_normalized(form, character)), None)
    return points if form is None else f"{points} ({form})"

"""Text that is too long to be shown whole."""

from __future__ import annotations


def cut_in_the_middle(text: str, longest: int) -> str:
    """The text, of about `longest` characters at most; where some are left out, their number stands in their place.

    It is whole if the number would take as much room as what it stands for.
    """
    if len(text) <= longest:
        return text
    kept = longest // 2
    cut = f"{text[:kept]} [... {len(text) - 2 * kept:,} characters ...] {text[len(text) - kept :]}"
    return cut if len(cut) < len(text) else text

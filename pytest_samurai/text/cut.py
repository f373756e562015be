"""Text that is too long to show whole."""

from __future__ import annotations


def cut_in_the_middle(text: str, longest: int) -> str:
    """The text, cut to about `longest` characters. The number of omitted characters replaces them.

    The text stays whole if that number would take as much room as what it replaces.
    """
    if len(text) <= longest:
        return text
    kept = longest // 2
    cut = f"{text[:kept]} [... {len(text) - 2 * kept:,} characters ...] {text[len(text) - kept :]}"
    return cut if len(cut) < len(text) else text

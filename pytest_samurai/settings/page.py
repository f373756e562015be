"""The page of all options, for the docs."""

from __future__ import annotations

from pytest_samurai.settings.layers import PRECEDENCE
from pytest_samurai.settings.table import OPTIONS


def options_page() -> str:
    """The precedence and the table of all options, in Markdown: the text of docs/options.md below its title."""
    rows = [["ini", "command line", "marker, fixture", "default", "meaning"], ["---"] * 5]
    for option in OPTIONS.values():
        names = [f"`{option.spelled(place)}`" if place in option.places else "" for place in ("ini", "cli", "test")]
        rows.append([*names, option.default_text, option.meaning])
    lines = ["|".join(["", *(f" {cell} " if cell else " " for cell in cells), ""]) for cells in rows]
    return "\n".join(
        [f"Where an option is set more than once, the later one wins: {' < '.join(PRECEDENCE)}.", "", *lines, ""]
    )

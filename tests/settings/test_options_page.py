"""The page of all options."""

from __future__ import annotations

from pathlib import Path

from pytest_samurai.settings.page import options_page
from pytest_samurai.settings.table import OPTIONS

DOCS = Path(__file__).parents[2] / "docs" / "options.md"


def test_the_documentation_has_the_table_of_all_options_word_for_word() -> None:
    assert options_page() in DOCS.read_text(encoding="utf-8"), (
        "docs/options.md is not what settings.py says; to write it anew:"
        " python -c 'from pytest_samurai.settings.page import options_page as page; print(page())'"
    )


def test_every_option_has_a_row_with_all_its_names() -> None:
    rows = [line for line in options_page().splitlines() if line.startswith("|")][2:]
    for option, row in zip(OPTIONS.values(), rows, strict=True):
        cells = [cell.strip() for cell in row.split("|")[1:-1]]
        assert cells == [
            f"`{option.ini}`" if "ini" in option.places else "",
            f"`{option.flag}`" if "cli" in option.places else "",
            f"`{option.name}`" if "test" in option.places else "",
            option.default_text,
            option.meaning,
        ]


def test_the_page_tells_which_word_wins() -> None:
    assert options_page().splitlines()[0] == (
        "Where an option is set more than once, the later one wins: defaults < ini file < `samurai_config` fixture"
        " < marker < `SAMURAI_MODE` in the environment < command line."
    )

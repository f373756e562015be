"""The forms of a report: how users ask for them, and the places that list them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_samurai import commands
from pytest_samurai.settings.forms import FORMS, SPELLED, Target, forms_table, parse_target
from pytest_samurai.settings.table import OPTIONS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("json:a.json", Target("json", "a.json")),
        ("md:C:\\a b.md", Target("md", "C:\\a b.md")),
        ("github", Target("github", "")),
    ],
)
def test_a_report_is_asked_for_by_its_form_and_the_path_that_it_takes(written: str, target: Target) -> None:
    assert parse_target(written) == target


@pytest.mark.parametrize("written", ["", "json", "json:", "github:", "github:a", "xml:a", "JSON:a", ":a"])
def test_what_is_no_report_is_refused_with_all_that_are(written: str) -> None:
    with pytest.raises(ValueError, match=r"\Aone of json:PATH, md:PATH, html:PATH, github, benchmark:PATH\Z"):
        parse_target(written)


def test_each_form_is_asked_for_as_it_is_spelled() -> None:
    assert [parse_target(spelled) for spelled in SPELLED] == [
        Target(name, "PATH" if form.takes_path else "") for name, form in FORMS.items()
    ]


def test_the_page_on_reports_has_every_form() -> None:
    assert f"\n\n{forms_table()}\n" in (DOCS / "report.md").read_text(encoding="utf-8"), (
        "docs/report.md has not the table that this writes:"
        " python -c 'from pytest_samurai.settings.forms import forms_table; print(forms_table())'"
    )


def test_the_help_of_option_and_command_has_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert OPTIONS["report"].meaning == (
        "a report to write: `json:PATH`, `md:PATH`, `html:PATH`, `github`, `benchmark:PATH`; repeatable"
    )
    with pytest.raises(SystemExit):
        commands.main(["report", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "json:PATH, md:PATH, html:PATH, github or benchmark:PATH; repeatable (default: a summary to read here)" in said
    )

"""Reports as exact text, in tests/golden. To write those again: python -m tests.report.test_render"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai.bill import PriceList
from pytest_samurai.report.forms import RENDER
from pytest_samurai.report.forms.markdown import MARK
from pytest_samurai.report.library import Library
from pytest_samurai.report.run import Run
from pytest_samurai.settings.forms import FORMS
from pytest_samurai.wire.usage import COUNTS
from tests.report.test_run import RUN, VALIDATOR

GOLDEN = Path(__file__).parents[1] / "golden"


def annotation_lines(run: Run) -> str:
    return "".join(f"{line}\n" for line in RENDER["github"](run).lines)


NO_LIBRARY = Library(Path("nowhere"), RUN.spoken, frozenset(), PriceList())
"""A run without any cassette."""

TEXTS: dict[str, Callable[[Run], str]] = {
    "report.json": lambda run: RENDER["json"](run).content,
    "report.md": lambda run: RENDER["md"](run).content,
    "report.html": lambda run: RENDER["html"](replace(run, library=NO_LIBRARY)).content,
    "report.github.txt": annotation_lines,
    "report.benchmark.json": lambda run: RENDER["benchmark"](run).content,
}


def test_each_form_that_can_be_asked_for_has_a_function() -> None:
    assert list(RENDER) == list(FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_the_user_names_the_file_of_a_form_or_the_environment_does(form: str) -> None:
    output = RENDER[form](RUN)
    assert output.content.endswith("\n")
    assert FORMS[form].takes_path == (output.variable == "")


@pytest.mark.parametrize("name", TEXTS)
def test_a_report_is_this_text(name: str) -> None:
    assert TEXTS[name](RUN) == GOLDEN.joinpath(name).read_bytes().decode(), (
        "python -m tests.report.test_render writes it anew"
    )


def test_a_run_of_nothing_has_a_report_too() -> None:
    nothing = Run("0.1.0", "2026-11-24T13:00:00Z", "none")
    texts = {form: render(nothing).content for form, render in RENDER.items()}
    assert json.loads(texts["json"]) == {
        "report": 1,
        "version": "0.1.0",
        "began": "2026-11-24T13:00:00Z",
        "mode": "none",
        "totals": {
            **dict.fromkeys(("tests", "replayed", "recorded", "live"), 0),
            "usage": {**dict.fromkeys(COUNTS, 0), "estimated": False},
            **dict.fromkeys(("cost", "list_cost", "saved"), "0"),
            "seconds": 0,
            **dict.fromkeys(("unknown_usage", "unknown_cost", "unknown_saved", "estimated", "without_calls"), 0),
        },
        **{name: [] for name in ("tests", "fixtures", "failures", "notes", "causes")},
        "unmarked": {},
        "conversations": [],
    }
    assert (
        texts["md"]
        == texts["github"]
        == (
            f"{MARK}\n### samurai: 0 tests\n\ncalls: 0 replayed, 0 tokens, $0.00\n\n"
            "<sub>pytest-samurai 0.1.0, mode none, 2026-11-24T13:00:00Z</sub>\n"
        )
    )
    assert texts["html"].partition("<body>\n")[2] == (
        "<header>\n<h1>samurai: 0 tests</h1>\n<p>calls: 0 replayed, 0 tokens, $0.00</p>\n</header>\n"
        "<main>\n</main>\n"
        "<footer>pytest-samurai 0.1.0, mode none, 2026-11-24T13:00:00Z</footer>\n</body>\n</html>\n"
    )
    assert RENDER["github"](nothing).lines == ()
    assert json.loads(texts["benchmark"]) == [
        {"name": "total: tokens", "unit": "tokens", "value": 0},
        {"name": "total: cost", "unit": "US dollars", "value": 0.0},
    ]


def test_the_json_is_as_its_schema_says() -> None:
    VALIDATOR.validate(json.loads(GOLDEN.joinpath("report.json").read_text(encoding="utf-8")))


if __name__ == "__main__":
    for name, text in TEXTS.items():
        GOLDEN.joinpath(name).write_bytes(text(RUN).encode())

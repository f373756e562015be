"""Reports as exact text, in tests/golden; to write those anew: python -m tests.report.test_forms"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_samurai.report.forms.as_json import as_json
from pytest_samurai.report.forms.benchmark import benchmark
from pytest_samurai.report.forms.github import github_annotations
from pytest_samurai.report.forms.markdown import MARK, markdown
from pytest_samurai.report.forms.page import page
from pytest_samurai.report.run import Run
from tests.report.test_run import RUN, VALIDATOR

GOLDEN = Path(__file__).parents[1] / "golden"


def annotation_lines(run: Run) -> str:
    return "".join(f"{line}\n" for line in github_annotations(run))


FORMATS: dict[str, Callable[[Run], str]] = {
    "report.json": as_json,
    "report.md": markdown,
    "report.html": page,
    "report.github.txt": annotation_lines,
    "report.benchmark.json": benchmark,
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_is_this_text(name: str) -> None:
    assert FORMATS[name](RUN) == GOLDEN.joinpath(name).read_bytes().decode(), (
        "python -m tests.report.test_forms writes it anew"
    )


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_of_nothing_has_a_report_too(name: str) -> None:
    empty = Run("0.1.0", "2026-11-24T13:00:00Z", "none")
    written = FORMATS[name](empty)
    assert (
        written
        == {
            "report.json": as_json(empty),
            "report.md": f"{MARK}\n### samurai: 0 tests\n\ncalls: 0 replayed, 0 tokens, $0.00\n\n"
            "<sub>pytest-samurai 0.1.0, mode none, 2026-11-24T13:00:00Z</sub>\n",
            "report.html": page(empty),
            "report.github.txt": "",
            "report.benchmark.json": benchmark(empty),
        }[name]
    )


def test_the_json_is_as_its_schema_says() -> None:
    VALIDATOR.validate(json.loads(GOLDEN.joinpath("report.json").read_text(encoding="utf-8")))


if __name__ == "__main__":
    for name, write in FORMATS.items():
        GOLDEN.joinpath(name).write_bytes(write(RUN).encode())

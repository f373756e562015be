"""Reports as exact text, in tests/golden; to write those anew: python -m tests.test_formats"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pytest_samurai.formats import MARK, as_json, benchmark, github_annotations, markdown, page
from pytest_samurai.run import Failure, Run, TestRun
from pytest_samurai.usage import COUNTS
from tests.test_run import RUN, VALIDATOR, figures

GOLDEN = Path(__file__).with_name("golden")


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
        "python -m tests.test_formats writes it anew"
    )


NOTHING = Run("0.1.0", "2026-11-24T13:00:00Z", "none")


def test_a_run_of_nothing_has_a_report_too() -> None:
    assert json.loads(as_json(NOTHING)) == {
        "report": 1,
        "version": "0.1.0",
        "began": "2026-11-24T13:00:00Z",
        "mode": "none",
        "totals": {
            **dict.fromkeys(("tests", "replayed", "recorded", "live"), 0),
            "usage": {**dict.fromkeys(COUNTS, 0), "estimated": False},
            **dict.fromkeys(("cost", "list_cost", "saved"), "0"),
            "seconds": 0,
            **dict.fromkeys(("unknown_usage", "unknown_cost", "unknown_saved", "estimated"), 0),
        },
        **{name: [] for name in ("tests", "fixtures", "failures", "notes")},
        "unmarked": {},
    }
    assert markdown(NOTHING) == (
        f"{MARK}\n### samurai: 0 tests\n\ncalls: 0 replayed, 0 tokens, $0.00\n\n"
        "<sub>pytest-samurai 0.1.0, mode none, 2026-11-24T13:00:00Z</sub>\n"
    )
    assert re.sub(r"<style>.*</style>\n", "", page(NOTHING), flags=re.DOTALL) == (
        '<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        "<title>samurai: 0 tests</title>\n<h1>samurai: 0 tests</h1>\n"
        "<p>calls: 0 replayed, 0 tokens, $0.00</p>\n"
        "<footer>pytest-samurai 0.1.0, mode none, 2026-11-24T13:00:00Z</footer>\n</html>\n"
    )
    assert github_annotations(NOTHING) == []
    assert json.loads(benchmark(NOTHING)) == [
        {"name": "total: tokens", "unit": "tokens", "value": 0},
        {"name": "total: cost", "unit": "US dollars", "value": 0.0},
    ]


def test_the_json_is_as_its_schema_says() -> None:
    VALIDATOR.validate(json.loads(GOLDEN.joinpath("report.json").read_text(encoding="utf-8")))


def test_the_page_needs_nothing_else_and_each_of_its_tags_is_closed() -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.links: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.links += [value or "" for name, value in attrs if name in ("src", "href")]
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    tags = Tags()
    tags.feed(page(RUN))
    assert (tags.open, tags.links) == ([], [])


def test_of_many_tests_and_failures_a_comment_has_the_first_and_stays_short_enough() -> None:
    tests = tuple(
        TestRun(figures(f"tests/test_{'x' * 80}.py::test_{number}"), "passed", "t.py", 1) for number in range(150)
    )
    failures = tuple(Failure(f"t.py::test_{number}", "E", "line of a text\n" * 50, "t.py", 1) for number in range(25))
    comment = markdown(replace(RUN, tests=tests, failures=failures))
    assert len(comment) < 65_536
    assert "What each test used, the most expensive first" in comment
    assert comment.count("| passed |") == 100 - 1
    assert "\n\n... and 51 more\n\n</details>" in comment
    assert "\n\n... and 15 failures more\n\n" in comment
    assert comment.count("\n... 30 lines more\n```\n") == 10


def test_a_line_as_long_as_a_prompt_is_cut() -> None:
    comment = markdown(replace(RUN, failures=(Failure("t", "E", "x" * 100_000, "t.py", 1),)))
    assert f"\n{'x' * 160}...\n" in comment
    assert len(comment) < 5_000


def test_a_comment_of_long_names_says_how_much_of_each_list_it_leaves_out() -> None:
    wide = "|`" * 1_000
    grown = dict.fromkeys(("test", "metric", "old", "new", "growth", "why"), wide)
    tests = tuple(
        TestRun(figures(f"t.py::test_{wide}{number}"), "passed", "t.py", 1, (grown,)) for number in range(150)
    )
    run = replace(
        RUN,
        tests=tests,
        failures=tuple(Failure(wide, "E", f"{wide}\n" * 50, "t.py", 1) for _ in range(25)),
        notes=(wide,) * 150,
        unmarked={f"{number}{wide}": 1 for number in range(150)},
    )
    comment = markdown(run)
    assert 50_000 < len(comment) < 65_536
    left_out = [int(count) for count in re.findall(r"\n\n\.\.\. and (\d+) more\n", comment)]
    assert len(left_out) == 4
    assert all(0 < count < 151 for count in left_out)
    assert comment.count("`: 1\n") == 150 - left_out[1]
    assert comment.endswith("</sub>\n")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a", "`a`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("a\nb  c", "`a b c`"),
        ("```", "```` ``` ````"),
        ("<b>", "`<b>`"),
    ],
)
def test_what_comes_from_a_test_stands_in_code_whatever_it_holds(text: str, code: str) -> None:
    assert f"- {code}\n" in markdown(replace(RUN, notes=(text,)))


# --- GitHub


def test_files_are_named_from_the_top_of_the_repository() -> None:
    one = replace(RUN, failures=(Failure("t", "E", "text", "tests/t.py", 3),), tests=())
    assert github_annotations(one, "services/a") == ["::error file=services/a/tests/t.py,line=3,title=E::t%0Atext"]
    up = replace(one, failures=(Failure("t", "E", "text", "../t.py", 3),))
    assert github_annotations(up, "services/a") == ["::error file=services/t.py,line=3,title=E::t%0Atext"]


def test_a_regression_of_a_test_that_failed_by_it_is_said_once() -> None:
    grown = RUN.tests[1]
    failure = Failure(grown.figures.test, "UsageRegression", "grown", grown.file, grown.line)
    assert len(github_annotations(replace(RUN, failures=(failure,)))) == 1
    assert len(github_annotations(replace(RUN, failures=()))) == 1


# --- benchmark


def test_what_is_unknown_is_left_out_of_the_benchmark_and_so_is_its_sum() -> None:
    names = [entry["name"] for entry in json.loads(benchmark(RUN))]
    assert not any(name.startswith("total:") for name in names)
    assert not any("test_cut" in name for name in names)
    assert "tests/test_geo.py::test_new_model: tokens" in names
    assert "tests/test_geo.py::test_new_model: cost" not in names
    known = [entry["name"] for entry in json.loads(benchmark(replace(RUN, tests=RUN.tests[:1], fixtures=())))]
    assert known[:2] == ["total: tokens", "total: cost"]


if __name__ == "__main__":
    for name, write in FORMATS.items():
        GOLDEN.joinpath(name).write_bytes(write(RUN).encode())

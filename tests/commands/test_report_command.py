from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai.commands import cli
from pytest_samurai.report.forms.as_json import render
from pytest_samurai.report.run import read_run
from tests.report.test_run import RUN

GOLDEN = Path(__file__).parents[1] / "golden"


def test_reports_of_shards_are_made_into_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shards = (
        replace(RUN, tests=RUN.tests[:2], unmarked={}),
        replace(RUN, tests=RUN.tests[2:], fixtures=(), failures=(), growth=None, spoken=()),
    )
    for number, shard in enumerate(shards):
        Path(f"{number}.json").write_text(render(shard).content, encoding="utf-8")
    targets = ["--to=md:r.md", "--to", "html:r.html", "--to=benchmark:b.json", "--to=json:all.json"]
    assert cli.main(["report", "0.json", "1.json", *targets]) == 0
    for name, golden in {"r.md": "report.md", "r.html": "report.html", "b.json": "report.benchmark.json"}.items():
        assert Path(name).read_bytes() == (GOLDEN / golden).read_bytes()
    assert read_run(Path("all.json").read_bytes(), "all.json") == RUN


def test_annotations_of_a_report_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert cli.main(["report", str(GOLDEN / "report.json"), "--to=github"]) == 0
    assert capsys.readouterr().out == (GOLDEN / "report.github.txt").read_bytes().decode().replace("\r\n", "\n")


def test_a_report_without_a_form_is_the_summary_that_pytest_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", str(GOLDEN / "report.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("samurai: 5 tests, calls: 8 replayed, 1 recorded, 1 live, 1,913 tokens ")
    assert lines[1 + 5 :] == [
        "samurai: 1 test missed a recording: messages[0], one sentence added."
        " 1 test used more than the lock has: more prompt tokens."
        " The run: 454 -> 619 tokens (+36%), $0.0000997 -> $0.000133 (+33%).",
        "    + Answer in one word.",
        "    tests/a,b:c.py::test_miss",
        "    tests/test_geo.py::test_grown: prompt 392 -> 557 tokens (+42%)",
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["gone.json"], "gone.json: cannot be read: No such file or directory"),
        (["bad.json"], "bad.json: not a JSON report of pytest-samurai: `report` is missing"),
        (["bad.json", "--to=xml:a"], "it is 'xml:a'; it must be one of json:PATH, md:PATH, html:PATH, github, "),
    ],
)
def test_what_is_no_report_is_an_error_that_names_it(
    arguments: list[str],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.json").write_text("{}")
    with pytest.raises(SystemExit, match="2"):
        cli.main(["report", *arguments])
    assert reason in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", str(GOLDEN / "report.json"), f"--to=md:{tmp_path}"]) == 1
    assert capsys.readouterr().out == f"the report {tmp_path} cannot be written: Is a directory\n"

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai import cli
from pytest_samurai.formats import as_json
from pytest_samurai.run import read
from pytest_samurai.server import ChatServer
from tests.test_run import RUN


def test_the_demo_records_stops_the_server_and_replays(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("SAMURAI_MODE", "live")
    assert cli.main(["demo"]) == 0
    out = capfd.readouterr().out
    first, cassette, second = out.split("\n---")[1:]
    assert "samurai: 3 tests, calls: 0 replayed, 4 recorded, 84 tokens" in first
    assert '{"role":"user","content":"What is the capital of France?"}' in cassette
    assert "samurai: 3 tests, calls: 4 replayed, 84 tokens" in second
    assert first.count("max_total_tokens is 40, used 55 (+15)") == 1
    assert second.count("max_total_tokens is 40, used 55 (+15)") == 1
    assert second.rstrip().endswith("it has a budget of 40 tokens, and spends more, live and in replay.")


def test_the_demo_is_in_colour_on_a_terminal(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, no_foreign_plugins: None
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    cli.main(["demo"])
    assert "\x1b[31m" in capfd.readouterr().out


def test_the_demo_says_so_when_it_goes_wrong(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, no_foreign_plugins: None
) -> None:
    monkeypatch.setattr(ChatServer, "requests", 5)
    assert cli.main(["demo"]) == 1
    assert "This did not go as it should have" in capfd.readouterr().out


def test_without_a_command_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main([])
    assert "COMMAND" in capsys.readouterr().err


# --- report

GOLDEN = Path(__file__).with_name("golden")


def test_reports_of_shards_are_made_into_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shards = (
        replace(RUN, tests=RUN.tests[:2], unmarked={}),
        replace(RUN, tests=RUN.tests[2:], fixtures=(), failures=()),
    )
    for number, shard in enumerate(shards):
        Path(f"{number}.json").write_text(as_json(shard), encoding="utf-8")
    targets = ["--to=md:r.md", "--to", "html:r.html", "--to=benchmark:b.json", "--to=json:all.json"]
    assert cli.main(["report", "0.json", "1.json", *targets]) == 0
    for name, golden in {"r.md": "report.md", "r.html": "report.html", "b.json": "report.benchmark.json"}.items():
        assert Path(name).read_bytes() == (GOLDEN / golden).read_bytes()
    assert read(Path("all.json").read_bytes(), "all.json") == RUN


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
    assert len(lines) == 1 + 5 + 1
    assert lines[-1] == "samurai: tests/test_geo.py::test_grown: total_tokens 412 -> 577 (+165, +40%): prompt"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["gone.json"], "gone.json: cannot be read: No such file or directory"),
        (["bad.json"], "bad.json: not a JSON report of pytest-samurai: `report` is missing"),
        (["bad.json", "--to=xml:a"], "it is 'xml:a', and has to be one of json:PATH, md:PATH, html:PATH, github, "),
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

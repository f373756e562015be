"""Each finding of `check` has a documented code, which can be left out and appears in the JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai.commands import cli
from pytest_samurai.commands.findings import CODES, VARYING
from pytest_samurai.matching import VOLATILE
from pytest_samurai.wire import Interaction
from tests.commands.test_check import GITHUB, KEY, OURS, interaction, project, run, write

__all__ = ["project"]  # a fixture

UUID = "123e4567-e89b-42d3-a456-426614174000"
PAGE = Path(__file__).parents[2] / "docs" / "check.md"


def test_the_page_has_each_code_with_what_it_stands_for_and_what_to_do() -> None:
    rows = [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| SAM")
    ]
    assert {code: what.removesuffix(" (advice)") for code, what, _ in rows} == {
        code: kind.what for code, kind in CODES.items()
    }
    assert {code for code, what, _ in rows if what.endswith(" (advice)")} == {
        code for code, kind in CODES.items() if kind.advice
    }
    assert all(advice for _, _, advice in rows)


def test_what_varies_has_an_entry_of_normalize_that_there_is() -> None:
    assert {*VARYING, "hex"} == {*VOLATILE}


def test_what_was_edited_imported_or_has_no_seal_is_told_once_a_run_and_fails_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = interaction(recorded_at="2026-01-02T03:04:05.000000Z")
    write(replace(kept, edited=True), replace(kept, imported=True), replace(kept, edited=True, imported=True), kept)
    path = write(kept, kept, path="cassettes/second.yaml")
    path.write_text(re.sub("seal: .*", "seal: none", path.read_text(), count=1))
    lines = Path(OURS).read_text().splitlines()
    second = [number for number, line in enumerate(lines, 1) if line == "- request:"][1]
    assert run(capsys) == (
        0,
        [
            f"{OURS}:3: SAM401 advice: edited by hand, and 1 more of these: `pytest-samurai ls` has them",
            f"{OURS}:{second}: SAM402 advice: imported from another tool, and 1 more of these:"
            " `pytest-samurai ls` has them",
            "cassettes/second.yaml:3: SAM403 advice: without a seal, so nobody can tell whether it was changed",
            "2 cassettes, 6 interactions: 0 findings",
        ],
    )
    assert run(capsys, "-q") == (0, [])


def with_usage(**usage: int) -> Interaction:
    return interaction(reply=json.dumps({"usage": usage}).encode())


def test_a_usage_that_cannot_be_fails(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        with_usage(prompt_tokens=10, completion_tokens=5, total_tokens=15, cached_tokens=11),
        with_usage(prompt_tokens=10, completion_tokens=5, total_tokens=14),
    )
    assert [re.sub(r":\d+:", ":", line) for line in run(capsys, "-q")[1]] == [
        f"{OURS}: SAM301 11 cached tokens, but the prompt has 10 tokens",
        f"{OURS}: SAM302 10 + 5 tokens, but the total is 14",
    ]


def test_json_has_each_finding_with_its_test_and_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        interaction(f"{KEY} {UUID}"),
        replace(interaction(), edited=True),
        replace(interaction(), edited=True),
        path="cassettes/test_a/test_x.yaml",
    )
    write(interaction(GITHUB), path="cassettes/shared/x.yaml")
    Path("cassettes/bad.yaml").write_text("")
    status, lines = run(capsys, "--json")
    report = json.loads("\n".join(lines))
    assert status == 1
    assert {name: report[name] for name in report if name != "findings"} == {
        "cassettes": 3,
        "journals": 0,
        "interactions": 4,
        "fixed": [],
        "setting": None,
        "not_fixed": [],
    }
    assert [(each["file"], each["test"], each["code"], each["advice"]) for each in report["findings"]] == [
        ("cassettes/bad.yaml", None, "SAM201", False),
        ("cassettes/shared/x.yaml", None, "SAM102", False),
        ("cassettes/test_a/test_x.yaml", "test_a.py::test_x", "SAM102", False),
        ("cassettes/test_a/test_x.yaml", "test_a.py::test_x", "SAM501", True),
        # Nothing is shown just once for all.
        ("cassettes/test_a/test_x.yaml", "test_a.py::test_x", "SAM401", True),
        ("cassettes/test_a/test_x.yaml", "test_a.py::test_x", "SAM401", True),
    ]
    first = report["findings"][0]
    assert (first["line"], first["text"]) == (1, "the file is empty; restore it, or delete it to record again")


def test_a_code_or_a_group_of_codes_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    write(replace(interaction(f"{KEY} {UUID} /tmp/x"), edited=True))
    assert run(capsys, "--ignore", "sam5", "--ignore=SAM401")[1] == [
        f"{OURS}:3: SAM102 a key (sk-...) in the request body",
        "1 cassette, 1 interaction: 1 finding",
    ]
    assert run(capsys, "--ignore=SAM") == (0, ["1 cassette, 1 interaction: 0 findings"])
    with pytest.raises(SystemExit, match="2"):
        cli.main(["check", "--ignore", "SAM9"])
    assert "argument --ignore: it is 'SAM9'; it must be one of SAM101, SAM102" in capsys.readouterr().err


def test_what_the_ini_file_normalizes_is_no_advice(capsys: pytest.CaptureFixture[str]) -> None:
    write(interaction(f"{UUID} /tmp/x"))
    Path("pytest.ini").write_text("[pytest]\nsamurai_normalize = uuid\n")
    _, lines = run(capsys)
    assert [line.split()[1] for line in lines[:-1]] == ["SAM503"]

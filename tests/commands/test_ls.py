"""`ls` has a line for each cassette."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_samurai.commands import cli
from pytest_samurai.commands.listing import age
from tests.chats import chat, saved, streamed
from tests.project import Project

NOW = datetime(2026, 2, 1, 9, 14, tzinfo=UTC)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pytest_samurai.commands.cli.ls.now", lambda: NOW)
    return tmp_path


def listed(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> list[str]:
    capsys.readouterr()
    assert cli.main(["ls", *arguments]) == status
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


def three(here: Path) -> None:
    old = replace(chat("x"), recorded_at="2026-01-01T00:00:00.000000Z")
    saved(here / "cassettes/tests/test_geo/test_a.yaml", chat("x"), chat("y"))
    saved(here / "cassettes/tests/test_geo/test_b.yaml", old)
    saved(here / "cassettes/named.yaml", streamed("x", ["a"]))


def test_a_line_has_test_calls_models_tokens_cost_and_age(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    three(here)
    assert listed(capsys) == [
        "test                                 calls  models  tokens        cost      age  origin    orphaned",
        "cassettes/named.yaml (test unknown)      1  m-1          ?           ?   2 days  recorded  unknown",
        "tests/test_geo.py::test_a                2  m-1         30  $0.0000400   2 days  recorded  unknown",
        "tests/test_geo.py::test_b                1  m-1         15  $0.0000200  31 days  recorded  unknown",
        "3 cassettes, 4 calls, 45 tokens (unknown in 1 cassette), $0.0000600 (unknown in 1 cassette)",
    ]


def test_without_a_full_run_the_ini_file_says_where_cassettes_are(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "pytest.ini").write_text("[pytest]\nsamurai_cassette_dir = tests/tapes\n")
    saved(here / "tests/tapes/tests/test_geo/test_a.yaml", chat("x"))
    saved(here / "cassettes/tests/test_geo/test_b.yaml", chat("x"))
    assert [line.split()[0] for line in listed(capsys)[1:-1]] == ["tests/test_geo.py::test_a"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["named", "a", "b"]),
        ("cost", ["a", "b", "named"]),
        ("tokens", ["a", "b", "named"]),
        ("age", ["b", "a"]),
    ],
)
def test_it_is_sorted_as_is_asked_for_and_what_is_unknown_comes_last(
    here: Path, capsys: pytest.CaptureFixture[str], sort: str, order: list[str]
) -> None:
    three(here)
    if sort == "age":
        undated = replace(chat("x"), recorded_at=None)
        saved(here / "cassettes/named.yaml", undated)
        order = [*order, "named"]
    names = [Path(entry["cassette"]).stem for entry in json.loads("\n".join(listed(capsys, "--sort", sort, "--json")))]
    assert [name.removeprefix("test_") for name in names] == order


def test_json_has_the_same_for_programs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    three(here)
    [entry] = json.loads("\n".join(listed(capsys, "cassettes/tests/test_geo/test_a.yaml", "--json")))
    assert entry == {
        "cassette": "cassettes/tests/test_geo/test_a.yaml",
        "tests": ["tests/test_geo.py::test_a"],
        "calls": 2,
        "models": ["m-1"],
        "tokens": 30,
        "cost": "0.00004",
        "recorded_at": "2026-01-30T09:14:00+00:00",
        "edited": 0,
        "imported": 0,
        "unsealed": 0,
        "orphaned": None,
        "damage": None,
    }


def test_paths_choose_what_is_listed_from_any_directory(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    three(here)
    (here / "tests").mkdir()
    monkeypatch.chdir(here / "tests")
    assert listed(capsys)[1].startswith("../cassettes/named.yaml (test unknown) ")
    assert listed(capsys, "../cassettes/tests")[-1] == "2 cassettes, 3 calls, 45 tokens, $0.0000600"
    with pytest.raises(SystemExit, match="2"):
        cli.main(["ls", "nope"])
    assert "nope: no such file or directory" in capsys.readouterr().err


def test_what_cannot_be_read_and_what_was_edited_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(here / "cassettes/test_a/test_x.yaml", chat("x"))
    path.write_text(path.read_text().replace("Paris.", "Rome."))
    (here / "cassettes/test_b.yaml").write_text("")
    assert listed(capsys, status=1) == [
        "test                                  calls  models  tokens        cost     age  origin  orphaned",
        "cassettes/test_b.yaml (test unknown)      ?  ?            ?           ?       ?  ?       unknown",
        "test_a.py::test_x                         1  m-1         15  $0.0000200  2 days  edited  unknown",
        "cassettes/test_b.yaml:1: the file is empty; restore it, or delete it to record again",
        "2 cassettes, 1 call, 15 tokens (unknown in 1 cassette), $0.0000200 (unknown in 1 cassette); 1 edited by hand",
    ]
    [damaged, edited] = json.loads("\n".join(listed(capsys, "--json", status=1)))
    assert [damaged[name] for name in ("edited", "imported", "unsealed")] == [None] * 3
    assert [edited[name] for name in ("edited", "imported", "unsealed")] == [1, 0, 0]


def test_what_was_imported_or_has_no_seal_is_said_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = replace(chat("x"), imported=True)
    saved(here / "cassettes/test_a/test_x.yaml", both, replace(both, edited=True))
    path = saved(here / "cassettes/test_b/test_x.yaml", chat("x"), both)
    path.write_text(re.sub("seal: .*", "seal: none", path.read_text(), count=1))
    assert [re.split("  +", line)[6] for line in listed(capsys)[1:-1]] == ["edited, imported", "imported, no seal"]
    assert listed(capsys)[-1].endswith("; 1 edited by hand, 3 imported, 1 without a seal")


def test_why_something_is_unknown_of_all_of_them_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved(here / "cassettes/named.yaml", chat("x"))
    (here / "samurai.lock").write_text("nonsense: [")
    note = here / ".pytest_cache/v/samurai/full_run"
    note.parent.mkdir(parents=True)
    note.write_text("{}")
    [run, lock] = listed(capsys)[2:-1]
    assert run.startswith(f"cannot tell what is orphaned: {note} was written by another version: run all tests")
    assert lock.startswith(f"the lock cannot tell which test a cassette belongs to: {here}/samurai.lock")


def test_without_cassettes_there_is_only_the_sum(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys) == ["0 cassettes, 0 calls, 0 tokens, $0.00"]
    assert listed(capsys, "--json") == ["[]"]


TESTS = """
@pytest.mark.samurai
def test_kept(samurai_client): ask(samurai_client, "kept")

@pytest.mark.samurai("shared")
@pytest.mark.parametrize("word", ["one", "two"])
def test_shared(samurai_client, word): ask(samurai_client, word)

@pytest.fixture(scope="module")
def city():
    import os
    headers = {"Authorization": "Bearer " + os.environ.get("SAMURAI_API_KEY", "none")}
    httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body("city"), headers=headers)

@pytest.mark.samurai
def test_city(samurai_client, city): ask(samurai_client, "mine")
"""
GONE = """
@pytest.mark.samurai
def test_gone(samurai_client): ask(samurai_client, "gone")
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_after_a_full_run_it_is_known_what_is_orphaned_and_whose_what_is(
    project: Project, capsys: pytest.CaptureFixture[str], workers: tuple[str, ...]
) -> None:
    project.tests(TESTS + GONE)
    project.pytester.runpytest_inprocess(*workers).assert_outcomes(passed=5)
    project.tests(TESTS)
    project.pytester.runpytest_inprocess(*workers).assert_outcomes(passed=4)
    saved(project.pytester.path / "cassettes/test_new/test_x.yaml", chat("x"))
    lines = listed(capsys)
    assert [(line.split("  ")[0], line.split()[-1]) for line in lines[1:-1]] == [
        ("cassettes/shared.yaml (2 tests)", "no"),
        ("module fixture city", "no"),
        ("test_it.py::test_city", "no"),
        ("test_it.py::test_gone", "yes"),
        ("test_it.py::test_kept", "no"),
        ("test_new.py::test_x", "unknown"),
    ]
    [shared] = json.loads("\n".join(listed(capsys, "cassettes/shared.yaml", "--json")))
    assert shared["tests"] == ["test_it.py::test_shared[one]", "test_it.py::test_shared[two]"]


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=-5), "0 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(minutes=61), "1 hour"),
        (timedelta(hours=23), "23 hours"),
        (timedelta(hours=24), "1 day"),
        (timedelta(days=400), "400 days"),
    ],
)
def test_an_age_is_in_the_largest_unit_that_fits(passed: timedelta, text: str) -> None:
    assert age(NOW, NOW - passed) == text

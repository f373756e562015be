"""`mv` gives the recordings of renamed tests their new names, and loses nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai.bill import Lock, fixture_key, load_lock, update_lock
from pytest_samurai.bill.lock import Spent
from pytest_samurai.cassette import Journal, load, own_names
from pytest_samurai.cassette.journal import left_behind
from pytest_samurai.commands import cli
from pytest_samurai.commands.tests import Suite
from pytest_samurai.files import claimed
from pytest_samurai.wire import Usage
from tests.chats import chat, foreign, saved
from tests.project import Project

ROW = {"m-1": Spent(1, Usage(1, 10, 5, 15))}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def moved(capsys: pytest.CaptureFixture[str], old: str, new: str) -> list[str]:
    capsys.readouterr()
    assert cli.main(["mv", old, new]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


def refused(capsys: pytest.CaptureFixture[str], old: str, new: str) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit, match="2"):
        cli.main(["mv", old, new])
    out, err = capsys.readouterr()
    assert out == ""
    return err.partition("error: ")[2]


def recorded(here: Path, *tests: str) -> None:
    """The cassettes of tests, each with its own call."""
    for test in tests:
        name = Suite(here).owners.named(test)
        assert name is not None
        saved(here / name, chat(test))


def locked(here: Path, *rows: str, by_hand: frozenset[tuple[str, str]] = frozenset()) -> None:
    update_lock(here / "samurai.lock", lambda _: Lock(dict.fromkeys(rows, ROW), {}, by_hand))


def files(here: Path) -> list[str]:
    return sorted(path.relative_to(here / "cassettes").as_posix() for path in here.rglob("cassettes/**/*.*"))


def rows(here: Path) -> list[str]:
    lock = load_lock(here / "samurai.lock")
    assert lock is not None
    return [*lock.tests]


# --- what moves


def test_a_test_moves_with_all_its_parameters_and_its_rows(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(here, "t.py::test_a[x]", "t.py::test_a[B/c]", "t.py::test_ab", "t.py::TestX::test_a")
    locked(here, "t.py::test_a[x]", "t.py::test_a[B/c]", "t.py::test_ab")
    odd = Suite(here).owners.named("t.py::test_b[B/c]")
    lines = moved(capsys, "t.py::test_a", "t.py::test_b")
    assert [line for line in lines if "~" not in line] == [
        "cassettes/t/test_a[x].yaml -> cassettes/t/test_b[x].yaml",
        "samurai.lock: t.py::test_a[B/c] -> t.py::test_b[B/c]",
        "samurai.lock: t.py::test_a[x] -> t.py::test_b[x]",
        "moved 2 cassettes and 2 rows of samurai.lock",
    ]
    assert (here / str(odd)).exists()
    assert rows(here) == ["t.py::test_ab", "t.py::test_b[B/c]", "t.py::test_b[x]"]
    assert [
        interaction.request.body.count(b"t.py::test_a[x]") for interaction in load(here / "cassettes/t/test_b[x].yaml")
    ] == [1]


def test_a_test_with_its_parameters_moves_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(here, "t.py::test_a[x]", "t.py::test_a[y]")
    assert moved(capsys, "t.py::test_a[x]", "u.py::test_b[z]") == [
        "cassettes/t/test_a[x].yaml -> cassettes/u/test_b[z].yaml",
        "moved 1 cassette",
    ]


def test_a_class_moves_with_its_tests_and_the_fixtures_of_its_scope(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(here, "t.py::TestA::test_x", "t.py::TestA::TestIn::test_y", "t.py::TestAb::test_x")
    for name in ("TestA.city", "TestA.TestIn.lake[1]", "TestA.Odd~0123456789", "TestAb.city", "city"):
        saved(here / f"cassettes/t/fixtures/{name}.yaml", chat(name))
    key = fixture_key("class fixture city", "cassettes/t/fixtures/TestA.city.yaml")
    locked(here, "t.py::TestA::test_x", key)
    saved(here / "cassettes/t/TestA.test_odd~0123456789.yaml", chat("x"))
    assert moved(capsys, "t.py::TestA", "u.py::TestB") == [
        "cassettes/t/TestA.TestIn.test_y.yaml -> cassettes/u/TestB.TestIn.test_y.yaml",
        "cassettes/t/TestA.test_x.yaml -> cassettes/u/TestB.test_x.yaml",
        "cassettes/t/fixtures/TestA.TestIn.lake[1].yaml -> cassettes/u/fixtures/TestB.TestIn.lake[1].yaml",
        "cassettes/t/fixtures/TestA.city.yaml -> cassettes/u/fixtures/TestB.city.yaml",
        f"samurai.lock: {key} -> {key.replace('/t/', '/u/').replace('TestA', 'TestB')}",
        "samurai.lock: t.py::TestA::test_x -> u.py::TestB::test_x",
        "cassettes/t/TestA.test_odd~0123456789.yaml: left alone: its name does not say which test it belongs to; a"
        " full run of the suite does",
        "cassettes/t/fixtures/TestA.Odd~0123456789.yaml: left alone: its name does not say which fixture it belongs to",
        "moved 4 cassettes and 2 rows of samurai.lock",
    ]
    assert rows(here) == [key.replace("/t/", "/u/").replace("TestA", "TestB"), "u.py::TestB::test_x"]


def test_a_file_moves_with_its_fixtures_and_what_has_a_digest_and_its_directory_goes(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(here, "a/t.py::test_a", "a/t.py::test_A[B/c]")
    saved(here / "cassettes/a/t/fixtures/city.yaml", chat("city"))
    # A directory with the same name as the file.
    recorded(here, "a/t/test_u.py::test_a")
    assert moved(capsys, "a/t.py", "b/t2.py")[-1] == "moved 3 cassettes"
    assert sorted(path.rpartition("~")[0] or path for path in files(here)) == [
        "a/t/test_u/test_a.yaml",
        "b/t2/fixtures/city.yaml",
        "b/t2/test_A[B-c]",
        "b/t2/test_a.yaml",
    ]
    assert moved(capsys, "a", "c") == [
        "cassettes/a/t/test_u/test_a.yaml -> cassettes/c/t/test_u/test_a.yaml",
        "moved 1 cassette",
    ]
    assert not (here / "cassettes/a").exists()


def test_names_are_taken_from_here_with_either_slash_and_the_new_file_tells_where_it_is(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(here, "tests/deep/t.py::test_a", "tests/t.py::test_b")
    (here / "tests/deep").mkdir(parents=True)
    (here / "tests/u.py").write_text("")
    monkeypatch.chdir(here / "tests/deep")
    assert moved(capsys, "t.py", "..\\u.py")[0] == "cassettes/tests/deep/t/test_a.yaml -> cassettes/tests/u/test_a.yaml"
    # From the root, as a message gives it.
    assert moved(capsys, "tests/t.py::test_b", "tests/u.py::test_c")[0].endswith(" -> cassettes/tests/u/test_c.yaml")


def test_journals_move_along(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(here, "t.py::test_a")
    journals = [
        Journal(here / f"cassettes/t/{name}.yaml", replacing=name == "test_a") for name in ("test_a", "test_new")
    ]
    for journal in journals:
        journal.add(chat("more"))
        journal.close()
    (here / "cassettes/t/odd.journal").write_text("")
    ends = [journal.path.name.partition(".yaml")[2] for journal in journals]
    assert moved(capsys, "t.py::test_a", "t.py::test_b")[-1] == "moved 1 cassette and 1 journal"
    # If a test's first run died, there is nothing else.
    assert moved(capsys, "t.py::test_new", "t.py::test_newer")[-1] == "moved 1 journal"
    assert files(here) == sorted(
        ["t/odd.journal", "t/test_b.yaml", f"t/test_b.yaml{ends[0]}", f"t/test_newer.yaml{ends[1]}"]
    )


def test_a_row_that_was_changed_by_hand_stays_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(here, "t.py::test_a")
    locked(here, "t.py::test_a", by_hand=frozenset({("tests", "t.py::test_a")}))
    update_lock(
        here / "samurai.lock", lambda lock: Lock(lock.tests if lock else {}, {}, frozenset({("tests", "t.py::test_a")}))
    )
    moved(capsys, "t.py::test_a", "t.py::test_b")
    lock = load_lock(here / "samurai.lock")
    assert lock is not None
    assert {*lock.by_hand} == {("tests", "t.py::test_b")}


SUITE = """
@pytest.mark.samurai
def test_old(samurai_client): ask(samurai_client, "one")

@pytest.mark.samurai("shared")
def test_of_many(samurai_client): ask(samurai_client, "two")

@pytest.mark.samurai(GIVEN)
def test_given(samurai_client): ask(samurai_client, "three")
"""


def test_a_moved_file_replays_and_what_a_marker_names_is_left_alone(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = SUITE.replace("GIVEN", '"test_it/test_named"')
    project.tests(suite)
    project.pytester.runpytest_inprocess("--samurai-update").assert_outcomes(passed=3)
    project.offline()
    (project.pytester.path / "test_it.py").unlink()
    project.tests(suite.replace("test_old", "test_young"), "test_that.py")
    assert moved(capsys, "test_it.py", "test_that.py") == [
        "cassettes/test_it/test_old.yaml -> cassettes/test_that/test_old.yaml",
        "samurai.lock: test_it.py::test_given -> test_that.py::test_given",
        "samurai.lock: test_it.py::test_of_many -> test_that.py::test_of_many",
        "samurai.lock: test_it.py::test_old -> test_that.py::test_old",
        "cassettes/test_it/test_named.yaml: left alone: it has a name that belongs to no test",
        "cassettes/shared.yaml: left alone: test_it.py::test_of_many uses it by a name that is not its own",
        "moved 1 cassette and 3 rows of samurai.lock",
    ]
    moved(capsys, "test_that.py::test_old", "test_that.py::test_young")
    result = project.pytester.runpytest_inprocess("--samurai-mode=none", "-Werror")
    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("*samurai.lock*")
    result.stdout.no_fnmatch_line("*any more*")


def test_without_a_full_run_a_name_that_no_test_has_is_left_alone(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(here, "t.py::test_a")
    saved(here / "cassettes/t/capitals.yaml", chat("x"))
    assert moved(capsys, "t.py", "u.py") == [
        "cassettes/t/test_a.yaml -> cassettes/u/test_a.yaml",
        "cassettes/t/capitals.yaml: left alone: its name belongs to no test",
        "moved 1 cassette",
    ]


# --- what is refused


def test_nothing_is_overwritten_and_then_nothing_moves(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(here, "t.py::test_a", "t.py::test_b", "u.py::test_b")
    locked(here, "t.py::test_a", "u.py::test_a")
    before = files(here)
    assert refused(capsys, "t.py", "u.py") == (
        "nothing was moved, because this already exists:\n"
        "  cassettes/u/test_b.yaml\n"
        "  the row of u.py::test_a in samurai.lock\n"
        "If the test was recorded again under its new name, the old recordings are not needed:"
        " pytest-samurai prune --write\n"
        "To use the old ones instead, delete the new ones and run this again\n"
    )
    assert files(here) == before
    assert rows(here) == ["t.py::test_a", "u.py::test_a"]


def test_a_fixture_that_was_recorded_anew_under_its_new_name_can_be_deleted_so_that_the_old_one_moves(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(here, "t.py::TestA::test_a")
    for name in ("TestA", "TestB"):
        saved(here / f"cassettes/t/fixtures/{name}.guide.yaml", chat("guide"))
    assert refused(capsys, "t.py::TestA", "t.py::TestB").splitlines()[-1] == (
        "To use the old ones instead, delete the new ones and run this again"
    )
    (here / "cassettes/t/fixtures/TestB.guide.yaml").unlink()
    assert moved(capsys, "t.py::TestA", "t.py::TestB")[-1] == "moved 2 cassettes"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "t.py::test_a",
            "u.py",
            "'t.py::test_a' is a test or a class, and 'u.py' is a file; both must be of one kind\n",
        ),
        ("t.py", "u", "'t.py' is a file, and 'u' is a directory; both must be of one kind\n"),
        (
            "t.py::test_a",
            "t.py::test_b[x]",
            "'t.py::test_a' is a test or a class, and 't.py::test_b[x]' is a test with",
        ),
        ("t.py", "./t.py", "'t.py' and './t.py' are the same\n"),
        (
            "t.py::test_nope",
            "t.py::test_b",
            "nothing is known about 't.py::test_nope': neither a cassette below cassettes, nor a row of samurai.lock,"
            " nor"
            " a test of the last full run\n",
        ),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    here: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, reason: str
) -> None:
    recorded(here, "t.py::test_a")
    assert refused(capsys, old, new).startswith(reason)
    assert files(here) == ["t/test_a.yaml"]


def test_a_lock_that_cannot_be_read_stops_it_before_anything_moves(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(here, "t.py::test_a")
    (here / "samurai.lock").write_text("<<<<<<< HEAD\n")
    assert "samurai.lock:1: these are the marks of a merge conflict" in refused(capsys, "t.py", "u.py")
    assert files(here) == ["t/test_a.yaml"]


def test_a_journal_that_a_run_is_writing_stops_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(here, "t.py::test_a")
    journal = Journal(here / "cassettes/t/test_a.yaml", replacing=False)
    journal.add(chat("more"))
    before = files(here)
    assert "another process still holds it" in refused(capsys, "t.py", "u.py")
    assert files(here) == before
    journal.close()
    with claimed(journal.path):
        pass


# --- a crash in between


def test_a_command_that_died_is_run_again(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(here, "t.py::test_a", "t.py::test_b")
    locked(here, "t.py::test_a", "t.py::test_b")
    unlink = Path.unlink

    def dies(path: Path, **more: Any) -> None:
        if path.name == "test_b.yaml":
            raise KeyboardInterrupt
        unlink(path, **more)

    monkeypatch.setattr(Path, "unlink", dies)
    with pytest.raises(KeyboardInterrupt):
        cli.main(["mv", "t.py", "u.py"])
    monkeypatch.undo()
    monkeypatch.chdir(here)
    # It died between giving a file its new name and removing the old one: it has both, and nothing is lost.
    assert files(here) == ["t/test_b.yaml", "u/test_a.yaml", "u/test_b.yaml"]
    assert rows(here) == ["t.py::test_a", "t.py::test_b"]
    assert moved(capsys, "t.py", "u.py")[-1] == "moved 1 cassette and 2 rows of samurai.lock"
    assert files(here) == ["u/test_a.yaml", "u/test_b.yaml"]
    assert rows(here) == ["u.py::test_a", "u.py::test_b"]


def has_no_links(old: Path, new: Path) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_a_file_system_without_links_will_do(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(here, "t.py::test_a")
    monkeypatch.setattr(os, "link", has_no_links)
    assert moved(capsys, "t.py", "u.py")[-1] == "moved 1 cassette"
    assert files(here) == ["u/test_a.yaml"]


@pytest.mark.parametrize("then", [os.link, has_no_links], ids=["with links", "without"])
def test_what_another_process_makes_meanwhile_is_not_overwritten(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    then: Callable[[Path, Path], None],
) -> None:
    def late(old: Path, new: Path) -> None:
        saved(new, chat("of another"))
        then(old, new)

    recorded(here, "t.py::test_a")
    monkeypatch.setattr(os, "link", late)
    error = refused(capsys, "t.py", "u.py")
    assert "cannot be moved to" in error
    assert "what was moved before stays moved, and the same command moves the rest" in error
    assert [load(here / f"cassettes/{name}")[0].request.body.count(b"another") for name in files(here)] == [0, 1]


def test_an_empty_directory_that_went_meanwhile_is_no_error(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(here, "a/t.py::test_a", "a/t.py::test_b")
    assert moved(capsys, "a/t.py", "t.py")[-1] == "moved 2 cassettes"
    assert not (here / "cassettes/a").exists()
    assert moved(capsys, "t.py::test_a", "t.py::test_c")[-1] == "moved 1 cassette"
    assert (here / "cassettes/t").exists()


def test_rows_move_in_the_lock_that_the_ini_file_names(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "pytest.ini").write_text("[pytest]\nsamurai_lock = usage.lock\n")
    recorded(here, "a.py::old")
    update_lock(here / "usage.lock", lambda _: Lock({"a.py::old": ROW}, {}))
    assert moved(capsys, "a.py::old", "a.py::new")[-2:] == [
        "usage.lock: a.py::old -> a.py::new",
        "moved 1 cassette and 1 row of usage.lock",
    ]
    lock = load_lock(here / "usage.lock")
    assert lock is not None
    assert list(lock.tests) == ["a.py::new"]


# --- names from earlier versions, and from other tools


def test_a_cassette_with_a_digest_from_before_moves_to_the_name_of_today(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = own_names(["test_a[Japan]"])[1]
    saved(here / "cassettes/t" / old, chat("x"))
    locked(here, "t.py::test_a[Japan]")
    assert moved(capsys, "t.py::test_a", "t.py::test_b") == [
        f"cassettes/t/{old} -> cassettes/t/test_b[Japan].yaml",
        "samurai.lock: t.py::test_a[Japan] -> t.py::test_b[Japan]",
        "moved 1 cassette and 1 row of samurai.lock",
    ]


def test_a_cassette_that_another_tool_has_beside_the_test_file_stays_beside_it(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign(here / "tests/cassettes/t/TestA.test_a.yaml", chat("x"))
    assert moved(capsys, "tests/t.py::TestA::test_a", "tests/u.py::TestB::test_b") == [
        "tests/cassettes/t/TestA.test_a.yaml -> tests/cassettes/u/TestB.test_b.yaml",
        "moved 1 cassette",
    ]


def test_a_file_moves_with_what_another_tool_has_beside_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(here, "tests/t.py::test_b")
    foreign(here / "tests/cassettes/t/test_a.yaml", chat("x"))
    foreign(here / "tests/cassettes/t/capitals.yaml", chat("x"))
    (here / "tests/cassettes/t/notes.txt").touch()
    assert moved(capsys, "tests/t.py", "tests/u.py") == [
        "cassettes/tests/t/test_b.yaml -> cassettes/tests/u/test_b.yaml",
        "tests/cassettes/t/test_a.yaml -> tests/cassettes/u/test_a.yaml",
        "tests/cassettes/t/capitals.yaml: left alone: its name belongs to no test",
        "moved 2 cassettes",
    ]


def test_the_journal_of_a_name_that_is_as_long_as_can_be_moves_too(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = (f"test_{letter * 245}" for letter in "ab")
    recorded(here, f"t.py::{old}")
    journal = Journal(here / f"cassettes/t/{old}.yaml", replacing=False)
    journal.add(chat("y"))
    journal.close()
    assert moved(capsys, f"t.py::{old}", f"t.py::{new}")[-1] == "moved 1 cassette and 1 journal"
    [left] = left_behind(here / f"cassettes/t/{new}.yaml")
    assert left.interactions == [replace(chat("y"), price=left.interactions[0].price)]

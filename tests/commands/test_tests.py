"""A TEST is an id, from here or from the root, the end of one, or the path of a cassette."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from pytest_samurai.bill import fixture_key, update_lock
from pytest_samurai.bill.lock import Lock
from pytest_samurai.cassette import own_names
from pytest_samurai.commands.tests import Suite, root_of
from pytest_samurai.errors import SettingsError
from pytest_samurai.files import json
from pytest_samurai.report import NOTE, FullRun, Play
from tests.chats import chat, foreign, saved

TEST = "tests/test_geo.py::TestCities::test_capital"
CASSETTE = "cassettes/tests/test_geo/TestCities.test_capital.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (
        CASSETTE,
        "cassettes/tests/test_geo/test_river[a].yaml",
        "cassettes/tests/test_geo/test_river[b].yaml",
        "cassettes/tests/test_lake/test_depth[one].yaml",
        "cassettes/tests/api/test_geo/test_capital.yaml",
        "cassettes/shared.yaml",
        "cassettes/tests/test_geo/fixtures/city.yaml",
    ):
        saved(tmp_path / name, chat("x"))
    (tmp_path / "tests/deep").mkdir(parents=True)
    return tmp_path


def noted(root: Path, *plays: Play, more: Sequence[str] = ()) -> None:
    note = root / ".pytest_cache/v" / NOTE
    note.parent.mkdir(parents=True)
    run = FullRun("2026-01-30T09:14+00:00", "none", ["cassettes", *more], {}, list(plays), [])
    note.write_text(json.dumps(asdict(run)))


def locked(root: Path, *tests: str) -> None:
    update_lock(root / "samurai.lock", lambda _: Lock({test: {} for test in tests}, {}))


def found(root: Path, text: str, here: str = ".") -> tuple[str, str | None]:
    named = Suite(root / here).find(text)
    return named.cassette.as_posix(), named.test


@pytest.mark.parametrize(
    ("here", "text"),
    [
        (".", TEST),
        (".", f"./{TEST}"),
        (".", TEST.replace("/", "\\")),
        ("tests", "test_geo.py::TestCities::test_capital"),
        ("tests", TEST),
        ("tests/deep", "../test_geo.py::TestCities::test_capital"),
        ("tests/deep", "..\\test_geo.py::TestCities::test_capital"),
        ("tests/deep", TEST),
        ("tests/deep", "TestCities::test_capital"),
    ],
)
def test_an_id_is_taken_from_here_and_from_the_root_with_either_slash(root: Path, here: str, text: str) -> None:
    ups = "../" * (0 if here == "." else here.count("/") + 1)
    assert found(root, text, here) == (f"{ups}{CASSETTE}", TEST)


def test_the_end_of_an_id_is_enough_if_it_is_the_only_one(root: Path) -> None:
    assert found(root, "test_depth[one]")[1] == "tests/test_lake.py::test_depth[one]"
    assert found(root, "test_depth")[1] == "tests/test_lake.py::test_depth[one]"
    assert found(root, "api\\test_geo.py::test_capital")[1] == "tests/api/test_geo.py::test_capital"


def test_the_end_of_several_lists_them(root: Path) -> None:
    with pytest.raises(SettingsError) as several:
        found(root, "test_capital")
    assert str(several.value) == (
        f"'test_capital' is the end of 2 tests:\n  {TEST}\n  tests/api/test_geo.py::test_capital".replace(
            f"  {TEST}\n  tests/api/test_geo.py::test_capital",
            f"  tests/api/test_geo.py::test_capital\n  {TEST}",
        )
    )
    with pytest.raises(SettingsError, match=r"'test_river' is the end of 2 tests:\n.*\[a\]\n.*\[b\]$"):
        found(root, "test_river")
    for number in range(20):
        saved(root / f"cassettes/tests/test_many/test_x[{number}].yaml", chat("x"))
    with pytest.raises(SettingsError, match=r"is the end of 20 tests:\n(?:  .*\n){10}  and 10 more$"):
        found(root, "test_x")


def test_a_part_of_a_name_is_no_end(root: Path) -> None:
    with pytest.raises(SettingsError, match="'capital' has no cassette"):
        found(root, "capital")


def test_of_none_it_is_said_what_was_looked_at(root: Path) -> None:
    with pytest.raises(SettingsError) as none:
        found(root, "test_geo.py::test_nope", "tests")
    assert str(none.value) == (
        "'test_geo.py::test_nope' has no cassette, which would be ../cassettes/tests/test_geo/test_nope.yaml. Looked"
        " at: 7 cassettes in ../cassettes, the rows of samurai.lock, and the tests of the last full run. Give the id of"
        " a test, the end of one, or the path of a cassette."
    )


def test_a_path_of_a_cassette_is_taken_from_here_and_tells_its_test_if_it_has_one(root: Path) -> None:
    assert found(root, f"../{CASSETTE}", "tests") == (f"../{CASSETTE}", TEST)
    assert found(root, "cassettes/shared.yaml") == ("cassettes/shared.yaml", None)
    noted(root, Play("cassettes/shared.yaml", 1, [], True, users=["a.py::test_a", "a.py::test_b"]))
    assert found(root, "cassettes/shared.yaml") == ("cassettes/shared.yaml", None)
    with pytest.raises(SettingsError, match="^cassettes/nope.yaml: no such cassette$"):
        found(root, "cassettes/nope.yaml")


def test_the_last_full_run_knows_the_test_of_a_cassette_of_any_name(root: Path) -> None:
    noted(root, Play("cassettes/shared.yaml", 1, [], True, users=["tests/test_geo.py::test_shared[A/B]"]))
    assert found(root, "test_shared") == ("cassettes/shared.yaml", "tests/test_geo.py::test_shared[A/B]")
    assert found(root, "cassettes/shared.yaml")[1] == "tests/test_geo.py::test_shared[A/B]"


def test_a_test_that_has_its_own_cassette_again_since_the_last_full_run_is_found(root: Path) -> None:
    noted(root, Play("cassettes/gone.yaml", 1, [], True, users=[TEST]))
    assert found(root, TEST) == (CASSETTE, TEST)


def test_a_backslash_in_a_parameter_is_its_own(root: Path) -> None:
    test = "tests/test_geo.py::test_odd[a\\b]"
    noted(root, Play("cassettes/shared.yaml", 1, [], True, users=[test]))
    for text in (test, test.replace("/", "\\"), "test_odd[a\\b]"):
        assert found(root, text)[1] == test


def test_a_row_of_the_lock_tells_of_a_test_whose_cassette_does_not_tell_its_name(root: Path) -> None:
    test = "tests/test_geo.py::test_odd[A/B]"
    saved(root / "cassettes/tests/test_geo/test_odd[A-B]~7a3d3f8a1c.yaml", chat("x"))
    locked(root, test)
    with pytest.raises(SettingsError, match=r"has no cassette: there is no cassettes/tests/test_geo/test_odd\[A-B\]~"):
        found(root, "test_odd")
    name = Suite(root).owners.named(test)
    assert name is not None
    saved(root / name, chat("x"))
    assert found(root, "test_odd") == (name, test)


def test_the_row_of_a_fixture_names_its_cassette(root: Path) -> None:
    key = fixture_key("module fixture city", "cassettes/tests/test_geo/fixtures/city.yaml")
    assert found(root, key) == ("cassettes/tests/test_geo/fixtures/city.yaml", key)
    with pytest.raises(SettingsError, match="has no cassette: there is no cassettes/nope.yaml"):
        found(root, fixture_key("module fixture city", "cassettes/nope.yaml"))


def test_a_fixture_that_the_last_full_run_and_the_lock_know_is_the_only_owner_of_its_cassette(root: Path) -> None:
    cassette = "cassettes/tests/test_geo/fixtures/city.yaml"
    key = fixture_key("module fixture city", cassette)
    noted(root, Play(cassette, 1, [], True, "", ["module fixture city"]))
    locked(root, key, fixture_key("module fixture gone", "cassettes/gone.yaml"))
    assert found(root, cassette) == (cassette, key)
    assert Suite(root).owners.of(cassette) == [key]


def test_a_lock_that_cannot_be_read_is_no_reason_not_to_find_a_test(root: Path) -> None:
    (root / "samurai.lock").write_text("<<<<<<< HEAD\n")
    assert found(root, TEST) == (CASSETTE, TEST)


def test_the_root_is_where_the_lock_or_the_note_of_a_full_run_is_or_the_cassettes_or_an_ini_file(
    tmp_path: Path,
) -> None:
    here = tmp_path / "a/b"
    here.mkdir(parents=True)
    (tmp_path / "tox.ini").write_text("")
    assert root_of(here) == tmp_path
    (tmp_path / "a/cassettes").mkdir()
    assert root_of(here) == tmp_path / "a"
    (tmp_path / "samurai.lock").write_text("")
    assert root_of(here) == tmp_path
    noted(here)
    assert root_of(here) == here


# --- names from earlier versions, or from other tools


def test_a_cassette_with_a_digest_from_before_is_found(root: Path) -> None:
    test = "tests/test_geo.py::test_odd[Japan]"
    old = f"cassettes/tests/test_geo/{own_names(['test_odd[Japan]'])[1]}"
    saved(root / old, chat("x"))
    assert found(root, test) == (old, test)
    locked(root, test)
    assert found(root, "test_odd") == (old, test)
    assert found(root, old) == (old, test)


@pytest.mark.parametrize("here", [".", "tests", "tests/deep"])
@pytest.mark.parametrize(
    ("inside", "cassette"),
    [
        ("TestCities::test_x[True]", "test_geo/TestCities.test_x[True].yaml"),
        ("test_x", "test_x.yaml"),
        ("test_x[a/b]", "test_geo/test_x[a-b].yaml"),
    ],
)
def test_the_cassette_of_another_tool_is_found_beside_the_test_file(
    root: Path, here: str, inside: str, cassette: str
) -> None:
    (root / "pytest.ini").write_text("[pytest]\n")
    foreign(root / f"tests/cassettes/{cassette}", chat("x"))
    path = os.path.relpath(root / f"tests/cassettes/{cassette}", root / here)
    test = f"tests/test_geo.py::{inside}"
    for text in (test, test.replace("tests/test_geo", "tests\\test_geo")):
        assert found(root, text, here) == (path, test)


def test_what_may_be_another_tests_and_is_ours_is_not_found(root: Path) -> None:
    saved(root / "cassettes/tests/test_geo/test_x[a-b].yaml", chat("x"))
    with pytest.raises(SettingsError, match=r"has no cassette, which would be \S+test_x\[a-b\]~"):
        found(root, "tests/test_geo.py::test_x[a/b]")


def test_the_path_of_a_cassette_may_have_either_slash(root: Path) -> None:
    assert found(root, CASSETTE.replace("/", "\\")) == (CASSETTE, TEST)
    with pytest.raises(SettingsError, match=r"^cassettes/nope.yaml: no such cassette$"):
        found(root, "cassettes\\nope.yaml")


def test_the_path_of_a_cassette_of_another_tool_tells_its_test(root: Path) -> None:
    path = "tests/cassettes/test_geo/TestCities.test_x.yaml"
    foreign(root / path, chat("x"))
    assert found(root, path) == (path, "tests/test_geo.py::TestCities::test_x")


def test_where_all_cassettes_lie_beside_the_test_files_the_file_that_is_there_tells_the_test(root: Path) -> None:
    (root / "pytest.ini").write_text("[pytest]\nsamurai_cassette_dir = tests/cassettes\n")
    path = "tests/cassettes/test_sea/test_x.yaml"
    foreign(root / path, chat("x"))
    assert found(root, path) == (path, "test_sea.py::test_x")
    (root / "tests/test_sea.py").touch()
    assert found(root, path) == (path, "tests/test_sea.py::test_x")
    assert found(root, "test_x") == (path, "tests/test_sea.py::test_x")


def test_an_ini_file_of_pytests_goes_before_cassettes_beside_a_test_file(tmp_path: Path) -> None:
    (tmp_path / "tests/cassettes").mkdir(parents=True)
    assert root_of(tmp_path / "tests") == tmp_path / "tests"
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    assert root_of(tmp_path / "tests") == tmp_path / "tests"
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    assert root_of(tmp_path / "tests") == tmp_path
    (tmp_path / "pyproject.toml").write_text("[tool.pytest")
    assert root_of(tmp_path / "tests") == tmp_path / "tests"


def test_what_a_test_recorded_among_temporary_files_is_not_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, other, temporary = (tmp_path / name for name in ("project", "tapes", "tmp"))
    for home in (root / "cassettes", root / "more", other, temporary):
        saved(home / "a.yaml", chat("x"))
    noted(root, more=["more", "../tapes", "../tmp"])
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    suite = Suite(root)
    assert suite.homes == [Path("cassettes"), Path("more"), Path("../tapes")]
    assert suite.cassettes == ["../tapes/a.yaml", "cassettes/a.yaml", "more/a.yaml"]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert Suite(root).homes == [Path("cassettes"), Path("more")]

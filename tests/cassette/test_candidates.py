"""Where the cassette of a test may be: under our names, and under those of the tools that it may come from."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path, PurePosixPath

import pytest
from cassetter.pytest_plugin.fixtures import _sanitized_file_name
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_recording.plugin import get_default_cassette_name

from pytest_samurai.cassette import Shelf
from pytest_samurai.cassette.candidates import (
    Candidate,
    beside,
    candidates_beside,
    candidates_for,
    candidates_of,
    first_existing,
    is_foreign,
    owner_beside,
)
from pytest_samurai.errors import SettingsError
from tests.chats import chat, foreign, saved

NAMES = st.text("aA.<>?%*:|\"'/\\- \u00e9", max_size=8).map("test_x[{}]".format)


def names(parts: list[str]) -> dict[str, bool]:
    return {str(candidate.path): candidate.is_certain for candidate in candidates_of(parts)}


@given(NAMES)
@example("test_x[a/b]")
@example("test_x[True]")
def test_the_names_of_pytest_recording_and_of_cassetter_are_among_them(name: str) -> None:
    class TestIt:
        pass

    for parts, cls in (([name], None), (["TestIt", name], TestIt), (["TestOuter", "TestIt", name], TestIt)):
        recording = f"{get_default_cassette_name(cls, name)}.yaml"
        assert recording in names(parts)
        assert _sanitized_file_name(".".join(parts[-2:])) == recording
        # The first name of all is ours, and no other test's.
        assert names(parts)[str(candidates_of(parts)[0].path)]


def test_a_name_in_which_something_was_replaced_may_be_another_tests() -> None:
    assert names(["test_x[a/b]"]) == {
        "test_x[a-b]~bb38570c3b.yaml": True,
        "test_x[a-b].yaml": False,
        "test_x[a/b].yaml": True,
        "test_x[a-b].json": False,
    }


def test_the_name_of_an_inner_class_may_be_that_of_another_of_its_name() -> None:
    assert names(["TestA", "TestB", "test_x"])["TestB.test_x.yaml"] is False
    assert names(["TestB", "test_x"])["TestB.test_x.yaml"] is True


def test_a_name_that_is_too_long_is_shortened_as_pytest_recording_does() -> None:
    name = f"test_{'x' * 260}"
    [short] = [path for path in names([name]) if "..." in path]
    assert short == f"test_{'x' * 210}...{md5(name.encode(), usedforsecurity=False).hexdigest()}.yaml"
    assert len(short) == 255


def test_no_name_leads_out_of_the_directory() -> None:
    assert all(".." not in PurePosixPath(path).parts for path in names(["test_x[a/../../../b]"]))
    assert not any("\0" in path or "\ud800" in path for path in [*names(["test_x[\0]"]), *names(["test_x[\ud800]"])])


def test_they_are_looked_for_in_our_directory_then_beside_the_file_then_as_pytest_vcr_has_them() -> None:
    paths = [str(candidate.path) for candidate in candidates_for("tests/test_a.py::test_x[B]", PurePosixPath("tapes"))]
    assert paths[0] == "tapes/tests/test_a/test_x[B].yaml"
    assert "tests/cassettes/test_a/test_x[B].yaml" in paths
    assert candidates_for("tests/test_a.py::test_x[B]", PurePosixPath("tapes"))[-1] == Candidate(
        PurePosixPath("tests/cassettes/test_x[B].yaml"), False
    )
    with pytest.raises(SettingsError, match="is not a test id"):
        candidates_for("tests/test_a.py", PurePosixPath("tapes"))
    assert beside(PurePosixPath("test_a.py")) == PurePosixPath("cassettes/test_a")
    assert candidates_beside(PurePosixPath("test_a.py"), ["test_x"])[0].path == PurePosixPath(
        "cassettes/test_a/test_x.yaml"
    )


def test_the_first_that_is_there_is_the_one_if_it_is_meant_for_the_test(tmp_path: Path) -> None:
    among = candidates_of(["test_x[a/b]"])
    assert first_existing(tmp_path, among, lambda _: True) is None
    (tmp_path / "test_x[a-b].yaml").touch()
    assert first_existing(tmp_path, among, lambda _: False) is None
    assert first_existing(tmp_path, among, lambda _: True) == Candidate(PurePosixPath("test_x[a-b].yaml"), False)
    (tmp_path / "test_x[a").mkdir()
    (tmp_path / "test_x[a/b].yaml").touch()
    assert first_existing(tmp_path, among, lambda _: False) == Candidate(PurePosixPath("test_x[a/b].yaml"), True)


def test_a_file_that_a_file_system_without_case_takes_for_another_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test_x[a].yaml").touch()
    monkeypatch.setattr("pytest_samurai.cassette.candidates.exists", lambda _: True)
    assert first_existing(tmp_path, candidates_of(["test_x[A]"]), lambda _: True) is None


def test_what_another_tool_has_recorded_is_known_by_its_lack_of_dates(tmp_path: Path) -> None:
    shelf, ours, theirs = Shelf(), tmp_path / "ours.yaml", tmp_path / "theirs.yaml"
    saved(ours, chat("x"))
    foreign(theirs, chat("x"))
    (tmp_path / "damaged.yaml").write_text("interactions: [")
    assert not is_foreign(ours, shelf)
    assert is_foreign(theirs, shelf)
    assert is_foreign(tmp_path / "damaged.yaml", shelf)


@pytest.mark.parametrize(
    ("cassette", "test"),
    [
        ("tests/cassettes/test_a/test_x.yaml", "tests/test_a.py::test_x"),
        ("tests/cassettes/test_a/TestA.test_x[True].yaml", "tests/test_a.py::TestA::test_x[True]"),
        ("tests/cassettes/test_a/capitals.yaml", None),
        ("tests/cassettes/test_a/test_x~0123456789.yaml", None),
        ("tests/tapes/test_a/test_x.yaml", None),
    ],
)
def test_a_name_beside_a_test_file_leads_to_its_test(cassette: str, test: str | None) -> None:
    assert owner_beside(PurePosixPath(cassette)) == test

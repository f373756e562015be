"""Which file is a test's cassette: its own name if that is safe, and never another test's."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_samurai.cassette.naming import (
    cassette_name,
    cassette_of,
    module_directory,
    named_cassette,
    own_names,
    owner_by_name,
)
from pytest_samurai.errors import SettingsError

# Names with few letters, so that they are similar: case, dots, brackets, characters that file systems dislike.
_NAMES = st.text("aA.:/[]~- \u00e9\ud800", min_size=1, max_size=4) | st.sampled_from(
    ["test_a", "test_a[b]", "TestA", "Testa"]
)
PARTS = st.lists(_NAMES, min_size=1, max_size=3)


@given(PARTS, PARTS)
@example(["TestA", "test_x"], ["Testa", "test_x"])
@example(["test_x[A]"], ["test_x[a]"])
@example(["test_x[a]"], ["test_x~a"])
@example(["TestA", "test_x"], ["TestA.test_x"])
@example(["TestFooBar", "test_x"], ["TestFoobar", "test_x"])
@example(["Capital", "test_x"], ["CAPITAL", "test_x"])
@example(["test_x[A]"], ["test_x[a]"])
@example(["test_x[a/b]"], ["test_x[a-b]"])
@example(["test_x[a/b]"], ["test_x[a:b]"])
@example(["A", "b", "c d"], ["A.b", "c d"])
@example(["test_" + "x" * 245 + "1"], ["test_" + "x" * 245 + "2"])
def test_two_tests_never_share_a_file_and_without_case_only_if_nobody_says_that_they_are_alike(
    one: list[str], other: list[str]
) -> None:
    assert (cassette_name(one) == cassette_name(other)) == (one == other)
    alike = [part.casefold() for part in one] == [part.casefold() for part in other]
    folded = {cassette_name(parts, alike=alike).casefold() for parts in (one, other)}
    assert (len(folded) == 1) == (one == other)
    assert {*own_names(one)} & {*own_names(other)} == ({*own_names(one)} if one == other else set())


@given(PARTS | st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=4))
def test_every_name_can_be_a_file_on_every_system(parts: list[str]) -> None:
    for name in own_names(parts):
        assert re.fullmatch(r'(?:(?![<>:"/\\|?*])[ -~]){1,250}\.yaml', name)


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (["test_capital"], "test_capital.yaml"),
        (["test_capital[gpt-3.5-turbo]"], "test_capital[gpt-3.5-turbo].yaml"),
        (["TestCapital", "test_france"], "TestCapital.test_france.yaml"),
        (["TestOuter", "TestInner", "test_x"], "TestOuter.TestInner.test_x.yaml"),
        (["Capital", "test_france"], "Capital.test_france.yaml"),
        (["TestFooBar", "test_x"], "TestFooBar.test_x.yaml"),
        (["test_x[GPT-4]"], "test_x[GPT-4].yaml"),
        (["test_x[True-two words (50 %)]"], "test_x[True-two words (50 %)].yaml"),
        (["test_" + "x" * 245], f"test_{'x' * 245}.yaml"),
    ],
)
def test_a_test_with_a_plain_name_gives_it_to_its_cassette(parts: list[str], name: str) -> None:
    assert cassette_name(parts) == name


@pytest.mark.parametrize(
    ("parts", "begin"),
    [
        (["test_x[a/b]"], "test_x[a-b]~"),
        (["test_x[a~b]"], "test_x[a-b]~"),
        (["test_x[\u00e9]"], "test_x[-]~"),
        (["test_" + "x" * 246], f"test_{'x' * 84}~"),
    ],
)
def test_any_other_name_is_still_read_in_the_file_name_before_the_digest(parts: list[str], begin: str) -> None:
    assert re.fullmatch(re.escape(begin) + r"[0-9a-f]{10}\.yaml", cassette_name(parts))


def test_a_digest_is_the_same_on_every_machine_and_in_every_version() -> None:
    assert cassette_name(["test_x[a/b]"]) == "test_x[a-b]~bb38570c3b.yaml"
    assert cassette_name(["test_capital[Japan]"], alike=True) == "test_capital[Japan]~e43e24a9c2.yaml"


def test_the_names_with_digests_that_earlier_versions_gave_are_known() -> None:
    assert own_names(["test_capital[Japan]"]) == ["test_capital[Japan].yaml", "test_capital[Japan]~e43e24a9c2.yaml"]
    assert own_names(["test_capital[Japan]"], alike=True) == own_names(["test_capital[Japan]"])[::-1]
    assert own_names(["test_x[a/b]"]) == ["test_x[a-b]~bb38570c3b.yaml"]
    [_, long] = own_names(["test_" + "x" * 96])
    assert re.fullmatch(r"test_x{84}~[0-9a-f]{10}\.yaml", long)


@pytest.mark.parametrize(
    ("file", "directory"),
    [
        ("tests/test_a.py", "tests/test_a"),
        ("tests/api/test_a.py", "tests/api/test_a"),
        ("README.md", "README.md"),
        ("tests/test_a.txt", "tests/test_a.txt"),
    ],
)
def test_the_cassettes_of_a_file_lie_where_the_file_lies(file: str, directory: str) -> None:
    assert module_directory(PurePosixPath(file)) == PurePosixPath(directory)


@pytest.mark.parametrize(
    "file", ["../test_a.py", "tests/../../test_a.py", "/elsewhere/test_a.py", "../\udcff/test_a.py"]
)
def test_a_file_outside_of_the_project_gets_a_directory_inside(file: str) -> None:
    assert re.fullmatch(r"test_a~[0-9a-f]{10}", str(module_directory(PurePosixPath(file))))


def test_two_files_of_one_name_outside_of_the_project_get_two_directories() -> None:
    one, other = (module_directory(PurePosixPath(file)) for file in ("../one/test_a.py", "../other/test_a.py"))

    assert one != other


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("capital", "capital.yaml"),
        ("shared/capital", "shared/capital.yaml"),
        ("gpt-3.5", "gpt-3.5.yaml"),
        ("capital.yaml", "capital.yaml"),
        ("capital.yml", "capital.yml"),
    ],
)
def test_a_named_cassette_lies_at_its_name(name: str, path: str) -> None:
    assert named_cassette(name) == Path(path)


@pytest.mark.parametrize("name", [None, 3, Path("capital"), b"capital"])
def test_a_name_that_is_no_text_is_refused(name: object) -> None:
    with pytest.raises(SettingsError, match="a name is text"):
        named_cassette(name)


@pytest.mark.parametrize("name", ["", ".", "/etc/capital", "../capital", "shared/../../capital", "..\\capital"])
def test_a_name_that_leads_out_of_the_cassette_directory_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="is not a name for a cassette"):
        named_cassette(name)


@given(st.sampled_from(["tests/test_a.py", "a.py", "a/b.txt", "../a.py"]), PARTS)
@example("tests/test_a.py", ["TestA", "TestB", "test_x[a.b]"])
def test_a_name_without_a_digest_leads_back_to_its_test_and_no_name_to_another(file: str, parts: list[str]) -> None:
    *classes, function = parts
    test = "::".join([file, *classes, function])
    try:
        cassette = cassette_of(test)
    except SettingsError:
        return
    assert owner_by_name(cassette) in (None, test)
    if "~" not in str(cassette) and function.startswith("test"):
        assert owner_by_name(cassette) == test


@pytest.mark.parametrize(
    "cassette",
    ["shared.yaml", "tests/test_a/capitals.yaml", "tests/test_a/test_x~0123456789.yaml", "tests/test_a/Test_x.yaml"],
)
def test_a_name_that_no_test_has_of_itself_leads_to_none(cassette: str) -> None:
    assert owner_by_name(PurePosixPath(cassette)) is None

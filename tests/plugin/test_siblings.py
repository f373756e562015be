"""Names that differ only in case, and other tools' files that belong to several tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_samurai.cassette import load
from tests.chats import chat, foreign
from tests.project import Project

COUNTRIES = """
@pytest.mark.parametrize("country", {countries})
@pytest.mark.samurai
def test_capital(samurai_client, country): ask(samurai_client, country)
"""

JAPANS = ["test_it/test_capital[France].yaml", "test_it/test_capital[Japan]~", "test_it/test_capital[japan]~"]


def without_digests(names: list[str]) -> list[str]:
    return [name.partition("~")[0] + "~" if "~" in name else name for name in names]


@pytest.mark.parametrize("selected", [(), ("-k", "Japan and not France"), ("test_it.py::test_capital[Japan]",)])
def test_parameters_that_are_alike_but_for_their_case_get_a_digest_whichever_tests_are_selected(
    project: Project, selected: tuple[str, ...]
) -> None:
    project.tests(COUNTRIES.format(countries=["France", "Japan", "japan"]))
    project.run(*selected)
    assert "test_it/test_capital[Japan]~" in without_digests(project.cassettes())
    project.run().assert_outcomes(passed=3)
    assert without_digests(project.cassettes()) == JAPANS
    project.offline()
    project.tests(COUNTRIES.format(countries=["japan", "Japan", "France"]))
    project.run("--samurai-mode=none").assert_outcomes(passed=3)


def test_classes_and_functions_that_are_alike_but_for_their_case_get_a_digest(project: Project) -> None:
    project.tests("""
TEST_X = "no test"

@pytest.mark.samurai
def test_x(samurai_client): ask(samurai_client)

@pytest.mark.samurai
def test_y(samurai_client): ask(samurai_client)

@pytest.mark.samurai
def test_Y(samurai_client): ask(samurai_client)

class TestGeo:
    @pytest.mark.samurai
    def test_z(self, samurai_client): ask(samurai_client)

class TestGEO(TestGeo): pass

class TestTwoWords(TestGeo): pass
""")
    project.run().assert_outcomes(passed=6)
    assert without_digests(project.cassettes()) == [
        "test_it/TestGEO.test_z~",
        "test_it/TestGeo.test_z~",
        "test_it/TestTwoWords.test_z.yaml",
        "test_it/test_Y~",
        "test_it/test_x.yaml",
        "test_it/test_y~",
    ]


def test_a_test_keeps_its_cassette_when_one_comes_that_is_alike(project: Project) -> None:
    project.tests(COUNTRIES.format(countries=["Japan"]))
    project.run().assert_outcomes(passed=1)
    project.tests(COUNTRIES.format(countries=["Japan", "japan"]))
    project.run().assert_outcomes(passed=2)
    assert project.server.requests == 2
    assert without_digests(project.cassettes()) == ["test_it/test_capital[Japan].yaml", "test_it/test_capital[japan]~"]


@pytest.mark.parametrize("countries", [["a/b", "a-b", "a:b"], ["a-b", "a:b", "a/b"]])
def test_names_that_other_tools_take_for_one_have_each_a_cassette_in_any_order(
    project: Project, countries: list[str]
) -> None:
    project.tests(COUNTRIES.format(countries=countries))
    project.run().assert_outcomes(passed=3)
    assert without_digests(project.cassettes()) == [
        "test_it/test_capital[a-b].yaml",
        *["test_it/test_capital[a-b]~"] * 2,
    ]
    assert project.server.requests == 3


def theirs(project: Project, name: str, *questions: str) -> Path:
    path = project.pytester.path / "cassettes/test_it" / name
    return foreign(path, *(chat(question, model="gpt-4o-mini") for question in questions))


def test_what_one_test_no_longer_plays_of_a_file_that_several_may_have_stays_for_the_others(project: Project) -> None:
    path = theirs(project, "test_capital[a-b].yaml", "a-b", "a/b", "gone")
    before = path.read_bytes()
    project.tests(COUNTRIES.format(countries=["a-b", "a/b"]))
    project.run("test_it.py::test_capital[a-b]", "--samurai-mode=update").assert_outcomes(passed=1)
    assert path.read_bytes() == before
    project.offline()
    project.run("test_it.py::test_capital[a/b]", "--samurai-mode=update").assert_outcomes(passed=1)
    assert path.read_bytes() == before
    [own] = [name for name in project.cassettes() if "~" in name]
    assert len(load(project.pytester.path / "cassettes" / own)) == 1


def test_a_file_that_only_one_test_can_have_loses_what_that_no_longer_plays(project: Project) -> None:
    path = theirs(project, "test_capital[a-b].yaml", "a-b", "gone")
    project.tests(COUNTRIES.format(countries=["a-b", "c/d"]))
    project.run("test_it.py::test_capital[a-b]", "--samurai-mode=update").assert_outcomes(passed=1)
    assert len(load(path)) == 1


def test_the_file_of_a_class_may_be_that_of_a_class_within_another(project: Project) -> None:
    path = theirs(project, "TestGeo.test_x.yaml", "outer", "inner")
    project.tests("""
class TestGeo:
    @pytest.mark.samurai
    def test_x(self, samurai_client): ask(samurai_client, "outer")

class TestAll:
    class TestGeo:
        @pytest.mark.samurai
        def test_x(self, samurai_client): ask(samurai_client, "inner")
""")
    before = path.read_bytes()
    project.offline()
    project.run("--samurai-unused=ignore").assert_outcomes(passed=2)
    project.run("test_it.py::TestGeo", "--samurai-mode=update").assert_outcomes(passed=1)
    assert path.read_bytes() == before


def test_in_a_full_update_what_no_test_plays_of_such_a_file_goes(project: Project) -> None:
    path, key = theirs(project, "test_capital[a-b].yaml", "a-b", "gone"), "sk-samurai-0123456789abcdefghij"
    path.write_text(path.read_text().replace("content-type:", f"authorization: [Bearer {key}]\n      content-type:", 1))
    theirs(project, "test_capital[c-d].yaml", "c-d")
    project.tests(COUNTRIES.format(countries=["a-b", "a/b", "c-d", "c/d"]))
    project.run("--samurai-mode=update").assert_outcomes(passed=4)
    assert len(load(path)) == 1
    assert key not in path.read_text()
    assert project.server.requests == 2

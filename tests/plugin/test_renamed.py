"""A test without a cassette that used to have another name is told how to get its recordings.

Nothing is paid for twice.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pytest_samurai.cassette import load
from pytest_samurai.commands import cli
from tests.chats import chat, saved
from tests.conftest import FOREIGN
from tests.project import Project

OLD = """
@pytest.mark.samurai
def test_old(samurai_client): ask(samurai_client, "one"); ask(samurai_client, "two")
"""
NEW = OLD.replace("test_old", "test_new")
OTHER = """
@pytest.mark.samurai
def test_other(samurai_client): ask(samurai_client, "other")
"""


def run(project: Project, *arguments: str) -> pytest.RunResult:
    """A run with pytest's cache."""
    return project.pytester.runpytest_inprocess(*arguments)


def advised(result: pytest.RunResult) -> list[str]:
    """The commands `mv` that a run advises."""
    return list(dict.fromkeys(line[2:].strip() for line in result.outlines if "    pytest-samurai mv" in line))


def said(result: pytest.RunResult) -> list[str]:
    """The lines of the failure."""
    return [line[1:].strip() for line in result.outlines if line.startswith("E  ")]


def recorded_then(project: Project, text: str, name: str = "test_it.py") -> None:
    """Record the old test, then replace its text."""
    project.tests(OLD + OTHER)
    run(project).assert_outcomes(passed=2)
    (project.pytester.path / "test_it.py").unlink()
    project.tests(text, name)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_renamed_test_is_not_recorded_anew_in_silence(
    project: Project, capsys: pytest.CaptureFixture[str], workers: tuple[str, ...]
) -> None:
    recorded_then(project, NEW + OTHER)
    sent = project.server.requests
    result = run(project, *workers)
    result.assert_outcomes(passed=1, failed=1)
    assert project.server.requests == sent
    if not workers:
        url = f"{project.server.base_url}/chat/completions"
        assert said(result) == [
            f"pytest_samurai.RequestNotRecorded: POST {url} was not sent: it seems to be recorded already.",
            "test      test_it.py::test_new",
            "cassette  cassettes/test_it/test_new.yaml (does not exist yet)",
            "mode      once",
            "request   one",
            "A recording of a test that no longer exists would answer it. If you renamed that test to this one, run:",
            "pytest-samurai mv test_it.py::test_old test_it.py::test_new",
            "If it is a different test, record it: pytest --samurai-mode=all test_it.py::test_new",
        ]
    [command] = advised(result)
    assert cli.main(shlex.split(command)[1:]) == 0
    project.offline()
    run(project, *workers).assert_outcomes(passed=2)
    assert project.cassettes() == ["test_it/test_new.yaml", "test_it/test_other.yaml"]


def test_the_other_command_records_it_anew(project: Project) -> None:
    recorded_then(project, NEW + OTHER)
    run(project, "--samurai-mode=all", "test_it.py::test_new").assert_outcomes(passed=1)
    result = run(project)
    result.assert_outcomes(passed=2)
    assert [line for line in result.outlines if "any more" in line or line.startswith("  ")][-4:] == [
        "samurai: no test has this cassette any more:",
        "  cassettes/test_it/test_old.yaml",
        "  To delete what is unused: pytest-samurai prune --write",
        "  To give it to a test that was renamed: pytest-samurai mv OLD NEW",
    ]


def test_a_miss_of_a_renamed_test_names_the_command(project: Project) -> None:
    recorded_then(project, NEW + OTHER)
    result = run(project, "--samurai-mode=none")
    result.assert_outcomes(passed=1, failed=1)
    assert said(result)[2:] == [
        "cassette  cassettes/test_it/test_new.yaml (no recordings)",
        "mode      none",
        "A recording of a test that no longer exists would answer it. If you renamed that test to this one, run:",
        "pytest-samurai mv test_it.py::test_old test_it.py::test_new",
        "To record this test: pytest --samurai-mode=update test_it.py::test_new",
    ]


def test_once_it_was_asked_for_no_later_request_of_the_test_goes_live(project: Project) -> None:
    swallowed = NEW.replace('ask(samurai_client, "one");', "first(samurai_client);")
    helper = """
def first(client):
    try:
        ask(client, "one")
    except BaseException:
        pass
"""
    recorded_then(project, helper + swallowed)
    sent = project.server.requests
    run(project).assert_outcomes(failed=1)
    assert project.server.requests == sent


@pytest.mark.parametrize(
    ("old", "new", "file"),
    [
        ("test_it.py::test_old", "test_that.py::test_old", "test_that.py"),
        ("test_it.py::test_old", "test_that.py::TestX::test_new", "test_that.py"),
    ],
)
def test_a_moved_test_is_found_in_its_old_file(project: Project, old: str, new: str, file: str) -> None:
    text = (
        OLD
        if new.endswith("test_old")
        else "class TestX:\n" + NEW.replace("\n", "\n    ").replace("(sam", "(self, sam", 1)
    )
    recorded_then(project, text, file)
    assert advised(run(project)) == [f"pytest-samurai mv {old} {new}"]


TWO = OLD + OLD.replace("test_old", "test_older")


@pytest.mark.parametrize("mode", ["once", "none"])
def test_of_a_moved_file_one_command_is_told_once_and_none_that_pays_again(
    project: Project, capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    project.tests(TWO + OTHER)
    run(project).assert_outcomes(passed=3)
    (project.pytester.path / "test_it.py").rename(project.pytester.path / "test_that.py")
    result = run(project, "-q", f"--samurai-mode={mode}")
    result.assert_outcomes(failed=3)
    begin = result.outlines.index(
        "samurai: 3 tests missed a recording: recorded by test_it.py, which no longer exists."
    )
    assert result.outlines[begin + 1 : begin + 3] == [
        "    pytest-samurai mv test_it.py test_that.py",
        "    test_that.py::test_old, test_older, test_other",
    ]
    assert "short test summary info" in result.outlines[begin + 3]
    assert sum("would answer it" in line for line in result.outlines) == 1
    [command] = advised(result)
    assert cli.main(shlex.split(command)[1:]) == 0
    project.offline()
    run(project).assert_outcomes(passed=3)
    assert project.cassettes() == [f"test_that/test_{name}.yaml" for name in ("old", "older", "other")]


def test_of_a_file_whose_tests_went_to_several_files_each_test_has_a_command(project: Project) -> None:
    project.tests(TWO)
    run(project).assert_outcomes(passed=2)
    (project.pytester.path / "test_it.py").unlink()
    project.tests(OLD, "test_that.py")
    project.tests(OLD.replace("test_old", "test_older"), "test_third.py")
    result = run(project, "--samurai-mode=none")
    result.assert_outcomes(failed=2)
    # The cassettes are similar: each could belong to either, and the likeliest comes first.
    assert advised(result) == [
        "pytest-samurai mv test_it.py::test_old test_that.py::test_old",
        "pytest-samurai mv test_it.py::test_older test_that.py::test_old",
        "pytest-samurai mv test_it.py::test_older test_third.py::test_older",
        "pytest-samurai mv test_it.py::test_old test_third.py::test_older",
    ]
    assert "samurai: 2 tests missed a recording." in "\n".join(result.outlines)
    assert not [line for line in result.outlines if "--lf" in line]


def test_a_test_that_asks_something_else_is_recorded(project: Project) -> None:
    recorded_then(project, NEW.replace('"one"', '"three"') + OTHER)
    run(project).assert_outcomes(passed=2)


def test_a_test_that_is_still_there_keeps_its_cassette(project: Project) -> None:
    recorded_then(project, OLD + NEW + OTHER)
    for arguments in ((), ("test_it.py",), ("test_it.py::test_new",), ("-k", "new")):
        result = run(project, "--samurai-mode=none", *arguments)
        assert advised(result) == []
    run(project).assert_outcomes(passed=3)


def test_the_text_of_a_file_tells_where_only_one_of_its_tests_was_collected(project: Project) -> None:
    recorded_then(project, NEW + OTHER)
    chosen = ("--samurai-mode=none", "test_it.py::test_new")
    assert advised(run(project, *chosen)) == ["pytest-samurai mv test_it.py::test_old test_it.py::test_new"]
    # It may have come from somewhere else.
    project.tests("from os.path import *\n" + NEW)
    assert advised(run(project, *chosen)) == []
    project.tests(NEW)
    (project.pytester.path / "test_it.py").write_bytes(
        b"# coding: latin-1\n# \xe9\n" + (project.pytester.path / "test_it.py").read_bytes()
    )
    assert advised(run(project, *chosen)) == []


def test_a_class_may_have_inherited_the_test(project: Project) -> None:
    old = "class Base:\n    pass\nclass TestX(Base):\n" + OLD.replace("\n", "\n    ").replace("(sam", "(self, sam", 1)
    project.tests(old)
    run(project).assert_outcomes(passed=1)
    project.tests("class Base:\n    pass\nclass TestX(Base):\n    pass\n" + NEW)
    chosen = ("--samurai-mode=none", "test_it.py::test_new")
    assert advised(run(project, *chosen)) == []
    assert advised(run(project, "--samurai-mode=none")) == [
        "pytest-samurai mv test_it.py::TestX::test_old test_it.py::test_new"
    ]


def test_several_that_would_answer_are_all_named_the_likeliest_first_and_three_at_most(project: Project) -> None:
    names = ["test_a", "test_b", "test_c"]
    project.tests("".join(OLD.replace("test_old", name) for name in names))
    project.tests(OLD.replace("test_old", "test_new"), "test_far.py")
    run(project).assert_outcomes(passed=4)
    (project.pytester.path / "test_far.py").unlink()
    project.tests(NEW)
    result = run(project)
    assert advised(result) == [f"pytest-samurai mv test_it.py::{name} test_it.py::test_new" for name in names]
    assert any(
        "Recordings of 3 tests that no longer exist would answer it. If you renamed one of them" in line
        for line in result.outlines
    )
    # In another file, the one with its name comes first.
    (project.pytester.path / "test_it.py").unlink()
    project.tests(NEW, "test_third.py")
    assert advised(run(project))[0] == "pytest-samurai mv test_far.py::test_new test_third.py::test_new"


def test_what_is_too_large_or_damaged_is_not_looked_at(project: Project) -> None:
    recorded_then(project, NEW)
    old = project.pytester.path / "cassettes/test_it/test_old.yaml"
    content = old.read_bytes()
    saved(old, *load(old), chat("x" * 1_000_000))
    assert advised(run(project, "--samurai-mode=none")) == []
    old.write_bytes(content[:-10])
    assert advised(run(project, "--samurai-mode=none")) == []
    old.write_bytes(content)
    assert len(advised(run(project, "--samurai-mode=none"))) == 1


def test_no_more_than_so_many_cassettes_are_looked_at(project: Project) -> None:
    recorded_then(project, NEW)
    for number in range(100):
        saved(project.pytester.path / f"cassettes/test_it/test_a{number}.yaml", chat("x"))
    assert advised(run(project, "--samurai-mode=none")) == []
    (project.pytester.path / "cassettes/test_it/test_a1.yaml").unlink()
    assert len(advised(run(project, "--samurai-mode=none"))) == 1


def test_a_test_that_a_marker_gives_a_cassette_and_a_fixture_are_not_looked_for(project: Project) -> None:
    recorded_then(project, NEW.replace("samurai\n", 'samurai("mine")\n'))
    assert advised(run(project, "--samurai-mode=none")) == []


MOVED = """
@pytest.fixture(scope="module")
def samurai_cassette_dir(request): return request.path.parent / "elsewhere"
"""


def test_a_directory_that_the_command_does_not_know_is_not_advised(project: Project) -> None:
    recorded_then(project, MOVED + NEW)
    assert advised(run(project, "--samurai-mode=none")) == []


def test_a_cassette_directory_of_another_name_is_known_from_the_last_full_run(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.pytester.makeini("[pytest]\nsamurai_cassette_dir = tapes\n")
    recorded_then(project, NEW + OTHER)
    assert advised(run(project, "--samurai-mode=none", "-p", "no:cacheprovider")) == []
    [command] = advised(run(project, "--samurai-mode=none"))
    assert cli.main(shlex.split(command)[1:]) == 0
    project.offline()
    run(project).assert_outcomes(passed=2)
    assert not Path("cassettes").exists()


@pytest.mark.parametrize("known", [(), ("--samurai-update", "-p", "no:cacheprovider")], ids=["full run", "lock"])
def test_the_last_full_run_and_the_lock_tell_whose_a_cassette_is_that_does_not_tell_its_name(
    project: Project, known: tuple[str, ...]
) -> None:
    text = OLD.replace("@pytest", '@pytest.mark.parametrize("word", ["A B"])\n@pytest').replace(
        "client)", "client, word)", 1
    )
    project.tests(text)
    run(project, *known).assert_outcomes(passed=1)
    project.tests(text.replace("test_old", "test_new"))
    assert advised(run(project)) == ["pytest-samurai mv 'test_it.py::test_old[A B]' 'test_it.py::test_new[A B]'"]


@pytest.mark.parametrize("note", ["[]", "{}", "null"])
def test_a_note_of_a_full_run_of_another_version_says_nothing(project: Project, note: str) -> None:
    recorded_then(project, NEW + OTHER)
    (project.pytester.path / ".pytest_cache/v/samurai/full_run").write_text(note)
    assert advised(run(project)) == ["pytest-samurai mv test_it.py::test_old test_it.py::test_new"]


def test_a_test_with_a_fake_file_system_finds_the_real_one(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in FOREIGN if name != "fakefs"))
    recorded_then(project, NEW.replace("(samurai_client)", "(samurai_client, fs)"))
    assert advised(run(project, "--samurai-mode=none")) == [
        "pytest-samurai mv test_it.py::test_old test_it.py::test_new"
    ]


def test_a_cassette_that_goes_during_the_run_is_no_error(project: Project) -> None:
    later = NEW.replace("test_new", "test_later").replace("ask(", "os.remove(PATH); ask(", 1)
    path = project.pytester.path / "cassettes/test_it/test_old.yaml"
    recorded_then(project, f"import os\nPATH = {str(path)!r}\n" + NEW + later)
    assert advised(run(project, "--samurai-mode=none")) == [
        "pytest-samurai mv test_it.py::test_old test_it.py::test_new"
    ]


FIXTURE = """
@pytest.fixture(scope="{scope}")
def greeting():
    import os
    headers = {{"Authorization": "Bearer " + os.environ.get("SAMURAI_API_KEY", "none")}}
    return httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body("hello"), headers=headers)

class TestIt:
    @pytest.mark.samurai
    def test_it(self, samurai_client, greeting): ask(samurai_client, "one")
"""


@pytest.mark.parametrize("scope", ["module", "class"])
def test_a_fixture_of_a_moved_file_is_not_recorded_anew_in_silence(
    project: Project, capsys: pytest.CaptureFixture[str], scope: str
) -> None:
    project.tests(FIXTURE.format(scope=scope))
    run(project).assert_outcomes(passed=1)
    before = project.cassettes()
    (project.pytester.path / "test_it.py").rename(project.pytester.path / "test_that.py")
    sent = project.server.requests
    result = run(project)
    result.assert_outcomes(errors=1)
    assert project.server.requests == sent
    assert f"test      {scope} fixture greeting" in said(result)
    assert advised(result) == ["pytest-samurai mv test_it.py test_that.py"]
    assert cli.main(["mv", "test_it.py", "test_that.py"]) == 0
    project.offline()
    run(project).assert_outcomes(passed=1)
    assert project.cassettes() == [name.replace("test_it/", "test_that/") for name in before]


def test_a_fixture_of_another_file_that_is_there_or_that_asked_something_else_is_recorded(project: Project) -> None:
    project.tests(FIXTURE.format(scope="module"))
    run(project).assert_outcomes(passed=1)
    project.tests(FIXTURE.format(scope="module"), "test_that.py")
    run(project).assert_outcomes(passed=2)
    (project.pytester.path / "test_it.py").unlink()
    project.tests(FIXTURE.format(scope="module").replace("hello", "goodbye"), "test_third.py")
    result = run(project)
    assert "goodbye" in project.text("test_third/fixtures/greeting.yaml")
    # Its test asks what the other has asked.
    assert advised(result) == ["pytest-samurai mv test_it.py::TestIt::test_it test_third.py::TestIt::test_it"]


def test_a_fixture_whose_cassettes_the_command_does_not_know_is_recorded(project: Project) -> None:
    text = MOVED + FIXTURE.format(scope="module")
    project.tests(text)
    run(project).assert_outcomes(passed=1)
    (project.pytester.path / "test_it.py").rename(project.pytester.path / "test_that.py")
    (project.pytester.path / "elsewhere").rename(project.pytester.path / "before")
    assert advised(run(project)) == []

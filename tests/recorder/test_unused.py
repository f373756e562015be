"""Recordings that a test did not play."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_samurai import SamuraiFailure, use_cassette
from pytest_samurai.cassette.reader import load
from pytest_samurai.commands import cli
from tests.chats import chat, foreign
from tests.project import Project, lines_between
from tests.recorder.conftest import ask, statuses


def test_recordings_that_were_not_played_fail_the_block(seven: Path, url: str) -> None:
    with pytest.raises(SamuraiFailure) as caught, use_cassette(seven):
        ask(url, f"question 3 {'about all ' * 20}")
    lines = str(caught.value).splitlines()
    assert lines[0] == f"6 of 7 recorded interactions were not played: {seven}"
    assert lines[1] == f"  interaction 1: question 0 {('about all ' * 20)[:69]}..."
    assert [line[:17] for line in lines[2:5]] == [f"  interaction {n}: "[:17] for n in (2, 3, 5)]
    assert lines[6:] == ["  ... and 1 more"]


def test_they_can_be_a_warning_or_nothing(seven: Path, url: str) -> None:
    with pytest.warns(UserWarning, match="^7 of 7 recorded interactions were not played"):
        with use_cassette(seven, unused="warn"):
            pass
    with use_cassette(seven, unused="ignore") as recorder:
        pass
    assert recorder.notes == []
    assert recorder.playback.unplayed() == list(range(7))


def test_a_failed_block_is_not_told_of_them(seven: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught, use_cassette(seven):
        _ = 1 / 0
    assert not hasattr(caught.value, "__notes__")


def test_new_episodes_counts_them_but_not_what_it_records(seven: Path, url: str) -> None:
    with pytest.raises(SamuraiFailure, match="^7 of 7 recorded"), use_cassette(seven, mode="new_episodes"):
        ask(url, "something new")
    assert len(load(seven)) == 8


def test_all_and_the_first_run_have_none(seven: Path, url: str) -> None:
    with use_cassette(seven, mode="all"):
        ask(url)
    assert len(load(seven)) == 1


def test_a_client_that_tries_less_often_leaves_no_error_unplayed(
    path: Path, url: str, fail: Callable[..., None]
) -> None:
    fail(429, 503, 429)
    with use_cassette(path, keep_retries=True):
        for _ in range(3):
            ask(url)
        ask(url, "another")
    assert statuses(path) == [429, 503, 429, 200]
    with use_cassette(path, keep_retries=True):
        ask(url)
        ask(url, "another")
    # The first of them is not a tail: a test that never makes the request did not play it.
    with pytest.raises(SamuraiFailure, match="^1 of 4 recorded interactions was not played"):
        with use_cassette(path, keep_retries=True):
            ask(url, "another")


# --- other tools' cassettes


THEIRS = """
@pytest.mark.samurai
def test_it(samurai_client): ask(samurai_client, "one")
"""


def theirs(project: Project) -> Path:
    calls = [chat(question, model="gpt-4o-mini") for question in ("one", "two")]
    project.tests(THEIRS)
    project.offline()
    return foreign(project.pytester.path / "cassettes/test_it/test_it.yaml", *calls)


@pytest.mark.parametrize("more", [(), ("--samurai-unused=fail",), ("--samurai-unused=warn",)])
def test_of_another_tools_cassette_it_is_a_warning(project: Project, more: tuple[str, ...]) -> None:
    theirs(project)
    result = project.run("--samurai-mode=none", *more)
    result.assert_outcomes(passed=1)
    assert lines_between(result, "was not played", "test_it.py::test_it") == [
        "samurai: 1 of 2 recorded interactions was not played: cassettes/test_it/test_it.yaml",
        "  interaction 2: two",
        '  To silence this: unused="ignore"',
        "  To delete it, after a full run has passed: pytest-samurai prune --write",
    ]


def test_once_it_is_imported_it_is_a_failure_that_names_what_costs_nothing_before_a_recording(project: Project) -> None:
    path = theirs(project)
    assert cli.main(["import", str(path)]) == 0
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(failed=1)
    assert lines_between(result, "was not played", "====")[:5] == [
        "1 of 2 recorded interactions was not played: cassettes/test_it/test_it.yaml",
        "  interaction 2: two",
        '  To get a warning instead of a failure: unused="warn"',
        "  To delete it, after a full run has passed: pytest-samurai prune --write",
        "  To drop what is no longer played: pytest --samurai-mode=update test_it.py::test_it",
    ]


def test_so_it_is_once_something_was_recorded_into_it(project: Project) -> None:
    calls = [chat(question, model="gpt-4o-mini") for question in ("one", "gone")]
    foreign(project.pytester.path / "cassettes/test_it/test_it.yaml", *calls)
    test = THEIRS.replace('"one")', '"one"); ask(samurai_client, "two")')
    project.tests(test)
    project.run("--samurai-mode=new_episodes", "--samurai-unused=warn").assert_outcomes(passed=1)
    project.offline()
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["1 of 3 recorded interactions was not played: *", "  interaction 2: gone"])
    project.tests(THEIRS)
    several = project.run("--samurai-mode=none")
    several.stdout.fnmatch_lines(["2 of 3 recorded *", '  To get a warning instead of a failure: unused="warn"'])


def test_what_prune_leaves_of_another_tools_cassette_has_no_key(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "sk-samurai-0123456789abcdefghij"
    path = theirs(project)
    path.write_text(path.read_text().replace("content-type:", f"authorization: [Bearer {key}]\n      content-type:", 1))
    assert key in path.read_text()
    project.pytester.runpytest_inprocess("--samurai-mode=none").assert_outcomes(passed=1)
    assert cli.main(["prune", "--write"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "deleted 1 interaction"
    assert path.read_text().startswith("# Recorded by pytest-samurai")
    assert key not in path.read_text()
    project.run("--samurai-mode=none").assert_outcomes(passed=1)

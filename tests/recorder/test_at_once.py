"""Several recorders of one cassette at once: two runs of a test, or a block inside another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai import use_cassette
from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import save
from tests.project import Project
from tests.recorder.conftest import answered, ask, asked_and_got, opened

FOUR = ["one", "two", "two", "three"]


def of_test(path: Path, mode: str = "once", **options: Any) -> Any:
    """A recorder for a test that pytest runs, with an unshared cassette."""
    recorder = opened(path, mode, **options)
    recorder.owner.rerun = lambda: "test_it.py::test_it"
    return recorder


# --- two runs


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
@pytest.mark.parametrize("passed", [True, False])
def test_what_another_run_has_recorded_meanwhile_is_not_added_again(path: Path, mode: str, passed: bool) -> None:
    one, other = of_test(path, mode), of_test(path, mode)
    for recorder in (one, other):
        assert [answered(recorder, content) for content in FOUR] == ["live"] * 4
    one.close()
    other.close(passed=passed)
    assert [content for content, _ in asked_and_got(path)] == FOUR
    assert other.recorded == (4 if mode == "all" else 0)


def test_two_runs_of_pytest_on_one_directory_record_each_call_once(project: Project) -> None:
    # The second run begins after the first one has asked, and ends before it.
    project.tests(
        """
        import os, subprocess, sys

        @pytest.mark.samurai
        @pytest.mark.parametrize("number", [1, 2])
        def test_it(number, samurai_client):
            assert ask(samurai_client, f"question {number}") and ask(samurai_client, "the same")
            if "INNER" not in os.environ:
                command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"test_it.py::test_it[{number}]"]
                subprocess.run(command, check=True, env={**os.environ, "INNER": "1"})
        """.replace("\n        ", "\n")
    )
    project.run().assert_outcomes(passed=2)
    assert project.server.requests == 8
    assert [len(load(path)) for path in sorted((project.pytester.path / "cassettes").rglob("*.yaml"))] == [2, 2]
    project.offline()
    project.run("--samurai-mode=none").assert_outcomes(passed=2)


def test_of_two_runs_that_went_another_way_the_whole_one_is_kept_that_passed_last(path: Path) -> None:
    one, other = of_test(path), of_test(path)
    assert [answered(one, content) for content in ("hi", "you said A")] == ["live"] * 2
    assert [answered(other, content) for content in ("hi", "you said B")] == ["live"] * 2
    one.close()
    other.close()
    assert asked_and_got(path) == [("hi", 200), ("you said B", 200)]
    assert other.recorded == 2
    assert one.notes == []
    [note] = other.notes
    assert note.endswith(
        ": another run recorded this test at the same time, with other calls: its 2 calls in"
        f" {path} were replaced by this run's"
    )


def test_what_a_failed_run_has_paid_for_is_added_to_what_another_has_recorded(path: Path) -> None:
    one, other = of_test(path), of_test(path)
    answered(one, "hi")
    assert [answered(other, content) for content in ("hi", "bye")] == ["live"] * 2
    one.close()
    other.close(passed=False)
    assert asked_and_got(path) == [("hi", 200), ("bye", 200)]


def test_blocks_that_are_open_at_once_in_several_processes_keep_what_each_has_asked(path: Path) -> None:
    one, other = opened(path), opened(path)
    answered(one, "hi")
    assert [answered(other, content) for content in ("hi", "bye")] == ["live"] * 2
    one.close()
    other.close()
    assert asked_and_got(path) == [("hi", 200), ("bye", 200)]


def test_what_was_there_before_does_not_stand_in_for_what_is_asked_once_more(path: Path) -> None:
    first = of_test(path)
    answered(first, "hi")
    first.close()
    save(path, [replace(recording, recorded_at="2026-01-01T00:00:00.000000Z") for recording in load(path)])
    again = of_test(path, "new_episodes")
    assert [answered(again, "hi") for _ in range(2)] == ["replayed", "live"]
    again.close()
    assert len(load(path)) == 2


# --- a block inside another


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_a_block_within_another_of_the_same_path_keeps_the_calls_of_both(path: Path, url: str, mode: str) -> None:
    def asked(mode: str) -> list[str]:
        with use_cassette(path, mode=mode) as outer:
            answers = [ask(url, "outer before")]
            for number in range(2):
                with use_cassette(path.parent / ".." / path.parent.name / path.name, mode=mode) as inner:
                    answers.append(ask(url, f"inner {number}"))
                assert len(inner.calls) == 1
            answers.append(ask(url, "outer after"))
        assert len(outer.calls) == 2
        return [answer.text for answer in answers]

    live = asked(mode)
    assert sorted(content for content, _ in asked_and_got(path)) == [
        "inner 0",
        "inner 1",
        "outer after",
        "outer before",
    ]
    assert asked("none") == live
    # Nothing is left over, and nothing is recorded again except on request.
    assert len(load(path)) == 4
    assert asked(mode) == live or mode == "all"
    assert len(load(path)) == 4


def test_a_block_within_a_test_that_has_the_same_cassette_keeps_the_calls_of_both(project: Project) -> None:
    project.tests(
        "from pytest_samurai import use_cassette\n"
        "def test_it(samurai, samurai_client):\n"
        "    assert ask(samurai_client, 'outer')\n"
        "    with use_cassette(samurai.cassette_path): assert ask(samurai_client, 'inner')\n"
    )
    project.run().assert_outcomes(passed=1)
    [path] = (project.pytester.path / "cassettes").rglob("*.yaml")
    assert sorted(content for content, _ in asked_and_got(path)) == ["inner", "outer"]
    project.offline()
    project.run("--samurai-mode=none").assert_outcomes(passed=1)

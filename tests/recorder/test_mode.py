"""What each record mode allows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai import RequestNotRecorded, use_cassette
from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import save
from pytest_samurai.recorder.mode import RECORD_MODES
from pytest_samurai.settings.values import MODES
from tests.project import Project
from tests.recorder.conftest import answered, ask, asked_and_got, opened


def age(path: Path) -> None:
    """Make a cassette look as if an earlier run had recorded it."""
    save(path, [replace(recording, recorded_at="2020-02-03T00:00:00.000000Z") for recording in load(path)])


def test_each_mode_that_the_option_takes_is_a_record_mode() -> None:
    assert tuple(RECORD_MODES) == MODES
    assert all(mode.name == name for name, mode in RECORD_MODES.items())


@pytest.mark.parametrize(
    ("mode", "no_cassette", "recorded", "unknown"),
    [
        ("none", "refused", "replayed", "refused"),
        ("once", "live", "replayed", "refused"),
        ("new_episodes", "live", "replayed", "live"),
        ("update", "live", "replayed", "live"),
        ("all", "live", "live", "live"),
        ("live", "live", "live", "live"),
    ],
)
def test_what_becomes_of_a_request_in_each_mode(
    path: Path, mode: str, no_cassette: str, recorded: str, unknown: str
) -> None:
    def asked(content: str) -> str:
        recorder = opened(path, mode)
        try:
            return answered(recorder, content)
        except RequestNotRecorded:
            return "refused"
        finally:
            recorder.close()

    assert asked("hi") == no_cassette
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    recorder = opened(path)
    answered(recorder, "hi")
    recorder.close()
    age(path)
    assert asked("hi") == recorded
    age(path)
    assert asked("new") == unknown


@pytest.mark.parametrize(
    ("mode", "after"),
    [
        ("none", ["old"]),
        ("once", ["old"]),
        ("new_episodes", ["old", "new"]),
        ("update", ["new"]),
        ("all", ["new"]),
        ("live", ["old"]),
    ],
)
def test_what_a_cassette_holds_after_each_mode(path: Path, mode: str, after: list[str]) -> None:
    recorder = opened(path)
    answered(recorder, "old")
    recorder.close()
    age(path)
    recorder = opened(path, mode)
    if not recorder.replaying:
        answered(recorder, "new")
    recorder.close()
    assert [content for content, _ in asked_and_got(path)] == after


def test_a_failed_block_in_mode_all_keeps_what_it_did_not_ask_again(path: Path, url: str) -> None:
    with use_cassette(path):
        before = {content: ask(url, content).headers["x-request-id"] for content in ("one", "two")}
    with pytest.raises(ZeroDivisionError), use_cassette(path, mode="all"):
        again = ask(url, "one").headers["x-request-id"]
        _ = 1 / 0
    with use_cassette(path, mode="none"):
        assert ask(url, "one").headers["x-request-id"] == again != before["one"]
        assert ask(url, "two").headers["x-request-id"] == before["two"]


def test_mode_all_replaces_a_shared_cassette_by_what_all_of_its_tests_record(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai("shared")
@pytest.mark.parametrize("number", range(3))
def test_it(number, samurai_client): ask(samurai_client, f"question {number}")
""")
    project.run().assert_outcomes(passed=3)
    before = load(project.pytester.path / "cassettes" / "shared.yaml")
    project.run("--samurai-mode=all").assert_outcomes(passed=3)
    after = load(project.pytester.path / "cassettes" / "shared.yaml")
    assert [item.request.body for item in after] == [item.request.body for item in before]
    assert not [item for item in after if item in before]

"""Recordings that are older than `max_age`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pytest_samurai import use_cassette
from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import save
from pytest_samurai.recorder import age
from pytest_samurai.recorder.age import age_notes
from pytest_samurai.wire import Interaction, Recordings, Reply, Request
from tests.project import Project
from tests.recorder.conftest import ask


def aged(path: Path, moment: str | None) -> None:
    save(path, [replace(item, recorded_at=moment) for item in load(path)])


def test_a_cassette_that_is_too_old_is_named_and_not_changed(seven: Path) -> None:
    aged(seven, "2020-02-03T00:00:00.000000Z")
    before = seven.read_bytes()
    with pytest.warns(UserWarning, match="recorded on 2020-02-03, which is older than samurai_max_age allows"):
        with use_cassette(seven, unused="ignore", max_age="30d"):
            pass
    assert seven.read_bytes() == before


@pytest.mark.parametrize(("second", "is_old"), [("00", False), ("01", True)])
def test_a_cassette_may_be_as_old_as_is_allowed(second: str, is_old: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.fromisoformat(f"2026-01-31T00:00:{second}Z")
    monkeypatch.setattr(age, "now", lambda: now)
    moments = ["2026-01-01T00:00:00.000000Z", "2026-01-05T00:00:00.000000Z", None]
    made = [Interaction(Request("POST", "http://h", (), b""), Reply(200, "OK", (), b""), moment) for moment in moments]
    note = "a.yaml: recorded on 2026-01-01, which is older than samurai_max_age allows"
    assert age_notes(Recordings(made), timedelta(days=30), "a.yaml") == ([note] if is_old else [])


@pytest.mark.parametrize("moment", ["9999-01-01T00:00:00.000000Z", None])
def test_a_young_cassette_or_one_without_a_date_is_not(seven: Path, moment: str | None) -> None:
    aged(seven, moment)
    with use_cassette(seven, unused="ignore", max_age="30d") as recorder:
        pass
    assert recorder.notes == []


def test_what_is_added_to_a_cassette_leaves_the_old_recordings_as_old_as_they_were(path: Path, url: str) -> None:
    with use_cassette(path):
        ask(url, "old")
    aged(path, "2020-02-03T00:00:00.000000Z")

    def add() -> None:
        with use_cassette(path, mode="new_episodes", unused="ignore", max_age="30d"):
            ask(url, "old")
            ask(url, "new")

    for _ in range(2):
        with pytest.warns(UserWarning, match="recorded on 2020-02-03"):
            add()
    old, new = load(path)
    assert old.recorded_at == "2020-02-03T00:00:00.000000Z"
    assert new.recorded_at is not None
    assert new.recorded_at > "2021"
    with use_cassette(path, mode="all", max_age="30d") as recorder:
        ask(url, "old")
    assert recorder.notes == []
    assert load(path)[0].recorded_at != "2020-02-03T00:00:00.000000Z"


AGED = """
@pytest.mark.samurai("shared", MARKER)
@pytest.mark.parametrize("number", [1, 2])
def test_it(samurai_client, number): ask(samurai_client)
"""


@pytest.mark.parametrize("place", ["marker", "fixture", "ini", "command line"])
def test_an_old_cassette_is_named_once_in_the_summary_and_not_changed(project: Project, place: str) -> None:
    fixture = "@pytest.fixture\ndef samurai_config(): return {'max_age': '30d'}\n"
    text = AGED.replace("MARKER", "max_age='30d'" if place == "marker" else "")
    project.tests(f"{fixture}{text}" if place == "fixture" else text)
    project.pytester.makeini("[pytest]\n" + ("samurai_max_age = 30d" if place == "ini" else ""))
    arguments = ["--samurai-max-age=30d"] if place == "command line" else []
    project.run(*arguments).assert_outcomes(passed=2)
    shared = project.pytester.path / "cassettes" / "shared.yaml"
    aged(shared, "2020-02-03T00:00:00.000000Z")
    before = shared.read_bytes()
    for _ in range(2):
        result = project.run(*arguments)
        result.assert_outcomes(passed=2)
        line = "samurai: cassettes/shared.yaml: recorded on 2020-02-03, which is older than samurai_max_age allows"
        assert result.outlines.count(line) == 1
    assert shared.read_bytes() == before

"""Tests with a fake clock or file system: recordings are written to the real disk, with the real date."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import save
from pytest_samurai.text import parse_moment
from tests.conftest import FOREIGN
from tests.project import Project

ASKING = """
import os
from pathlib import Path

@pytest.fixture
def client():
    headers = {"Authorization": "Bearer " + os.environ.get("SAMURAI_API_KEY", "none")}
    with httpx.Client(base_url=os.environ["SAMURAI_BASE_URL"], headers=headers, verify=False) as client:
        yield client
"""

IN_A_FAKE = {
    "of the test": "@pytest.mark.samurai\ndef test_it(fs, client):\n    fs.create_file('/x')\n",
    "of the module": "@pytest.mark.samurai\ndef test_it(fs_module, client):\n    fs_module.create_file('/x')\n",
}

ASKED = "    assert ask(client) and ask(client, 'again') and Path('/x').exists()\n"


@pytest.fixture
def no_foreign_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in FOREIGN if name != "fakefs"))


@pytest.mark.parametrize("fake", IN_A_FAKE.values(), ids=IN_A_FAKE.keys())
def test_calls_of_a_test_with_a_fake_file_system_are_in_a_cassette_on_the_disk(project: Project, fake: str) -> None:
    project.tests(ASKING + fake + ASKED + "\ndef test_other(): assert open(os.devnull).read() == ''\n")
    for _ in range(2):
        result = project.pytester.runpytest_subprocess("-p", "no:cacheprovider")
        result.assert_outcomes(passed=2)
        assert project.cassettes() == ["test_it/test_it.yaml"]
        assert len(load(project.pytester.path / "cassettes" / "test_it" / "test_it.yaml")) == 2
    assert project.server.requests == 2
    project.offline()
    project.pytester.runpytest_subprocess("-p", "no:cacheprovider", "--samurai-mode=none").assert_outcomes(passed=2)


@pytest.mark.parametrize("scope", ["fs", "fs_module"])
def test_a_fake_file_system_of_another_system_is_no_matter_and_it_may_be_paused(project: Project, scope: str) -> None:
    project.tests(
        "from pyfakefs.fake_filesystem import OSType\n"
        + ASKING
        + f"""
@pytest.mark.samurai
def test_windows(client, {scope}):
    {scope}.os = OSType.WINDOWS
    assert ask(client) and os.sep == "\\\\" and str(Path("/a/b")) == "\\\\a\\\\b"

@pytest.mark.samurai
def test_pause(client, {scope}):
    assert ask(client)
    {scope}.pause()
    assert ask(client, "again")
    {scope}.resume()
    assert ask(client, "at last")

@pytest.fixture(scope="class")
def wide():
    # On a false Windows, no library finds its certificates.
    return httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body(), verify=False)

@pytest.mark.samurai("shared/a")
def test_named({scope}, client, request):
    {scope}.os = OSType.WINDOWS
    assert ask(client, "named") and request.getfixturevalue("wide")
"""
    )
    for requests in (6, 6):
        result = project.pytester.runpytest_subprocess("-p", "no:cacheprovider")
        result.assert_outcomes(passed=3)
        assert [path for path in project.cassettes() if "fixtures" not in path] == [
            *("shared/a.yaml", "test_it/test_pause.yaml", "test_it/test_windows.yaml")
        ]
        assert project.server.requests == requests
        assert not [path.name for path in project.pytester.path.iterdir() if "\\" in path.name]
    project.pytester.runpytest_subprocess("-p", "no:cacheprovider", "--samurai-mode=none").assert_outcomes(passed=3)


def test_use_cassette_in_a_fake_file_system_writes_to_the_disk(project: Project) -> None:
    text = "def test_it(fs, client):\n    with use_cassette('kept/a.yaml'):\n        assert ask(client)\n"
    project.tests("from pytest_samurai import use_cassette\n" + ASKING + text)
    for _ in range(2):
        project.pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
        assert len(load(project.pytester.path / "kept" / "a.yaml")) == 1
    assert project.server.requests == 1


FROZEN = {
    "freezegun": "import freezegun\n@freezegun.freeze_time('2001-02-03')\n",
    "time_machine": "import time_machine\n@time_machine.travel('2001-02-03', tick=False)\n",
}


@pytest.mark.parametrize("frozen", FROZEN.values(), ids=FROZEN.keys())
def test_a_call_of_a_test_with_a_frozen_clock_is_of_today_as_is_its_price(project: Project, frozen: str) -> None:
    text = (
        "def test_it(samurai, client):\n    from datetime import date\n    assert date.today().year == 2001\n"
        "    assert ask(client)\n    [call] = samurai.calls\n    assert call.price is not None and call.duration > 0\n"
    )
    project.tests(ASKING + frozen + text)
    before = datetime.now(UTC)
    project.pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
    path = project.pytester.path / "cassettes" / "test_it" / "test_it.yaml"
    [interaction] = load(path)
    assert before <= parse_moment(interaction.recorded_at) <= datetime.now(UTC)
    assert interaction.price not in (None, "unknown")
    # The run that made it owns it; the next run does not, and only replays.
    project.tests(ASKING + frozen + text + "    assert samurai.replaying\n")
    project.run().assert_outcomes(passed=1)
    assert project.server.requests == 1


@pytest.mark.parametrize("frozen", FROZEN.values(), ids=FROZEN.keys())
def test_how_old_a_recording_is_is_told_by_the_clock_on_the_wall(project: Project, frozen: str) -> None:
    text = "def test_it(client):\n    with use_cassette('a.yaml', max_age='1d'): assert ask(client)\n"
    project.tests("from pytest_samurai import use_cassette\n" + ASKING + frozen.replace("2001", "2099") + text)
    path = project.pytester.path / "a.yaml"
    for _ in range(2):
        project.run().assert_outcomes(passed=1, warnings=0)
    [interaction] = load(path)
    save(path, [replace(interaction, recorded_at="2026-01-01T00:00:00.000000Z")])
    project.run().stdout.fnmatch_lines(["*a.yaml: recorded on 2026-01-01, which is older than samurai_max_age allows"])


@pytest.mark.parametrize("frozen", FROZEN.values(), ids=FROZEN.keys())
def test_the_chunks_of_a_stream_have_their_times_though_the_clock_stands(project: Project, frozen: str) -> None:
    project.tests(
        ASKING
        + frozen
        + "def test_it(samurai, client):\n    client.post('/chat/completions', json=body(stream=True))\n"
    )
    project.run().assert_outcomes(passed=1)
    [interaction] = load(project.pytester.path / "cassettes" / "test_it" / "test_it.yaml")
    times = [chunk.at for chunk in interaction.reply.chunks or ()]
    assert len(times) > 1
    assert 0 < times[0] <= times[-1] <= (interaction.reply.duration or 0)

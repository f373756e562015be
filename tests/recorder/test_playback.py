"""What a cassette holds besides model calls is replayed, and does not count as a call."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai.cassette import load
from pytest_samurai.commands import cli
from pytest_samurai.wire import Interaction, Reply, Request, is_call
from tests.chats import chat, foreign, saved
from tests.project import Project, without_seconds

SEARCH = "https://search.test/v1/search?q=capital"
THREADS = "https://api.test/v1/threads"
PICTURE = "https://pictures.test/tokyo.svg"


def answered(method: str, url: str, body: bytes, answer: str, kind: str = "application/json") -> Interaction:
    return Interaction(Request(method, url, (), body), Reply(200, "OK", (("content-type", kind),), answer.encode()))


HELD = [
    answered("GET", SEARCH, b"", '{"found": "Tokyo"}'),
    answered("POST", THREADS, b"{}", '{"id": "thread_1", "usage": {"prompt_tokens": 9, "completion_tokens": 9}}'),
    answered("GET", PICTURE, b"", "<svg/>", "image/svg+xml"),
    chat("one", model="gpt-4o-mini"),
]

TEST = f"""
@pytest.mark.samurai(max_requests=1, max_total_tokens=15)
def test_it(samurai, samurai_client):
    found = httpx.get("{SEARCH}").json()
    assert found == {{"found": "Tokyo"}}
    assert httpx.post("{THREADS}", content=b"{{}}").json()["id"] == "thread_1"
    ask(samurai_client, "one")
    assert httpx.get("{PICTURE}").text == "<svg/>"
    assert [call.number for call in samurai.calls] == [1]
    assert samurai.usage.total_tokens == 15
"""


@pytest.fixture
def path(project: Project) -> Path:
    return foreign(project.pytester.path / "cassettes/test_it/test_it.yaml", *HELD)


@pytest.mark.parametrize("mode", ["none", "once", "update", "new_episodes"])
def test_it_is_replayed_whatever_its_url_and_is_in_no_bill(project: Project, path: Path, mode: str) -> None:
    before = path.read_bytes()
    project.tests(TEST)
    project.offline()
    result = project.run(f"--samurai-mode={mode}", "--samurai-update")
    result.assert_outcomes(passed=1)
    [line] = [without_seconds(line) for line in result.outlines if line.startswith("samurai: 1 test")]
    assert line == "samurai: 1 test, calls: 1 replayed, 15 tokens, cost unknown"
    assert path.read_bytes() == before
    lock = (project.pytester.path / "samurai.lock").read_text()
    assert "requests: 1" in lock


def test_it_is_not_unused_and_an_update_keeps_it(project: Project, path: Path) -> None:
    project.tests("@pytest.mark.samurai\ndef test_it(samurai_client): ask(samurai_client, 'one')")
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*not played*")
    project.tests("@pytest.mark.samurai\ndef test_it(samurai_client): ask(samurai_client, 'two')")
    project.run("--samurai-mode=update").assert_outcomes(passed=1)
    assert [interaction.request.url for interaction in load(path)[:3]] == [SEARCH, THREADS, PICTURE]
    assert len(load(path)) == 4


def test_it_stays_when_all_calls_are_recorded_anew(project: Project, path: Path) -> None:
    project.tests("@pytest.mark.samurai\ndef test_it(samurai_client): ask(samurai_client, 'one')")
    project.run("--samurai-mode=all").assert_outcomes(passed=1)
    assert [is_call(interaction) for interaction in load(path)] == [False, False, False, True]
    assert load(path)[-1].recorded_at is not None
    assert project.server.requests == 1


def test_what_it_does_not_hold_of_another_url_passes(project: Project, path: Path) -> None:
    project.tests(f"""
@pytest.mark.samurai
def test_it(samurai_client):
    ask(samurai_client, "one")
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:1/page")
    assert httpx.get("{SEARCH}").is_success
""")
    project.run("--samurai-mode=none").assert_outcomes(passed=1)


def test_another_question_to_a_host_in_the_cassette_is_refused_in_a_replay(project: Project, path: Path) -> None:
    project.tests(f"@pytest.mark.samurai\ndef test_it(samurai): httpx.get('{SEARCH}+of+Japan')")
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [f"*GET {SEARCH}+of+Japan is in the cassette, but no unplayed recording answers this request*"]
    )


def test_commands_count_it_as_no_call(project: Project, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ls", "--json"]) == 0
    said = capsys.readouterr().out
    assert '"calls": 1,' in said
    assert '"tokens": 15,' in said


def test_what_we_have_recorded_of_such_a_url_was_an_endpoint_and_counts(project: Project, tmp_path: Path) -> None:
    search = replace(HELD[1], recorded_at="2026-01-30T09:14:00.000000Z")
    saved(project.pytester.path / "cassettes/test_it/test_it.yaml", search)
    project.tests(f"""
@pytest.mark.samurai
def test_it(samurai):
    httpx.post("{THREADS}", content=b"{{}}")
    assert samurai.usage.total_tokens == 18
""")
    project.run("--samurai-mode=none").assert_outcomes(passed=1)

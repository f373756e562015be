"""The plugin as a user meets it: a small project in, the outcomes and the text out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import FOREIGN, KEY
from tests.project import Project


def test_a_marked_test_records_once_and_then_replays_without_server_and_key(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_capital(samurai_client, samurai):
    assert ask(samurai_client) == "Paris."
    [call] = samurai.calls
    print("replayed", call.replayed, samurai.replaying, samurai.mode, samurai.cassette_path.name, samurai.usage)
""")
    first = project.run("-s")
    first.assert_outcomes(passed=1)
    first.stdout.fnmatch_lines(["*replayed False False once test_capital.yaml Usage(requests=1, *total_tokens=13,*"])
    assert project.cassettes() == ["test_it/test_capital.yaml"]
    project.offline()
    second = project.run("-s")
    second.assert_outcomes(passed=1)
    second.stdout.fnmatch_lines(["*replayed True True once test_capital.yaml Usage(requests=1, *total_tokens=13,*"])
    assert project.server.requests == 1


def test_the_key_is_in_no_cassette(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_echo(samurai_client):
    assert samurai_client.headers["authorization"].startswith("Bearer sk-samurai")
    ask(samurai_client, "my key is " + samurai_client.headers["authorization"].split()[1])
""")
    project.run().assert_outcomes(passed=1)
    text = project.text("test_it/test_echo.yaml")
    assert KEY not in text
    assert "my key is [REDACTED]" in text
    project.offline()
    project.run("--samurai-mode=none").assert_outcomes(failed=1)


def test_a_request_that_held_the_key_matches_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.tests("""
@pytest.mark.samurai
def test_echo(samurai_client):
    ask(samurai_client, "my key is " + samurai_client.headers["authorization"].split()[1])
""")
    project.run().assert_outcomes(passed=1)
    project.server.stop()
    monkeypatch.setenv("SAMURAI_API_KEY", "sk-samurai-of-somebody-else")
    project.run().assert_outcomes(passed=1)


def test_the_async_client_records_and_replays(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:anyio -p no:cassetter -p no:recording")
    project.pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    project.tests("""
@pytest.mark.samurai
async def test_stream(samurai_async_client, samurai):
    async with samurai_async_client.stream("POST", "/chat/completions", json=body(stream=True)) as reply:
        chunks = [chunk async for chunk in reply.aiter_raw()]
    assert len(chunks) == 5
    assert samurai.calls[0].text == "Paris."
""")
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.run().assert_outcomes(passed=1)


def test_a_stream_left_open_by_a_break_is_written_at_the_end_of_the_test(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_break(samurai_client):
    request = samurai_client.build_request("POST", "/chat/completions", json=body(stream=True))
    reply = samurai_client.send(request, stream=True)
    assert b"assistant" in next(reply.iter_raw())
""")
    project.run().assert_outcomes(passed=1)
    assert "ending: closed" in project.text("test_it/test_break.yaml")
    project.offline()
    project.run().assert_outcomes(passed=1)


def test_reading_further_than_the_recording_goes_is_a_failure(project: Project) -> None:
    test = """
@pytest.mark.samurai
def test_break(samurai_client):
    request = samurai_client.build_request("POST", "/chat/completions", json=body(stream=True))
    reply = samurai_client.send(request, stream=True)
    for chunk in reply.iter_raw():
        BREAK
"""
    project.tests(test.replace("BREAK", "break"))
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.tests(test.replace("BREAK", "pass"))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *: call 1: the recording of this stream ends after 1 chunk (* bytes): when it was recorded, the"
            " application stopped reading or was cancelled, but now it reads on.",
            "E *test      test_it.py::test_break",
            "E *cassette  cassettes/test_it/test_break.yaml",
            "E *To record it again: pytest --samurai-mode=all test_it.py::test_break",
        ]
    )


@pytest.mark.parametrize("other", ["recording", "cassetter"])
def test_it_runs_beside_pytest_recording_and_cassetter(
    project: Project, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in FOREIGN if name != other))
    project.tests(f"""
import os
@pytest.mark.samurai
def test_ours(samurai_client):
    assert ask(samurai_client) == "Paris."

@pytest.mark.vcr
def test_theirs():
    headers = {{"Authorization": "Bearer {KEY}"}}
    httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body(), headers=headers)

@pytest.mark.samurai
def test_ours_again(samurai_client):
    assert ask(samurai_client, "What is the capital of Japan?").startswith("Tokyo")
""")
    first = project.pytester.runpytest_subprocess("--record-mode=once")
    first.assert_outcomes(passed=3)
    assert "test_it/test_ours.yaml" in project.cassettes()
    project.offline()
    second = project.pytester.runpytest_subprocess("--record-mode=none")
    second.assert_outcomes(passed=3)
    second.stdout.fnmatch_lines(["samurai: 2 tests, calls: 2 replayed*"])


def test_the_package_has_what_it_promises_at_its_door(tmp_path: Path) -> None:
    import pytest_samurai

    for name in pytest_samurai.__all__:
        assert getattr(pytest_samurai, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'use_tape'"):
        _ = pytest_samurai.use_tape

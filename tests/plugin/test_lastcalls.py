"""A failed test shows its last calls below its traceback."""

from __future__ import annotations

import pytest

from tests.conftest import KEY
from tests.project import Project

ASKING = """
@pytest.mark.samurai
def test_it(samurai_client):
    ask(samurai_client, "One?")
    assert ask(samurai_client, "Two?") == "Three."
"""

SHOWN = [
    "call 1 ({}, gpt-4o-mini, 6 + 5 tokens)",
    "  user: One?",
    "  assistant: You said: One.",
    "call 2 ({}, gpt-4o-mini, 6 + 5 tokens)",
    "  user: Two?",
    "  assistant: You said: Two.",
]
TITLE = "samurai: last calls"


def shown(result: pytest.RunResult) -> list[list[str]]:
    """The lines below each title, up to the next line that is one."""
    found: list[list[str]] = []
    lines = iter(result.outlines)
    for line in lines:
        if TITLE in line:
            found.append([])
            for below in lines:
                if below.startswith(("___", "===", "---", "- ", "samurai: ")) or not below:
                    break
                found[-1].append(below)
    return found


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_test_that_failed_shows_what_was_asked_and_answered(project: Project, workers: tuple[str, ...]) -> None:
    project.tests(ASKING)
    for how in ("live", "replayed"):
        result = project.run(*workers, "--junitxml=junit.xml")
        result.assert_outcomes(failed=1)
        assert shown(result) == [[line.format(how) for line in SHOWN]]
        assert "assistant: You said: Two." in (project.pytester.path / "junit.xml").read_text()


def test_a_test_that_passed_or_was_to_fail_or_called_nothing_shows_nothing(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_good(samurai_client): ask(samurai_client)

@pytest.mark.samurai
@pytest.mark.xfail
def test_meant(samurai_client):
    ask(samurai_client)
    assert 0

@pytest.mark.samurai
def test_silent(samurai_client): assert 0
""")
    result = project.run()
    result.assert_outcomes(passed=1, xfailed=1, failed=1)
    assert shown(result) == []


@pytest.mark.parametrize("how", ["ini", "cli"])
def test_it_can_be_left_out(project: Project, how: str) -> None:
    project.tests(ASKING)
    if how == "ini":
        project.pytester.makeini("[pytest]\nsamurai_show = never\n")
    assert shown(project.run(*(["--samurai-show=never"] if how == "cli" else []))) == []


def test_a_miss_tells_what_it_knows_first_and_then_come_the_calls_before_it(project: Project) -> None:
    project.tests(ASKING.replace('== "Three."', ""))
    project.run().assert_outcomes(passed=1)
    project.tests(ASKING.replace("Two?", "What?"))
    result = project.run()
    result.stdout.re_match_lines([r"E .*RequestNotRecorded: ", "-+ samurai: last calls -+", "call 1 "])
    assert [line for line in shown(result)[0] if "call" in line] == [shown(result)[0][0]]


def test_what_has_only_grown_shows_no_calls(project: Project) -> None:
    project.tests(ASKING.replace(' == "Three."', ""))
    project.run("--samurai-update").assert_outcomes(passed=1)
    project.tests(ASKING.replace(' == "Three."', "").replace("Two?", "Two, and what of all the others that came? " * 3))
    result = project.run("--samurai-mode=all")
    result.stdout.fnmatch_lines(["*prompt_tokens is *"])
    assert shown(result) == []


def test_the_calls_of_use_cassette_are_shown_without_secrets(project: Project) -> None:
    project.tests("""
import os
from pytest_samurai import use_cassette

def test_it():
    key = os.environ["SAMURAI_API_KEY"]
    with use_cassette("block.yaml"):
        with httpx.Client(base_url=os.environ["SAMURAI_BASE_URL"]) as client:
            headers = {"Authorization": f"Bearer {key}"}
            client.post("/chat/completions", json=body(f"{key}\\x1b[2J?"), headers=headers)
    assert 0
""")
    for _ in range(2):
        result = project.run()
        result.assert_outcomes(failed=1)
        [lines] = shown(result)
        assert lines[1] == "  user: [REDACTED]\\x1b[2J?"
        assert KEY not in result.stdout.str()


def test_the_calls_of_a_wider_fixture_are_shown_if_it_fails_and_not_for_the_tests_that_use_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.tests("""
import os

@pytest.fixture(scope="module")
def answer():
    key = {"Authorization": "Bearer " + os.environ["SAMURAI_API_KEY"]}
    httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body("Wide?"), headers=key)
    assert "broken" not in os.environ

@pytest.mark.samurai
def test_it(samurai_client, answer):
    ask(samurai_client, "Own?")
    assert 0
""")
    own = shown(project.run())
    assert [line for lines in own for line in lines if "user" in line] == ["  user: Own?"]
    monkeypatch.setenv("broken", "1")
    wide = shown(project.run())
    assert [line for lines in wide for line in lines if "user" in line] == ["  user: Wide?"]


def test_a_test_that_is_run_again_shows_the_calls_of_that_run(project: Project) -> None:
    project.pytester.makeconftest("""
from _pytest.runner import runtestprotocol
def pytest_runtest_protocol(item, nextitem):  # as pytest-rerunfailures does
    for _ in range(2):
        runtestprotocol(item, nextitem=nextitem)
    return True
""")
    project.tests(ASKING)
    assert [len(lines) for lines in shown(project.run())] == [len(SHOWN)] * 2

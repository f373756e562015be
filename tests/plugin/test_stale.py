"""A replay of a suite that moved in ends with what is green, what is outdated, and what fixes each."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai.plugin.advice import recording
from pytest_samurai.report import Failure, Run
from tests.chats import chat, foreign
from tests.project import Project

SUITE = """
import httpx, os, pytest

def ask(question, **more):
    body = {"model": "m-1", "messages": [{"role": "user", "content": question}], **more}
    headers = {"Authorization": "Bearer " + os.environ["SAMURAI_API_KEY"]}
    reply = httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body, headers=headers)
    return reply.json()["choices"][0]["message"]["content"]

@pytest.mark.vcr
@pytest.mark.parametrize("question", ["a?", "b?"])
def test_green(question): assert ask(question) == "A."

@pytest.mark.vcr
def test_words(): ask("What is the capital of France?")

@pytest.mark.vcr
@pytest.mark.parametrize("stays", ["a", "b"])
def test_default(stays): ask("a?", parallel_tool_calls=True)

@pytest.mark.vcr
def test_new(): ask("a?")

@pytest.mark.vcr
def test_more():
    ask("a?")
    ask("a?")

@pytest.mark.vcr
def test_wrong(): assert ask("a?") == "B."
"""
TABLE = """\
samurai: recordings of another tool are used. Of 8 tests, 2 are green, 5 missed a recording, 1 failed for another reason
  2 tests: the parameters differ from the recorded ones, as with a newer client
    2 tests: parallel_tool_calls (absent) -> true
      tests/test_it.py::test_default[a], test_default[b]
    To let them match, without a call, in the ini file or where `ignore` is set:
      samurai_ignore = parallel_tool_calls
  1 test: the prompt has changed since it was recorded
    1 test: messages[0], one word changed
      - What is the capital of [Japan]?
      + What is the capital of [France]?
      tests/test_it.py::test_words
    To record it, with paid calls: pytest --samurai-mode=update tests/test_it.py::test_words
  2 tests: nothing is recorded, so this needs the network
    1 test: no recordings
      tests/test_it.py::test_new
    1 test: one more call than was recorded
      tests/test_it.py::test_more
    To record them, with paid calls: pytest --samurai-mode=update tests/test_it.py::test_new\
 tests/test_it.py::test_more"""
INI = "[pytest]\nsamurai_marker = vcr\n"


@pytest.fixture
def suite(project: Project) -> Path:
    """The cassettes of a suite that moved in, some of them outdated."""
    project.pytester.makeini(INI)
    tests = project.pytester.path / "tests"
    tests.mkdir()
    (tests / "test_it.py").write_text(SUITE)
    recorded = tests / "cassettes/test_it"
    for name in ("test_default[a]", "test_default[b]", "test_more", "test_wrong", "test_green[a-]"):
        record(project, recorded / f"{name}.yaml", "a?")
    record(project, recorded / "test_green[b-].yaml", "b?")
    record(project, recorded / "test_words.yaml", "What is the capital of Japan?")
    return tests


def record(project: Project, path: Path, question: str) -> None:
    call = chat(question, "A.")
    path.parent.mkdir(parents=True, exist_ok=True)
    foreign(path, replace(call, request=replace(call.request, url=f"{project.server.base_url}/chat/completions")))


def table(result: pytest.RunResult) -> list[str]:
    lines = [line.rstrip() for line in result.outlines]
    head = "samurai: recordings of another tool are used."
    begin = next((index for index, line in enumerate(lines) if line.startswith(head)), len(lines))
    end = next((index for index, line in enumerate(lines) if index > begin and line.startswith("=====")), len(lines))
    return lines[begin:end]


def test_the_run_ends_with_the_tests_by_cause_and_each_line_settles_its_tests(project: Project, suite: Path) -> None:
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(passed=2, failed=6)
    lines = table(result)
    assert lines == TABLE.split("\n")
    assert result.stdout.str().count("parallel_tool_calls (absent) -> true\n") == 1

    before = project.server.requests
    setting = next(line.strip() for line in lines if "samurai_ignore" in line)
    project.pytester.makeini(f"{INI}{setting}\n")
    project.run("--samurai-mode=none", "-k", "test_default").assert_outcomes(passed=2, deselected=6)
    assert project.server.requests == before

    commands = [line.partition("paid calls: ")[2] for line in lines if "To record" in line]
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "pytest"
        result = project.run(*arguments)
        result.assert_outcomes(passed=len(arguments) - 1)
    project.offline()
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(passed=7, failed=1)
    assert table(result) == []


def test_of_many_tests_the_command_takes_all_that_failed(project: Project, suite: Path) -> None:
    text = '@pytest.mark.vcr\n@pytest.mark.parametrize("number", range(4))\ndef test_none(number): ask("a?")\n'
    (suite / "test_it.py").write_text(SUITE + text)
    project.offline()
    result = project.pytester.runpytest_inprocess("--samurai-mode=none", "-k", "test_none or test_green")
    assert table(result)[-1] == "    To record them, with paid calls: pytest --samurai-mode=update --lf"


def test_what_a_renamed_test_would_be_answered_by_is_not_to_be_paid_for(pytestconfig: pytest.Config) -> None:
    paid = "  To record this test: pytest --samurai-mode=update t.py::a"
    failures = [Failure("t.py::a", "RequestNotRecorded", paid, "t.py", 1)]
    run = Run("1", "", "none", failures=tuple(failures))
    assert recording(pytestconfig, run, ["t.py::a"]) == paid.partition(": ")[2]
    failures.append(Failure("t.py::b", "RequestNotRecorded", f"    pytest-samurai mv x y\n{paid}", "t.py", 1))
    assert recording(pytestconfig, Run("1", "", "none", failures=tuple(failures)), ["t.py::a"]) is None

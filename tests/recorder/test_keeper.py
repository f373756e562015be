"""What is kept: of failed tests, of several workers, and what a reviewer sees of it."""

from __future__ import annotations

import difflib
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai import use_cassette
from pytest_samurai.cassette.reader import load
from pytest_samurai.wire.http import COMPLETE, Request
from tests.conftest import Size, message
from tests.project import Project
from tests.recorder.conftest import answered, ask, asked_and_got, opened, statuses

# --- failed blocks


@pytest.mark.parametrize(
    ("answers", "options", "kept", "why"),
    [
        ([200, 200], {}, [200, 200], None),
        ([429, 200], {}, [200], None),
        ([503, 429, 200], {"keep_retries": True}, [503, 429, 200], None),
        ([200, 500], {}, [], "status 500"),
        ([200, 400], {}, [], "status 400"),
        ([400, 200], {}, [], "status 400"),
        ([429, 200, 429], {"keep_retries": True}, [], "status 429"),
        ([200, "RemoteProtocolError"], {}, [], "a stream that broke or contained an error"),
    ],
)
def test_of_a_test_that_failed_is_kept_what_went_well_and_the_summary_says_why_if_nothing_is(
    path: Path, answers: list[int | str], options: dict[str, Any], kept: list[int], why: str | None
) -> None:
    recorder = opened(path, **options)
    for answer in answers:
        broken = isinstance(answer, str)
        answered(recorder, "hi", 200 if isinstance(answer, str) else answer, str(answer) if broken else COMPLETE)
    recorder.close(passed=False)
    assert (statuses(path) if path.exists() else []) == kept
    said = f"nothing was recorded for a test: the test did not pass, and a call ended in {why}"
    assert recorder.notes == ([said] if why else [])
    assert not list(path.parent.glob("*.journal"))


@pytest.mark.parametrize("passed", [True, False])
def test_a_request_without_a_reply_is_a_matter_of_a_test_that_passed(path: Path, passed: bool) -> None:
    recorder = opened(path)
    answered(recorder, "hi")
    recorder.handle(Request("POST", "http://h/v1/chat/completions", (), b"{}"))
    recorder.close(passed=passed)
    said = "a test: 1 request got no reply and could not be recorded; a replay will refuse it"
    assert recorder.notes == ([said] if passed else [])
    assert statuses(path) == [200]


# --- what a reviewer sees

OF_THE_ANSWER = {
    *("x-ratelimit-remaining-requests", "x-request-id", "recorded_at", "duration", "hidden_usage", "chunks", "seal"),
}
"""The lines of an answer besides its body: which answer it is, when, how long it took, and all checksums."""


def changed_lines(old: str, new: str) -> list[tuple[str, str, str]]:
    """A line of a diff: its sign, its text, and the part of an interaction it is in."""
    changes = []
    part = ""
    for line in difflib.ndiff(old.split("\n"), new.split("\n")):
        sign, text = line[0], line[2:]
        if text in ("- request:", "  response:", "    body:", "    samurai:", "      answer: |-"):
            part = text.strip("- :|")
        elif part == "answer" and not text.startswith("        "):
            part = "samurai"
        if sign in "+-":
            changes.append((sign, text, part))
    return changes


@pytest.mark.parametrize("stream", [False, True])
def test_a_changed_word_of_a_prompt_is_one_line_in_a_review_beside_the_answers_own(
    path: Path, url: str, stream: bool
) -> None:
    def recorded_again(word: str) -> str:
        with use_cassette(path, mode="all"):
            ask(url, "the same as before")
            ask(url, f"Is {word} far?", stream=stream, temperature=0.2, tools=[], metadata={"a": ["b", {"c": 1}]})
        return path.read_text(encoding="utf-8")

    changes = changed_lines(recorded_again("France"), recorded_again("Spain"))
    assert [(sign, text) for sign, text, part in changes if part == "request"] == [
        ("-", f"          {message('Is France far?')}"),
        ("+", f"          {message('Is Spain far?')}"),
    ]
    beside = [text.split(":")[0].strip() for _, text, part in changes if part in ("response", "samurai")]
    assert {name for name in beside if not re.fullmatch(r"(\d+@[\d.]+ ?)+", name)} <= OF_THE_ANSWER
    assert changes[-1][1].startswith("      seal: ")


# --- several workers


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_what_two_workers_record_of_the_same_fixture_is_written_once(path: Path, mode: str) -> None:
    one, other = opened(path, mode, shared=True), opened(path, mode, shared=True)
    for recorder in (one, other):
        assert [answered(recorder, content) for content in ("hi", "hi", "bye")] == ["live"] * 3
    assert answered(other, "only here") == "live"
    one.close()
    other.close()
    assert asked_and_got(path) == [("hi", 200), ("hi", 200), ("bye", 200), ("only here", 200)]
    assert (one.recorded, other.recorded) == (3, 1)


def test_what_a_test_asks_more_often_than_another_is_added(path: Path) -> None:
    one = opened(path, shared=True)
    answered(one, "hi")
    one.close()
    other = opened(path, shared=True)
    assert [answered(other, "hi") for _ in range(3)] == ["replayed", "live", "live"]
    other.close()
    assert asked_and_got(path) == [("hi", 200)] * 3


def test_an_answer_is_written_beside_the_error_that_another_worker_got(path: Path) -> None:
    one, other = opened(path, shared=True), opened(path, shared=True)
    answered(one, "hi", 400)
    answered(other, "hi")
    one.close()
    other.close()
    assert asked_and_got(path) == [("hi", 400), ("hi", 200)]


FORTY = """
import os

def say(text):
    base_url, key = os.environ["SAMURAI_BASE_URL"], os.environ["SAMURAI_API_KEY"]
    with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}, verify=False) as client:
        return ask(client, text)

@pytest.fixture(scope="session")
def of_session(): return say("Say hello")

@pytest.fixture(scope="module")
def of_module(of_session): return say(f"Say {of_session} again")

@pytest.mark.samurai("shared")
class TestIt:
    @pytest.fixture(scope="class")
    def of_class(self, of_module): return say(f"Say {of_module} once more")

    @pytest.mark.parametrize("number", range(40))
    def test_it(self, number, of_class, samurai_client):
        assert of_class
        assert ask(samurai_client, f"question {number}")
"""

FIXTURES = [f"test_it/fixtures/{name}.yaml" for name in ("TestIt.of_class", "of_module", "of_session")]

SHUFFLED = """
import random

def pytest_addoption(parser):
    parser.addoption("--order", type=int)

def pytest_collection_modifyitems(config, items):
    random.Random(config.getoption("--order")).shuffle(items)
"""


def test_workers_share_a_cassette_and_fixtures_in_any_order(project: Project, size: Size) -> None:
    orders = iter(range(1_000))

    def run(*arguments: str) -> None:
        # All workers must collect in the same order, so it is an option that they get; a failure shows it.
        order = f"--order={next(orders)}"
        result = project.pytester.runpytest_inprocess("-p", "no:cacheprovider", order, *arguments)
        result.assert_outcomes(passed=40)
        result.stdout.no_fnmatch_line("*no test played*")

    (project.pytester.path / "conftest.py").write_text(SHUFFLED, encoding="utf-8")
    project.tests(FORTY)
    root = project.pytester.path / "cassettes"
    rounds, workers = size(1, 4), size(3, 8)
    for _ in range(rounds):
        run("-n", str(workers))
        # No file of a lock or a journal is left behind.
        assert project.cassettes() == ["shared.yaml", *FIXTURES]
        asked = sorted(item.request.body for item in load(root / "shared.yaml"))
        assert len(asked) == len(set(asked)) == 40
        # Each worker made its call if it set up the fixture before the first one had written it down.
        assert [len(load(root / fixture)) for fixture in FIXTURES] == [1, 1, 1]
        project.server.stop()
        before = {name: project.text(name) for name in project.cassettes()}
        for arguments in ([], ["-n", "2"], ["-n", "8"])[: size(2, 3)]:
            run("--samurai-mode=none", *arguments)
        assert {name: project.text(name) for name in project.cassettes()} == before
        shutil.rmtree(root)
        project.server.start()
    size.tell(
        f"{rounds} times 40 tests recorded by {workers} workers, 40 of 40 and one of each fixture in the files each"
        f" time; replayed by none, by 2{' and by 8' if workers == 8 else ''}, each run in an order of its own"
    )

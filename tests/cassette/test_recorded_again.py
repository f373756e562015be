"""Recording again without a change gives an empty diff, or only ids, times and seals, below the text."""

from __future__ import annotations

import difflib
from pathlib import Path

import httpx
import pytest
import vcr

from pytest_samurai import use_cassette
from pytest_samurai.cassette.reader import load
from tests.cassette.test_cassette import OF_BEFORE
from tests.project import Project

TALK = '''
RULES = """You are a guide.
Answer in one sentence.

  - Be kind.
"""

@pytest.mark.samurai
def test_it(samurai_client):
    messages = [{"role": "system", "content": RULES}, {"role": "user", "content": "What is the capital of Japan?"}]
    for stream in (False, True):
        samurai_client.post("/chat/completions", json={"model": "gpt-4o-mini", "messages": messages, "stream": stream})
'''
NAME = "test_it/test_it.yaml"


def changes(old: str, new: str) -> list[str]:
    """The lines that are gone or new, by the words before the colon."""
    lines = difflib.ndiff(old.split("\n"), new.split("\n"))
    return sorted({line[1:].strip().partition(":")[0] for line in lines if line[0] in "+-"})


def test_in_update_nothing_differs_and_in_all_times_and_seals_alone(project: Project) -> None:
    project.tests(TALK)
    project.run().assert_outcomes(passed=1)
    first = project.text(NAME)
    assert first.count("            You are a guide.\\\\n\\\n") == 2

    project.run("--samurai-mode=update").assert_outcomes(passed=1)
    assert project.text(NAME) == first
    project.run("--samurai-mode=all").assert_outcomes(passed=1)
    second = project.text(NAME)
    # The embedded server gives equal requests equal ids.
    for old, new in zip(first.split("- request:")[1:], second.split("- request:")[1:], strict=True):
        text, below = old.partition("\n    headers:\n      content-type: [")[0], old.partition("\n  response:")[2]
        assert new.startswith(text)
        assert "You are a guide." in text
        assert set(changes(below, new.partition("\n  response:")[2])) <= {
            *("x-ratelimit-remaining-requests", "x-request-id"),
            *("recorded_at", "duration", "seal"),
            *(line.strip() for line in (old + new).split("\n") if "@" in line and "moved" not in line),
        }


@pytest.mark.parametrize("mode", ["update", "new_episodes"])
def test_what_version_0_1_has_recorded_is_played_and_left_as_it_is(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(OF_BEFORE, encoding="utf-8", newline="\n")
    body = load(path)[0].request.body
    with use_cassette(path, mode=mode, unused="ignore"):
        reply = httpx.post("https://www.samuraiapi.in/v1/chat/completions", content=body)
    assert reply.json() == {"id": "chatcmpl-1", "usage": {"prompt_tokens": 28}}
    assert path.read_text(encoding="utf-8") == OF_BEFORE


def test_vcrpy_replays_a_folded_request_by_its_body_and_the_reply_with_its_values(project: Project) -> None:
    project.tests(TALK)
    project.run().assert_outcomes(passed=1)
    path = project.pytester.path / "cassettes" / NAME
    project.offline()
    whole, _ = load(path)
    match_on = ["method", "uri", "body"]
    with vcr.use_cassette(str(path), record_mode="none", match_on=match_on):
        reply = httpx.post(whole.request.url, content=whole.request.body, headers=dict(whole.request.headers))
    assert reply.json() == httpx.Response(200, content=whole.reply.body).json()

"""What a user's own redactions leave of a recorded call."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from pytest_samurai import use_cassette
from pytest_samurai.cassette import load
from pytest_samurai.server.chat_server import ChatServer
from tests.conftest import KEY
from tests.intercept.scripted import Scripted, ask, body
from tests.project import Project

MAIL = """
import os

@pytest.mark.samurai
def test_it(samurai_client):
    who = os.environ.get("WHO", "me@example.com")
    ask(samurai_client, f"Write to {who} about acct-17 \\u00fc.", metadata={"acct": 17})
"""


def test_what_the_ini_file_names_is_not_written_and_still_matches(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.pytester.makeini("[pytest]\nsamurai_redact =\n    email\n    acct-\\d+ \\S\n")
    project.tests(MAIL)
    project.run().assert_outcomes(passed=1)

    text = project.text("test_it/test_it.yaml")
    assert "Write to [REDACTED] about [REDACTED]." in text
    assert "example.com" not in text
    # Older versions of httpx write a blank after the colon.
    assert '"acct":17' in text.replace('": ', '":')
    project.offline()
    monkeypatch.setenv("WHO", "you@example.org")
    project.run("--samurai-mode=none").assert_outcomes(passed=1)


@pytest.mark.parametrize("written", ['["email", "acct-\\\\d+ ."]', '"""\nemail\nacct-\\\\d+ ."""'])
def test_it_may_be_named_in_pyproject(project: Project, written: str) -> None:
    project.pytester.makepyprojecttoml(f"[tool.pytest.ini_options]\nsamurai_redact = {written}\n")
    project.tests(MAIL)
    project.run().assert_outcomes(passed=1)

    assert "Write to [REDACTED] about [REDACTED]." in project.text("test_it/test_it.yaml")


def test_a_marker_adds_to_the_ini_file_and_to_the_fixture(project: Project) -> None:
    project.pytester.makeini("[pytest]\nsamurai_redact = email\n")
    project.tests("""
@pytest.fixture
def samurai_config():
    return {"redact": lambda text: text.replace("Alice", "A.")}

@pytest.mark.samurai(redact=["Bob"])
def test_it(samurai_client):
    ask(samurai_client, "Alice, Bob, me@example.com")
""")
    project.run().assert_outcomes(passed=1)

    text = project.text("test_it/test_it.yaml").replace('": ', '":')
    assert '"content":"A., [REDACTED], [REDACTED]"' in text
    project.offline()
    project.run("--samurai-mode=none").assert_outcomes(passed=1)


def test_what_was_recorded_before_still_matches(project: Project) -> None:
    project.tests(MAIL)
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.pytester.makeini("[pytest]\nsamurai_redact = email\n")

    project.run("--samurai-mode=none").assert_outcomes(passed=1)


def test_a_miss_does_not_show_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.pytester.makeini("[pytest]\nsamurai_redact = email\n")
    project.tests(MAIL)
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.tests(MAIL.replace("about", "at once about"))
    result = project.run("--samurai-mode=none", "--tb=short")

    result.assert_outcomes(failed=1)
    assert "example.com" not in result.stdout.str()
    assert "Write to [REDACTED] at once" in result.stdout.str().replace("[at once ]", "at once ")


def test_a_mistake_in_the_ini_file_stops_the_run(project: Project) -> None:
    project.pytester.makeini("[pytest]\nsamurai_redact = acct-(\n")
    project.tests(MAIL)
    result = project.run()

    result.stderr.fnmatch_lines(
        ["*samurai_redact is *; it must be regular expressions, and 'acct-(' is not one: missing*"]
    )


def test_a_function_that_raises_is_named(chat_server: ChatServer, tmp_path: Path) -> None:
    def fail(text: str) -> str:
        raise LookupError(text)

    path = tmp_path / "a.yaml"
    with pytest.warns(UserWarning, match=r"a function of `redact` raised LookupError; the call is not recorded"):
        with use_cassette(path, redact=[fail]), pytest.raises(LookupError):
            ask(f"{chat_server.base_url}/chat/completions")
    assert not path.exists()


def test_no_function_is_blamed_where_there_is_none(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr("pytest_samurai.redaction.redactor.Redactor.reply", fail)
    with pytest.warns(UserWarning, match=r"\): the redaction raised LookupError; the call is not recorded"):
        with use_cassette(tmp_path / "a.yaml"), pytest.raises(LookupError):
            ask(f"{chat_server.base_url}/chat/completions")


def test_a_password_of_digits_breaks_no_reply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "12345678")
    monkeypatch.setenv("PIN_TOKEN", "84736251")
    monkeypatch.setenv("MY_TOKEN", "gpt-4o-mini")
    monkeypatch.setenv("MY_SECRET", "password1")
    monkeypatch.setenv("CACHE_PASSWORD", "localhost:5432")
    said = {
        "model": "gpt-4o-mini-2024-07-18",
        "created": 1712345678,
        "id": "chatcmpl-12345678",
        "system_fingerprint": 84736251,
        "choices": [{"message": {"content": "password1 at localhost:5432 is not 84736251."}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    transport = Scripted(httpx.Response(200, json=said))
    url, path = "http://localhost:5432/v1/chat/completions", tmp_path / "a.yaml"
    for _ in range(2):
        with use_cassette(path), httpx.Client(transport=transport, headers={"api-key": KEY}) as client:
            answer = client.post(url, json=body("What is the password of localhost:5432?")).json()

    expected = json.loads(json.dumps(said).replace("not 84736251", "not [REDACTED]"))
    assert answer == expected
    [recorded] = load(path)
    assert recorded.request.url == url
    assert json.loads(recorded.request.body) == body("What is the password of localhost:5432?")

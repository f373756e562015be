"""The clients of a test, and the key that they get."""

from __future__ import annotations

import pytest

from tests.conftest import KEY
from tests.project import SEED, Project


def test_a_replayed_test_gets_a_placeholder_for_a_missing_key(project: Project) -> None:
    project.tests("""
import os, openai
def test_it(samurai):
    openai.OpenAI(base_url=os.environ["SAMURAI_BASE_URL"]).chat.completions.create(**body())

def test_after():
    assert "placeholder" not in os.environ.get("OPENAI_API_KEY", "")
""")
    project._monkeypatch.setenv("OPENAI_API_KEY", KEY)
    project.run().assert_outcomes(passed=2)
    project._monkeypatch.delenv("OPENAI_API_KEY")
    project.offline()
    project.run().assert_outcomes(passed=2)


def test_the_placeholder_is_never_sent(project: Project) -> None:
    project.tests("""
import os
CLIENTS = []

def test_first(samurai_client):
    ask(samurai_client)

def test_second(samurai_client):
    ask(samurai_client, "something new")
""")
    project.run("-k", "first").assert_outcomes(passed=1)
    project._monkeypatch.delenv("SAMURAI_API_KEY")
    project.tests("""
CLIENTS = []

@pytest.mark.samurai
def test_first(samurai_client):
    key = samurai_client.headers["authorization"]
    CLIENTS.append(httpx.Client(base_url=samurai_client.base_url, headers={"Authorization": key}))
    ask(samurai_client)

@pytest.mark.samurai
def test_second():
    CLIENTS[0].post("/chat/completions?key=abc", json=body("something new"))
""")
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*[?]key=[[]REDACTED] must go live to be recorded, but its key is the placeholder that replayed tests get."]
    )
    assert project.server.requests == 1


def test_a_client_made_in_a_session_fixture_gets_a_placeholder_key(project: Project) -> None:
    project.tests("""
@pytest.fixture(scope="session")
def client():
    import openai, os
    with openai.OpenAI(base_url=os.environ["SAMURAI_BASE_URL"]) as client:
        yield client

@pytest.mark.samurai
def test_it(client):
    client.chat.completions.create(**body())
""")
    project._monkeypatch.setenv("OPENAI_API_KEY", KEY)
    project.run().assert_outcomes(passed=1)
    project._monkeypatch.delenv("OPENAI_API_KEY")
    project.offline()
    project.run().assert_outcomes(passed=1)
    project.run("--samurai-mode=none").assert_outcomes(passed=1)


def test_a_placeholder_key_is_not_sent_by_a_fixture_that_is_torn_down(project: Project) -> None:
    project._monkeypatch.delenv("SAMURAI_API_KEY")
    project.tests(
        SEED
        + """
@pytest.fixture(scope="module")
def wide():
    key = os.environ["SAMURAI_API_KEY"]
    yield
    httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body(), headers={"Authorization": key})

def test_it(wide, samurai): pass
"""
    )
    project.run().assert_outcomes(passed=1, errors=1)
    assert project.server.requests == 0


def test_without_a_base_url_the_clients_ask_the_api_and_give_it_a_minute(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMURAI_BASE_URL")
    project.tests("""
@pytest.mark.samurai
def test_it(samurai_client, samurai_async_client):
    for client in (samurai_client, samurai_async_client):
        assert (client.base_url, client.timeout) == ("https://www.samuraiapi.in/v1/", httpx.Timeout(60))
""")
    project.run().assert_outcomes(passed=1)

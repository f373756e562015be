"""Calls of tests that have no recorder."""

from __future__ import annotations

import pytest

from tests.conftest import KEY
from tests.project import SEED, Project

UNMARKED = f"""
import os
def test_it():
    headers = {{"Authorization": "Bearer {KEY}"}}
    httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body(), headers=headers)
"""


def test_a_live_call_of_an_unmarked_test_is_reported(project: Project) -> None:
    project.tests(UNMARKED)
    result = project.run("-q")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["samurai: 1 live call outside of any recorder, not recorded: test_it.py::test_it"])
    project.run("--samurai-unmarked=allow").stdout.no_fnmatch_line("*samurai: *")


def test_a_live_call_of_an_unmarked_test_can_be_blocked(project: Project) -> None:
    project.tests(UNMARKED)
    result = project.run("--samurai-unmarked=block")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*is a chat call for which no recorder is open, and no call may go live*"])
    assert project.server.requests == 0


def test_a_blocked_call_that_the_application_swallows_fails_the_test(project: Project) -> None:
    project.tests(
        UNMARKED.replace("    httpx.post", "    try: httpx.post").rstrip() + "\n    except BaseException: pass"
    )
    project.run("--samurai-unmarked=block").assert_outcomes(failed=1)


def test_a_blocked_call_is_named_without_the_keys_in_its_url(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "p4ssw0rd-of-mine")
    project.tests("""
def test_plain():
    httpx.post("http://me:mine@h/p4ssw0rd-of-mine/v1/chat/completions?key=abc&x=1", json={})
""")
    result = project.run("--samurai-unmarked=block", "--tb=short")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*RequestNotRecorded: http://h/[[]REDACTED]/v1/chat/completions[?]key=[[]REDACTED]&x=1 is a chat call for*"]
    )


def test_blocking_sees_a_library_that_is_imported_within_the_test(project: Project) -> None:
    path = project.pytester.path / "test_late.py"
    path.write_text(
        "import os\n"
        "def test_it():\n"
        "    import httpx\n"
        "    httpx.post(os.environ['SAMURAI_BASE_URL'] + '/chat/completions', json={})\n",
        encoding="utf-8",
    )
    result = project.pytester.runpytest_subprocess("--samurai-unmarked=block")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*is a chat call for which no recorder is open*"])


@pytest.mark.parametrize("unmarked", ["warn", "block"])
def test_calls_that_respx_or_pytest_httpx_answers_are_not_live(
    project: Project, monkeypatch: pytest.MonkeyPatch, unmarked: str
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:asyncio -p no:cassetter -p no:recording")
    project.tests("""
import respx
def test_respx():
    with respx.mock:
        respx.post("https://api.test/v1/chat/completions").respond(json={})
        assert httpx.post("https://api.test/v1/chat/completions", json=body()).json() == {}

def test_pytest_httpx(httpx_mock):
    httpx_mock.add_response(json={})
    assert httpx.post("https://api.test/v1/chat/completions", json=body()).json() == {}

def test_mock_transport():
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200))) as client:
        assert client.post("https://api.test/v1/chat/completions", json=body()).status_code == 200
""")
    result = project.run(f"--samurai-unmarked={unmarked}")
    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("*samurai: *")


def test_a_live_call_of_an_unmarked_test_is_reported_where_httpx2_is_all_there_is(project: Project) -> None:
    (project.pytester.path / "test_it.py").write_text(
        "import os, sys, httpx2\n"
        "def test_plain():\n"
        "    httpx2.post(os.environ['SAMURAI_BASE_URL'] + '/chat/completions', json={})\n"
        "    assert 'httpx' not in sys.modules\n",
        encoding="utf-8",
    )
    result = project.pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["samurai: 1 live call outside of any recorder, not recorded: test_it.py::test_plain"])


def test_that_live_calls_are_allowed_without_a_recorder_allows_none_after_a_replay(project: Project) -> None:
    project.tests(f"""{SEED}
@pytest.fixture(scope="module")
def wide():
    yield
    seed_call()

def test_it(wide, samurai): pass
""")
    result = project.run("--samurai-mode=none", "-o", "samurai_unmarked=allow")
    result.assert_outcomes(passed=1, errors=1)
    assert project.server.requests == 0

"""Calls in tests without a recorder."""

from __future__ import annotations

import socket

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
    result.stdout.fnmatch_lines(["*is a model call, but no recorder is open, and no call may go live*"])
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
        ["*RequestNotRecorded: http://h/[[]REDACTED]/v1/chat/completions[?]key=[[]REDACTED]&x=1 is a model call, but*"]
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
    result.stdout.fnmatch_lines(["*is a model call, but no recorder is open*"])


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


# --- the teardown of a wider fixture

BY_HTTP_CLIENT = """
import http.client
def by_http_client(host):
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("GET", "/v1/models")
    connection.getresponse().read()
    connection.close()
"""


def torn_down(project: Project, call: str, *arguments: str, swallow: bool = False) -> pytest.RunResult:
    """A replay, after which a wider fixture makes a call."""
    project.tests(f"""{SEED}{BY_HTTP_CLIENT}
@pytest.fixture(scope="module")
def wide():
    yield
    try:
        {call}
    except BaseException:
        if not {swallow}: raise

@pytest.mark.samurai
def test_it(wide): seed_call()
""")
    project.run("-k", "test_it")
    before = project.server.requests
    result = project.run(*arguments)
    assert project.server.requests == before
    return result


@pytest.mark.parametrize("swallow", [False, True])
@pytest.mark.parametrize("mode", ["none", "once"])
@pytest.mark.parametrize(
    "call",
    [
        "httpx.post(os.environ['SAMURAI_BASE_URL'] + '/rerank', json={'model': 'm'})",
        "httpx.post(os.environ['SAMURAI_BASE_URL'] + '/images/generations', json={})",
        "httpx.post('http://127.0.0.1:9/v1/images/generations', json={})",
        "httpx.post('http://127.0.0.1:9/rerank', json={'model': 'm'})",
        "httpx.get('http://api.openai.com/v1/models')",
        "httpx.get(os.environ['SAMURAI_BASE_URL'] + '/models')",
    ],
)
def test_a_wider_fixture_calls_no_model_as_it_is_torn_down_after_a_replay(
    project: Project, call: str, mode: str, swallow: bool
) -> None:
    result = torn_down(project, call, f"--samurai-mode={mode}", swallow=swallow)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*RequestNotRecorded: http* is a model call, but no recorder is open*"])


@pytest.mark.parametrize("mode", ["none", "once"])
@pytest.mark.parametrize("why", ["in the cassette", "named by OPENAI_BASE_URL"])
def test_a_wider_fixture_connects_to_no_model_as_it_is_torn_down_after_a_replay(
    project: Project, monkeypatch: pytest.MonkeyPatch, mode: str, why: str
) -> None:
    host = project.server.base_url.split("/")[2] if why == "in the cassette" else "127.0.0.1:9"
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://{host}/v1")
    result = torn_down(project, f"by_http_client('{host}')", f"--samurai-mode={mode}")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            f"*RequestNotRecorded: a connection to {host}, which serves models ({why}), was opened while no recorder"
            f" was open, and no call may go live unrecorded here.",
            "E   *test      test_it.py::test_it",
        ]
    )


def test_what_the_settings_let_pass_passes_as_a_wider_fixture_is_torn_down(project: Project) -> None:
    project.tests(f"""{SEED}{BY_HTTP_CLIENT}
import socket

@pytest.fixture(scope="module")
def wide():
    yield
    by_http_client(os.environ["SAMURAI_BASE_URL"].split("/")[2])
    with socket.create_server(("127.0.0.1", 0)) as other:
        socket.create_connection(other.getsockname()).close()
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        client.get("http://api.openai.com/v1/models")
        client.post("http://other.test/rerank", json={{"query": "of no model"}})

@pytest.mark.samurai
def test_it(wide): seed_call()
""")
    project.run()
    live = "samurai: 1 live call outside of any recorder, not recorded: test_it.py::test_it"
    for unseen in ("allow", "warn"):
        result = project.run(f"--samurai-unseen={unseen}")
        result.assert_outcomes(passed=1)
        assert (live in result.outlines) == (unseen == "warn")


def test_an_ignored_host_may_be_called_as_a_wider_fixture_is_torn_down(project: Project) -> None:
    project.tests(f"""{SEED}{BY_HTTP_CLIENT}
@pytest.fixture(scope="module")
def wide():
    yield
    by_http_client(os.environ["SAMURAI_BASE_URL"].split("/")[2])
    assert httpx.get(os.environ["SAMURAI_BASE_URL"] + "/models").status_code == 401

@pytest.mark.samurai(ignore_localhost=True)
def test_it(wide): pass
""")
    (project.pytester.path / "cassettes/test_it").mkdir(parents=True)
    path = project.pytester.path / "cassettes/test_it/test_it.yaml"
    path.write_text("interactions: []\nversion: 1\n", encoding="utf-8")
    project.run().assert_outcomes(passed=1)
    project.run("--samurai-mode=none").assert_outcomes(passed=1)


def test_the_patches_of_connections_come_out_with_the_test(project: Project) -> None:
    before = socket.socket.connect
    result = torn_down(project, "import socket; assert '_connecting' in socket.socket.connect.__qualname__")
    result.assert_outcomes(passed=1)
    assert socket.socket.connect is before

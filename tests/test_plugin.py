"""The plugin as a user meets it: a small project in, the outcomes and the text out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pytest_samurai.server import ChatServer
from tests.conftest import KEY

ASK = """
import httpx, pytest

def body(content="What is the capital of France?", **changes):
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}], **changes}

def ask(client, content="What is the capital of France?", **changes):
    reply = client.post("/chat/completions", json=body(content, **changes))
    return reply.raise_for_status().json()["choices"][0]["message"]["content"]
"""

THIRTY_ONE = "Tell me, in one line: is it warm there, or cold?"
"""A question whose call uses 31 tokens of the embedded server's."""


@pytest.fixture
def project(pytester: pytest.Pytester, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("SAMURAI_BASE_URL", chat_server.base_url)
    monkeypatch.setenv("SAMURAI_API_KEY", KEY)
    return Project(pytester, chat_server, monkeypatch)


class Project:
    """A project under test, and the server that its first runs talk to."""

    def __init__(self, pytester: pytest.Pytester, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pytester = pytester
        self.server = server
        self._monkeypatch = monkeypatch

    def tests(self, text: str, name: str = "test_it.py") -> None:
        (self.pytester.path / name).write_text(ASK + text, encoding="utf-8")

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)

    def offline(self) -> None:
        """From now on nothing answers, and there is no key."""
        self.server.stop()
        self._monkeypatch.delenv("SAMURAI_API_KEY")

    def cassettes(self) -> list[str]:
        root = self.pytester.path / "cassettes"
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())

    def text(self, cassette: str) -> str:
        return (self.pytester.path / "cassettes" / cassette).read_text(encoding="utf-8")


def without_seconds(line: str) -> str:
    """A line of totals without the time that replay saved: on a busy machine, even these calls took some."""
    return re.sub(r"(; replay saved \S+) and [\d,.]+ s$", r"\1", line)


def lines_between(result: pytest.RunResult, first: str, last: str) -> list[str]:
    lines = [without_seconds(line.rstrip()) for line in result.outlines]
    begin = next(place for place, line in enumerate(lines) if first in line)
    end = next(place for place, line in enumerate(lines) if last in line and place > begin)
    return lines[begin:end]


# --- record and replay


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


def test_the_summary_says_what_was_replayed_recorded_and_used(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_one(samurai_client):
    ask(samurai_client)

@pytest.mark.samurai
def test_two(samurai_client):
    ask(samurai_client)
    ask(samurai_client)
""")
    recorded = project.run()
    assert lines_between(recorded, "samurai: 2 tests", "passed in") == [
        "samurai: 2 tests, calls: 0 replayed, 3 recorded, 39 tokens, $0.00000855",
        "  $0.00000570         26 tokens    2 calls  test_it.py::test_two",
        "  $0.00000285         13 tokens     1 call  test_it.py::test_one",
        "samurai: no samurai.lock; --samurai-update writes down what each test uses",
    ]
    replayed = project.run("--samurai-top=1")
    assert lines_between(replayed, "samurai: 2 tests", "passed in") == [
        "samurai: 2 tests, calls: 3 replayed, 39 tokens, $0.00000855; replay saved $0.00000855",
        "  $0.00000570         26 tokens    2 calls  test_it.py::test_two",
    ]
    project.run("-q").stdout.no_fnmatch_line("*samurai*")
    live = project.run("--samurai-mode=live")
    live.stdout.fnmatch_lines(["samurai: 2 tests, calls: 0 replayed, 3 live, 39 tokens, $0.00000855"])


def test_a_run_without_marked_tests_says_nothing(project: Project) -> None:
    project.tests("def test_plain(): pass")
    project.run().stdout.no_fnmatch_line("*samurai: *")


def test_a_test_without_the_marker_imports_nothing(project: Project) -> None:
    (project.pytester.path / "test_plain.py").write_text(
        "import sys, pytest\n"
        "def test_plain(): assert not {'httpx', 'httpx2', 'yaml', 'pytest_samurai.intercept'} & set(sys.modules)\n"
        "@pytest.mark.samurai\n"
        "def test_marked(): pass\n",
        encoding="utf-8",
    )
    project.pytester.runpytest_subprocess("-k", "not marked").assert_outcomes(passed=1, deselected=1)
    project.pytester.runpytest_subprocess().assert_outcomes(passed=2)


def test_a_run_without_marked_tests_loads_nothing_but_options(project: Project) -> None:
    (project.pytester.path / "test_plain.py").write_text(
        "import sys\n"
        "def test_plain(request):\n"
        "    rooms = {name for name in sys.modules if name.startswith('pytest_samurai.')}\n"
        "    modules = {f'plugin.{name}' for name in ('collection', 'marker', 'state')}\n"
        "    assert rooms == {f'pytest_samurai.{name}' for name in modules | {'errors', 'plugin', 'settings'}}\n"
        "    plugins = {name for name, _ in request.config.pluginmanager.list_name_plugin() if 'samurai-' in name}\n"
        "    assert plugins == {'samurai-collection'}\n",
        encoding="utf-8",
    )
    project.pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_asking_for_the_fixture_is_as_good_as_the_marker(project: Project) -> None:
    project.tests(
        """
def test_capital(samurai):
    base_url = __import__("os").environ["SAMURAI_BASE_URL"]
    with httpx.Client(base_url=base_url, headers={"Authorization": "Bearer KEY"}) as client:
        assert ask(client) == "Paris."
""".replace("KEY", KEY)
    )
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.run().assert_outcomes(passed=1)


def test_a_marked_test_that_asks_for_no_fixture_is_recorded_too(project: Project) -> None:
    project.tests(f"""
import os
@pytest.mark.samurai
def test_capital():
    headers = {{"Authorization": "Bearer {KEY}"}}
    assert httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body(), headers=headers).is_success
""")
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.run().assert_outcomes(passed=1)


def test_a_config_of_the_file_holds_for_a_test_that_asks_for_no_fixture(project: Project) -> None:
    project.tests("""
from pytest_samurai import RequestNotRecorded
@pytest.fixture(scope="session")
def samurai_config(): return {"mode": "none"}
@pytest.mark.samurai
def test_capital(request): assert request.getfixturevalue("samurai").mode == "none"
""")
    project.run("--samurai-unused=ignore").assert_outcomes(passed=1)


def test_a_parameter_in_the_place_of_a_fixture_of_ours_holds(project: Project) -> None:
    project.tests("""
import pathlib
@pytest.mark.samurai
@pytest.mark.parametrize("samurai_config", [{"mode": "live"}, {"mode": "all"}])
def test_mode(samurai_config, request):
    assert request.getfixturevalue("samurai").mode == samurai_config["mode"]
@pytest.mark.samurai
@pytest.mark.parametrize("samurai_cassette_dir", [pathlib.Path("elsewhere")])
def test_place(samurai_cassette_dir, request):
    assert request.getfixturevalue("samurai").cassette_path.parent.name == "elsewhere"
""")
    project.run().assert_outcomes(passed=3)


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
    result.stdout.fnmatch_lines(["*the recording of this stream ends here*"])


# --- names and places


def test_markers_on_class_and_module_apply_and_the_nearest_wins_key_by_key(project: Project) -> None:
    project.tests("""
pytestmark = pytest.mark.samurai("of/module", max_requests=1, max_total_tokens=1000)

@pytest.mark.samurai(mode="live", max_requests=2)
class TestIt:
    @pytest.mark.samurai(max_requests=3)
    def test_it(self, samurai):
        s = samurai.settings
        print("got", samurai.mode, s.max_requests, s.max_total_tokens, samurai.cassette_path.as_posix()[-24:])
""")
    project.run("-s").stdout.fnmatch_lines(["*got live 3 1000 cassettes/of/module.yaml"])


def test_a_named_cassette_is_shared_by_tests_of_several_files(project: Project) -> None:
    test = """
@pytest.mark.samurai("shared/capital")
def test_it(samurai_client):
    assert ask(samurai_client, "What is the capital of COUNTRY?")
"""
    project.tests(test.replace("COUNTRY", "France"), "test_one.py")
    project.tests(test.replace("COUNTRY", "Japan"), "test_two.py")
    project.run().assert_outcomes(passed=2)
    assert project.cassettes() == ["shared/capital.yaml"]
    assert project.text("shared/capital.yaml").count("- request:") == 2
    project.offline()
    project.run().assert_outcomes(passed=2)


def test_mode_all_ends_with_the_recordings_of_all_tests_that_share_a_cassette(project: Project) -> None:
    project.tests("""
@pytest.mark.parametrize("country", ["France", "Japan"])
@pytest.mark.samurai("shared")
def test_it(samurai_client, country):
    assert ask(samurai_client, f"What is the capital of {country}?")
""")
    project.run("--samurai-mode=all").assert_outcomes(passed=2)
    project.run("--samurai-mode=all").assert_outcomes(passed=2)
    assert project.text("shared.yaml").count("- request:") == 2
    assert project.server.requests == 4


def test_the_directory_of_cassettes_can_be_moved(project: Project) -> None:
    project.tests("""
from pathlib import Path
@pytest.fixture(scope="module")
def samurai_cassette_dir(request):
    return Path(request.config.rootpath) / "elsewhere"

@pytest.mark.samurai
def test_own(samurai): print("own:", samurai.cassette_path)

@pytest.mark.samurai("named")
def test_named(samurai): print("named:", samurai.cassette_path)
""")
    result = project.run("-s")
    root = project.pytester.path
    result.stdout.fnmatch_lines([f"*own: {root}/elsewhere/test_own.yaml", f"*named: {root}/elsewhere/named.yaml"])


def test_the_ini_file_and_the_command_line_move_the_root_of_cassettes(project: Project) -> None:
    project.pytester.makeini("[pytest]\nsamurai_cassette_dir = tapes")
    project.tests("def test_it(samurai): print('path:', samurai.cassette_path)")
    root = project.pytester.path
    project.run("-s").stdout.fnmatch_lines([f"*path: {root}/tapes/test_it/test_it.yaml"])
    project.run("-s", "--samurai-cassette-dir=rolls").stdout.fnmatch_lines(
        [f"*path: {root}/rolls/test_it/test_it.yaml"]
    )


# --- options


def test_an_option_is_laid_over_another_in_the_documented_order(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = "def test_it(samurai): print('mode:', samurai.mode)\n"
    fixture = "@pytest.fixture\ndef samurai_config(): return {'mode': 'new_episodes'}\n"
    project.tests(test)
    project.run("-s").stdout.fnmatch_lines(["*mode: once"])
    monkeypatch.setenv("CI", "true")
    project.run("-s").stdout.fnmatch_lines(["*mode: none"])
    project.pytester.makeini("[pytest]\nsamurai_mode = live")
    project.run("-s").stdout.fnmatch_lines(["*mode: live"])
    project.tests(fixture + test)
    project.run("-s").stdout.fnmatch_lines(["*mode: new_episodes"])
    project.tests(fixture + "@pytest.mark.samurai(mode='all')\n" + test)
    project.run("-s").stdout.fnmatch_lines(["*mode: all"])
    monkeypatch.setenv("SAMURAI_MODE", "none")
    project.run("-s").stdout.fnmatch_lines(["*mode: none"])
    project.run("-s", "--samurai-mode=once").stdout.fnmatch_lines(["*mode: once"])


def test_tests_that_say_the_same_share_their_settings_and_others_have_their_own(project: Project) -> None:
    project.tests("""\
SEEN = {}

@pytest.mark.samurai(ignore=["user"])
def test_a(samurai): SEEN["a"] = samurai.settings

@pytest.mark.samurai(ignore=["user"])
def test_b(samurai): assert samurai.settings is SEEN["a"]

@pytest.mark.samurai(ignore=("metadata",))
def test_c(samurai): assert samurai.settings.ignore == (("metadata",),)

def test_d(samurai): assert samurai.settings.ignore == ()

@pytest.fixture(scope="module")
def environment():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMURAI_MODE", "live")
        yield

@pytest.mark.samurai(ignore=["user"])
def test_e(environment, samurai): assert samurai.mode == "live"
""")
    project.run().assert_outcomes(passed=5)


def test_what_equals_an_option_that_can_be_is_not_let_pass_for_it(project: Project) -> None:
    project.tests("""\
@pytest.mark.samurai(max_requests=1)
def test_a(): pass

@pytest.mark.samurai(max_requests=True)
def test_b(): pass
""")
    project.run().stderr.fnmatch_lines(["*test_it.py::test_b*max_requests is True*"])


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ("max_tokens=3", "*@pytest.mark.samurai of test_it.py::test_it*max_tokens*"),
        ("mode='never'", "*@pytest.mark.samurai of test_it.py::test_it*mode is 'never'*none, once, new_episodes*"),
        ("max_requests=-1", "*test_it.py::test_it*max_requests is -1*"),
        ("ignore=['a..b']", "*test_it.py::test_it*'a..b'*"),
        ("'a', 'b'", "*test_it.py::test_it*one cassette name*"),
        ("3", "*test_it.py::test_it*3*name*"),
        ("'../outside'", "*test_it.py::test_it*'../outside'*"),
    ],
)
def test_a_marker_that_cannot_be_is_a_usage_error_that_names_the_test(
    project: Project, marker: str, complaint: str
) -> None:
    project.tests(f"@pytest.mark.samurai({marker})\ndef test_it(): pass")
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([complaint])


def test_a_wrong_key_in_samurai_config_is_an_error_that_names_the_test(project: Project) -> None:
    project.tests("""
@pytest.fixture
def samurai_config(): return {"record_mode": "once"}
def test_it(samurai): pass
""")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*samurai_config of test_it.py::test_it*record_mode*"])


def test_a_wrong_value_on_the_command_line_is_a_usage_error(project: Project) -> None:
    project.tests("def test_it(): pass")
    result = project.run("--samurai-mode=twice")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the command line*mode is 'twice'*"])


# --- modes


def test_new_episodes_adds_what_is_missing_and_keeps_what_is_there(project: Project) -> None:
    test = "def test_it(samurai_client): ask(samurai_client, 'one'); LATER"
    project.tests(test.replace("LATER", ""))
    project.run().assert_outcomes(passed=1)
    project.tests(test.replace("LATER", "ask(samurai_client, 'two')"))
    result = project.run("--samurai-mode=new_episodes")
    result.stdout.fnmatch_lines(["samurai: 1 test, calls: 1 replayed, 1 recorded*"])
    assert project.text("test_it/test_it.yaml").count("- request:") == 2


def test_mode_none_refuses_even_where_there_is_no_cassette(project: Project) -> None:
    project.tests("@pytest.mark.samurai\ndef test_it(samurai_client): ask(samurai_client)")
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(failed=1)
    assert lines_between(result, "E       pytest_samurai.Req", ": RequestNotRecorded") == [
        "E       pytest_samurai.RequestNotRecorded: POST /chat/completions has no recording,"
        " and the mode does not let it go live.",
        "E         test      test_it.py::test_it",
        "E         cassette  cassettes/test_it/test_it.yaml (no recordings)",
        "E         mode      none",
        "E         To record this test: pytest --samurai-mode=all test_it.py::test_it",
        "",
    ]
    assert project.server.requests == 0


# --- misses

CHANGED = """
@pytest.mark.samurai
def test_it(samurai_client):
    ask(samurai_client, "What is the capital of France?")
"""


@pytest.mark.parametrize(
    "call",
    [
        "ask(samurai_client, 'What is the capital of Spain?')",
        "try: ask(samurai_client, 'What is the capital of Spain?')\n    except Exception: pass",
        "try: ask(samurai_client, 'What is the capital of Spain?')\n    except BaseException: pass",
        "t = __import__('threading').Thread(target=ask, args=(samurai_client, 'What is the capital of Spain?'));"
        " t.start(); t.join()",
        "from concurrent.futures import ThreadPoolExecutor\n"
        "    with ThreadPoolExecutor() as pool: pool.submit(ask, samurai_client, 'What is the capital of Spain?')",
    ],
    ids=["plain", "except Exception", "except BaseException", "thread", "forgotten future"],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_changed_word_fails_the_test_however_the_application_calls(project: Project, call: str) -> None:
    project.tests(CHANGED)
    project.run().assert_outcomes(passed=1)
    project.tests(CHANGED.replace('ask(samurai_client, "What is the capital of France?")', call))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*messages[[]0].content*",
            "*- What is the capital of [[]France[]][?]",
            "*+ What is the capital of [[]Spain[]][?]",
            "*pytest --samurai-mode=all test_it.py::test_it*",
        ]
    )
    assert project.server.requests == 1


def test_a_miss_through_the_openai_sdk_is_one_attempt_and_keeps_its_text(project: Project) -> None:
    test = """
import openai, os
@pytest.mark.samurai
def test_it(samurai):
    client = openai.OpenAI(base_url=os.environ["SAMURAI_BASE_URL"], api_key=os.environ.get("SAMURAI_API_KEY"))
    client.chat.completions.create(**body("What is the capital of France?"))
"""
    project.tests(test)
    project.run().assert_outcomes(passed=1)
    project.tests(test.replace("France", "Spain"))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * pytest_samurai.RequestNotRecorded: POST /chat/completions has no recording*"])
    # Nothing of the SDK's inside stands between the test and the message.
    result.stdout.no_fnmatch_line("*site-packages*")
    assert project.server.requests == 1


def test_a_test_that_fails_of_what_a_miss_led_to_shows_the_miss_too(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai(mode="none")
def test_it(samurai_client):
    answer = None
    try:
        answer = ask(samurai_client)
    except BaseException:
        pass
    assert answer == "Paris."
""")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E   *assert None == 'Paris.'", "*request not recorded*", "POST /chat/completions has*"]
    )


def test_another_model_endpoint_is_refused_while_replaying_and_passes_while_recording(project: Project) -> None:
    test = """
@pytest.mark.samurai
def test_it(samurai_client):
    ask(samurai_client)
    samurai_client.post("/embeddings", json={"model": "e", "input": "x"})
    samurai_client.post("/messages", json={"text": "an application's own"})
"""
    project.tests(test)
    recorded = project.run()
    recorded.assert_outcomes(passed=1)
    recorded.stdout.fnmatch_lines(
        [
            "samurai: test_it.py::test_it: POST *127.0.0.1*/v1/embeddings is a model endpoint that is not recorded:"
            " it went live, and a replay will refuse it; to record it as well:"
            " samurai_endpoints = [*]/chat/completions [*]/embeddings"
        ]
    )
    recorded.stdout.no_fnmatch_line("samurai: *messages*")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*/v1/embeddings is a model endpoint that is not recorded*", "*[*]/embeddings"])


def test_a_miss_is_no_reason_to_skip(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai(mode="none")
def test_it(samurai_client):
    try:
        ask(samurai_client)
    except BaseException:
        pytest.skip("no network")

@pytest.mark.samurai
def test_skipped(samurai_client):
    pytest.skip("for another reason")
""")
    result = project.run()
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*RequestNotRecorded: POST /chat/completions has no recording*"])


def test_a_samurai_config_that_is_no_dict_is_named_for_wider_fixtures_too(project: Project) -> None:
    project.tests("""
@pytest.fixture(scope="session")
def samurai_config():
    {"max_requests": 5}

@pytest.fixture(scope="session")
def database():
    return 1

@pytest.mark.samurai
def test_it(database):
    pass
""")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*samurai_config of test_it.py::test_it is None; it has to be a dict of options"])


def test_a_property_of_an_applications_own_is_left_to_it(project: Project) -> None:
    project.tests("""
def test_it(record_property):
    record_property("samurai_models", "x")
""")
    project.run().assert_outcomes(passed=1)


# --- budgets


def budget_test(call: str, limit: int) -> str:
    return f"""
@pytest.mark.samurai(max_total_tokens={limit})
def test_it(samurai_client, samurai):
    for _ in range(3):
        {call}
    assert [call.usage.total_tokens for call in samurai.calls] == [31, 31, 31]
"""


PLAIN = f"ask(samurai_client, {THIRTY_ONE!r})"
STREAM = f"samurai_client.post('/chat/completions', json=body({THIRTY_ONE!r}, stream=True)).read()"


@pytest.mark.parametrize("call", [PLAIN, STREAM], ids=["plain", "stream without include_usage"])
def test_92_tokens_are_too_few_for_three_calls_of_31_and_93_are_enough(project: Project, call: str) -> None:
    project.tests(budget_test(call, 92), "test_few.py")
    project.tests(budget_test(call, 93), "test_enough.py")
    recorded = project.run()
    project.offline()
    replayed = project.run()
    distributed = project.pytester.runpytest_subprocess("-n", "2", "-p", "no:cacheprovider")
    for result in (recorded, replayed, distributed):
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines(
            [
                "*_ test_it _*",
                "max_total_tokens is 92, used 93 (+1)",
                "  call  model           prompt  completion      total",
                "     1  gpt-4o-mini*31",
                "     2  gpt-4o-mini*31",
                "     3  gpt-4o-mini*31",
                "FAILED test_few.py::test_it - BudgetExceeded: max_total_tokens is 92, *",
            ]
        )
    distributed.stdout.fnmatch_lines(
        ["samurai: 2 tests, calls: 6 replayed, 186 tokens, $0.0000603; replay saved $0.0000603*"]
    )


@pytest.mark.parametrize(
    ("limit", "line"),
    [
        ("max_requests=1", "max_requests is 1, used 2 (+1)"),
        ("max_prompt_tokens=21", "max_prompt_tokens is 21, used 22 (+1)"),
        ("max_completion_tokens=3", "max_completion_tokens is 3, used 4 (+1)"),
    ],
)
def test_every_limit_is_kept(project: Project, limit: str, line: str) -> None:
    project.tests(f"""
@pytest.mark.samurai({limit})
def test_it(samurai_client):
    ask(samurai_client)
    ask(samurai_client)
""")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([line])


def test_a_broken_budget_is_the_tests_own_failure_in_junit_and_for_x_and_lf(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai(max_total_tokens=1)
def test_dear(samurai_client): ask(samurai_client)
def test_next(): pass
""")
    result = project.pytester.runpytest_inprocess("-x", "--junit-xml=junit.xml")
    result.assert_outcomes(failed=1)
    [case] = ElementTree.parse(project.pytester.path / "junit.xml").iter("testcase")
    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("BudgetExceeded: max_total_tokens is 1, used 13 (+12)")
    properties = {item.attrib["name"]: item.attrib["value"] for item in case.iter("property")}
    assert [model["model"] for model in json.loads(properties.pop("samurai_models"))["models"]] == ["gpt-4o-mini"]
    assert properties == {
        "samurai_replayed": "0",
        "samurai_recorded": "1",
        "samurai_live": "0",
        "samurai_prompt_tokens": "11",
        "samurai_completion_tokens": "2",
        "samurai_total_tokens": "13",
        "samurai_cost": "0.00000285",
    }
    project.pytester.runpytest_inprocess("--lf").assert_outcomes(failed=1)


def test_a_test_that_failed_for_its_own_reason_keeps_it(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai(max_total_tokens=1)
def test_it(samurai_client): assert ask(samurai_client) == "London."
""")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * assert 'Paris.' == 'London.'"])
    result.stdout.no_fnmatch_line("*max_total_tokens is*")


def test_a_part_of_a_test_has_a_budget_of_its_own(project: Project) -> None:
    project.tests("""
def test_it(samurai_client, samurai):
    ask(samurai_client)
    with samurai.budget(max_total_tokens=13):
        ask(samurai_client)
    with pytest.raises(AssertionError, match=r"max_total_tokens is 12, used 13 \\(\\+1\\)"):
        with samurai.budget(max_total_tokens=12):
            ask(samurai_client)
    with pytest.raises(Exception, match="max_tokens"):
        with samurai.budget(max_tokens=12):
            pass
""")
    project.run().assert_outcomes(passed=1)


def test_a_token_budget_on_a_call_of_unknown_usage_fails_and_names_the_call(project: Project) -> None:
    project.tests("""
@pytest.fixture
def samurai_config(): return {"stream_usage": False}

@pytest.mark.samurai(max_total_tokens=100)
def test_it(samurai_client, samurai):
    samurai_client.post("/chat/completions", json=body(stream=True)).read()
    with pytest.raises(Exception, match="call 1"):
        samurai.usage
""")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["max_total_tokens cannot be judged: the usage of call 1 (gpt-4o-mini) is unknown*"])
    result.stdout.fnmatch_lines(["samurai: 1 test, calls: 0 replayed, 1 recorded, tokens unknown, cost unknown"])


# --- what is kept of a failed test


def test_the_recordings_of_a_failed_test_are_kept_if_they_were_successes(project: Project) -> None:
    project.tests("def test_it(samurai_client):\n    ask(samurai_client)\n    assert not 'this'")
    project.run().assert_outcomes(failed=1)
    assert project.cassettes() == ["test_it/test_it.yaml"]
    project.offline()
    project.run("--samurai-mode=none").stdout.fnmatch_lines(["*assert not 'this'"])


def test_a_failed_test_that_ended_on_an_error_response_records_nothing_and_says_so(project: Project) -> None:
    project.tests("def test_it(samurai_client): ask(samurai_client, model='error-429')")
    result = project.run()
    result.assert_outcomes(failed=1)
    assert project.cassettes() == []
    result.stdout.fnmatch_lines(
        ["samurai: nothing recorded of test_it.py::test_it: it did not pass, and a call ended in status 429"]
    )


def test_an_error_in_a_passed_test_is_recorded_like_anything_else(project: Project) -> None:
    project.tests("""
def test_it(samurai_client, samurai):
    with pytest.raises(httpx.HTTPStatusError, match="429"):
        ask(samurai_client, model="error-429")
    assert samurai.calls[0].status_code == 429
    assert samurai.usage.total_tokens == 0
""")
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.run().assert_outcomes(passed=1)


def test_a_damaged_cassette_is_an_error_that_names_it(project: Project) -> None:
    project.tests("def test_it(samurai_client): ask(samurai_client)")
    path = project.pytester.path / "cassettes/test_it/test_it.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("interactions: [", encoding="utf-8")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"{path}:2: not readable as YAML: *"])
    assert path.read_text(encoding="utf-8") == "interactions: ["


# --- keys


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
    ask(CLIENTS[0], "something new")
""")
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*has to go live to be recorded, and its key is the placeholder*"])
    assert project.server.requests == 1


# --- unmarked tests

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


# --- beside other plugins


@pytest.mark.parametrize("other", ["recording", "cassetter"])
def test_it_runs_beside_pytest_recording_and_cassetter(
    project: Project, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    blocked = {"recording": "cassetter", "cassetter": "recording"}[other]
    monkeypatch.setenv("PYTEST_ADDOPTS", f"-p no:asyncio -p no:{blocked}")
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


def test_the_plugin_imports_no_http_library_no_yaml_and_no_price_list() -> None:
    code = (
        "import pytest, sys; before = set(sys.modules); import pytest_samurai.plugin; print(*set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = {name.partition(".")[0] for name in done.stdout.split()}
    assert "pytest_samurai" in imported
    assert not imported & {"httpx", "httpx2", "vcr", "yaml", "genai_prices", "rich"}


def test_help_lists_every_option_with_its_default(project: Project) -> None:
    text = re.sub(r"\s+", " ", project.run("--help").stdout.str())
    assert "--samurai-mode=SAMURAI_MODE" in text
    assert "default: `none` if the environment says `CI`, else `once`" in text
    assert "samurai_endpoints (args):" in text
    assert "@pytest.mark.samurai(cassette=None, /, **options): record the chat-completions calls" in (
        project.run("--markers").stdout.str()
    )


def test_the_package_has_what_it_promises_at_its_door(tmp_path: Path) -> None:
    import pytest_samurai

    for name in pytest_samurai.__all__:
        assert getattr(pytest_samurai, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'use_tape'"):
        _ = pytest_samurai.use_tape


# --- fixtures of wider scope

WIDE = """
@pytest.fixture(scope="SCOPE")
def answer(OTHERS):
    import os
    url = os.environ["SAMURAI_BASE_URL"] + "/chat/completions"
    key = os.environ.get("SAMURAI_API_KEY", "none")
    return httpx.post(url, json=body("Say hello"), headers={"Authorization": f"Bearer {key}"}).raise_for_status().json()

class TestIt:
    @pytest.mark.samurai
    def test_one(self, answer, samurai):
        assert not samurai.calls

    @pytest.mark.samurai
    def test_two(self, answer, samurai_client, samurai):
        ask(samurai_client)
        assert len(samurai.calls) == 1
"""


@pytest.mark.parametrize(
    ("scope", "cassette"),
    [
        ("session", "test_it/fixtures/answer.yaml"),
        ("package", "test_it/fixtures/answer.yaml"),
        ("module", "test_it/fixtures/answer.yaml"),
        ("class", "test_it/fixtures/TestIt.answer.yaml"),
    ],
)
def test_what_a_wider_fixture_calls_goes_to_a_cassette_of_its_own(project: Project, scope: str, cassette: str) -> None:
    project.tests(WIDE.replace("SCOPE", scope).replace("OTHERS", ""))
    recorded = project.run()
    recorded.assert_outcomes(passed=2)
    assert project.cassettes() == sorted([cassette, "test_it/TestIt.test_two.yaml"])
    recorded.stdout.fnmatch_lines(
        ["samurai: 2 tests, calls: 0 replayed, 2 recorded, 28 tokens, $0.00000915", f"* 1 call  {scope} fixture answer"]
    )
    project.offline()
    replayed = project.run("--samurai-mode=none", "-k", "test_two")
    replayed.assert_outcomes(passed=1)
    replayed.stdout.fnmatch_lines(
        ["samurai: 1 test, calls: 2 replayed, 28 tokens, $0.00000915; replay saved $0.00000915*"]
    )


def test_a_session_fixture_of_a_conftest_has_its_cassette_where_it_is_defined(project: Project) -> None:
    fixture = WIDE.partition("class ")[0].replace("SCOPE", "session").replace("OTHERS", "")
    (project.pytester.path / "conftest.py").write_text(ASK + fixture, encoding="utf-8")
    project.tests("def test_it(samurai, answer): pass")
    project.run().assert_outcomes(passed=1)
    assert project.cassettes() == ["fixtures/answer.yaml"]


def test_each_parameter_of_a_wider_fixture_has_a_cassette(project: Project) -> None:
    project.tests("""
@pytest.fixture(scope="module", params=["France", "Japan"])
def answer(request):
    import os
    url = os.environ["SAMURAI_BASE_URL"] + "/chat/completions"
    headers = {"Authorization": "Bearer " + os.environ["SAMURAI_API_KEY"]}
    return httpx.post(url, json=body(f"What is the capital of {request.param}?"), headers=headers).json()

def test_it(samurai, answer): pass
""")
    project.run().assert_outcomes(passed=2)
    assert len([name for name in project.cassettes() if name.startswith("test_it/fixtures/answer['")]) == 0
    assert len(project.cassettes()) == 2
    project.offline()
    project.run("--samurai-mode=none").assert_outcomes(passed=2)


def test_a_wider_fixture_of_a_marked_test_does_not_go_live_in_mode_none(project: Project) -> None:
    project.tests(WIDE.replace("SCOPE", "module").replace("OTHERS", ""))
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*POST /chat/completions has no recording*", "*module fixture answer*"])
    assert project.server.requests == 0


def test_a_miss_that_a_wider_fixture_swallows_is_an_error_of_the_test_that_it_was_set_up_for(project: Project) -> None:
    text = WIDE.replace("SCOPE", "module").replace("OTHERS", "")
    text = text.replace("    return httpx", "    try: return httpx").replace(
        "\n\nclass", "\n    except BaseException: return None\n\nclass"
    )
    project.tests(text)
    project.run("--samurai-mode=none", "-k", "test_one").assert_outcomes(errors=1)


def test_a_wider_fixture_that_fails_on_an_error_response_records_nothing_and_says_so(project: Project) -> None:
    project.tests(
        WIDE.replace("SCOPE", "module").replace("OTHERS", "").replace('"Say hello"', '"x", model="error-500"')
    )
    result = project.run()
    result.assert_outcomes(errors=2)
    assert not [name for name in project.cassettes() if "fixtures" in name]
    result.stdout.fnmatch_lines(["samurai: nothing recorded of module fixture answer: it did not pass*status 500"])


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


def test_a_miss_that_a_fixture_swallows_as_it_is_torn_down_is_an_error(project: Project) -> None:
    project.tests("""
@pytest.fixture
def conversation(samurai_client):
    yield
    try: ask(samurai_client, "bye")
    except BaseException: pass

@pytest.mark.samurai(mode="none")
def test_it(conversation): pass
""")
    project.run().assert_outcomes(passed=1, errors=1)


def test_a_shared_cassette_is_mended_without_paying_for_all_of_it(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai("shared")
def test_one(samurai_client): ask(samurai_client, "one")
""")
    project.run().assert_outcomes(passed=1)
    project.tests("""
@pytest.mark.samurai("shared")
def test_two(samurai_client): ask(samurai_client, "two")
""")
    project.run().stdout.fnmatch_lines(["*pytest --samurai-mode=new_episodes test_it.py::test_two*"])


def test_samurai_config_has_to_be_a_dict(project: Project) -> None:
    project.tests("@pytest.fixture\ndef samurai_config(): return None\ndef test_it(samurai): pass")
    project.run().stdout.fnmatch_lines(["*samurai_config of test_it.py::test_it is None; it has to be a dict*"])


# --- what a review and a newcomer found

SEED = """
import os
def seed_call(text="seed"):
    headers = {"Authorization": "Bearer " + os.environ.get("SAMURAI_API_KEY", "none")}
    return httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body(text), headers=headers)
"""


def test_the_recorder_opens_before_the_fixtures_of_the_test_wherever_its_name_stands(project: Project) -> None:
    project.tests(
        SEED
        + """
@pytest.fixture
def seed(): return seed_call()

@pytest.mark.samurai
def test_it(seed, samurai): assert len(samurai.calls) == 1

class TestIt:
    def setup_method(self): seed_call()
    def test_it(self, samurai): assert len(samurai.calls) == 1
"""
    )
    project.run("--samurai-mode=none").assert_outcomes(errors=2)
    assert project.server.requests == 0
    project.run().assert_outcomes(passed=2)


def test_a_marker_on_one_parameter_is_none_on_the_others(project: Project) -> None:
    project.tests("""
@pytest.mark.parametrize("x", ["p", pytest.param("q", marks=pytest.mark.samurai)])
def test_it(x, request): assert ("samurai" in request.fixturenames) == (x == "q")
""")
    project.run().assert_outcomes(passed=2)


def test_an_odd_id_does_not_get_in_the_way_of_a_miss(project: Project) -> None:
    project.tests("""
@pytest.mark.parametrize("x", ['{"a": 1}', "{}", "{mode}", "%s"])
@pytest.mark.samurai(mode="none")
def test_it(x, samurai_client):
    try: ask(samurai_client)
    except Exception: pass
""")
    project.run().assert_outcomes(failed=4)


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


def test_a_wider_fixture_does_not_go_live_as_it_is_torn_down_in_mode_none(project: Project) -> None:
    project.tests(
        SEED
        + """
@pytest.fixture(scope="module")
def wide():
    yield
    seed_call("bye")

def test_it(wide, samurai): pass
"""
    )
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*no recorder is open*", "*as it is torn down cannot be recorded.*"])
    assert project.server.requests == 0
    project.run().stdout.fnmatch_lines(
        ["samurai: 1 live call outside of any recorder, not recorded: test_it.py::test_it"]
    )


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


def test_a_miss_as_a_fixture_is_torn_down_is_an_error_like_any_other(project: Project) -> None:
    project.tests(
        SEED
        + """
@pytest.fixture
def database():
    yield
    print("database closed")

@pytest.fixture
def conversation(database):
    yield
    seed_call("bye")

@pytest.mark.samurai(mode="none")
def test_it(conversation): pass

@pytest.mark.samurai
def test_next(samurai_client): ask(samurai_client)
"""
    )
    result = project.run("-s")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*database closed*", "*ERROR at teardown of test_it*"])
    assert project.cassettes() == ["test_it/test_next.yaml"]


def test_a_miss_of_a_wider_fixture_is_the_error_of_each_of_its_tests(project: Project) -> None:
    project.tests(WIDE.replace("SCOPE", "module").replace("OTHERS", ""))
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(errors=2)
    assert result.stdout.str().count("has no recording, and the mode does not let it go live.") == 2


def test_a_wider_fixture_is_recorded_whichever_test_comes_first(project: Project) -> None:
    project.tests(
        SEED
        + """
@pytest.fixture(scope="module")
def wide(): return seed_call().json()

def test_plain(wide): pass

@pytest.mark.samurai
def test_marked(wide): pass
"""
    )
    project.run().assert_outcomes(passed=2)
    assert project.cassettes() == ["test_it/fixtures/wide.yaml"]
    project.offline()
    project.run("--samurai-mode=none").assert_outcomes(passed=2)


def test_a_wider_fixture_goes_by_the_options_and_the_directory_of_its_tests(project: Project) -> None:
    project.tests(
        SEED
        + """
from pathlib import Path

@pytest.fixture(scope="session")
def samurai_config(): return {"mode": "none"}

@pytest.fixture(scope="module")
def samurai_cassette_dir(): return Path("elsewhere").absolute()

@pytest.fixture(scope="module")
def wide(): seed_call()

def test_it(wide, samurai): pass
"""
    )
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*elsewhere/fixtures/wide.yaml*"])


def test_an_object_as_a_parameter_of_a_wider_fixture_goes_by_its_number(project: Project) -> None:
    project.tests(
        SEED
        + """
class Thing: pass

@pytest.fixture(scope="module", params=[Thing(), Thing()])
def wide(request): seed_call()

def test_it(wide, samurai): pass
"""
    )
    project.run().assert_outcomes(passed=2)
    first = project.cassettes()
    assert len(first) == 2
    project.run("--samurai-mode=none").assert_outcomes(passed=2)
    assert project.cassettes() == first


def test_a_failed_unittest_keeps_its_own_reason(project: Project) -> None:
    project.tests(
        SEED
        + """
import unittest

@pytest.mark.samurai(max_requests=0)
class TestIt(unittest.TestCase):
    def test_it(self):
        seed_call()
        self.assertEqual(1, 2)

    def test_budget(self):
        seed_call()
"""
    )
    result = project.run()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["max_requests is 0, used 1 (+1)", "*AssertionError: 1 != 2"])
    assert result.stdout.str().count("max_requests is 0") == 2


def test_all_wrong_markers_are_named_at_once(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai(max_tokens=3)
def test_one(): pass

@pytest.mark.samurai(mode="never")
def test_two(): pass
""")
    project.run().stderr.fnmatch_lines(["*test_one*max_tokens*", "*test_two*mode is 'never'*"])


def test_a_wrong_marker_is_told_by_a_worker_of_xdist_too(project: Project) -> None:
    project.tests("@pytest.mark.samurai(max_tokens=3)\ndef test_one(): pass")
    result = project.pytester.runpytest_subprocess("-n", "1")
    result.stdout.fnmatch_lines(["*@pytest.mark.samurai of test_it.py::test_one*max_tokens*"])


def test_what_was_not_recorded_is_not_called_recorded(project: Project) -> None:
    project.tests("def test_it(samurai_client): ask(samurai_client, model='error-429')")
    project.run().stdout.fnmatch_lines(["samurai: 1 test, calls: 0 replayed, 1 live, 0 tokens, $0.00"])


def test_a_recording_that_a_passed_test_does_not_play_fails_it(project: Project) -> None:
    test = "def test_it(samurai_client):\n    ask(samurai_client, 'one')\n    ask(samurai_client, 'two')"
    project.tests(test)
    project.run().assert_outcomes(passed=1)
    project.tests(test.replace("\n    ask(samurai_client, 'two')", ""))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "1 of 2 recorded interactions was not played: *test_it.yaml",
            "  interaction 2: two",
            "  To record this test again: pytest --samurai-mode=all test_it.py::test_it",
        ]
    )
    warned = project.run("--samurai-unused=warn")
    warned.assert_outcomes(passed=1)
    warned.stdout.fnmatch_lines(["samurai: 1 of 2 recorded interactions was not played: *"])
    project.run("--samurai-unused=ignore").stdout.no_fnmatch_line("*was not played*")


SHARED = """
@pytest.mark.samurai("shared")
@pytest.mark.parametrize("word", WORDS)
def test_it(samurai_client, word): ask(samurai_client, word)
"""


def test_what_no_test_plays_of_a_shared_cassette_is_said_at_the_end_of_a_full_run(project: Project) -> None:
    project.tests(SHARED.replace("WORDS", "['one', 'two', 'three']"))
    project.run().assert_outcomes(passed=3)
    project.run().stdout.no_fnmatch_line("*no test played*")
    project.tests(SHARED.replace("WORDS", "['one', 'three']"))
    line = "samurai: cassettes/shared.yaml: no test played interaction 2 of 3 recorded interactions"
    result = project.run()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([line])
    distributed = project.pytester.runpytest_subprocess("-n", "2")
    distributed.stdout.fnmatch_lines([line])
    project.run("-k", "one").stdout.no_fnmatch_line("*no test played*")
    project.run("test_it.py").stdout.no_fnmatch_line("*no test played*")
    project.run("--samurai-unused=ignore").stdout.no_fnmatch_line("*no test played*")


def test_options_of_a_narrower_scope_are_not_those_of_a_wider_fixture(project: Project) -> None:
    project.tests(
        SEED
        + """
@pytest.fixture
def samurai_config(): return {"mode": "live"}

@pytest.fixture(scope="module")
def wide(): seed_call()

def test_it(wide, samurai): assert samurai.mode == "live"
"""
    )
    project.run().assert_outcomes(passed=1)
    assert project.cassettes() == ["test_it/fixtures/wide.yaml"]


UNSEEN = """
import os, urllib.request

@pytest.mark.samurai
def test_it(samurai_client):
    ask(samurai_client)
    with pytest.raises(OSError):
        urllib.request.urlopen(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", b"{}")
    samurai_client.get("/models").raise_for_status()
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_client_that_no_hook_sees_is_named_in_the_summary_of_a_replay(
    project: Project, workers: tuple[str, ...]
) -> None:
    project.tests(UNSEEN)
    first = project.run(*workers)
    first.assert_outcomes(passed=1)
    first.stdout.no_fnmatch_line("samurai: *connected to*")
    second = project.run(*workers)
    second.assert_outcomes(passed=1)
    host = project.server.base_url.split("/")[2]
    second.stdout.fnmatch_lines(
        [f"samurai: test_it.py::test_it: connected to {host}, which serves chat, by a client that no recorder sees *"]
    )

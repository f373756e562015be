"""What fails a test: a miss, a budget, an interaction that it does not play."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from tests.project import SEED, THIRTY_ONE, Project

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
            "*pytest --samurai-mode=update test_it.py::test_it*",
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
    # Nothing from inside the SDK is between the test and the message.
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
    samurai_client.post("/rerank", json={"model": "e", "query": "x"})
    with pytest.raises(httpx.ConnectError):
        httpx.post("http://127.0.0.1:9/messages", json={"text": "an application's own"})
"""
    project.tests(test)
    recorded = project.run()
    recorded.assert_outcomes(passed=1)
    recorded.stdout.fnmatch_lines(
        [
            "samurai: test_it.py::test_it: POST *127.0.0.1*/v1/rerank is a model endpoint that is not recorded:"
            " it went live, and a replay will refuse it; to record it as well:"
            " samurai_endpoints = known [*]/rerank"
        ]
    )
    recorded.stdout.no_fnmatch_line("samurai: *messages*")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*/v1/rerank is a model endpoint that is not recorded*", "*[*]/rerank"])


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
    distributed = project.pytester.runpytest_inprocess("-n", "2", "-p", "no:cacheprovider")
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


def test_an_odd_id_does_not_get_in_the_way_of_a_miss(project: Project) -> None:
    project.tests("""
@pytest.mark.parametrize("x", ['{"a": 1}', "{}", "{mode}", "%s"])
@pytest.mark.samurai(mode="none")
def test_it(x, samurai_client):
    try: ask(samurai_client)
    except Exception: pass
""")
    project.run().assert_outcomes(failed=4)


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
            "  To drop what is no longer played: pytest --samurai-mode=update test_it.py::test_it",
        ]
    )
    warned = project.run("--samurai-unused=warn")
    warned.assert_outcomes(passed=1)
    warned.stdout.fnmatch_lines(["samurai: 1 of 2 recorded interactions was not played: *"])
    project.run("--samurai-unused=ignore").stdout.no_fnmatch_line("*was not played*")


def test_a_limit_of_the_run_cannot_be_judged_if_a_test_only_started_a_child(project: Project) -> None:
    project.tests("""
import subprocess, sys
@pytest.mark.samurai
def test_it(): subprocess.run([sys.executable, "-c", ""], check=True)
""")
    result = project.run("--samurai-max-total-tokens=9")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["samurai_max_total_tokens cannot be judged: a child process was started, and no call was seen; make the call*"]
    )

"""What a test plays while its fixtures are torn down counts. What it still has not played fails it."""

from __future__ import annotations

import json

import pytest

from tests.project import SEED, Project

BYE = (
    SEED
    + """
@pytest.fixture
def conversation(samurai_client):
    yield
    print("saying bye")
    ask(samurai_client, "bye")

@pytest.mark.samurai
def test_it(conversation, samurai_client): ask(samurai_client)

@pytest.mark.samurai
def test_next(samurai_client): ask(samurai_client, "next")
"""
)


def test_what_a_fixture_calls_after_its_yield_is_played(project: Project) -> None:
    project.tests(BYE)
    project.run().assert_outcomes(passed=2)
    recorded = project.text("test_it/test_it.yaml")
    project.offline()
    for mode in ("once", "none", "update"):
        result = project.run(f"--samurai-mode={mode}")
        result.assert_outcomes(passed=2)
        result.stdout.fnmatch_lines(["samurai: 2 tests, calls: 3 replayed, *"])
    assert project.text("test_it/test_it.yaml") == recorded


@pytest.mark.parametrize(
    "code",
    [
        """
@pytest.fixture
def teardown(request): request.addfinalizer(lambda: seed_call("bye"))
@pytest.mark.samurai
def test_it(teardown): seed_call()
""",
        """
@pytest.mark.samurai
class TestIt:
    def teardown_method(self): seed_call("bye")
    def test_it(self): seed_call()
""",
        """
@pytest.fixture
async def teardown():
    yield
    seed_call("bye")
@pytest.mark.samurai
@pytest.mark.anyio
async def test_it(teardown): seed_call()
@pytest.fixture
def anyio_backend(): return "asyncio"
""",
        """
@pytest.fixture(params=["a", "b"])
def teardown(request):
    yield
    seed_call("bye " + request.param)
@pytest.mark.samurai
def test_it(teardown): seed_call()
""",
        """
import unittest
@pytest.mark.samurai
class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def teardown(self):
        yield
        seed_call("bye")
    def test_it(self):
        self.addCleanup(seed_call, "cleanup")
        seed_call()
""",
    ],
    ids=["a finalizer", "teardown_method", "an async fixture", "a fixture with parameters", "unittest"],
)
def test_each_kind_of_teardown_is_awaited(project: Project, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in ("asyncio", "cassetter", "recording")))
    project.tests(SEED + code)
    recorded = project.run()
    assert recorded.ret == 0
    result = project.run("--samurai-mode=none")
    assert result.parseoutcomes() == recorded.parseoutcomes()


def test_what_neither_the_body_nor_the_teardown_plays_fails_the_test(project: Project) -> None:
    project.tests(BYE)
    project.run().assert_outcomes(passed=2)
    project.tests(BYE.replace('ask(samurai_client, "bye")', "pass"))
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "1 of 2 recorded interactions was not played: cassettes/test_it/test_it.yaml",
            "  interaction 2: bye",
            "  To drop what is no longer played: pytest --samurai-mode=update test_it.py::test_it",
        ]
    )
    project.run("--samurai-mode=update").assert_outcomes(passed=2)
    project.run("--samurai-mode=none").assert_outcomes(passed=2)


def test_a_warning_waits_for_the_teardown_too(project: Project) -> None:
    project.tests(BYE)
    project.run().assert_outcomes(passed=2)
    played = project.run("--samurai-unused=warn")
    played.assert_outcomes(passed=2)
    played.stdout.no_fnmatch_line("*not played*")
    project.tests(BYE.replace('ask(samurai_client, "bye")', "pass"))
    warned = project.run("--samurai-unused=warn")
    warned.assert_outcomes(passed=2)
    warned.stdout.fnmatch_lines(["samurai: 1 of 2 recorded interactions was not played: *"])


def test_a_miss_in_the_teardown_of_a_test_that_has_not_played_all_fails_the_test(project: Project) -> None:
    project.tests(BYE)
    project.run().assert_outcomes(passed=2)
    project.tests(BYE.replace('"bye")', '"good bye")'))
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*messages[[]0].content*"])
    assert project.server.requests == 3


@pytest.mark.parametrize("place", ["conftest.py", "test_it.py"])
def test_an_error_in_the_teardown_is_one_in_the_teardown(project: Project, place: str) -> None:
    broken = """
import pytest
@pytest.fixture
def broken(samurai):
    yield
    assert not samurai.replaying, "the teardown is broken"
"""
    project.tests(BYE.replace("def test_it(", "def test_it(broken, ") + (broken if place == "test_it.py" else ""))
    if place == "conftest.py":
        project.pytester.makeconftest(broken)
    project.run().assert_outcomes(passed=2)
    result = project.run()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_it*", "*AssertionError: the teardown is broken"])
    result.stdout.no_fnmatch_line("*internals.py*")
    result.stdout.no_fnmatch_line("*verdict.py*")


def test_an_error_in_the_teardown_stands_beside_what_fails_the_test_and_other_errors(project: Project) -> None:
    test = (
        SEED
        + """
@pytest.fixture(scope="module")
def module():
    yield
    assert not OTHER, "of the module"

@pytest.fixture
def own():
    yield
    assert not OTHER, "of the test"

@pytest.mark.samurai
def test_it(module, own):
    seed_call()
    if not OTHER: seed_call("more")
"""
    )
    project.tests(test.replace("OTHER", "False"))
    project.run().assert_outcomes(passed=1)
    project.tests(test.replace("OTHER", "True"))
    result = project.run()
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(["*of the module*", "*of the test*", "1 of 2 recorded interactions was not played: *"])


def test_a_teardown_may_end_the_run(project: Project) -> None:
    project.tests(BYE)
    project.run().assert_outcomes(passed=2)
    project.tests(BYE.replace('ask(samurai_client, "bye")', "pytest.exit('enough')"))
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "test_next" not in result.stdout.str()


def test_an_error_that_breaks_a_teardown_off_leaves_no_recorder_to_the_next_test(project: Project) -> None:
    project.tests(BYE)
    project.run().assert_outcomes(passed=2)
    project.tests(BYE.replace('ask(samurai_client, "bye")', "raise __import__('asyncio').CancelledError('broken off')"))
    result = project.run()
    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_it*",
            "*CancelledError: broken off",
            "1 of 2 recorded interactions was not played: *",
        ]
    )


def test_a_refusal_that_a_teardown_raises_is_told_once(project: Project) -> None:
    project.tests(BYE)
    project.run().assert_outcomes(passed=2)
    project.tests(BYE.replace('ask(samurai_client, "bye")', 'seed_call("good bye")'))
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    assert result.stdout.str().count("To record what is missing") == 1


def test_the_lock_is_of_the_body_alone_in_a_replay_too(project: Project) -> None:
    project.tests(BYE)
    project.run("--samurai-update").assert_outcomes(passed=2)
    lock = project.pytester.path / "samurai.lock"
    recorded = lock.read_text()
    result = project.run("--samurai-update")
    result.assert_outcomes(passed=2)
    assert lock.read_text() == recorded
    project.run().assert_outcomes(passed=2)
    project.tests(BYE.replace('ask(samurai_client, "bye")', "pass"))
    project.run("--samurai-update").assert_outcomes(passed=1, failed=1)
    assert lock.read_text() == recorded


def test_under_xdist_it_is_the_same(project: Project) -> None:
    project.tests(BYE)
    project.run("-n2").assert_outcomes(passed=2)
    project.run("-n2").assert_outcomes(passed=2)
    project.tests(BYE.replace('ask(samurai_client, "bye")', "pass"))
    project.run("-n2").assert_outcomes(passed=1, failed=1)


def test_a_test_that_fails_for_another_reason_is_torn_down_in_its_teardown(project: Project) -> None:
    project.tests(BYE)
    project.run().assert_outcomes(passed=2)
    project.tests(BYE.replace("samurai_client): ask(samurai_client)\n", "samurai_client): assert 0\n"))
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Captured stdout teardown*", "saying bye"])


def test_figures_are_those_of_all_calls(project: Project) -> None:
    project.tests(BYE)
    for _ in range(2):
        project.run("--samurai-report=json:r.json").assert_outcomes(passed=2)
        tests = json.loads((project.pytester.path / "r.json").read_text())["tests"]
        assert [test["usage"]["requests"] for test in tests] == [2, 1]


def test_what_an_early_teardown_prints_and_logs_is_captured(project: Project) -> None:
    test = BYE.replace('print("saying bye")', 'print("saying bye"); logging.getLogger("it").warning("logged bye")')
    project.tests("import logging\n" + test)
    project.run().assert_outcomes(passed=2)
    project.run().stdout.no_fnmatch_line("*saying bye*")
    project.tests("import logging\n" + test.replace('ask(samurai_client, "bye")', "pass"))
    result = project.run()
    result.stdout.fnmatch_lines(
        [
            "*- Captured log after the call -*",
            "WARNING * logged bye",
            "*- Captured stdout after the call -*",
            "saying bye",
        ]
    )
    assert result.stdout.str().count("saying bye") == 1
    project.run("-p", "no:logging").stdout.fnmatch_lines(["*- Captured stdout after the call -*", "saying bye"])


def test_an_early_teardown_needs_no_capture(project: Project) -> None:
    project.tests(BYE)
    for _ in range(2):
        project.run("-p", "no:capture").assert_outcomes(passed=2)

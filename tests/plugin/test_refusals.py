"""A refused request makes the test red, whatever happens to the exception."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.project import SEED, Project

SWALLOW = (
    SEED
    + """
import contextlib, unittest

def swallow(text="What is the capital of France?"):
    with contextlib.suppress(BaseException):
        seed_call(text)
"""
)

MISS = "*RequestNotRecorded: POST /chat/completions has no recording*"


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide enough for the short summary to show why a test failed."""
    monkeypatch.setenv("COLUMNS", "300")


def refused(project: Project, text: str, *arguments: str) -> pytest.RunResult:
    """A run of tests in which nothing is recorded and nothing goes live."""
    project.tests(SWALLOW + text)
    result = project.run("--samurai-mode=none", *arguments)
    assert project.server.requests == 0
    return result


def short_summary(result: pytest.RunResult) -> list[str]:
    lines = result.outlines
    start = next(index for index, line in enumerate(lines) if "short test summary info" in line)
    return [line for line in lines[start:] if line.startswith(("FAILED", "ERROR", "SUBFAIL"))]


def are_of_misses(lines: list[str]) -> bool:
    """Whether a short summary describes misses: the first one in full, the others as the same."""
    first, *others = lines
    return "RequestNotRecorded: " in first and all(" - as in " in line for line in others)


# --- in the body


@pytest.mark.parametrize(
    "end",
    [
        "pytest.skip('no network')",
        "raise unittest.SkipTest('no network')",
        "pytest.importorskip('no_such_module')",
        "pytest.xfail('no network')",
    ],
)
def test_a_test_that_swallows_a_miss_cannot_end_as_skipped_or_expected_to_fail(project: Project, end: str) -> None:
    result = refused(
        project,
        f"""
@pytest.mark.samurai
def test_it():
    swallow()
    {end}

@pytest.mark.samurai
def test_without_a_miss():
    {end}
""",
    )
    outcome = "xfailed" if "xfail" in end else "skipped"
    result.assert_outcomes(failed=1, **{outcome: 1})
    assert len(short_summary(result)) == 1
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])


@pytest.mark.parametrize("swallows", [True, False])
@pytest.mark.parametrize(
    "mark",
    [
        "@pytest.mark.xfail",
        "@pytest.mark.xfail(strict=True)",
        "@pytest.mark.xfail(True, reason='flaky', run=True)",
        "@pytest.mark.xfail(raises=BaseException)",
        "@pytest.mark.xfail(raises=pytest.fail.Exception)",
    ],
)
def test_a_test_that_is_marked_xfail_is_not_expected_to_miss(project: Project, mark: str, swallows: bool) -> None:
    call = "swallow" if swallows else "seed_call"
    result = refused(project, f"{mark}\n@pytest.mark.samurai\ndef test_it(): {call}()")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])


def test_what_a_miss_led_to_is_not_expected_by_an_xfail_mark_either(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.mark.xfail
@pytest.mark.samurai
def test_it():
    swallow()
    assert 1 == 2

@pytest.mark.xfail
@pytest.mark.samurai
def test_without_a_miss():
    assert 1 == 2
""",
    )
    result.assert_outcomes(failed=1, xfailed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])


@pytest.mark.parametrize("swallows", [True, False])
@pytest.mark.parametrize(
    "raises", ["RequestNotRecorded", "(ValueError, RequestNotRecorded)", "pytest.RaisesExc(RequestNotRecorded)"]
)
def test_an_xfail_mark_that_names_the_miss_means_it(project: Project, raises: str, swallows: bool) -> None:
    if "RaisesExc" in raises and pytest.version_tuple < (8, 4):
        pytest.skip("it is there from pytest 8.4 on")
    call = "swallow" if swallows else "seed_call"
    result = refused(
        project,
        f"""
from pytest_samurai import RequestNotRecorded
@pytest.mark.xfail(raises={raises}, strict=True)
@pytest.mark.samurai
def test_it(): {call}()
""",
    )
    result.assert_outcomes(xfailed=1)


def test_a_mark_that_a_fixture_adds_after_a_miss_hides_nothing(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.fixture
def flaky(request, samurai):
    swallow()
    request.applymarker(pytest.mark.xfail(run=False))

def test_it(flaky): pass
""",
    )
    result.assert_outcomes(failed=1)


def test_a_test_that_xfail_does_not_run_is_as_before(project: Project) -> None:
    refused(project, "@pytest.mark.xfail(run=False)\n@pytest.mark.samurai\ndef test_it(): swallow()").assert_outcomes(
        xfailed=1
    )


@pytest.mark.parametrize(
    "body",
    [
        "swallow(); self.skipTest('no network')",
        "swallow(); raise unittest.SkipTest('no network')",
        "swallow(); pytest.skip('no network')",
        "swallow(); pytest.xfail('no network')",
        "self.addCleanup(swallow)",
        "self.addCleanup(swallow); self.skipTest('no network')",
        "with self.subTest(): swallow(); self.skipTest('no network')",
    ],
)
def test_a_unittest_that_swallows_a_miss_is_red(project: Project, body: str) -> None:
    result = refused(
        project,
        f"""
@pytest.mark.samurai
class TestIt(unittest.TestCase):
    def test_it(self):
        {body}
""",
    )
    assert result.parseoutcomes()["failed"] == 1
    assert "errors" not in result.parseoutcomes()
    result.stdout.fnmatch_lines([f"FAILED test_it.py::TestIt::test_it - {MISS}"])


@pytest.mark.parametrize("method", ["setUp", "tearDown"])
def test_a_miss_that_the_fixtures_of_a_unittest_swallow_is_its_own_failure(project: Project, method: str) -> None:
    result = refused(
        project,
        f"""
@pytest.mark.samurai
class TestIt(unittest.TestCase):
    def {method}(self): swallow()
    def test_it(self): pass
""",
    )
    result.assert_outcomes(failed=1)


@pytest.mark.parametrize("call", ["swallow()", "seed_call()", "swallow(); self.fail()"])
def test_a_unittest_that_is_expected_to_fail_is_not_expected_to_miss(project: Project, call: str) -> None:
    result = refused(
        project,
        f"""
@pytest.mark.samurai
class TestIt(unittest.TestCase):
    @unittest.expectedFailure
    def test_it(self): {call}

    @unittest.expectedFailure
    def test_without_a_miss(self): self.fail()
""",
    )
    result.assert_outcomes(failed=1, xfailed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::TestIt::test_it - {MISS}"])


def test_a_miss_within_a_subtest_is_red_even_if_it_is_skipped(project: Project) -> None:
    pytest.importorskip("_pytest.subtests", reason="subtests are in pytest from 9 on")
    result = refused(
        project,
        """
@pytest.mark.samurai
def test_it(subtests):
    with subtests.test("skipped"):
        swallow()
        pytest.skip("no network")
    with subtests.test("expected"):
        pytest.xfail("no network")
    with subtests.test("good"):
        pass
""",
    )
    assert result.parseoutcomes()["failed"] >= 1
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    "change",
    [
        "report.outcome = 'passed'",
        "report.outcome, report.longrepr = 'passed', None",
        "report.outcome, report.longrepr = 'skipped', ('test_it.py', 1, 'no network')",
        "report.outcome, report.wasxfail = 'skipped', 'no network'",
    ],
)
def test_a_hook_that_turns_failures_into_something_else_leaves_a_miss_red(project: Project, change: str) -> None:
    (project.pytester.path / "conftest.py").write_text(
        f"""
import pytest
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.excinfo is not None:
        {change}
    return report
""",
        encoding="utf-8",
    )
    result = refused(project, "@pytest.mark.samurai\ndef test_it(): seed_call()")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])


# --- what a miss led to


LANGCHAIN = """
import asyncio

async def generate():
    results = await asyncio.gather(asyncio.to_thread(seed_call), return_exceptions=True)
    return [result.generations for result in results]
"""


def test_the_short_summary_shows_the_miss_and_not_what_came_of_it(project: Project) -> None:
    result = refused(
        project, LANGCHAIN + "@pytest.mark.samurai\ndef test_it(): asyncio.run(generate())", "--junit-xml=junit.xml"
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E  *AttributeError: 'RequestNotRecorded' object has no attribute 'generations'",
            "*request not recorded*",
            "POST /chat/completions has no recording*",
            f"FAILED test_it.py::test_it - {MISS}",
        ]
    )
    [failure] = ElementTree.parse(project.pytester.path / "junit.xml").iter("failure")
    assert failure.attrib["message"].startswith("RequestNotRecorded: POST /chat/completions has no recording")
    assert failure.attrib["message"].endswith("has no attribute 'generations'")


def test_the_short_summary_shows_the_miss_for_a_fixture_too(project: Project) -> None:
    result = refused(
        project,
        LANGCHAIN
        + """
@pytest.fixture
def own(samurai): return asyncio.run(generate())
@pytest.fixture(scope="module")
def wide(): return asyncio.run(generate())
def test_own(own): pass
def test_wide(wide, samurai): pass
@pytest.mark.xfail
def test_wide_again(wide, samurai): pass
""",
    )
    result.assert_outcomes(errors=3)
    assert [line.partition(" has no")[0] for line in short_summary(result)] == [
        f"ERROR test_it.py::{name} - RequestNotRecorded: POST /chat/completions"
        for name in ("test_own", "test_wide", "test_wide_again")
    ]
    result.stdout.fnmatch_lines(["*AttributeError: 'RequestNotRecorded' object has no attribute 'generations'"])


@pytest.mark.parametrize(
    "group",
    ["BaseExceptionGroup('all', [miss])", "BaseExceptionGroup('all', [BaseExceptionGroup('these', [miss]), miss])"],
)
def test_a_group_of_misses_is_shown_as_the_miss(project: Project, group: str) -> None:
    result = refused(
        project,
        f"""
@pytest.mark.samurai
def test_it():
    try: seed_call()
    except BaseException as miss: raise {group}
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *{MISS}", f"FAILED test_it.py::test_it - {MISS}"])
    result.stdout.no_fnmatch_line("*ExceptionGroup*")


def test_a_group_with_another_error_in_it_is_shown_whole_and_the_summary_names_the_miss(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.mark.samurai
def test_it():
    try: seed_call()
    except BaseException as miss: raise BaseExceptionGroup("all", [miss, ValueError("mine")])
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ValueError: mine*", f"FAILED test_it.py::test_it - {MISS}"])


def test_an_error_without_a_line_for_the_summary_stands_below_the_miss(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.mark.samurai
def test_it(request):
    swallow()
    request.getfixturevalue("no_such_fixture")
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "POST /chat/completions has no recording*",
            "*what happened then*",
            "*'no_such_fixture' not found*",
            f"FAILED test_it.py::test_it - {MISS}",
        ]
    )


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_doctest_that_fails_of_what_a_miss_led_to_shows_the_miss(project: Project, workers: tuple[str, ...]) -> None:
    (project.pytester.path / "conftest.py").write_text(
        """
import pytest
@pytest.fixture(autouse=True)
def names(samurai, doctest_namespace):
    import test_it
    doctest_namespace["swallow"] = test_it.swallow
""",
        encoding="utf-8",
    )
    result = refused(
        project,
        '''
def documented():
    """
    >>> swallow()
    >>> 1 + 1
    3
    """

def passing():
    """
    >>> swallow()
    """

def skipped():
    """
    >>> swallow()
    >>> import pytest; pytest.skip("no network")
    """
''',
        "--doctest-modules",
        *workers,
    )
    result.assert_outcomes(failed=3)
    assert are_of_misses(short_summary(result))


# --- in fixtures


@pytest.mark.parametrize(
    ("scope", "end"),
    [
        *[(scope, "pytest.skip()") for scope in ("function", "class", "module", "package", "session")],
        *[
            (scope, end)
            for scope in ("function", "module")
            for end in ("pytest.importorskip('no_such_module')", "raise unittest.SkipTest", "pytest.xfail()")
        ],
    ],
)
def test_a_fixture_that_swallows_a_miss_cannot_skip(project: Project, scope: str, end: str) -> None:
    result = refused(
        project,
        f"""
@pytest.fixture(scope="{scope}")
def answer({"samurai" if scope == "function" else ""}):
    swallow()
    {end}

class TestIt:
    def test_one(self, answer, samurai): pass
    def test_two(self, answer, samurai): pass
""",
    )
    result.assert_outcomes(errors=2)
    assert are_of_misses(short_summary(result))


@pytest.mark.parametrize("scope", ["class", "module", "session"])
def test_a_wider_fixture_that_swallows_a_miss_fails_each_of_its_tests(project: Project, scope: str) -> None:
    result = refused(
        project,
        f"""
@pytest.fixture(scope="{scope}")
def answer(): swallow()

class TestIt:
    def test_one(self, answer, samurai): pass
    def test_two(self, answer, samurai): pass
""",
    )
    result.assert_outcomes(errors=2)


@pytest.mark.parametrize("method", ["setup_class", "setUpClass"])
def test_a_class_that_is_skipped_after_a_miss_is_red(project: Project, method: str) -> None:
    base = "(unittest.TestCase)" if method == "setUpClass" else ""
    result = refused(
        project,
        f"""
@pytest.mark.samurai
class TestIt{base}:
    @classmethod
    def {method}(cls):
        swallow()
        raise unittest.SkipTest("no network")
    def test_it(self): pass
""",
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"ERROR test_it.py::TestIt::test_it - {MISS}"])


def test_a_miss_that_a_tests_own_fixture_swallows_is_the_failure_of_the_test(project: Project) -> None:
    result = refused(project, "@pytest.fixture\ndef own(samurai): swallow()\ndef test_it(own): pass")
    result.assert_outcomes(failed=1)


# --- in teardowns


@pytest.mark.parametrize("scope", ["function", "class", "module", "package", "session"])
def test_a_miss_that_the_teardown_of_a_fixture_swallows_is_an_error(project: Project, scope: str) -> None:
    result = refused(
        project,
        f"""
@pytest.fixture(scope="{scope}")
def conversation({"samurai" if scope == "function" else ""}):
    yield
    swallow("bye")

@pytest.mark.samurai
class TestIt:
    def test_it(self, conversation): pass
""",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["ERROR test_it.py::TestIt::test_it - *RequestNotRecorded: *"])


@pytest.mark.parametrize(
    "text",
    [
        "class TestIt:\n    @classmethod\n    def teardown_class(cls): swallow()\n    def test_it(self): pass",
        "class TestIt:\n    def teardown_method(self): swallow()\n    def test_it(self): pass",
        "def teardown_module(): swallow()\ndef test_it(): pass",
        "def teardown_function(): swallow()\ndef test_it(): pass",
        "class TestIt(unittest.TestCase):\n    @classmethod\n    def tearDownClass(cls): swallow()\n"
        "    def test_it(self): pass",
        "class TestIt(unittest.TestCase):\n    def test_it(self): self.addClassCleanup(swallow)",
        "def test_it(request): request.addfinalizer(swallow)",
        "def test_it(request): request.session.addfinalizer(swallow)",
    ],
)
def test_a_miss_that_any_teardown_swallows_is_an_error(project: Project, text: str) -> None:
    result = refused(project, f"pytestmark = pytest.mark.samurai\n{text}")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["ERROR test_it.py::*test_it - *RequestNotRecorded: *"])


def test_a_teardown_that_skips_after_a_miss_is_an_error(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.fixture
def conversation(samurai):
    yield
    swallow()
    pytest.skip("no network")

def test_it(conversation): pass
""",
    )
    result.assert_outcomes(passed=1, errors=1)


def test_a_miss_that_the_teardown_of_a_failed_test_swallows_is_shown_and_is_no_second_failure(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.fixture
def conversation(samurai):
    yield
    swallow("bye")

def test_it(conversation): assert 1 == 2
@pytest.mark.samurai
def test_next(): pass
""",
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*not recorded in teardown*", "POST /chat/completions has no recording*"])


def test_a_blocked_call_of_an_unmarked_test_is_red_for_the_same_reasons(project: Project) -> None:
    result = refused(
        project,
        """
def test_skipped():
    swallow()
    pytest.skip("no network")

@pytest.mark.xfail
def test_expected(): swallow()

@pytest.fixture
def conversation():
    yield
    swallow("bye")

def test_torn_down(conversation): pass
""",
        "--samurai-unmarked=block",
    )
    result.assert_outcomes(failed=2, passed=1, errors=1)


# --- the end of the run


@pytest.mark.parametrize("end", ["pytest.exit('enough', returncode=0)", "raise KeyboardInterrupt"])
def test_a_test_that_ends_the_run_after_a_miss_is_red_and_ends_the_run(project: Project, end: str) -> None:
    result = refused(project, f"@pytest.mark.samurai\ndef test_it():\n    swallow()\n    {end}\ndef test_next(): pass")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}", "*!!! *"])
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_a_test_that_ends_the_run_without_a_miss_ends_it_as_before(project: Project) -> None:
    result = refused(project, "@pytest.mark.samurai\ndef test_it(): pytest.exit('enough', returncode=7)")
    assert result.ret == 7


def test_a_test_that_is_run_again_after_a_miss_is_judged_again(project: Project) -> None:
    (project.pytester.path / "conftest.py").write_text(
        """
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl
def pytest_runtest_protocol(item, nextitem):  # as pytest-rerunfailures does
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for _ in range(2):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        print("outcomes", [report.outcome for report in reports])
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
""",
        encoding="utf-8",
    )
    result = refused(
        project,
        """
@pytest.mark.samurai
def test_swallows():
    swallow()
    pytest.skip()

RUNS = []
@pytest.mark.samurai
def test_once():
    RUNS.append(1)
    if len(RUNS) == 1:
        swallow()
""",
        "-s",
    )
    lines = [line.rpartition("outcomes ")[2] for line in result.outlines if "outcomes [" in line]
    assert lines == [
        "['passed', 'failed', 'passed']",
        "['passed', 'failed', 'passed']",
        "['passed', 'failed', 'passed']",
        "['passed', 'passed', 'passed']",
    ]


@pytest.mark.parametrize("arguments", [("-n", "2"), ("-x",), ("--maxfail=2",)], ids=" ".join)
def test_workers_and_limits_of_failures_see_the_same(project: Project, arguments: tuple[str, ...]) -> None:
    result = refused(
        project,
        "@pytest.mark.samurai\ndef test_it():\n    swallow()\n    pytest.skip('no network')",
        *arguments,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])


def test_the_debugger_opens_at_a_miss_that_would_have_been_a_skip(project: Project) -> None:
    (project.pytester.path / "conftest.py").write_text(
        "def pytest_exception_interact(call): print('debugger:', type(call.excinfo.value).__name__)", encoding="utf-8"
    )
    result = refused(
        project, "@pytest.mark.samurai\ndef test_it():\n    swallow()\n    pytest.skip('no network')", "-s"
    )
    result.stdout.fnmatch_lines(["*debugger: RequestNotRecorded"])


# --- other ways to lose a refusal


@pytest.mark.parametrize(
    "body",
    [
        "with pytest.raises(BaseException): seed_call()",
        "class Late:\n        def __del__(self): seed_call()\n    late = Late()\n    del late",
        "def lines():\n        try: yield 1\n        finally: swallow()\n    for line in lines(): break",
        "import atexit, threading\n    thread = threading.Thread(target=swallow); thread.start(); thread.join()",
        "import asyncio\n    async def main():\n        asyncio.create_task(asyncio.to_thread(seed_call))\n"
        "        await asyncio.sleep(0)\n    asyncio.run(main())",
    ],
    ids=["raises", "__del__", "generator", "thread", "forgotten task"],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_miss_that_nobody_asks_about_is_red(project: Project, body: str) -> None:
    result = refused(project, f"@pytest.mark.samurai\ndef test_it():\n    {body}\n    pytest.skip('no network')")
    result.assert_outcomes(failed=1)


@pytest.mark.parametrize("plugin", ["asyncio", "anyio"])
def test_async_tests_are_judged_like_any_other(project: Project, monkeypatch: pytest.MonkeyPatch, plugin: str) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:cassetter -p no:recording -p no:pytest_httpx -p no:respx")
    result = refused(
        project,
        f"""
@pytest.fixture
def anyio_backend(): return "asyncio"

@pytest.mark.{plugin}
@pytest.mark.samurai
async def test_skipped():
    swallow()
    pytest.skip("no network")

@pytest.mark.{plugin}
@pytest.mark.xfail
@pytest.mark.samurai
async def test_expected():
    import asyncio
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(seed_call))
""",
        "-o",
        "asyncio_default_fixture_loop_scope=function",
    )
    result.assert_outcomes(failed=2)
    assert are_of_misses(short_summary(result))


# --- what a miss has ended

PORTAL = """
from anyio.from_thread import start_blocking_portal

class TestClient:
    '''As Starlette's: an application in an event loop of another thread, for as long as the client is open.'''

    def __enter__(self):
        self.context = start_blocking_portal()
        self.portal = self.context.__enter__()
        return self

    def __exit__(self, *error):
        self.portal.call(self.shut_down)
        self.context.__exit__(None, None, None)

    async def shut_down(self): pass

    async def answer(self): return seed_call().json()

    def get(self): return self.portal.call(self.answer)

@pytest.fixture(scope="SCOPE")
def client():
    with TestClient() as client: yield client
"""


def portal(scope: str) -> str:
    text = PORTAL.replace("SCOPE", scope)
    return text.replace("def client()", "def client(samurai)") if scope == "function" else text


@pytest.mark.parametrize("scope", ["function", "module"])
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_the_end_of_a_portal_that_a_miss_has_ended_is_no_second_failure(
    project: Project, scope: str, workers: tuple[str, ...]
) -> None:
    result = refused(
        project,
        portal(scope)
        + """
@pytest.mark.samurai
def test_it(client): client.get()
@pytest.mark.samurai
def test_next(): pass
""",
        *workers,
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])
    result.stdout.no_fnmatch_line("*portal is not running*")


@pytest.mark.parametrize("scope", ["function", "module"])
@pytest.mark.parametrize(
    "teardown",
    [
        "future.result()",
        "raise BaseExceptionGroup('all', [future.exception(), concurrent.futures.CancelledError()])",
        "raise __import__('asyncio').CancelledError",
        "raise RuntimeError('Event loop is closed')",
    ],
)
def test_a_teardown_that_only_says_the_same_again_is_no_second_failure(
    project: Project, scope: str, teardown: str
) -> None:
    result = refused(
        project,
        f"""
import concurrent.futures

@pytest.fixture(scope="{scope}")
def future():
    future = concurrent.futures.Future()
    yield future
    {teardown}

@pytest.mark.samurai
def test_it(future):
    try: seed_call()
    except BaseException as miss: future.set_exception(miss)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])


def test_a_miss_in_the_setup_that_ends_a_portal_is_one_error(project: Project) -> None:
    result = refused(
        project,
        portal("function") + "@pytest.fixture\ndef answer(client): return client.get()\ndef test_it(answer): pass",
    )
    result.assert_outcomes(errors=1)


@pytest.mark.parametrize(
    "error",
    [
        "RuntimeError('something else')",
        "ExceptionGroup('both', [RuntimeError('This portal is not running'), OSError()])",
    ],
)
def test_any_other_error_of_a_teardown_is_an_error_still(project: Project, error: str) -> None:
    result = refused(
        project,
        f"""
@pytest.fixture
def broken(samurai):
    yield
    raise {error}
def test_it(broken): seed_call()
""",
    )
    result.assert_outcomes(failed=1, errors=1)


def test_a_portal_that_no_miss_has_ended_is_an_error(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.fixture
def broken(samurai):
    yield
    raise RuntimeError("This portal is not running")
def test_it(broken): pass
""",
    )
    result.assert_outcomes(passed=1, errors=1)


@pytest.mark.parametrize("following", ["@pytest.mark.samurai\ndef test_next():", "def test_next(samurai):"])
@pytest.mark.parametrize(
    "error", ["BaseExceptionGroup('all', [BaseException()])", "__import__('asyncio').CancelledError"]
)
def test_an_error_that_stops_a_teardown_leaves_no_recorder_open(project: Project, error: str, following: str) -> None:
    project.tests(
        SWALLOW
        + f"""
@pytest.fixture
def broken(samurai):
    yield
    raise {error}

@pytest.fixture(scope="class")
def wide():
    yield
    print("wide is torn down")

class TestIt:
    def test_it(self, wide, broken): seed_call("mine")

{following} seed_call("the next one's")
"""
    )
    result = project.run("-s")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*wide is torn down*"])
    assert project.cassettes() == ["test_it/TestIt.test_it.yaml", "test_it/test_next.yaml"]
    assert "the next one's" not in project.text("test_it/TestIt.test_it.yaml")


def test_a_second_error_of_a_teardown_that_was_stopped_leaves_no_recorder_open_either(project: Project) -> None:
    project.tests(
        SWALLOW
        + """
@pytest.fixture
def client(samurai):
    yield
    print("client is torn down")
    raise ValueError("mine")

@pytest.fixture
def broken(client):
    yield
    raise __import__("asyncio").CancelledError

@pytest.fixture(scope="class")
def wide():
    yield
    print("wide is torn down")

class TestIt:
    def test_it(self, wide, broken): seed_call("mine")

def test_next(samurai): seed_call("the next one's")
"""
    )
    result = project.run("-s")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        ["*client is torn down*", "*wide is torn down*", "*CancelledError*", "*ValueError: mine*"]
    )
    assert project.cassettes() == ["test_it/TestIt.test_it.yaml", "test_it/test_next.yaml"]


def test_a_teardown_that_ends_the_run_ends_it_as_before(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.fixture
def last(samurai):
    yield
    pytest.exit("enough", returncode=7)
def test_it(last): pass
""",
    )
    assert result.ret == 7


@pytest.mark.parametrize("unmarked", ["warn", "allow"])
def test_what_a_wider_fixture_calls_as_it_is_torn_down_is_refused_after_a_replay_in_any_mode(
    project: Project, unmarked: str
) -> None:
    project.tests(
        SWALLOW
        + """
@pytest.fixture(scope="module")
def wide():
    yield
    swallow("bye")

@pytest.mark.samurai
def test_it(wide): seed_call()
"""
    )
    project.run("-o", f"samurai_unmarked={unmarked}").assert_outcomes(passed=1)
    assert project.server.requests == 2
    result = project.run("-o", f"samurai_unmarked={unmarked}")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["ERROR test_it.py::test_it - *is a model call, but no recorder is open*"])
    assert project.server.requests == 2

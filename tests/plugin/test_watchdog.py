"""A test that hangs after a refusal ends, red."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.plugin.refusal import RefusedInTest
from pytest_samurai.plugin.watchdog import Watchdog
from pytest_samurai.text import Cause, Diagnosis
from tests.plugin.test_refusals import MISS, SWALLOW
from tests.project import Project

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that gets a thread out of a lock"),
    # A test that is cut short may leave an event loop open. Before pytest 8.4, the inner run does not notice it.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

IMPATIENT = """
from pytest_samurai.plugin.state import RUN
def pytest_collection_finish(session): session.config.stash[RUN].refusals.watchdog.grace = 0.05
"""

TEAM = """
import asyncio, queue, threading

class Team:
    '''As some agent frameworks are: a task that catches everything, and a main that waits for its word.'''

    async def work(self, call):
        try:
            answer = await call()
        except BaseException:
            return
        await self.outbox.put(answer)

    async def run(self, call):
        self.outbox = asyncio.Queue()
        self.task = asyncio.create_task(self.work(call))
        return await self.outbox.get()

async def ask_later():
    return await asyncio.to_thread(seed_call)
"""

ENDED = "*The test kept running without an answer for 0.05 s, so it was stopped.*"


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide enough for the short summary to show why a test failed."""
    monkeypatch.setenv("COLUMNS", "300")


def refused(project: Project, text: str, *arguments: str, grace: float = 0.05, apart: bool = False) -> pytest.RunResult:
    """The run of tests that wait after a miss; in a separate process if `apart`."""
    conftest = project.pytester.path / "conftest.py"
    conftest.write_text(IMPATIENT.replace("0.05", str(grace)), encoding="utf-8")
    project.tests(SWALLOW + TEAM + text)
    result = project.run("--samurai-mode=none", *arguments)
    # What was waiting is garbage-collected while this test runs, and not in one that does not expect it.
    gc.collect()
    return result


WAITS = {
    "queue": "swallow(); queue.Queue().get()",
    "event": "swallow(); threading.Event().wait()",
    "lock": "swallow(); lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "condition": "swallow()\n    condition = threading.Condition()\n    with condition: condition.wait()",
    "join": "thread = threading.Thread(target=lambda: (swallow(), threading.Event().wait()), daemon=True)\n"
    "    thread.start(); thread.join()",
    "future": "import concurrent.futures; swallow(); concurrent.futures.Future().result()",
    "sleep": "import time; swallow(); time.sleep(1_000)",
    "loop": "swallow()\n    while True: pass",
    "asyncio": "asyncio.run(Team().run(ask_later))",
    "asyncio, swallowed once": "async def main():\n        try: await Team().run(ask_later)\n"
    "        except BaseException: await asyncio.Event().wait()\n    asyncio.run(main())",
    "asyncio, swallowed by a task": "async def main():\n        async def stubborn():\n"
    "            while True:\n                try: await asyncio.Event().wait()\n"
    "                except asyncio.CancelledError: pass\n"
    "        task = asyncio.create_task(stubborn()); await Team().run(ask_later)\n    asyncio.run(main())",
    "asyncio, a loop of its own": "loop = asyncio.new_event_loop()\n"
    "    try: loop.run_until_complete(Team().run(ask_later))\n    finally: loop.close()",
    "trio": "import trio\n    async def main():\n        swallow(); await trio.sleep_forever()\n    trio.run(main)",
    "trio, a nursery": "import trio\n    async def main():\n        send, receive = trio.open_memory_channel(0)\n"
    "        async with trio.open_nursery() as nursery:\n"
    "            nursery.start_soon(trio.to_thread.run_sync, swallow)\n            await receive.receive()\n"
    "    trio.run(main)",
}


@pytest.mark.parametrize("wait", WAITS)
def test_a_test_that_waits_for_ever_after_a_miss_ends_with_the_miss(project: Project, wait: str) -> None:
    result = refused(
        project,
        f"@pytest.mark.samurai\ndef test_it():\n    {WAITS[wait]}\n\n@pytest.mark.samurai\ndef test_next(): pass",
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([ENDED, f"FAILED test_it.py::test_it - {MISS}"])


HANG = """
import socket
SILENT = socket.create_server(("127.0.0.1", 0))
ELSEWHERE = f"http://127.0.0.1:{SILENT.getsockname()[1]}"

def ask_elsewhere(): httpx.get(ELSEWHERE + "/hang", timeout=None)

SOCKETS = [SILENT]

@pytest.fixture(scope="module", autouse=True)
def closed():
    yield
    for opened in SOCKETS: opened.close()

def begin(then, afterwards=lambda: None):
    # Answer the next request with no more than the beginning of a stream.
    def answer():
        connection = SILENT.accept()[0]
        SOCKETS.append(connection)
        connection.recv(9_999)
        if then is not None:
            connection.sendall(b"HTTP/1.1 200 OK\\r\\ncontent-type: text/event-stream\\r\\n\\r\\n" + then)
        afterwards()
    threading.Thread(target=answer, daemon=True).start()

def upload():
    def pieces():
        yield b"a"
        queue.Queue().get()
    httpx.post(ELSEWHERE, content=pieces(), timeout=None)

def connect():
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    clients = [socket.socket() for _ in range(3)]
    for client in clients[:2]:
        client.setblocking(False)
        client.connect_ex(full.getsockname())
    SOCKETS.extend([full, *clients])
    clients[2].connect(full.getsockname())
"""


@pytest.mark.parametrize(
    "wait",
    [
        "swallow(); ask_elsewhere()",
        "swallow(); upload()",
        "swallow(); begin(b''); httpx.get(ELSEWHERE, timeout=None)",
        "swallow(); connect()",
    ],
)
def test_a_test_that_waits_in_a_request_that_passes_ends_with_the_miss(project: Project, wait: str) -> None:
    result = refused(
        project,
        f"{HANG}\n@pytest.mark.samurai\ndef test_it():\n    {wait}\n\n@pytest.mark.samurai\ndef test_next(): pass",
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([ENDED, f"FAILED test_it.py::test_it - {MISS}"])


@pytest.mark.parametrize(
    "then", [None, b"", b"data: {}\n\n", b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n']
)
@pytest.mark.parametrize("stream", [True, False])
def test_a_test_that_waits_in_a_live_call_ends_with_the_miss_in_the_end(
    project: Project, then: bytes | None, stream: bool
) -> None:
    result = refused(
        project,
        f"""{HANG}
@pytest.mark.samurai
def test_it():
    begin({then!r}, afterwards=swallow)
    httpx.post(ELSEWHERE + "/v1/chat/completions", json=body(stream={stream}), timeout=None)
""",
        "--samurai-mode=all",
        "--samurai-max-live-requests=1",
        grace=0.02,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*The test kept running without an answer for 0.02 s, so it was stopped.*"])


def test_the_tasks_of_an_event_loop_can_clean_up_before_the_test_ends(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.mark.samurai
def test_it():
    async def main():
        try: await Team().run(ask_later)
        finally:
            await asyncio.sleep(0)
            print("cleaned up")
    asyncio.run(main())
""",
        "-s",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*cleaned up"])


@pytest.mark.parametrize("plugin", ["asyncio", "anyio"])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_tests_end_too(project: Project, monkeypatch: pytest.MonkeyPatch, plugin: str, backend: str) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:cassetter -p no:recording -p no:pytest_httpx -p no:respx")
    result = refused(
        project,
        f"""
import anyio

@pytest.fixture
def anyio_backend(): return "{backend}"

@pytest.mark.{plugin}
@pytest.mark.samurai
async def test_it():
    swallow()
    await anyio.sleep_forever()

@pytest.mark.{plugin}
@pytest.mark.samurai
async def test_next():
    await anyio.sleep(0)
""",
        "-o",
        "asyncio_default_fixture_loop_scope=function",
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])


@pytest.mark.parametrize("wait", ["queue.Queue().get()", "asyncio.run(Team().run(ask_later))"])
@pytest.mark.parametrize("scope", ["function", "module"])
def test_a_setup_that_waits_for_ever_after_a_miss_ends(project: Project, scope: str, wait: str) -> None:
    result = refused(
        project,
        f"""
@pytest.fixture(scope="{scope}")
def answer({"samurai" if scope == "function" else ""}):
    print("set up")
    swallow()
    {wait}

def test_it(answer, samurai): pass
def test_again(answer, samurai): pass
@pytest.mark.samurai
def test_next(): pass
""",
        "-s",
    )
    result.assert_outcomes(errors=2, passed=1)
    result.stdout.fnmatch_lines(
        [
            "ERROR test_it.py::test_it - RequestNotRecorded: no recordings",
            "ERROR test_it.py::test_again - as in test_it: *",
        ]
    )
    # A fixture with a wider scope is not waited for again.
    assert result.stdout.str().count("set up\n") == (2 if scope == "function" else 1)


def test_a_body_that_waits_for_what_its_fixture_swallowed_ends(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.fixture
def answers(samurai):
    swallow()
    return queue.Queue()

def test_it(answers): answers.get()
""",
    )
    result.assert_outcomes(failed=1)


def test_a_teardown_that_waits_for_ever_after_its_own_miss_ends_and_the_others_go_on(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.fixture(scope="module")
def wide():
    yield
    print("wide is closed")

@pytest.fixture
def team(samurai):
    yield
    swallow()
    queue.Queue().get()

def test_it(wide, team): pass
""",
        "-s",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*wide is closed*", "ERROR test_it.py::test_it - *RequestNotRecorded: *"])


@pytest.mark.parametrize("body", ["swallow()", "seed_call()"])
def test_a_teardown_that_waits_for_what_a_miss_has_ended_ends_and_is_no_second_failure(
    project: Project, body: str
) -> None:
    result = refused(
        project,
        f"""
@pytest.fixture(scope="module")
def worker():
    yield
    queue.Queue().join() or threading.Event().wait()

@pytest.mark.samurai
def test_it(worker): {body}
""",
    )
    result.assert_outcomes(failed=1)


def test_a_teardown_that_takes_its_time_is_left_alone(project: Project) -> None:
    result = refused(
        project,
        """
import signal
@pytest.fixture(scope="module")
def service():
    yield
    for _ in range(3): signal.raise_signal(signal.SIGURG)
    print("the service is closed")

@pytest.mark.samurai
def test_it(service): seed_call()
""",
        "-s",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the service is closed*"])


def test_a_unittest_that_waits_for_ever_after_a_miss_ends(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.mark.samurai
class TestIt(unittest.TestCase):
    def test_sync(self):
        swallow()
        queue.Queue().get()

class TestAsync(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def recorder(self, samurai): pass
    async def test_async(self): await Team().run(ask_later)
""",
    )
    result.assert_outcomes(failed=2)


def test_a_portal_in_another_thread_ends_with_the_test(project: Project) -> None:
    result = refused(
        project,
        """
from anyio.from_thread import start_blocking_portal

@pytest.mark.samurai
def test_it():
    with start_blocking_portal() as portal:
        portal.call(Team().run, ask_later)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])


def test_a_worker_of_xdist_ends_its_test_too(project: Project) -> None:
    result = refused(project, "@pytest.mark.samurai\ndef test_it():\n    swallow()\n    queue.Queue().get()", "-n", "1")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])


def test_a_test_that_goes_on_and_ends_by_itself_is_not_cut_short(project: Project) -> None:
    result = refused(
        project,
        """
@pytest.mark.samurai
def test_it():
    swallow()
    assert 1 == 2
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line(ENDED)


def test_no_thread_and_no_handler_stay_behind(project: Project) -> None:
    before = signal.getsignal(signal.SIGURG)
    refused(project, "@pytest.mark.samurai\ndef test_it():\n    swallow()\n    queue.Queue().get()")
    assert not [thread for thread in threading.enumerate() if thread.name == "samurai-watchdog"]
    assert signal.getsignal(signal.SIGURG) is before


# --- the watchdog alone


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    watchdog = Watchdog(lambda: None, lambda: False)
    watchdog.grace = 1_000.0
    watchdog.install()
    yield watchdog
    watchdog.end()
    watchdog.remove()


def strike_in(*modules: str) -> None:
    """The signal, arriving in a function of the first module, which was called by one in the next, and so on."""
    called: object = partial(signal.raise_signal, signal.SIGURG)
    for module in modules:
        names = {"__name__": module, "called": called}
        exec("def call(): called()", names)
        called = names["call"]
    assert callable(called)
    called()


def strike() -> None:
    strike_in("tests")


def test_a_signal_that_comes_before_a_refusal_or_after_the_phase_does_nothing(watchdog: Watchdog) -> None:
    strike()
    watchdog.begin(None, "call")
    strike()
    watchdog.guard(RequestNotRecorded("refused"))
    watchdog.end()
    strike()
    watchdog.guard(RequestNotRecorded("by a thread that goes on after the phase"))
    strike()
    assert watchdog.strikes == 0


def test_our_own_work_and_a_debugger_are_never_cut_short(watchdog: Watchdog) -> None:
    watchdog.begin(RequestNotRecorded("refused"), "call")
    for module in ("pytest_samurai.recorder.keeper", "pdb", "pydevd"):
        strike_in("queue", module)
    assert watchdog.strikes == 0
    with pytest.raises(RequestNotRecorded):
        strike_in("queue")


def test_a_phase_with_reasons_of_its_own_is_struck_only_where_it_waits_for_a_thread(watchdog: Watchdog) -> None:
    watchdog.begin(RequestNotRecorded("refused"), "teardown")
    strike_in("tests")
    strike_in("selectors", "subprocess")
    assert watchdog.strikes == 0
    with pytest.raises(RequestNotRecorded):
        strike_in("selectors", "asyncio")


def test_a_test_with_live_calls_under_way_is_spared_for_a_while(project: Project) -> None:
    result = refused(
        project,
        """
import signal
@pytest.mark.samurai(mode="all")
def test_it(samurai):
    headers = {"Authorization": "Bearer " + os.environ["SAMURAI_API_KEY"]}
    url = os.environ["SAMURAI_BASE_URL"] + "/chat/completions"
    with httpx.stream("POST", url, json=body("one, two", stream=True), headers=headers) as reply:
        swallow("and this one is refused")
        # As often as a test is spared, and no more.
        for _ in range(15): signal.raise_signal(signal.SIGURG)
        with pytest.raises(BaseException, match="has to wait|not sent"):
            signal.raise_signal(signal.SIGURG)
        print("spared", reply.read()[:5])
""",
        "-s",
        "--samurai-mode=all",
        "--samurai-max-live-requests=1",
        grace=1_000.0,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*spared b'data:'*"])


def test_there_is_no_watchdog_outside_of_the_main_thread() -> None:
    watchdog = Watchdog(lambda: None, lambda: False)
    thread = threading.Thread(target=watchdog.install)
    thread.start()
    thread.join()
    watchdog.begin(RequestNotRecorded("refused"), "call")
    assert not [thread for thread in threading.enumerate() if thread.name == "samurai-watchdog"]
    watchdog.end()
    watchdog.remove()


def test_a_forked_child_has_no_watchdog(watchdog: Watchdog, monkeypatch: pytest.MonkeyPatch) -> None:
    watchdog.begin(None, "call")
    monkeypatch.setattr(os, "getpid", lambda: 1)
    watchdog.guard(RequestNotRecorded("refused"))
    assert not [thread for thread in threading.enumerate() if thread.name == "samurai-watchdog"]


def test_a_test_that_was_ended_keeps_the_cause_of_its_miss() -> None:
    refusal = RefusedInTest("POST /chat/completions has no recording")
    refusal.diagnosis = Diagnosis(Cause("miss-1", "one word changed"), 1)
    ended = Watchdog(lambda: None, lambda: False).ended(refusal)
    assert ended is not refusal
    assert ended.diagnosis == refusal.diagnosis

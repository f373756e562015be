"""A refusal as an object: copies, pickles, other processes."""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from pytest_samurai import RequestNotRecorded
from pytest_samurai.plugin.refusal import RefusedInTest
from pytest_samurai.text import Cause, Diagnosis
from tests.project import SEED, Project


def pickled(protocol: int, error: RequestNotRecorded) -> Any:
    return pickle.loads(pickle.dumps(error, protocol))


@pytest.mark.parametrize("kind", [RequestNotRecorded, RefusedInTest], ids=["plain", "pytest's outcome"])
@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        *[
            lambda error, p=protocol: pickle.loads(pickle.dumps(error, p))
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ],
    ],
)
def test_a_copy_of_a_refusal_says_the_same(
    kind: type[RequestNotRecorded], copied: Callable[[Any], RequestNotRecorded]
) -> None:
    refusal = kind("POST /chat/completions has no recording\n  mode  none")
    refusal.add_note("by worker 3")
    refusal.diagnosis = Diagnosis(Cause("miss-1", "one word changed"), 2, "all")
    again = copied(refusal)
    assert type(again) is kind
    assert again is not refusal
    assert str(again) == str(refusal)
    assert again.args == refusal.args
    assert again.diagnosis == refusal.diagnosis
    assert again.__notes__ == ["by worker 3"]


def test_a_refusal_without_notes_has_none_as_a_copy() -> None:
    assert not getattr(copy.copy(RefusedInTest("refused")), "__notes__", ())


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_of_processes_reports_the_refusal_of_a_worker(project: Project, method: str) -> None:
    (project.pytester.path / "work.py").write_text(
        """
from pytest_samurai import use_cassette
from pytest_samurai.plugin.refusal import RefusedInTest
def refuse():
    raise RefusedInTest("POST /chat/completions has no recording")
def miss():
    import httpx
    with use_cassette("c.yaml", mode="none"):
        httpx.post("http://127.0.0.1:9/chat/completions", json={"model": "m", "messages": []})
""",
        encoding="utf-8",
    )
    project.tests(
        f"""
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from pytest_samurai import RequestNotRecorded
sys.path.insert(0, {str(project.pytester.path)!r})
import work

def test_it():
    with ProcessPoolExecutor(1, multiprocessing.get_context("{method}")) as pool:
        for function in (work.refuse, work.miss):
            refusal = pool.submit(function).exception()
            assert isinstance(refusal, RequestNotRecorded), refusal
            assert str(refusal).startswith("POST /chat/completions has no recording")
            print("refused in a worker")
"""
    )
    # In a separate process: in this one, pools are imported again, and do not know their own functions.
    result = project.pytester.runpytest_subprocess("-p", "no:cacheprovider", "-s")
    result.assert_outcomes(passed=1)


FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")


@FORKS
@pytest.mark.parametrize(
    "body",
    [
        "fork(os._exit); pytest.skip('no network')",
        "fork(os._exit); pytest.xfail('no network')",
        "fork(os._exit); assert 1 == 2",
        # A `multiprocessing` pool loses its worker and hangs.
        "multiprocessing.get_context('fork').Pool(1).map(seed_call, ['a', 'b'])",
        "process = multiprocessing.get_context('fork').Process(target=refuse_and_wait)\n    process.start()\n"
        "    try: queue.Queue().get()\n    finally: process.kill()",
    ],
    ids=["skip", "xfail", "assert", "pool", "queue"],
)
def test_a_miss_in_a_forked_child_is_the_failure_of_the_test(
    project: Project, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    (project.pytester.path / "conftest.py").write_text(
        "from pytest_samurai.plugin.state import RUN\n"
        "def pytest_collection_finish(session): session.config.stash[RUN].refusals.watchdog.grace = 0.05\n",
        encoding="utf-8",
    )
    project.tests(
        SEED
        + f"""
import contextlib, multiprocessing, queue, threading

def fork(leave):
    child = os.fork()
    if not child:
        try: seed_call()
        finally: leave(0)
    os.waitpid(child, 0)

def refuse_and_wait():
    with contextlib.suppress(BaseException): seed_call()
    threading.Event().wait()

@pytest.mark.samurai(mode="none")
def test_it():
    {body}
@pytest.mark.samurai
def test_next(): pass
"""
    )
    result = project.pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_it - *RequestNotRecorded: * was called in a forked child*"])


@FORKS
def test_a_miss_in_a_child_that_a_wider_fixture_forks_is_an_error_of_its_tests(project: Project) -> None:
    project.tests(
        SEED
        + """
@pytest.fixture(scope="module")
def wide():
    child = os.fork()
    if not child:
        try: seed_call()
        finally: os._exit(0)
    os.waitpid(child, 0)

def test_it(wide, samurai): pass
def test_next(wide, samurai): pass
"""
    )
    result = project.pytester.runpytest_subprocess("-p", "no:cacheprovider", "--samurai-mode=none")
    result.assert_outcomes(errors=2)


@FORKS
def test_a_worker_that_is_forked_in_a_test_reports_its_miss(project: Project) -> None:
    project.tests(
        SEED
        + """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

@pytest.mark.xfail
@pytest.mark.samurai(mode="none")
def test_it():
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        pool.submit(seed_call).result()
"""
    )
    result = project.pytester.runpytest_subprocess("-p", "no:cacheprovider")  # see above
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*RequestNotRecorded: *"])
    result.stdout.no_fnmatch_line("*PicklingError*")
    assert project.server.requests == 0

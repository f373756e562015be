"""Children that were forked before the test that uses them."""

from __future__ import annotations

import os

import pytest

from tests.project import SEED, Project

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")

POOL = (
    SEED
    + """
import concurrent.futures as futures, contextlib, multiprocessing, os

def call(text):
    # What the child reports back is of no interest, as to an application that swallows it.
    with contextlib.suppress(BaseException):
        seed_call(text)

@pytest.fixture(scope="module")
def pool():
    with futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as executor:
        executor.submit(os.getpid).result()
        yield executor

@pytest.mark.samurai
def test_first(pool): pool.submit(call, "first").result()

@pytest.mark.samurai
def test_without_a_call(pool): pool.submit(os.getpid).result()

@pytest.mark.samurai
def test_second(pool): pool.submit(call, "second").result()
"""
)


def test_a_call_in_a_child_that_a_wider_fixture_forked_fails_the_test_that_asks_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    project.tests(POOL)
    result = project.run()
    assert project.server.requests == 0
    result.assert_outcomes(failed=2, passed=1)
    refusal = "*/chat/completions was called in a forked child process*"
    result.stdout.fnmatch_lines(
        [f"FAILED test_it.py::test_first - {refusal}", f"FAILED test_it.py::test_second - {refusal}"]
    )


def test_a_call_in_a_child_that_an_earlier_test_forked_fails_the_test_that_asks_it(project: Project) -> None:
    project.tests(
        SEED
        + """
ask, told = os.pipe(), os.pipe()

@pytest.mark.samurai
def test_forks():
    if not os.fork():
        os.read(ask[0], 1)
        try:
            seed_call()
        except BaseException:
            os.write(told[1], b"x")
        os._exit(0)

@pytest.mark.samurai
def test_asks():
    os.write(ask[1], b"x")
    assert os.read(told[0], 1) == b"x"
    os.wait()
"""
    )
    result = project.run()
    assert project.server.requests == 0
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_asks*"])


def test_a_wider_fixture_that_starts_a_child_process_says_nothing_of_it_and_a_test_does(project: Project) -> None:
    project.tests(
        """
import subprocess, sys

def start(): subprocess.run([sys.executable, "-c", ""], check=True)

@pytest.fixture(scope="session")
def service(): start()

@pytest.mark.samurai
def test_call(service, samurai_client): ask(samurai_client)

@pytest.mark.samurai
def test_start(service): start()
"""
    )
    for _ in range(2):
        result = project.run()
        result.assert_outcomes(passed=2)
        notes = [line for line in result.outlines if "a child process was started" in line]
        assert [line.partition(": a child")[0] for line in notes] == ["samurai: test_it.py::test_start"]

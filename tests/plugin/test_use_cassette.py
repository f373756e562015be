"""`use_cassette` in a pytest test: its miss fails the test."""

from __future__ import annotations

import os

import pytest

from pytest_samurai.intercept import judge
from tests.project import SEED, Project

BLOCK = (
    SEED
    + """
import asyncio, contextlib, unittest
from pytest_samurai import RequestNotRecorded, use_cassette

def swallow():
    with contextlib.suppress(BaseException):
        seed_call()

def block():
    return use_cassette("a.yaml", mode="none")
"""
)

MISS = "*RequestNotRecorded: POST /chat/completions has no recording*"


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide enough for the short summary to show why a test failed."""
    monkeypatch.setenv("COLUMNS", "300")


@pytest.mark.parametrize("marked", [False, True], ids=["plain", "marked"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("with block():\n        swallow()\n        raise unittest.SkipTest('no')", id="SkipTest"),
        pytest.param("with block():\n        swallow()\n        pytest.skip('no')", id="skip"),
        pytest.param("with block():\n        swallow()\n        pytest.xfail('no')", id="xfail"),
        pytest.param("with contextlib.suppress(BaseException), block():\n        swallow()", id="swallowed twice"),
        pytest.param(
            "with contextlib.suppress(ValueError), block():\n        swallow()\n        raise ValueError",
            id="error",
        ),
        pytest.param("with block(): swallow()\n    pytest.skip('no')", id="skip after the block"),
        pytest.param("with pytest.raises(RequestNotRecorded), block(): seed_call()", id="raises"),
    ],
)
def test_a_test_that_swallows_a_miss_of_a_block_fails_of_it(project: Project, body: str, marked: bool) -> None:
    mark = "@pytest.mark.samurai\n" if marked else ""
    project.tests(f"{BLOCK}\n{mark}def test_it():\n    {body}\n\ndef test_next(): pass")
    result = project.run()
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])


@pytest.mark.parametrize("swallows", [True, False])
def test_a_miss_of_a_block_is_not_what_an_xfail_mark_expects_unless_it_names_it(
    project: Project, swallows: bool
) -> None:
    call = "swallow" if swallows else "seed_call"
    project.tests(
        f"""{BLOCK}
@pytest.mark.xfail
def test_it():
    with block(): {call}()

@pytest.mark.xfail(raises=RequestNotRecorded)
def test_meant():
    with block(): {call}()
"""
    )
    result = project.run()
    result.assert_outcomes(failed=1, xfailed=1)
    result.stdout.fnmatch_lines([f"FAILED test_it.py::test_it - {MISS}"])


def test_a_miss_of_a_block_in_a_cancelled_task_and_in_a_fixture_is_a_failure_of_the_test(project: Project) -> None:
    project.tests(
        BLOCK
        + """
async def cancelled():
    async def inner():
        async with block():
            swallow()
            await asyncio.Event().wait()
    task = asyncio.create_task(inner())
    await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

def test_cancelled(): asyncio.run(cancelled())

@pytest.fixture
def skipping():
    with block():
        swallow()
        pytest.skip("no network")

def test_fixture(skipping): pass

@pytest.fixture(scope="module")
def closing():
    yield
    with contextlib.suppress(BaseException), block():
        swallow()

def test_teardown(closing): pass
"""
    )
    result = project.run()
    result.assert_outcomes(failed=1, passed=1, errors=2)
    result.stdout.fnmatch_lines(
        [
            "FAILED test_it.py::test_cancelled - as in test_fixture: no recordings",
            "ERROR test_it.py::test_fixture - RequestNotRecorded: no recordings",
            "ERROR test_it.py::test_teardown - as in test_fixture: no recordings",
        ]
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_call_of_a_forked_child_of_a_block_fails_the_test(project: Project) -> None:
    project.tests(
        BLOCK
        + """
def test_it():
    with block():
        child = os.fork()
        if not child:
            swallow()
            os._exit(0)
        os.waitpid(child, 0)
        pytest.skip("no network")
"""
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_it - *was called in a forked child process*"])


def test_a_run_that_is_interrupted_leaves_no_judge(project: Project) -> None:
    project.tests(BLOCK + "\ndef test_it(): pytest.exit('enough')\n")
    result = project.run("-o", "samurai_unmarked=allow")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert judge() is None

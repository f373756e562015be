"""Marked tests that make no calls, or calls that are not recorded."""

from __future__ import annotations

import pytest

from pytest_samurai.server.chat_server import ChatServer
from tests.conftest import KEY

TESTS = """
import os, httpx, pytest

@pytest.mark.samurai
def test_silent():
    pass

@pytest.mark.samurai
def test_unrecorded():
    httpx.post(os.environ["SAMURAI_BASE_URL"] + "/rerank", json={"model": "e", "query": "x"})
"""


@pytest.fixture
def project(pytester: pytest.Pytester, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("SAMURAI_BASE_URL", chat_server.base_url)
    monkeypatch.setenv("SAMURAI_API_KEY", KEY)
    pytester.makepyfile(TESTS)
    return pytester


def test_tests_without_a_call_are_counted(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["samurai: 2 tests (2 without a call), calls: 0 replayed, 0 tokens, $0.00"])


def test_limits_of_a_run_over_calls_that_were_not_recorded_cannot_be_judged(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess("-p", "no:cacheprovider", "--samurai-max-total-tokens=9")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "samurai_max_total_tokens cannot be judged: 1 call went live and was not recorded: POST */rerank",
            "  To record it as well: samurai_endpoints = known [*]/rerank",
        ]
    )

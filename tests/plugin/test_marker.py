"""The marker: its effect on a test, which one wins, and the answer to a wrong one."""

from __future__ import annotations

import pytest

from tests.conftest import KEY
from tests.project import Project


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


def test_a_marker_on_one_parameter_is_none_on_the_others(project: Project) -> None:
    project.tests("""
@pytest.mark.parametrize("x", ["p", pytest.param("q", marks=pytest.mark.samurai)])
def test_it(x, request): assert ("samurai" in request.fixturenames) == (x == "q")
""")
    project.run().assert_outcomes(passed=2)


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
    result = project.pytester.runpytest_inprocess("-n", "1")
    result.stdout.fnmatch_lines(["*@pytest.mark.samurai of test_it.py::test_one*max_tokens*"])

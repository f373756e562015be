"""Fixtures with a wider scope, which have their own cassettes."""

from __future__ import annotations

import pytest

from tests.project import ASK, SEED, Project


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
    result.stdout.fnmatch_lines(["*samurai_config of test_it.py::test_it is None; it must be a dict of options"])


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
    result.stdout.fnmatch_lines(
        ["samurai: nothing was recorded for module fixture answer: the test did not pass*status 500"]
    )


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
    result.stdout.fnmatch_lines(
        ["*no recorder is open*", "*in the teardown of a wider-scoped fixture cannot be recorded.*"]
    )
    assert project.server.requests == 0
    project.run().stdout.fnmatch_lines(
        ["samurai: 1 live call outside of any recorder, not recorded: test_it.py::test_it"]
    )


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


def test_a_plain_parameter_of_a_wider_fixture_goes_by_its_value_whatever_the_order(project: Project) -> None:
    text = f"""{SEED}
@pytest.fixture(scope="module", params=PARAMS)
def wide(request): seed_call(f"about {{request.param}}")

def test_it(wide, samurai): pass
"""
    project.tests(text.replace("PARAMS", "['x', 3, 2.5, True, None]"))
    project.run().assert_outcomes(passed=5)
    project.offline()
    project.tests(text.replace("PARAMS", "[None, True, 2.5, 3, 'x']"))
    project.run("--samurai-mode=none").assert_outcomes(passed=5)


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


def test_a_samurai_config_that_fails_fails_the_wider_fixture_that_asks_for_it(project: Project) -> None:
    project.tests("""
@pytest.fixture(scope="session")
def samurai_config():
    pytest.fail("no settings today")

@pytest.fixture(scope="module")
def wide(): return 1

@pytest.mark.samurai
def test_it(wide): pass
""")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no settings today*"])

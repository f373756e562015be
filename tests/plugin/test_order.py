"""The order in which the fixtures of a marked test are set up."""

from __future__ import annotations

from tests.project import SEED, Project


def test_a_config_of_the_file_holds_for_a_test_that_asks_for_no_fixture(project: Project) -> None:
    project.tests("""
from pytest_samurai import RequestNotRecorded
@pytest.fixture(scope="session")
def samurai_config(): return {"mode": "none"}
@pytest.mark.samurai
def test_capital(request): assert request.getfixturevalue("samurai").mode == "none"
""")
    project.run("--samurai-unused=ignore").assert_outcomes(passed=1)


def test_a_parameter_in_the_place_of_a_fixture_of_ours_holds(project: Project) -> None:
    project.tests("""
import pathlib
@pytest.mark.samurai
@pytest.mark.parametrize("samurai_config", [{"mode": "live"}, {"mode": "all"}])
def test_mode(samurai_config, request):
    assert request.getfixturevalue("samurai").mode == samurai_config["mode"]
@pytest.mark.samurai
@pytest.mark.parametrize("samurai_cassette_dir", [pathlib.Path("elsewhere")])
def test_place(samurai_cassette_dir, request):
    assert request.getfixturevalue("samurai").cassette_path.parent.name == "elsewhere"
""")
    project.run().assert_outcomes(passed=3)


def test_the_recorder_opens_before_the_fixtures_of_the_test_wherever_its_name_stands(project: Project) -> None:
    project.tests(
        SEED
        + """
@pytest.fixture
def seed(): return seed_call()

@pytest.mark.samurai
def test_it(seed, samurai): assert len(samurai.calls) == 1

class TestIt:
    def setup_method(self): seed_call()
    def test_it(self, samurai): assert len(samurai.calls) == 1
"""
    )
    project.run("--samurai-mode=none").assert_outcomes(errors=2)
    assert project.server.requests == 0
    project.run().assert_outcomes(passed=2)

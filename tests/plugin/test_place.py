"""Where cassettes lie."""

from __future__ import annotations

from tests.project import Project


def test_a_named_cassette_is_shared_by_tests_of_several_files(project: Project) -> None:
    test = """
@pytest.mark.samurai("shared/capital")
def test_it(samurai_client):
    assert ask(samurai_client, "What is the capital of COUNTRY?")
"""
    project.tests(test.replace("COUNTRY", "France"), "test_one.py")
    project.tests(test.replace("COUNTRY", "Japan"), "test_two.py")
    project.run().assert_outcomes(passed=2)
    assert project.cassettes() == ["shared/capital.yaml"]
    assert project.text("shared/capital.yaml").count("- request:") == 2
    project.offline()
    project.run().assert_outcomes(passed=2)


def test_mode_all_ends_with_the_recordings_of_all_tests_that_share_a_cassette(project: Project) -> None:
    project.tests("""
@pytest.mark.parametrize("country", ["France", "Japan"])
@pytest.mark.samurai("shared")
def test_it(samurai_client, country):
    assert ask(samurai_client, f"What is the capital of {country}?")
""")
    project.run("--samurai-mode=all").assert_outcomes(passed=2)
    project.run("--samurai-mode=all").assert_outcomes(passed=2)
    assert project.text("shared.yaml").count("- request:") == 2
    assert project.server.requests == 4


def test_the_directory_of_cassettes_can_be_moved(project: Project) -> None:
    project.tests("""
from pathlib import Path
@pytest.fixture(scope="module")
def samurai_cassette_dir(request):
    return Path(request.config.rootpath) / "elsewhere"

@pytest.mark.samurai
def test_own(samurai): print("own:", samurai.cassette_path)

@pytest.mark.samurai("named")
def test_named(samurai): print("named:", samurai.cassette_path)
""")
    result = project.run("-s")
    root = project.pytester.path
    result.stdout.fnmatch_lines([f"*own: {root}/elsewhere/test_own.yaml", f"*named: {root}/elsewhere/named.yaml"])


def test_the_ini_file_and_the_command_line_move_the_root_of_cassettes(project: Project) -> None:
    project.pytester.makeini("[pytest]\nsamurai_cassette_dir = tapes")
    project.tests("def test_it(samurai): print('path:', samurai.cassette_path)")
    root = project.pytester.path
    project.run("-s").stdout.fnmatch_lines([f"*path: {root}/tapes/test_it/test_it.yaml"])
    project.run("-s", "--samurai-cassette-dir=rolls").stdout.fnmatch_lines(
        [f"*path: {root}/rolls/test_it/test_it.yaml"]
    )

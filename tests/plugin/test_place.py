"""Where cassettes are."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path

import pytest

from pytest_samurai.cassette import own_names
from tests.chats import chat, foreign
from tests.project import SEED, Project


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


# --- the cassette that another tool made for a test


CAPITAL = """
@pytest.mark.samurai
def test_capital(samurai_client): ask(samurai_client, "What is the capital of Japan?")
"""

IN_CLASS = """
class TestChatCompletions:
    @pytest.mark.parametrize("streamed", [True])
    @pytest.mark.samurai
    def test_capital(self, samurai_client, streamed): ask(samurai_client, "What is the capital of Japan?")
"""

NESTED = "class TestAll:" + IN_CLASS.replace("\n", "\n    ")

ODD = """
@pytest.mark.parametrize("model", ["openai/gpt-4o: mini"])
@pytest.mark.samurai
def test_capital(samurai_client, model): ask(samurai_client, "What is the capital of Japan?")
"""

LONG = f"""
@pytest.mark.samurai
def test_{"x" * 150}(samurai_client): ask(samurai_client, "What is the capital of Japan?")
"""

LONGER = LONG.replace("x" * 150, "x" * 270)

DIGEST = md5(f"test_{'x' * 270}".encode(), usedforsecurity=False).hexdigest()


def theirs(project: Project, path: str) -> Path:
    call = chat("What is the capital of Japan?", "Tokyo.", model="gpt-4o-mini")
    return foreign(project.pytester.path / path, call)


@pytest.mark.parametrize(
    ("test", "path"),
    [
        (CAPITAL, "tests/cassettes/test_geo/test_capital.yaml"),
        (CAPITAL, "tests/cassettes/test_capital.yaml"),
        (CAPITAL, "tests/cassettes/test_geo/test_capital.json"),
        (CAPITAL, "cassettes/tests/test_geo/test_capital.yaml"),
        (IN_CLASS, "tests/cassettes/test_geo/TestChatCompletions.test_capital[True].yaml"),
        (IN_CLASS, "tests/cassettes/TestChatCompletions.test_capital[True].yaml"),
        (NESTED, "tests/cassettes/test_geo/TestChatCompletions.test_capital[True].yaml"),
        (ODD, "tests/cassettes/test_geo/test_capital[openai-gpt-4o- mini].yaml"),
        (ODD, "tests/cassettes/test_capital[openai/gpt-4o: mini].yaml"),
        (ODD, "cassettes/tests/test_geo/test_capital[openai/gpt-4o: mini].yaml"),
        (LONG, f"tests/cassettes/test_geo/test_{'x' * 150}.yaml"),
        (LONGER, f"tests/cassettes/test_geo/test_{'x' * 210}...{DIGEST}.yaml"),
    ],
)
def test_a_test_finds_the_cassette_that_another_tool_gave_it_and_records_none_beside_it(
    project: Project, test: str, path: str
) -> None:
    (project.pytester.path / "tests").mkdir()
    project.tests(test, "tests/test_geo.py")
    cassette = theirs(project, path)
    before = cassette.read_bytes()
    project.run("--samurai-mode=once").assert_outcomes(passed=1)
    assert project.server.requests == 0
    project.offline()
    project.run("--samurai-mode=none").assert_outcomes(passed=1)
    assert cassette.read_bytes() == before
    project.run("--samurai-mode=update").assert_outcomes(passed=1)
    assert cassette.read_bytes() == before


def test_in_once_a_test_whose_prompt_has_changed_is_refused_and_not_recorded_beside_its_cassette(
    project: Project,
) -> None:
    theirs(project, "cassettes/test_capital.yaml")
    project.tests(CAPITAL.replace("Japan", "France"))
    result = project.run("--samurai-mode=once")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*cassettes/test_capital.yaml*"])
    assert project.cassettes() == ["test_capital.yaml"]
    assert project.server.requests == 0


def test_where_the_directory_was_moved_only_that_is_looked_through(project: Project) -> None:
    theirs(project, "cassettes/test_it/test_capital.yaml")
    theirs(project, "elsewhere/test_it/TestChatCompletions.test_capital[True].yaml")
    project.tests(
        CAPITAL
        + IN_CLASS
        + """
@pytest.fixture(scope="module")
def samurai_cassette_dir(request):
    return str(request.path.parent / "elsewhere" / request.path.stem)
"""
    )
    project.run().assert_outcomes(passed=2)
    assert project.server.requests == 1
    assert (project.pytester.path / "elsewhere/test_it/test_capital.yaml").exists()


def test_what_may_be_another_tests_is_copied_without_its_keys_when_the_test_may_write(project: Project) -> None:
    key = "sk-samurai-0123456789abcdefghij"
    path = theirs(project, "cassettes/test_it/test_capital[openai-gpt-4o- mini].yaml")
    path.write_text(path.read_text().replace("content-type:", f"authorization: [Bearer {key}]\n      content-type:", 1))
    before = path.read_bytes()
    project.tests(ODD)
    project.offline()
    project.run("--samurai-mode=update").assert_outcomes(passed=1)
    assert path.read_bytes() == before
    [own] = [name for name in project.cassettes() if "~" in name]
    assert project.text(own).startswith("# Recorded by pytest-samurai")
    assert key not in project.text(own)
    path.unlink()
    project.run("--samurai-mode=none").assert_outcomes(passed=1)


def test_a_cassette_of_ours_is_no_other_tests_by_the_name_that_another_tool_would_give_it(project: Project) -> None:
    test = """
@pytest.mark.parametrize("model", ["a-b"])
@pytest.mark.samurai
def test_capital(samurai_client, model): ask(samurai_client, "What is the capital of Japan?")
"""
    project.tests(test)
    project.run().assert_outcomes(passed=1)
    project.tests(test.replace("a-b", "a/b").replace("Japan", "France"))
    project.run().assert_outcomes(passed=1)
    assert project.server.requests == 2
    assert len(project.cassettes()) == 2


# --- the names in earlier versions


def test_a_cassette_with_a_digest_from_before_is_found_and_written_where_it_is(project: Project) -> None:
    project.tests(IN_CLASS)
    project.run().assert_outcomes(passed=1)
    [plain] = project.cassettes()
    assert plain == "test_it/TestChatCompletions.test_capital[True].yaml"
    old = own_names(["TestChatCompletions", "test_capital[True]"])[1]
    (project.pytester.path / "cassettes" / plain).rename(project.pytester.path / "cassettes/test_it" / old)
    project.run().assert_outcomes(passed=1)
    assert project.server.requests == 1
    project.tests(IN_CLASS.replace("Japan", "France"))
    for mode in ("update", "all"):
        project.run(f"--samurai-mode={mode}").assert_outcomes(passed=1)
        assert project.cassettes() == [f"test_it/{old}"]
    assert "France" in project.text(f"test_it/{old}")


def test_the_cassette_of_a_fixture_with_a_digest_from_before_is_found(project: Project) -> None:
    project.tests(
        SEED
        + """
class TestTwoWords:
    @pytest.fixture(scope="class")
    def city(self): return seed_call().status_code

    @pytest.mark.samurai
    def test_it(self, city): pass
"""
    )
    project.run().assert_outcomes(passed=1)
    assert project.cassettes() == ["test_it/fixtures/TestTwoWords.city.yaml"]
    directory = project.pytester.path / "cassettes/test_it/fixtures"
    (directory / "TestTwoWords.city.yaml").rename(directory / own_names(["TestTwoWords", "city"])[1])
    project.run().assert_outcomes(passed=1)
    assert project.server.requests == 1


def test_the_parameter_of_a_fixture_with_upper_case_has_a_digest_since_nobody_knows_the_others(
    project: Project,
) -> None:
    project.tests(
        SEED
        + """
@pytest.fixture(scope="module", params=["Japan", "france"])
def city(request): return seed_call(request.param).status_code

@pytest.mark.samurai
def test_it(city): pass
"""
    )
    project.run().assert_outcomes(passed=2)
    assert [name.partition("~")[0] for name in project.cassettes()] == [
        "test_it/fixtures/city[Japan]",
        "test_it/fixtures/city[france].yaml",
    ]

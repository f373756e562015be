"""Another recorder's suite, unchanged: `samurai_marker = vcr` makes its tests ours."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.conftest import FOREIGN
from tests.othersuite import TESTS, cassette
from tests.project import Project


@pytest.fixture
def suite(project: Project) -> Path:
    """The test directory of a project whose ini file makes `vcr` ours."""
    project.offline()
    project.pytester.makeini("[pytest]\nsamurai_marker = vcr\naddopts = --strict-markers")
    tests = project.pytester.path / "tests"
    tests.mkdir()
    return tests


def written(suite: Path, text: str) -> None:
    (suite / "test_it.py").write_text(TESTS + text)


def test_tests_with_the_marker_of_pytest_recording_are_replayed_from_where_that_has_its_cassettes(
    project: Project, suite: Path
) -> None:
    written(
        suite,
        """
@pytest.mark.vcr
def test_capital():
    assert ask("France?") == "Paris."

@pytest.mark.vcr(record_mode="none", filter_headers=["authorization"])
class TestAsia:
    @pytest.mark.block_network
    def test_capital(self):
        assert ask("Japan?") == "Tokyo."

def test_plain():
    pass
""",
    )
    cassette(suite / "cassettes/test_it/test_capital.yaml", ("France?", "Paris."))
    cassette(suite / "cassettes/test_it/TestAsia.test_capital.yaml", ("Japan?", "Tokyo."))
    result = project.run("-W", "error")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["samurai: 2 tests, calls: 2 replayed, 10 tokens, cost unknown"])
    assert project.run("--markers").stdout.str().count("@pytest.mark.vcr(cassette=None, /, **options): record") == 1


@pytest.mark.parametrize("setting", ["", "samurai_marker = samurai"])
def test_without_the_setting_the_marker_is_none_of_ours(project: Project, suite: Path, setting: str) -> None:
    project.pytester.makeini(f"[pytest]\nmarkers = vcr\n{setting}")
    written(suite, "@pytest.mark.vcr\ndef test_it(request): assert 'samurai' not in request.fixturenames")
    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize("scope", ["function", "module", "session"])
def test_the_fixtures_of_a_suite_count_as_they_stand(project: Project, suite: Path, scope: str) -> None:
    (suite / "conftest.py").write_text(f"""
import pytest

@pytest.fixture(scope="{scope}")
def vcr_config(vcr_config):
    return {{
        **vcr_config,
        "match_on": ["method", "url"],
        "record_mode": "none",
        "decode_compressed_response": True,
        "allow_playback_repeats": True,
    }}

@pytest.fixture(scope="module")
def vcr_cassette_dir(request):
    return str(request.path.parent / "recorded")
""")
    written(
        suite,
        """
@pytest.mark.vcr
def test_it(samurai):
    assert [ask("a?"), ask("b?"), ask("c?")] == ["A.", "B.", "A."]
    assert samurai.settings.mode == "none"
""",
    )
    cassette(suite / "recorded/test_it.yaml", ("x?", "A."), ("y?", "B."))
    project.run().assert_outcomes(passed=1)


def test_a_marker_goes_before_the_fixture(project: Project, suite: Path) -> None:
    (suite / "conftest.py").write_text(
        "import pytest\n@pytest.fixture\ndef vcr_config(): return {'record_mode': 'all', 'ignore_hosts': ['a']}"
    )
    written(
        suite,
        """
@pytest.mark.vcr(record_mode="none")
def test_it(samurai):
    assert (samurai.settings.mode, samurai.settings.ignore_hosts) == ("none", ("a",))
""",
    )
    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "head",
    [
        '@pytest.mark.vcr("named.yaml")',
        '@pytest.mark.vcr\n@pytest.mark.default_cassette("named")',
        "@pytest.fixture\ndef vcr_cassette_name(): return 'named.yaml'\n@pytest.mark.vcr",
        "@pytest.fixture\ndef default_cassette_name(): return 'named'\n@pytest.mark.vcr",
    ],
)
def test_a_cassette_is_named_as_there(project: Project, suite: Path, head: str) -> None:
    written(suite, f'{head}\ndef test_it(): assert ask("a?") == "A."')
    cassette(suite / "cassettes/test_it/named.yaml", ("a?", "A."))
    project.run().assert_outcomes(passed=1)


def test_tests_may_share_a_cassette_by_the_name_that_a_fixture_gives_it(project: Project, suite: Path) -> None:
    written(
        suite,
        """
@pytest.fixture
def vcr_cassette_name(): return "shared"

@pytest.mark.vcr
@pytest.mark.parametrize("question", ["a?", "b?"])
def test_it(question): assert ask(question) in ("A.", "B.")
""",
    )
    cassette(suite / "cassettes/test_it/shared.yaml", ("a?", "A."), ("b?", "B."))
    project.run("--samurai-unused=fail").assert_outcomes(passed=2)


def test_the_directory_of_pytest_vcr_is_found_too(project: Project, suite: Path) -> None:
    written(suite, '@pytest.mark.vcr\ndef test_it(): assert ask("a?") == "A."')
    cassette(suite / "cassettes/test_it.yaml", ("a?", "A."))
    project.run().assert_outcomes(passed=1)


def test_a_directory_of_ours_goes_before_that_of_the_other(project: Project, suite: Path) -> None:
    written(
        suite,
        """
@pytest.fixture(scope="module")
def samurai_cassette_dir(request): return str(request.path.parent / "ours")

@pytest.mark.vcr
def test_it(): assert ask("a?") == "A."
""",
    )
    cassette(suite / "ours/test_it.yaml", ("a?", "A."))
    project.run().assert_outcomes(passed=1)


def test_a_second_cassette_is_a_mistake_that_names_both(project: Project, suite: Path) -> None:
    written(suite, '@pytest.mark.vcr("more.yaml")\ndef test_it(): pass')
    for name in ("test_it.yaml", "more.yaml"):
        cassette(suite / "cassettes/test_it" / name, ("a?", "A."))
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "tests/test_it.py::test_it has its own cassette, test_it.yaml, but its marker names another,"
            " more.yaml: a test has only one here; put the interactions of both into one file, and name that file"
        ]
    )


@pytest.mark.parametrize(
    ("head", "complaint"),
    [
        ('@pytest.mark.vcr("a.yaml", "b.yaml")', "@pytest.mark.vcr of *test_it: it takes one cassette name, not 2"),
        (
            '@pytest.mark.vcr("a.yaml")\n@pytest.mark.default_cassette("b.yaml")',
            "@pytest.mark.vcr of *test_it: `default_cassette` names the one cassette, so this marker can name none*",
        ),
        (
            "@pytest.mark.vcr(additional_matchers=['x'])",
            "@pytest.mark.vcr of *additional_matchers*put them into match_on",
        ),
        ("@pytest.mark.vcr('/a.yaml')", "@pytest.mark.vcr of *'/a.yaml' is not a name for a cassette*"),
    ],
)
def test_a_marker_that_cannot_be_ours_is_a_usage_error(
    project: Project, suite: Path, head: str, complaint: str
) -> None:
    written(suite, f"{head}\ndef test_it(): pass")
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{complaint}"])


@pytest.mark.parametrize(
    ("fixture", "complaint"),
    [
        ("vcr_config(): return 7", "vcr_config of tests/test_it.py::test_it is 7; it must be a dict of options"),
        ("vcr_config(): return {'persister': 7}", "vcr_config of *'persister' here: leave it out: cassettes are files"),
        ("vcr_cassette_name(): return '../a'", "vcr_cassette_name of *'../a' is not a name for a cassette*"),
    ],
)
def test_a_fixture_that_cannot_be_ours_is_an_error_that_names_it(
    project: Project, suite: Path, fixture: str, complaint: str
) -> None:
    written(suite, f"@pytest.fixture\ndef {fixture}\n@pytest.mark.vcr\ndef test_it(): pass")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{complaint}"])


def test_two_recorders_that_have_the_marker_are_refused_with_the_way_out(
    project: Project, suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(suite, "@pytest.mark.vcr\ndef test_it(): pass")
    others = [f"-p no:{name}" for name in FOREIGN if name != "recording"]
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(others))
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: samurai_marker has `vcr`, but pytest-recording is loaded and uses that marker too: both would"
            " record the tests. Run pytest with `-p no:recording`, or put that into `addopts`."
        ]
    )
    result = project.run("-p", "no:recording", "-p", "pytest_recording.plugin")
    result.stderr.fnmatch_lines(["*Run pytest with `-p no:pytest_recording.plugin`, or put that into `addopts`."])
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join([*others, "-p no:recording"]))
    project.run("-k", "nothing").assert_outcomes(deselected=1)


def test_a_compressed_cassette_is_found_where_the_plain_one_would_be(project: Project, suite: Path) -> None:
    written(suite, '@pytest.mark.vcr\ndef test_it(): assert ask("a?") == "A."')
    path = suite / "cassettes/test_it/test_it.yaml"
    cassette(path, ("a?", "A."))
    path.with_name("test_it.yaml.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    project.run("--samurai-mode=none").assert_outcomes(passed=1)
    assert not path.exists()


def test_the_fixtures_that_tests_ask_for_are_there(project: Project, suite: Path) -> None:
    written(
        suite,
        """
@pytest.mark.vcr
def test_it(vcr, samurai, record_mode):
    assert (vcr.record_mode, len(vcr), record_mode) == ("none", 0, "none")

def test_plain(vcr):
    assert vcr is None
""",
    )
    project.run("--samurai-mode=none").assert_outcomes(passed=2)


# --- the keys of `vcr_config` for the location of a cassette


def test_a_library_directory_and_a_transformer_of_paths_count(project: Project, suite: Path) -> None:
    written(
        suite,
        """
import vcr as vcrpy

@pytest.fixture
def vcr_config():
    return {"cassette_library_dir": "library", "path_transformer": lambda path: path + "-v2"}

@pytest.mark.vcr
def test_it(): assert ask("a?") == "A."

@pytest.mark.vcr(path_transformer=vcrpy.VCR.ensure_suffix(".yaml"))
def test_suffix(): assert ask("a?") == "A."

@pytest.mark.samurai(path_transformer=lambda path: 7)
def test_number(): pass
""",
    )
    cassette(project.pytester.path / "library/test_it-v2.yaml", ("a?", "A."))
    cassette(project.pytester.path / "library/test_suffix.yaml", ("a?", "A."))
    result = project.run()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        ["*path_transformer returned a value of type int; it must return the path of the cassette"]
    )

"""vcrpy's `VCR` and its cassette, which a suite that moves in uses as the fixture `vcr`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.othersuite import TESTS, cassette
from tests.project import Project


@pytest.fixture
def suite(project: Project) -> Path:
    """The test directory of a project whose ini file makes `vcr` ours."""
    project.offline()
    project.pytester.makeini("[pytest]\nsamurai_marker = vcr")
    tests = project.pytester.path / "tests"
    tests.mkdir()
    return tests


def written(suite: Path, text: str) -> None:
    (suite / "test_it.py").write_text(TESTS + text)


# --- pytest-vcr's fixture


@pytest.fixture
def suite_of_pytest_vcr(project: Project, suite: Path) -> Path:
    project.pytester.makeini("[pytest]\nsamurai_marker = vcr\naddopts = -p no:vcr")
    (suite / "conftest.py").write_text("""
import pytest

@pytest.fixture(scope="module", autouse=True)
def fixture_vcr(vcr):
    vcr.register_serializer("pretty", object())
    vcr.register_persister(object())
    vcr.register_matcher("caseless", lambda r1, r2: b"france" in r1.body.lower())
    return vcr

@pytest.fixture(scope="module")
def vcr_config():
    return {"serializer": "pretty", "record_mode": "once"}
""")
    return suite


def test_blocks_of_pytest_vcrs_fixture_play_the_cassettes_beside_the_tests(
    project: Project, suite_of_pytest_vcr: Path
) -> None:
    written(
        suite_of_pytest_vcr,
        """
@pytest.mark.parametrize("name", ["a.yaml", "a"])
def test_it(vcr, name):
    with vcr.use_cassette(name) as cassette:
        assert ask("France?") == "Paris."
    assert len(cassette.calls) == 1

@pytest.mark.vcr
def test_marked():
    assert ask("Japan?") == "Tokyo."

def test_options(vcr):
    with vcr.use_cassette("a", match_on=["uri", "caseless"]):
        assert ask("FRANCE?") == "Paris."
""",
    )
    cassette(suite_of_pytest_vcr / "cassettes/a.yaml", ("France?", "Paris."))
    cassette(suite_of_pytest_vcr / "cassettes/test_marked.yaml", ("Japan?", "Tokyo."))
    project.run("--samurai-mode=none").assert_outcomes(passed=4)
    assert sorted(path.name for path in suite_of_pytest_vcr.rglob("*.yaml")) == ["a.yaml", "test_marked.yaml"]


def test_the_mode_of_the_run_is_that_of_blocks_of_pytest_vcrs_fixture(
    project: Project, suite_of_pytest_vcr: Path
) -> None:
    written(
        suite_of_pytest_vcr,
        """
def test_it(vcr):
    with vcr.use_cassette("none.yaml"):
        ask("France?")
""",
    )
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*cassette  tests/cassettes/none.yaml (no recordings)", "*mode      none"])


def test_the_ini_file_counts_in_blocks_of_pytest_vcrs_fixture(project: Project, suite_of_pytest_vcr: Path) -> None:
    ini = project.pytester.path / "tox.ini"
    ini.write_text(ini.read_text() + "\nsamurai_match_on = method path\n")
    written(
        suite_of_pytest_vcr,
        """
def test_it(vcr):
    @vcr.use_cassette("a.yaml")
    def asked():
        return ask("Japan?")

    assert asked() == "Paris."
""",
    )
    cassette(suite_of_pytest_vcr / "cassettes/a.yaml", ("France?", "Paris."))
    project.run("--samurai-mode=none").assert_outcomes(passed=1)


def test_an_option_of_a_block_that_cannot_be_taken_is_named(project: Project, suite_of_pytest_vcr: Path) -> None:
    written(suite_of_pytest_vcr, "def test_it(vcr): vcr.use_cassette('a', persister=7)")
    result = project.run()
    result.stdout.fnmatch_lines(
        ["*SettingsError: vcr.use_cassette('a.yaml'): *'persister' here: leave it out: cassettes are files"]
    )


def test_the_name_that_vcrpy_takes_no_notice_of_is_left_out(project: Project, suite: Path) -> None:
    written(suite, '@pytest.mark.vcr(cassette_name="other.yaml")\ndef test_it(): assert ask("a?") == "A."')
    cassette(suite / "cassettes/test_it/test_it.yaml", ("a?", "A."))
    project.run().assert_outcomes(passed=1)
    written(suite, '@pytest.mark.samurai(cassette_name="other.yaml")\ndef test_it(): pass')
    result = project.run()
    result.stderr.fnmatch_lines(["*'cassette_name' here: leave it out: vcrpy ignores it; the name of a*"])


# --- pytest-recording's hook


def test_what_the_hook_of_pytest_recording_registers_and_sets_counts(project: Project, suite: Path) -> None:
    (suite / "conftest.py").write_text("""
def pytest_recording_configure(config, vcr):
    vcr.register_serializer("yaml.gz", object())
    vcr.register_matcher("host", lambda r1, r2: r1.host.endswith(".example") and r2.host.endswith(".example"))
    vcr.register_matcher("short", lambda r1, r2: r1.body.count(b"?") == r2.body.count(b"?"))

    def redirected(request):
        request.uri = request.uri.replace("/v2/", "/v1/")
        return request

    vcr.before_record_request = redirected
""")
    written(
        suite,
        """
def post(url, question):
    return httpx.post(url, json={"model": "m", "messages": [{"role": "user", "content": question}]}).text

@pytest.mark.vcr(serializer="yaml")
def test_host_and_path():
    assert "Paris." in post("http://other.example/v2/chat/completions", "France?")

@pytest.mark.vcr
def test_prompt():
    post("http://other.example/v1/chat/completions", "Japan?")

class TestShort:
    @pytest.fixture
    def vcr_config(self):
        return {"match_on": ["method", "short"], "serializer": "yaml.gz"}

    @pytest.mark.vcr
    def test_length(self):
        assert "Paris." in post("http://api.example/v1/chat/completions", "Kenia?")
""",
    )
    for name in ("test_host_and_path", "test_prompt", "TestShort.test_length"):
        cassette(suite / f"cassettes/test_it/{name}.yaml", ("France?", "Paris."))
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(['*messages?0?.content: "France?" -> "Japan?"'])


def test_what_vcrpys_object_has_and_ours_has_not_is_told(project: Project, suite: Path) -> None:
    (suite / "conftest.py").write_text(
        "def pytest_recording_configure(vcr): vcr.match_on += ('body',); vcr.test_case()"
    )
    written(suite, "@pytest.mark.vcr\ndef test_it(): pass")
    result = project.run()
    result.stdout.fnmatch_lines(
        ["*AttributeError: vcr.test_case is not available: this stands in for vcrpy's VCR, and has register_matcher, *"]
    )


@pytest.mark.parametrize(("names", "passed"), [("method host", 1), ("method host chat", 0)])
def test_what_the_hook_registers_counts_for_the_names_of_the_ini_file(
    project: Project, suite: Path, names: str, passed: int
) -> None:
    project.pytester.makeini(f"[pytest]\nsamurai_marker = vcr\nsamurai_match_on = {names}")
    (suite / "conftest.py").write_text(
        "def pytest_recording_configure(vcr): vcr.register_matcher('host', lambda r1, r2: r1.host != 'a')"
    )
    written(suite, "@pytest.mark.vcr\ndef test_it(): assert ask('Japan?') == 'Paris.'")
    cassette(suite / "cassettes/test_it/test_it.yaml", ("France?", "Paris."))
    project.run("--samurai-mode=none").assert_outcomes(passed=passed, failed=1 - passed)


# --- pytest-recording's fixture


def test_a_test_can_ask_what_was_played_of_its_cassette(project: Project, suite: Path) -> None:
    written(
        suite,
        """
from vcr.record_mode import RecordMode

@pytest.mark.vcr
def test_it(vcr):
    assert (len(vcr), vcr.play_count, vcr.play_counts, vcr.all_played) == (2, 0, {}, False)
    ask("Japan?")
    assert (vcr.play_count, vcr.play_counts, vcr.all_played) == (1, {1: 1}, False)
    ask("France?")
    assert (vcr.play_count, vcr.all_played) == (2, True)
    assert vcr.record_mode == RecordMode.NONE
    assert vcr._path.endswith("test_it.yaml")
    assert [request.method for request in vcr.requests] == ["POST", "POST"]
    assert b"France?" in vcr.requests[0].body and vcr.requests[0].host == "api.example"
    assert vcr.responses[1]["status"] == {"code": 200, "message": "OK"}
    assert b"Tokyo." in vcr.responses[1]["body"]["string"]

@pytest.mark.vcr
def test_more(vcr):
    vcr.rewind()
""",
    )
    cassette(suite / "cassettes/test_it/test_it.yaml", ("France?", "Paris."), ("Japan?", "Tokyo."))
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*AttributeError: vcr.rewind is not available: this stands in for vcrpy's cassette, and has play_count, *"]
    )


def test_a_miss_is_told_where_a_test_lets_no_path_be_looked_up(project: Project, suite: Path) -> None:
    written(
        suite,
        """
@pytest.fixture
def no_blocking(monkeypatch):
    def blocked(path):
        raise OSError("Blocking call to os.path.abspath")
    monkeypatch.setattr("os.path.abspath", blocked)

@pytest.mark.vcr
def test_it(no_blocking):
    ask("Japan?")
""",
    )
    cassette(suite / "cassettes/test_it/test_it.yaml", ("France?", "Paris."))
    result = project.run("--samurai-mode=none")
    result.stdout.fnmatch_lines(
        [
            "*RequestNotRecorded: POST /chat/completions has no recording, *",
            "*To record what is missing: pytest --samurai-mode=update tests/test_it.py::test_it",
        ]
    )

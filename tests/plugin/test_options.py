"""Options as pytest has them."""

from __future__ import annotations

import re
from typing import cast

import pytest

from pytest_samurai.settings import values
from pytest_samurai.settings.option import Option
from pytest_samurai.settings.table import OPTIONS
from tests.project import Project


def test_a_new_switch_is_a_flag_on_the_command_line_and_a_word_in_the_ini_file(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Option(values.estimate, False, "ini cli", "whether it is so")
    row.name = "shiny"
    monkeypatch.setitem(cast("dict[str, Option]", OPTIONS), "shiny", row)
    project.tests("def test_it(samurai): print('shiny:', samurai.settings.shiny)")
    project.run("-s").stdout.fnmatch_lines(["*shiny: False"])
    project.run("-s", "--samurai-shiny").stdout.fnmatch_lines(["*shiny: True"])
    for word, value in (("true", True), ("false", False)):
        project.pytester.makeini(f"[pytest]\nsamurai_shiny = {word}")
        project.run("-s").stdout.fnmatch_lines([f"*shiny: {value}"])
        project.run("-s", "--samurai-shiny").stdout.fnmatch_lines(["*shiny: True"])
    project.pytester.makeini("[pytest]\nsamurai_shiny = yes")
    project.run().stderr.fnmatch_lines(["*tox.ini: samurai_shiny is 'yes'; it must be True or False"])


def test_an_option_is_laid_over_another_in_the_documented_order(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = "def test_it(samurai): print('mode:', samurai.mode)\n"
    fixture = "@pytest.fixture\ndef samurai_config(): return {'mode': 'new_episodes'}\n"
    project.tests(test)
    project.run("-s").stdout.fnmatch_lines(["*mode: once"])
    monkeypatch.setenv("CI", "true")
    project.run("-s").stdout.fnmatch_lines(["*mode: none"])
    project.pytester.makeini("[pytest]\nsamurai_mode = live")
    project.run("-s").stdout.fnmatch_lines(["*mode: live"])
    project.tests(fixture + test)
    project.run("-s").stdout.fnmatch_lines(["*mode: new_episodes"])
    project.tests(fixture + "@pytest.mark.samurai(mode='all')\n" + test)
    project.run("-s").stdout.fnmatch_lines(["*mode: all"])
    monkeypatch.setenv("SAMURAI_MODE", "none")
    project.run("-s").stdout.fnmatch_lines(["*mode: none"])
    project.run("-s", "--samurai-mode=once").stdout.fnmatch_lines(["*mode: once"])


def test_tests_that_say_the_same_share_their_settings_and_others_have_their_own(project: Project) -> None:
    project.tests("""\
SEEN = {}

@pytest.mark.samurai(ignore=["user"])
def test_a(samurai): SEEN["a"] = samurai.settings

@pytest.mark.samurai(ignore=["user"])
def test_b(samurai): assert samurai.settings is SEEN["a"]

@pytest.mark.samurai(ignore=("metadata",))
def test_c(samurai): assert samurai.settings.ignore == (("metadata",),)

def test_d(samurai): assert samurai.settings.ignore == ()

@pytest.fixture(scope="module")
def environment():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMURAI_MODE", "live")
        yield

@pytest.mark.samurai(ignore=["user"])
def test_e(environment, samurai): assert samurai.mode == "live"
""")
    project.run().assert_outcomes(passed=5)


def test_what_equals_an_option_that_can_be_is_not_let_pass_for_it(project: Project) -> None:
    project.tests("""\
@pytest.mark.samurai(max_requests=1)
def test_a(): pass

@pytest.mark.samurai(max_requests=True)
def test_b(): pass
""")
    project.run().stderr.fnmatch_lines(["*test_it.py::test_b*max_requests is True*"])


def test_a_wrong_key_in_samurai_config_is_an_error_that_names_the_test(project: Project) -> None:
    project.tests("""
@pytest.fixture
def samurai_config(): return {"record_modes": "once"}
def test_it(samurai): pass
""")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*samurai_config of test_it.py::test_it*record_modes*"])


def test_a_wrong_value_on_the_command_line_is_a_usage_error(project: Project) -> None:
    project.tests("def test_it(): pass")
    result = project.run("--samurai-mode=twice")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the command line*mode is 'twice'*"])


def test_help_lists_every_option_with_its_default(project: Project) -> None:
    text = re.sub(r"\s+", " ", project.run("--help").stdout.str())
    assert "--samurai-mode=SAMURAI_MODE" in text
    assert "default: `none` if the environment says `CI`, else `once`" in text
    assert "samurai_endpoints (args):" in text


def test_markers_says_what_the_marker_does_and_which_options_it_takes(project: Project) -> None:
    [line] = [line for line in project.run("--markers").outlines if line.startswith("@pytest.mark.samurai")]
    says, _, options = line.partition(" Options: ")
    assert says == (
        "@pytest.mark.samurai(cassette=None, /, **options): record the model calls of this test once, then replay them."
    )
    assert options.startswith("mode, endpoints, match_on, ")
    assert options.endswith("max_total_tokens, max_cost, tolerance.")


def test_fixtures_says_what_each_fixture_is_in_one_line(project: Project) -> None:
    said = re.sub(r" -- \S+", "", project.run("--fixtures").stdout.str()).split("fixtures defined from pytest_samurai")[
        1
    ]
    assert re.sub(r"\n\n\n.*", "", said.split("\n", 1)[1], flags=re.DOTALL) == (
        "samurai_config [session scope]\n"
        "    Options of all marked tests for which this fixture is overridden: a dict of the marker's keywords.\n\n"
        "samurai_cassette_dir [module scope]\n"
        "    The directory of the cassettes of a test file.\n\n"
        "samurai\n"
        "    The recorder of this test: its calls, its usage, its cassette.\n\n"
        "samurai_client\n"
        "    An `httpx.Client` with the base URL and the key set.\n\n"
        "samurai_async_client\n"
        "    An `httpx.AsyncClient` with the base URL and the key set."
    )


def test_samurai_config_has_to_be_a_dict(project: Project) -> None:
    project.tests("@pytest.fixture\ndef samurai_config(): return None\ndef test_it(samurai): pass")
    project.run().stdout.fnmatch_lines(["*samurai_config of test_it.py::test_it is None; it must be a dict*"])


def test_what_varies_may_be_set_for_all_tests_in_the_ini_file(project: Project) -> None:
    project.pytester.makeini("[pytest]\nsamurai_normalize = uuid datetime\nsamurai_ignore = user metadata.run\n")
    project.tests("""
import datetime, uuid
@pytest.mark.samurai
def test_it(samurai_client):
    varying = {"user": uuid.uuid4().hex, "metadata": {"run": uuid.uuid4().hex, "kind": "a"}}
    ask(samurai_client, f"It is {datetime.datetime.now()}, I am {uuid.uuid4()}.", **varying)
""")
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.run("--samurai-mode=none").assert_outcomes(passed=1)

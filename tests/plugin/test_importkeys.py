"""Clients that are made when a test module is imported."""

from __future__ import annotations

import os
import sys

import pytest

from tests.conftest import KEY
from tests.project import Project

APPLICATION = """
import os
import httpx

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"}
URL = os.environ["SAMURAI_BASE_URL"] + "/chat/completions"

def answer(text="What is the capital of France?"):
    messages = [{"role": "user", "content": text}]
    reply = httpx.post(URL, json={"model": "gpt-4o-mini", "messages": messages}, headers=HEADERS)
    return reply.json()["choices"][0]["message"]["content"]
"""

OF_SDK = """
import os
import openai

client = openai.OpenAI(base_url=os.environ["SAMURAI_BASE_URL"])

def answer(text="What is the capital of France?"):
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(model="gpt-4o-mini", messages=messages).choices[0].message.content
"""

TESTS = """
import os
import pytest
from application import answer

@pytest.mark.samurai
def test_marked():
    assert answer() == "Paris."

def test_unmarked():
    assert "OPENAI_API_KEY" not in os.environ or "placeholder" not in os.environ["OPENAI_API_KEY"]
"""


@pytest.fixture
def recorded(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that makes its client at import and was recorded with a key.

    Now there is no key, and nobody answers.
    """
    (project.pytester.path / "application.py").write_text(APPLICATION)
    project.pytester.syspathinsert()
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    project.tests(TESTS)
    project.run().assert_outcomes(passed=2)
    project.offline()
    monkeypatch.delenv("OPENAI_API_KEY")
    return project


@pytest.mark.parametrize("mode", ["none", "once"])
def test_a_client_made_at_import_replays_without_a_key(recorded: Project, mode: str) -> None:
    recorded.run(f"--samurai-mode={mode}").assert_outcomes(passed=2)
    assert "OPENAI_API_KEY" not in os.environ


@pytest.mark.parametrize("how", ["prepend", "append", "importlib"])
def test_however_files_of_tests_are_imported(recorded: Project, how: str) -> None:
    recorded.tests('import os\nos.environ["MISTRAL_API_KEY"]\n' + TESTS)
    recorded.run(f"--import-mode={how}").assert_outcomes(passed=2)


def test_a_package_that_misses_a_key_is_imported_again_as_a_whole(recorded: Project) -> None:
    package = recorded.pytester.mkdir("package")
    (package / "__init__.py").write_text('import os\nKEY = os.environ["GROQ_API_KEY"]\n')
    (package / "test_in.py").write_text("import sys\ndef test_key(): assert sys.modules['package'].KEY\n")
    recorded.run("--import-mode=importlib", "package").assert_outcomes(passed=1)


@pytest.mark.parametrize("workers", ["0", "1"])
def test_in_a_worker_of_xdist_as_well(recorded: Project, workers: str) -> None:
    recorded.run("-p", "xdist", "-n", workers).assert_outcomes(passed=2)


def test_so_does_one_of_the_openai_sdk(recorded: Project) -> None:
    (recorded.pytester.path / "application.py").write_text(OF_SDK)
    recorded.run().assert_outcomes(passed=2)


def test_each_key_that_is_missed_gets_one(recorded: Project) -> None:
    recorded.tests('import os\nos.environ["MISTRAL_API_KEY"]\nos.environ["GROQ_API_KEY"]\n' + TESTS)
    recorded.run().assert_outcomes(passed=2)
    assert not {"MISTRAL_API_KEY", "GROQ_API_KEY"} & os.environ.keys()


def test_a_key_that_only_the_suite_knows_is_named_by_samurai_keys(recorded: Project) -> None:
    recorded.tests('import os\nos.environ["ACME_TOKEN"]\n' + TESTS)
    recorded.run().assert_outcomes(errors=1)
    recorded.run("-o", "samurai_keys=ACME_TOKEN").assert_outcomes(passed=2)


def test_an_sdk_that_does_not_name_its_key_gets_it_too(recorded: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "groq", raising=False)
    (recorded.pytester.path / "groq.py").write_text(
        'import os\ndef Client():\n    if "GROQ_API_KEY" not in os.environ: raise ValueError("No API key was given.")\n'
    )
    recorded.tests("import groq\ngroq.Client()\n" + TESTS)
    recorded.run().assert_outcomes(passed=2)


def test_a_module_that_can_be_imported_finds_no_placeholder(recorded: Project) -> None:
    recorded.tests(
        """
import os

@pytest.mark.skipif(not os.environ.get("OPENAI_API_KEY"), reason="live")
def test_live():
    raise AssertionError
"""
    )
    recorded.run().assert_outcomes(skipped=1)


@pytest.mark.parametrize("mode", ["all", "new_episodes", "live"])
def test_a_run_that_goes_live_wants_its_key(recorded: Project, mode: str) -> None:
    result = recorded.run(f"--samurai-mode={mode}")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E *OPENAI_API_KEY*"])


def test_a_suite_without_cassettes_is_left_alone(recorded: Project) -> None:
    recorded.run("-o", "samurai_cassette_dir=elsewhere").assert_outcomes(errors=1)


def test_what_is_not_recorded_does_not_go_out_with_a_placeholder(recorded: Project) -> None:
    recorded.tests(
        TESTS
        + """
def test_calls():
    answer("Unmarked")

@pytest.mark.samurai
def test_new():
    answer("New")
"""
    )
    result = recorded.run()
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*/chat/completions is a model call, but no recorder is open, and no call may go live unrecorded*",
            "*/chat/completions must go live to be recorded, but its key is the placeholder that replayed tests get.",
        ]
    )


@pytest.mark.parametrize("tb", ["short", "native"])
def test_the_error_that_is_shown_is_that_of_the_first_import(recorded: Project, tb: str) -> None:
    recorded.tests(
        """
import os
if "GROQ_API_KEY" in os.environ:
    raise ValueError("registered twice")
os.environ["GROQ_API_KEY"]
"""
    )
    result = recorded.run(f"--tb={tb}")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*KeyError: 'GROQ_API_KEY'"])
    result.stdout.no_fnmatch_line("*registered twice*")
    assert "GROQ_API_KEY" not in os.environ


def test_a_key_that_is_emptied_at_import_is_tried_once(recorded: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "")
    (recorded.pytester.path / "count.txt").write_text("")
    recorded.tests(
        """
import os
with open("count.txt", "a") as count:
    count.write("x")
os.environ["GROQ_API_KEY"] = ""
raise ValueError("no GROQ_API_KEY")
"""
    )
    recorded.run().assert_outcomes(errors=1)
    assert (recorded.pytester.path / "count.txt").read_text() == "xx"


def test_an_error_that_misses_no_key_is_shown_as_it_is(recorded: Project) -> None:
    recorded.tests('KEY = "GROQ_API_KEY"\nraise ValueError("no")\n')
    result = recorded.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E   ValueError: no"])

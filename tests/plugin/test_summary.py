"""What pytest prints at the end of a run."""

from __future__ import annotations

import re

import pytest

from tests.project import Project, lines_between


def test_the_summary_says_what_was_replayed_recorded_and_used(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_one(samurai_client):
    ask(samurai_client)

@pytest.mark.samurai
def test_two(samurai_client):
    ask(samurai_client)
    ask(samurai_client)
""")
    recorded = project.run()
    assert lines_between(recorded, "samurai: 2 tests", "passed in") == [
        "samurai: 2 tests, calls: 0 replayed, 3 recorded, 39 tokens, $0.00000855",
        "  $0.00000570         26 tokens    2 calls  test_it.py::test_two",
        "  $0.00000285         13 tokens     1 call  test_it.py::test_one",
        "samurai: no samurai.lock; --samurai-update writes down what each test uses",
    ]
    replayed = project.run("--samurai-top=1")
    assert lines_between(replayed, "samurai: 2 tests", "passed in") == [
        "samurai: 2 tests, calls: 3 replayed, 39 tokens, $0.00000855; replay saved $0.00000855",
        "  $0.00000570         26 tokens    2 calls  test_it.py::test_two",
    ]
    project.run("-q").stdout.no_fnmatch_line("*samurai*")
    live = project.run("--samurai-mode=live")
    live.stdout.fnmatch_lines(["samurai: 2 tests, calls: 0 replayed, 3 live, 39 tokens, $0.00000855"])


def test_a_run_without_marked_tests_says_nothing(project: Project) -> None:
    project.tests("def test_plain(): pass")
    project.run().stdout.no_fnmatch_line("*samurai: *")


def test_a_property_of_an_applications_own_is_left_to_it(project: Project) -> None:
    project.tests("""
def test_it(record_property):
    record_property("samurai_models", "x")
""")
    project.run().assert_outcomes(passed=1)


SHARED = """
@pytest.mark.samurai("shared")
@pytest.mark.parametrize("word", WORDS)
def test_it(samurai_client, word): ask(samurai_client, word)
"""


def test_what_no_test_plays_of_a_shared_cassette_is_said_at_the_end_of_a_full_run(project: Project) -> None:
    project.tests(SHARED.replace("WORDS", "['one', 'two', 'three']"))
    project.run().assert_outcomes(passed=3)
    project.run().stdout.no_fnmatch_line("*no test played*")
    project.tests(SHARED.replace("WORDS", "['one', 'three']"))
    line = "samurai: cassettes/shared.yaml: no test played interaction 2 of 3 recorded interactions"
    result = project.run()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([line])
    distributed = project.pytester.runpytest_inprocess("-n", "2")
    distributed.stdout.fnmatch_lines([line])
    project.run("-k", "one").stdout.no_fnmatch_line("*no test played*")
    project.run("test_it.py").stdout.no_fnmatch_line("*no test played*")
    project.run("--samurai-unused=ignore").stdout.no_fnmatch_line("*no test played*")


UNSEEN = """
import os, urllib.request

@pytest.mark.samurai
def test_it(samurai_client):
    ask(samurai_client)
    with pytest.raises(OSError):
        urllib.request.urlopen(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", b"{}")
"""


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_client_that_no_hook_sees_is_named_in_the_summary_of_a_replay(
    project: Project, workers: tuple[str, ...]
) -> None:
    project.tests(UNSEEN)
    first = project.run(*workers)
    first.assert_outcomes(passed=1)
    first.stdout.fnmatch_lines(["samurai: test_it.py::test_it: connected to *: it went live and was not recorded; *"])
    refused = project.run(*workers)
    refused.assert_outcomes(failed=1)
    refused.stdout.fnmatch_lines(
        ["*RequestNotRecorded: a connection to *, which serves models (*), by a client that cannot be recorded *"]
    )
    second = project.run(*workers, "--samurai-unseen=warn")
    second.assert_outcomes(passed=1)
    host = project.server.base_url.split("/")[2]
    second.stdout.fnmatch_lines(
        [f"samurai: test_it.py::test_it: connected to {host}, which serves models (*), by a client *"]
    )


THREE = """
@pytest.mark.samurai
def test_edited(samurai_client): ask(samurai_client, "a")

@pytest.mark.samurai("shared")
@pytest.mark.parametrize("word", ["b", "c"])
def test_shared(samurai_client, word): ask(samurai_client, word)
"""


def test_recordings_that_were_edited_imported_or_have_no_seal_are_counted_once_each(project: Project) -> None:
    project.tests(THREE)
    project.run().stdout.no_fnmatch_line("*recordings:*")
    project.run().stdout.no_fnmatch_line("*recordings:*")
    root = project.pytester.path / "cassettes"
    edited = root / "test_it" / "test_edited.yaml"
    edited.write_text(edited.read_text().replace("Tokyo", "Kyoto").replace("You said", "You asked"))
    shared = root / "shared.yaml"
    shared.write_text(re.sub("seal: .*", "seal: none", shared.read_text(), count=1))
    line = "samurai: recordings: 1 edited by hand, 1 without a seal"
    for arguments in ((), ("-n", "2")):
        result = project.pytester.runpytest_inprocess(*arguments)
        result.assert_outcomes(passed=3)
        result.stdout.fnmatch_lines(["samurai: 3 tests, *", line])
        assert sum(line == printed for printed in result.outlines) == 1
    project.run("-q").stdout.no_fnmatch_line("*recordings:*")
    shown = {
        "json": '"edited": 1',
        "md": "\n\nrecordings: 1 edited by hand, 1 without a seal\n\n",
        "html": "<p>recordings: 1 edited by hand, 1 without a seal</p>",
    }
    project.run("-q", *(f"--samurai-report={form}:report.{form}" for form in shown))
    for form, text in shown.items():
        assert text in (project.pytester.path / f"report.{form}").read_text(encoding="utf-8"), form

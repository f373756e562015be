"""Recordings are replayed in another process at the end of the run: one that cannot be replayed is red at once."""

from __future__ import annotations

import json
import re
import sys
import uuid
from typing import Any

import pytest

from pytest_samurai.errors import CassetteError
from pytest_samurai.plugin import proof  # imported here, so that it stays loaded in the runs inside of tests
from tests.project import Project, lines_between

VARYING: dict[str, tuple[str, str]] = {
    "uuid": ("messages[0]", "str(uuid.uuid4())"),
    "uuid_at_import": ("messages[0]", "AT_IMPORT"),
    "hex_id": ("messages[0]", "'run-' + uuid.uuid4().hex"),
    "token": ("messages[0]", "secrets.token_urlsafe(12)"),
    "day": ("messages[0]", "str(datetime.date.today())"),
    "moment": ("messages[0]", "datetime.datetime.now().isoformat()"),
    "written_date": ("messages[0]", "datetime.date.today().strftime('%d %B %Y')"),
    "weekday": ("messages[0]", "datetime.date.today().strftime('%A, %B %d')"),
    "next_week": ("messages[0]", "str(datetime.date.today() + datetime.timedelta(days=7))"),
    "time_of_day": ("messages[0]", "datetime.datetime.now().strftime('%H:%M')"),
    "seconds": ("messages[0]", "str(int(time.time()))"),
    "milliseconds": ("messages[0]", "str(int(time.time() * 1000))"),
    "port": ("messages[0]", "f'http://127.0.0.1:{free_port()}/mcp'"),
    "temporary_file": ("messages[0]", "tempfile.mkdtemp() + '/in.txt'"),
    "address": ("messages[0]", "repr(object())"),
    "process": ("messages[0]", "f'process {os.getpid()}'"),
    "set_order": ("messages[0]", "'Tags: ' + ', '.join(set(WORDS)) + '. Go!'"),
    "dict_order": ("messages[0]", "json.dumps({word: 1 for word in set(WORDS)})"),
    "shuffled": ("messages[0]", "' '.join(random.sample(WORDS, len(WORDS)))"),
    "number": ("messages[0]", "str(random.randint(0, 10**12))"),
    "set_in_json": ("metadata", "'Go', metadata={'tags': list(set(WORDS))}"),
    "temperature": ("temperature", "'Go', temperature=random.random()"),
    "seed": ("seed", "'Go', seed=random.randint(0, 10**12)"),
    "created": ("metadata", "'Go', metadata={'created': int(time.time())}"),
}
"""By the name of a test: the part of its request that varies, and its question."""

SETTLED: dict[str, str] = {
    "constant": "'Ticket 123e4567-e89b-12d3-a456-426614174000 of 2026-01-02'",
    "seeded": "str(random.Random(7).random())",
    "sorted": "', '.join(sorted(set(WORDS)))",
    "own_file": "pathlib.Path(__file__).read_text()[:20]",
}

HEAD = """
import datetime, json, os, pathlib, random, secrets, socket, tempfile, time, uuid

AT_IMPORT = str(uuid.uuid4())
WORDS = [letter + "word" for letter in "abcdefghijklmnopqrstuvwx"]

def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]
"""


def project_of(project: Project, asked: dict[str, str]) -> None:
    tests = "".join(
        f"\n@pytest.mark.samurai\ndef test_{name}(samurai_client):\n    ask(samurai_client, {what})\n"
        for name, what in asked.items()
    )
    project.tests(HEAD + tests)


def failures(project: Project) -> dict[str, dict[str, Any]]:
    report = json.loads((project.pytester.path / "run.json").read_text(encoding="utf-8"))
    return {failure["test"].rpartition("::test_")[2]: failure for failure in report["failures"]}


def test_nothing_that_varies_is_green_when_recorded_and_red_when_replayed(project: Project) -> None:
    project_of(project, {name: asked for name, (_, asked) in VARYING.items()} | SETTLED)
    proved = project.run("--samurai-prove", "--samurai-report=json:run.json")

    proved.assert_outcomes(failed=len(VARYING), passed=len(SETTLED))
    assert len(VARYING) >= 20
    told = failures(project)
    assert told.keys() == VARYING.keys()
    for name, (where, _) in VARYING.items():
        assert where in f"{told[name]['text']} {told[name]['cause']}", name
    count = len(VARYING) + len(SETTLED)
    line = f"samurai: {count} tests replayed in another process: {len(VARYING)} failed"
    proved.stdout.fnmatch_lines([line])
    project.offline()
    project.run("-k", " or ".join(SETTLED)).assert_outcomes(passed=len(SETTLED), deselected=len(VARYING))


def test_most_of_it_is_named_as_it_is_recorded_without_a_second_run(project: Project) -> None:
    project_of(project, {name: asked for name, (_, asked) in VARYING.items()} | SETTLED)
    recorded = project.run()

    recorded.assert_outcomes(passed=len(VARYING) + len(SETTLED))
    said = "\n".join(lines_between(recorded, "recorded values that most likely vary", "To let it match"))
    # These look like any other text: only another process shows the difference.
    named = set(re.findall(r"test_(\w+)(?:,|$)", said, re.MULTILINE))
    assert VARYING.keys() - named == {"token", "process", "dict_order", "shuffled", "number", "seed"}
    # The digits of a number do not show whether its generator has a seed.
    assert SETTLED.keys() & named == {"seeded"}
    assert len(said.splitlines()) <= 20


FAILING = """
import random
@pytest.mark.samurai
def test_it(samurai_client): ask(samurai_client, f"Say {random.randint(0, 10**12)} to all of them")
"""


def test_a_failed_proof_says_by_the_word_what_varied_and_what_to_do(project: Project) -> None:
    project.tests(FAILING)
    proved = project.run("--samurai-prove")

    proved.assert_outcomes(failed=1)
    proved.stdout.fnmatch_lines(
        [
            "test_it.py .*",
            "samurai: replaying 1 test in another process",
            "F*",
            "*_ test_it _*",
            "This test was recorded in this run, and its replay in another process failed:",
            "E       pytest_samurai.RequestNotRecorded: POST /chat/completions has no recording, and*",
            "E         test      test_it.py::test_it",
            "E         mode      none",
            "E           messages[[]0].content:",
            r"E             - Say [[]*] to all of them",
            r"E             + Say [[]*] to all of them",
            "These differences vary from run to run. Fix them in the test, for example with a seed or by sorting, or"
            " leave them out with `ignore` or `normalize`.",
            "samurai: 1 test replayed in another process: 1 failed",
            "FAILED test_it.py::test_it - pytest_samurai.RequestNotRecorded: POST*",
            "*= 1 failed in *",
        ]
    )
    # Recording it again would not help.
    proved.stdout.no_fnmatch_line("*To record*")
    assert project.cassettes() == ["test_it/test_it.yaml"]


def test_the_same_cause_in_many_tests_is_told_once(project: Project) -> None:
    project.tests("""
import uuid
@pytest.mark.samurai
@pytest.mark.parametrize("number", range(13))
def test_it(samurai_client, number): ask(samurai_client, f"Ticket {uuid.uuid4()} of {number}")
""")
    proved = project.run("--samurai-prove", "-q")

    proved.assert_outcomes(failed=13)
    cause = 'only values that vary from run to run, add to `normalize`: "uuid"'
    proved.stdout.fnmatch_lines(
        [
            f"samurai: 13 tests missed a recording: {cause}.",
            "  a UUID in messages[[]0] (*): test_it.py::test_it[[]0], test_it[[]1], test_it[[]2] and 10 more",
        ]
    )
    assert sum("The nearest recording" in line for line in proved.outlines) == 1


def test_a_date_of_today_fails_though_it_replays_today_and_says_how_to_let_it_match(project: Project) -> None:
    project.tests("""
import datetime
@pytest.mark.samurai
def test_it(samurai_client): ask(samurai_client, f"Today is {datetime.date.today()}")
""")
    proved = project.run("--samurai-prove")

    proved.assert_outcomes(failed=1)
    proved.stdout.fnmatch_lines(
        [
            "It replays now, but not at another time: a date in messages[[]0] (????-??-??).",
            "  To let it match, put this into conftest.py:",
            '    @pytest.fixture(scope="session")',
            "    def samurai_config():",
            '        return {"normalize": [[]"datetime"]}',
        ]
    )
    (project.pytester.path / "conftest.py").write_text(
        'import pytest\n@pytest.fixture(scope="session")\ndef samurai_config(): return {"normalize": ["datetime"]}\n'
    )
    mended = project.run("--samurai-prove", "--samurai-mode=all")
    mended.assert_outcomes(passed=1)
    mended.stdout.fnmatch_lines(["samurai: 1 test replayed in another process: 0 failed"])
    mended.stdout.no_fnmatch_line("*recorded values that most likely vary*")


def test_what_looks_as_if_it_varied_is_not_told_any_more_once_it_has_come_back(project: Project) -> None:
    (project.pytester.path / "ticket.txt").write_text(str(uuid.UUID(int=0x1234)))
    project.tests("""
import pathlib
@pytest.mark.samurai
def test_it(samurai_client): ask(samurai_client, pathlib.Path("ticket.txt").read_text())
""")
    project.run().stdout.fnmatch_lines(["  a UUID in messages[[]0] (00000000-*): test_it.py::test_it"])
    (project.pytester.path / "cassettes/test_it/test_it.yaml").unlink()
    proved = project.run("--samurai-prove")
    proved.assert_outcomes(passed=1)
    proved.stdout.no_fnmatch_line("*recorded values that most likely vary*")


MANY = """
import asyncio, random, unittest

@pytest.fixture(scope="module")
def greeting():
    client = httpx.Client(base_url=os.environ["SAMURAI_BASE_URL"])
    return ask_with_key(f"greet {random.randint(0, 10**12)}")

def ask_with_key(text):
    key = {"Authorization": "Bearer " + os.environ.get("SAMURAI_API_KEY", "none")}
    return httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body(text), headers=key).text

@pytest.mark.samurai
def test_of_a_fixture(greeting): pass

@pytest.mark.samurai
@pytest.mark.parametrize("text", ["same", "random"])
def test_parameter(samurai_client, text):
    ask(samurai_client, text if text == "same" else str(random.randint(0, 10**12)))

@pytest.mark.samurai
class TestOfUnittest(unittest.TestCase):
    def test_same(self): ask_with_key("same")
    def test_random(self): ask_with_key(str(random.randint(0, 10**12)))

@pytest.mark.samurai("shared")
def test_shared_same(samurai_client): ask(samurai_client, "same")

@pytest.mark.samurai("shared")
def test_shared_random(samurai_client): ask(samurai_client, str(random.randint(0, 10**12)))

@pytest.mark.samurai
def test_fails_anyway(samurai_client):
    ask(samurai_client, str(random.randint(0, 10**12)))
    assert False, "by itself"

def test_plain(): pass
"""


@pytest.mark.parametrize("arguments", [[], ["-n2"]], ids=["in_one_process", "in_workers"])
def test_fixtures_parameters_unittest_and_shared_cassettes_are_proved(project: Project, arguments: list[str]) -> None:
    project.tests("import os\n" + MANY)
    proved = project.run("--samurai-prove", "--samurai-report=json:run.json", *arguments)

    proved.assert_outcomes(passed=4, failed=5)
    assert failures(project).keys() == {"of_a_fixture", "parameter[random]", "random", "shared_random"}
    proved.stdout.fnmatch_lines(["samurai: 7 tests replayed in another process: 4 failed", "*by itself*"])


def test_usage_lock_and_report_are_those_of_the_recording(project: Project) -> None:
    project.tests(FAILING)
    proved = project.run("--samurai-prove", "--samurai-update", "--samurai-report=json:run.json")

    proved.stdout.fnmatch_lines(["samurai: 1 test, calls: 0 replayed, 1 recorded, * tokens, $*"])
    report = json.loads((project.pytester.path / "run.json").read_text(encoding="utf-8"))
    [test] = report["tests"]
    assert (test["outcome"], test["recorded"], report["totals"]["recorded"]) == ("failed", 1, 1)
    assert project.server.requests == 1


def test_a_run_that_records_nothing_proves_nothing(project: Project) -> None:
    project.tests("@pytest.mark.samurai\ndef test_it(samurai_client): ask(samurai_client)")
    project.run().assert_outcomes(passed=1)
    replayed = project.run("--samurai-prove")
    replayed.assert_outcomes(passed=1)
    replayed.stdout.no_fnmatch_line("*another process*")


def test_an_id_that_varies_has_no_replay(project: Project) -> None:
    project.tests("""
import random
@pytest.mark.samurai
@pytest.mark.parametrize("number", [random.randint(0, 10**12)])
def test_it(samurai_client, number): ask(samurai_client)
""")
    proved = project.run("--samurai-prove")
    proved.assert_outcomes(failed=1)
    proved.stdout.fnmatch_lines(
        ["The replay has no test with this id: part of the id varies from run to run, such as a parameter."]
    )


def test_a_replay_that_fails_or_is_skipped_for_another_reason_is_told_too(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_asserts(samurai_client, samurai):
    ask(samurai_client)
    assert not samurai.replaying, "only recorded \x1b[31m"

@pytest.mark.samurai
def test_skips(samurai_client, samurai):
    if samurai.replaying: pytest.skip("only recorded")
    ask(samurai_client)
""")
    proved = project.run("--samurai-prove", "--samurai-report=json:run.json")
    proved.assert_outcomes(failed=2)
    proved.stdout.fnmatch_lines(
        [
            "This test was recorded in this run, and its replay in another process failed:",
            "E       AssertionError: only recorded *[[]31m",
            "This test was recorded in this run, and its replay in another process was skipped:",
            "",
            "Skipped: only recorded",
            "FAILED test_it.py::test_skips - Skipped: only recorded",
        ]
    )
    assert not any("\x1b" in line for line in proved.outlines)
    assert {name: failure["kind"] for name, failure in failures(project).items()} == {
        "asserts": "ProofFailed",
        "skips": "ProofFailed",
    }


@pytest.mark.parametrize("arguments", [(), ("-n1",)], ids=["alone", "xdist"])
def test_a_run_that_ends_early_says_that_it_proves_nothing(project: Project, arguments: tuple[str, ...]) -> None:
    project.tests("""
@pytest.mark.samurai
def test_passes(samurai_client): ask(samurai_client)

@pytest.mark.samurai
def test_fails(samurai_client):
    ask(samurai_client)
    assert False
""")
    result = project.run("--samurai-prove", "-x", *arguments)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "samurai: 1 test recorded and passed, but nothing was replayed in another process, because the run ended"
            " early. The next run replays what was recorded"
        ]
    )


def test_a_run_that_ends_before_a_test_has_recorded_and_passed_has_nothing_to_say(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_fails(samurai_client):
    ask(samurai_client)
    assert False
""")
    result = project.run("--samurai-prove", "-x")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*in another process*")


@pytest.mark.parametrize(
    ("hook", "raised", "status"),
    [
        ("pytest_configure", "RuntimeError", 3),
        ("pytest_runtest_setup", "pytest.exit.Exception", 2),
    ],
)
def test_a_second_run_that_does_not_end_as_tests_do_fails_the_run(
    project: Project, hook: str, raised: str, status: int
) -> None:
    (project.pytester.path / "conftest.py").write_text(f"""
import os, pytest
def {hook}():
    if "SAMURAI_SECOND_RUN" in os.environ:
        raise {raised}("no second run here")
""")
    project.tests("@pytest.mark.samurai\ndef test_it(samurai_client): ask(samurai_client)")
    proved = project.run("--samurai-prove")
    assert proved.ret == pytest.ExitCode.TESTS_FAILED
    proved.stdout.fnmatch_lines(
        [
            f"samurai: --samurai-prove: the second run ended with status {status}, which is not how a test run ends:",
            "    *no second run here*",
        ]
    )


def test_a_small_set_has_another_order_in_the_second_run_for_sure(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_two(samurai_client): ask(samurai_client, "Go", metadata={"tags": list({"left", "right"})})

@pytest.mark.samurai
def test_three(samurai_client): ask(samurai_client, f"Colours: {', '.join({'red', 'green', 'blue'})}.")
""")
    proved = project.run("--samurai-prove")
    proved.assert_outcomes(failed=2)
    proved.stdout.fnmatch_lines(
        ["E         The same words in another order: sort anything that comes from a set or the file system."]
    )


def test_coverage_is_not_measured_anew(project: Project) -> None:
    (project.pytester.path / "pytest_cov.py").write_text("""
import os, pathlib
def pytest_addoption(parser): parser.addoption("--no-cov", action="store_true")
def pytest_configure(config):
    with pathlib.Path("covered.txt").open("a") as covered: covered.write(f"{not config.getoption('no_cov')} ")
""")
    project.pytester.syspathinsert()
    project.tests("@pytest.mark.samurai\ndef test_it(samurai_client): ask(samurai_client)")
    project.run("-p", "pytest_cov", "--samurai-prove").assert_outcomes(passed=1)
    assert (project.pytester.path / "covered.txt").read_text() == "True False "


@pytest.mark.parametrize("is_there", [True, False])
def test_the_directory_of_the_run_is_on_the_path_of_the_replay_if_it_is_on_that_of_the_run(
    project: Project, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    (project.pytester.path / "application.py").write_text("")
    elsewhere = project.pytester.mkdir("tests")
    path = [entry for entry in sys.path if entry not in ("", str(project.pytester.path))]
    monkeypatch.setattr(sys, "path", ["", *path] if is_there else path)
    project.tests(
        """
import importlib.util
@pytest.mark.samurai
def test_it(samurai_client): ask(samurai_client, f"{importlib.util.find_spec('application') is not None}")
""",
        f"{elsewhere.name}/test_it.py",
    )
    project.run("--samurai-prove", "--import-mode=importlib").assert_outcomes(passed=1)


def test_a_second_run_without_a_directory_for_its_file_fails_the_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.tests("@pytest.mark.samurai\ndef test_it(samurai_client): ask(samurai_client)")

    def no_directory(kind: str) -> None:
        raise CassetteError("/tmp/locks: cannot be used for locks")

    monkeypatch.setattr(proof, "scratch", no_directory)
    proved = project.run("--samurai-prove", "-q")
    assert proved.ret == pytest.ExitCode.TESTS_FAILED
    proved.stdout.fnmatch_lines(["samurai: --samurai-prove: /tmp/locks: cannot be used for locks"])


def test_what_other_plugins_need_of_the_terminal_may_be_missing(project: Project) -> None:
    project.tests(FAILING)
    (project.pytester.path / "conftest.py").write_text("""
def pytest_runtest_logreport(report): print("outcome:", report.when, report.outcome)
""")
    proved = project.run("-p", "no:terminal", "--samurai-prove", "-s")
    assert proved.ret == pytest.ExitCode.TESTS_FAILED
    proved.stdout.fnmatch_lines(["outcome: call passed", "outcome: call failed", "outcome: teardown passed"])


def test_the_files_that_the_run_writes_are_not_overwritten_by_the_replay(project: Project) -> None:
    project.pytester.makeini("[pytest]\nlog_file = run.log\n")
    project.tests("""
import logging
@pytest.mark.samurai
def test_it(samurai_client): ask(samurai_client)
def test_plain(): logging.getLogger().warning("of a test that records nothing")
""")
    project.run("--samurai-prove").assert_outcomes(passed=2)
    assert "of a test that records nothing" in (project.pytester.path / "run.log").read_text()


RERUN = """
from _pytest.runner import runtestprotocol
def pytest_runtest_protocol(item, nextitem):  # as pytest-rerunfailures does
    for is_last in (False, True):
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in runtestprotocol(item, nextitem=nextitem, log=False):
            if report.failed and not is_last:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
            if report.outcome == "rerun":
                break
        else:
            break
    return True
"""


@pytest.mark.parametrize(
    ("broken", "asked", "failed"),
    [
        ("os.environ.get('SAMURAI_SECOND_RUN') is None", "Go", 0),
        ("True", "Go", 0),
        ("True", "{random.randint(0, 10**12)}", 1),
    ],
)
def test_of_a_test_that_is_run_again_the_last_run_is_proved(
    project: Project, broken: str, asked: str, failed: int
) -> None:
    project.pytester.makeconftest(RERUN)
    project.tests(f"""
import os, random
runs = []
@pytest.mark.samurai
def test_it(samurai_client):
    ask(samurai_client, f"{asked}")
    runs.append(1)
    assert not ({broken}) or len(runs) > 1
""")
    proved = project.run("--samurai-prove")
    assert proved.ret == failed
    proved.stdout.fnmatch_lines([f"samurai: 1 test replayed in another process: {failed} failed"])

"""A run that records something that will not come back says so."""

from __future__ import annotations

import re
import uuid

import pytest

from tests.project import Project, lines_between

ID = str(uuid.UUID(int=0x1234_5678))
"""An id that is in no module: this suite's modules are loaded in the runs inside of its tests."""

SAID = "*most likely vary from run to run*"

FIXTURE = """
import pytest
@pytest.fixture(scope="session")
def samurai_config(): return {"normalize": ["uuid", "datetime"]}
"""


OF_VCR = FIXTURE.replace('"uuid", ', "").replace("samurai_config", "vcr_config")


def asking(project: Project, what: str, marker: str = "@pytest.mark.samurai", more: str = "") -> None:
    project.tests(
        f"import datetime, pathlib, uuid\n{more}\n{marker}\ndef test_it(samurai_client): ask(samurai_client, {what})"
    )


def test_the_summary_says_what_varies_and_what_lets_it_match_and_then_it_does(project: Project) -> None:
    asking(project, "f'Ticket {uuid.uuid4()} of {datetime.date.today()}'")
    recorded = project.run("-q")
    lines = lines_between(recorded, "most likely", "1 passed")
    assert lines[0] == "samurai: 1 test recorded values that most likely vary from run to run; its replay would miss:"
    assert lines[1].startswith("  a UUID and a date in messages[0] (")
    assert lines[1].endswith("): test_it.py::test_it")
    # Paste what it says to paste.
    pasted = "\n".join(line[4:] for line in lines[3:])
    (project.pytester.path / "conftest.py").write_text(f"import pytest\n{pasted}\n")
    project.offline()
    replayed = project.run()
    replayed.assert_outcomes(passed=1)
    replayed.stdout.no_fnmatch_line(SAID)


@pytest.mark.parametrize(
    ("marker", "conftest", "ini", "advice"),
    [
        ("@pytest.mark.samurai(normalize=['date'])", FIXTURE, "", 'add to `normalize` of the marker: "uuid"'),
        (
            "@pytest.mark.samurai",
            FIXTURE.replace('"uuid", ', ""),
            "samurai_normalize = date",
            'add to "normalize" in samurai_config: "uuid"',
        ),
        ("@pytest.mark.samurai", FIXTURE.replace('["uuid", "datetime"]', "[]"), "", 'in samurai_config: "uuid"'),
        ("@pytest.mark.samurai", FIXTURE.replace("normalize", "ignore"), "", 'in samurai_config: "uuid"'),
        ("@pytest.mark.samurai", "", "samurai_normalize = date", "samurai_normalize in the ini file: uuid"),
        ("@pytest.mark.vcr", OF_VCR, "samurai_marker = vcr", 'add to "normalize" in vcr_config: "uuid"'),
    ],
)
def test_the_advice_goes_to_where_the_entries_are_that_would_win(
    project: Project, marker: str, conftest: str, ini: str, advice: str
) -> None:
    (project.pytester.path / "conftest.py").write_text(conftest)
    (project.pytester.path / "pytest.ini").write_text(f"[pytest]\n{ini}\n")
    asking(project, "str(uuid.uuid4())", marker)
    project.run().stdout.fnmatch_lines([f"  To let it match, *{advice}"])


def test_what_a_module_of_the_user_says_is_no_finding(project: Project) -> None:
    (project.pytester.path / "application.py").write_text(f"TENANT = '{ID}'\n")
    asking(project, "application.TENANT", more="import application")
    project.pytester.syspathinsert()
    project.run().stdout.no_fnmatch_line(SAID)


def test_a_module_without_a_readable_source_tells_nothing(project: Project) -> None:
    (project.pytester.path / "application.py").write_bytes(b"# coding: latin-1\nTENANT = '\xe9 %s'\n" % ID.encode())
    gone = "sys.modules['gone'] = types.ModuleType('gone'); sys.modules['gone'].__file__ = 'gone.py'"
    more = f"import application, sys, types; {gone}"
    asking(project, "application.TENANT", more=more)
    project.pytester.syspathinsert()
    project.run().stdout.fnmatch_lines([f"  a UUID in messages[[]0] ({ID}): *"])


def test_what_the_recording_of_another_day_says_is_no_finding(project: Project) -> None:
    (project.pytester.path / "in.txt").write_text(f"{ID} on {uuid.UUID(int=1)}")
    asking(project, "pathlib.Path('in.txt').read_text()")
    project.run().stdout.fnmatch_lines([SAID])
    project.run("--samurai-mode=all").stdout.no_fnmatch_line(SAID)


def test_the_date_of_today_is_one_although_it_was_recorded_today_before(project: Project) -> None:
    asking(project, "f'On {datetime.date.today()}'")
    project.run().stdout.fnmatch_lines([SAID])
    project.run("--samurai-mode=all").stdout.fnmatch_lines([SAID])
    cassette = project.pytester.path / "cassettes/test_it/test_it.yaml"
    text = re.sub(r"(recorded_at: ['\"]?)\d{4}-\d\d-\d\d", r"\g<1>2020-01-02", cassette.read_text())
    cassette.write_text(text)
    project.run("--samurai-mode=all").stdout.no_fnmatch_line(SAID)


def test_what_an_answer_has_said_before_is_no_finding(project: Project) -> None:
    (project.pytester.path / "in.txt").write_text(ID)
    project.tests("""
import pathlib
@pytest.mark.samurai(ignore=["messages[0]"])
def test_it(samurai_client):
    answer = ask(samurai_client, pathlib.Path("in.txt").read_text())
    messages = [{"role": "user", "content": "Hi"}, {"role": "user", "content": answer}]
    samurai_client.post("/chat/completions", json={"model": "gpt-4o-mini", "messages": messages}).raise_for_status()
""")
    recorded = project.run()
    recorded.assert_outcomes(passed=1)
    recorded.stdout.no_fnmatch_line(SAID)


@pytest.mark.parametrize(
    "option", ["match_on=['method', 'endpoint']", "normalize=['uuid']", "ignore=['messages']", "mode='live'"]
)
def test_what_does_not_count_or_is_not_recorded_is_no_finding(project: Project, option: str) -> None:
    asking(project, "str(uuid.uuid4())", f"@pytest.mark.samurai({option})")
    project.run().stdout.no_fnmatch_line(SAID)


def test_a_form_is_looked_at_by_its_fields(project: Project) -> None:
    (project.pytester.path / "pytest.ini").write_text("[pytest]\nsamurai_endpoints = known */chat/completions\n")
    project.tests("""
import uuid
@pytest.mark.samurai
def test_it(samurai_client):
    for number in range(2):
        fields = {"prompt": (None, f"a cat of {uuid.uuid4()}"), "model": (None, "gpt-4o-mini")}
        samurai_client.post("/chat/completions", files=fields)
""")
    project.run().stdout.fnmatch_lines(["  a UUID in prompt (*): test_it.py::test_it"])
    project.run("--samurai-mode=all").stdout.fnmatch_lines(["  a UUID in prompt (*): test_it.py::test_it"])


def test_a_body_that_is_no_json_says_nothing(project: Project) -> None:
    project.tests("""
import uuid
@pytest.mark.samurai
def test_it(samurai_client): samurai_client.post("/chat/completions", content=f"no JSON {uuid.uuid4()}")
""")
    project.run()
    recorded = project.run("--samurai-mode=all")
    recorded.assert_outcomes(passed=1)
    recorded.stdout.no_fnmatch_line(SAID)


def test_what_a_fixture_of_a_module_records_is_told_of_the_test_that_set_it_up(project: Project) -> None:
    project.tests("""
import os, uuid
@pytest.fixture(scope="module")
def greeting():
    key = {"Authorization": "Bearer " + os.environ["SAMURAI_API_KEY"]}
    url = os.environ["SAMURAI_BASE_URL"] + "/chat/completions"
    return httpx.post(url, json=body(str(uuid.uuid4())), headers=key)

@pytest.mark.samurai
def test_a(greeting): pass

@pytest.mark.samurai
def test_b(greeting): pass
""")
    project.run("-n2", "--dist=loadfile").stdout.fnmatch_lines(["  a UUID in messages[[]0] (*): test_it.py::test_a"])


def test_of_a_test_that_runs_again_the_last_run_counts(project: Project) -> None:
    (project.pytester.path / "conftest.py").write_text("""
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for again in (True, False):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=not again)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
""")
    project.tests("""
import uuid
runs = []
@pytest.mark.samurai(mode="all")
def test_it(samurai_client):
    runs.append(1)
    ask(samurai_client, f"{uuid.uuid4()}" if len(runs) == 1 else f"run {len(runs)} of {uuid.uuid4().hex}")
""")
    recorded = project.run()
    recorded.stdout.fnmatch_lines(["  a hexadecimal id in messages[[]0] (*): test_it.py::test_it"])
    recorded.stdout.no_fnmatch_line("*a UUID*")


def test_a_clock_that_the_test_has_stopped_tells_no_moment_of_this_run(project: Project) -> None:
    project.tests("""
import datetime, time_machine
@pytest.mark.samurai
@time_machine.travel("2020-01-02T03:04:05Z")
def test_it(samurai_client): ask(samurai_client, f"It is {datetime.datetime.now()}")
""")
    recorded = project.run()
    recorded.assert_outcomes(passed=1)
    recorded.stdout.no_fnmatch_line(SAID)

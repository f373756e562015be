"""One cause, one message: repeated failures are told once, and nothing in them is lost."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from tests.project import Project

GUIDE = """
SYSTEM, TEMPERATURE = "You are a guide. Be kind.", 0.2

def guide(client, text, **changes):
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]
    body = {"model": "gpt-4o-mini", "messages": messages, **changes}
    client.post("/chat/completions", json=body).raise_for_status()

@pytest.mark.samurai
@pytest.mark.parametrize("city", range(COUNT))
def test_city(samurai_client, city):
    guide(samurai_client, f"What is city {city} like?")

@pytest.mark.samurai
@pytest.mark.parametrize("number", range(2))
def test_warm(samurai_client, number):
    ask(samurai_client, f"Say {number}.", temperature=TEMPERATURE)

@pytest.mark.samurai
@pytest.mark.parametrize("number", range(3))
def test_same(samurai_client, number):
    ask(samurai_client, f"Say {number}.")
"""

ADDED = ("Be kind.", "Answer in one word. Be kind.")


def changed(project: Project, *changes: tuple[str, str], count: int = 4, text: str = GUIDE) -> None:
    """Record the tests, and change them."""
    text = text.replace("COUNT", str(count))
    project.tests(text)
    assert project.run().ret == 0
    for old, new in changes:
        text = text.replace(old, new)
    project.tests(text)


def run(project: Project, *arguments: str) -> list[str]:
    """The lines of a run that remembers its failures."""
    return project.pytester.runpytest_inprocess(*arguments).outlines


def section(lines: list[str], first: str) -> list[str]:
    """The lines from the first one that begins with this, up to the short summary."""
    begin = next(number for number, line in enumerate(lines) if line.startswith(first))
    end = next(number for number, line in enumerate(lines) if "short test summary" in line)
    return lines[begin:end]


@pytest.mark.parametrize("ci", ["", "1"])
def test_of_twenty_tests_fifteen_miss_for_one_cause_and_a_quiet_run_says_so_in_sixty_lines(
    project: Project, monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    changed(project, ADDED, count=15)
    # There, the short summary has whole texts, and nothing is cut.
    monkeypatch.setenv("CI", ci)
    lines = run(project, "-q")
    assert len(lines) <= 60
    assert "15 failed, 5 passed" in lines[-1]
    assert section(lines, "samurai: ") == [
        "samurai: 15 tests missed a recording: messages[0], one sentence added.",
        "    + Answer in one word.",
        "    test_it.py::test_city[0], test_city[1], test_city[2] and 12 more",
        # Pytest only knows on the CI machine which tests failed there.
        f"  To record what is missing: pytest --samurai-mode=update{'' if ci else ' --lf'}",
    ]
    assert "E         test      test_it.py::test_city[0]" in lines
    assert "E         test      test_it.py::test_city[1]" not in lines
    [first, *repeats] = [line for line in lines if line.startswith("FAILED")]
    assert "RequestNotRecorded: messages[0], one sent" in first
    assert len(repeats) == 14
    assert all(" - as in test_city[0]: messages[0], " in line for line in repeats)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_misses_of_two_causes_are_two_groups_and_the_advice_is_one_command(
    project: Project, workers: tuple[str, ...]
) -> None:
    changed(project, ADDED, ("0.2", "0.7"))
    lines = section(run(project, *workers), "samurai: 6 tests missed")
    assert lines[0] == (
        "samurai: 6 tests missed a recording. 4 tests: messages[0], one sentence added;"
        " 2 tests: temperature 0.2 -> 0.7."
    )
    assert [line for line in lines if not line.startswith("    test_it.py")][1:] == [
        "  4 tests: messages[0], one sentence added",
        "    + Answer in one word.",
        "  2 tests: temperature 0.2 -> 0.7",
        "  To record what is missing: pytest --samurai-mode=update --lf",
    ]


def test_the_command_that_is_advised_records_what_missed(project: Project) -> None:
    changed(project, ADDED)
    [command] = [line for line in run(project, "-q", "test_it.py") if line.startswith("  To record what")]
    arguments = command.partition("pytest ")[2].split()
    assert arguments == ["--samurai-mode=update", "--lf", "test_it.py"]
    project.pytester.runpytest_inprocess(*arguments).assert_outcomes(passed=4)
    assert run(project, "-q")[-1].startswith("9 passed")


def test_without_a_memory_of_failures_no_command_is_advised(project: Project) -> None:
    changed(project, ADDED)
    result = project.run("-q")
    result.stdout.fnmatch_lines(["samurai: 4 tests missed a recording: *"])
    result.stdout.no_fnmatch_line("*--lf*")


def test_a_call_more_than_was_recorded_is_settled_by_the_command_of_the_other_misses(project: Project) -> None:
    text = (
        GUIDE
        + """
@pytest.mark.samurai
def test_more(samurai_client):
    for number in range(1): ask(samurai_client, "More?")
"""
    )
    changed(project, ADDED, ("range(1): ask", "range(2): ask"), text=text)
    lines = run(project, "-q")
    assert any(line.startswith("samurai: 5 tests missed a recording. 4 tests: messages[0]") for line in lines)
    assert "  To record what is missing: pytest --samurai-mode=update --lf" in lines


def test_a_single_miss_has_said_it_all(project: Project) -> None:
    changed(project, ("Say {number}.", "Say it {number}."), text=GUIDE.replace("range(3)", "range(1)"), count=0)
    result = project.run("-k", "test_same")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("samurai: 1 test missed*")


def test_with_v_each_failure_has_its_whole_text(project: Project) -> None:
    changed(project, ADDED)
    lines = run(project, "-v")
    assert [f"E         test      test_it.py::test_city[{city}]" in lines for city in range(4)] == [True] * 4


def test_where_there_is_no_short_summary_a_repeat_says_in_a_line_what_it_repeats(project: Project) -> None:
    changed(project, ADDED)
    lines = run(project, "-rN")
    said = "the same miss as in test_city[0]: messages[0], one sentence added (test_it.py::test_city[1], call 1)"
    assert lines.count(said) == 1
    assert "E         test      test_it.py::test_city[0]" in lines


def test_a_repeat_keeps_what_it_has_printed(project: Project) -> None:
    changed(project, ADDED, ('    guide(samurai_client, f"', '    print("printed", city); guide(samurai_client, f"'))
    lines = run(project)
    assert [line for line in lines if line.startswith("printed")] == [f"printed {city}" for city in range(4)]
    assert sum(line.startswith("the same miss as in test_city[0]") for line in lines) == 3


def test_a_repeat_keeps_what_its_teardown_has_printed(project: Project) -> None:
    text = (
        GUIDE
        + """
@pytest.fixture(autouse=True)
def after():
    yield
    print("torn down")
"""
    )
    changed(project, ADDED, text=text)
    assert run(project).count("torn down") == 4


def test_a_failure_of_the_tests_own_stays_whole_and_its_miss_is_told_shortly(project: Project) -> None:
    swallow = (
        '    guide(samurai_client, f"What is city {city} like?")\n',
        '    try: guide(samurai_client, f"What is city {city} like?")\n'
        "    except BaseException: pass\n"
        '    assert city == "no answer"\n',
    )
    changed(project, ADDED, swallow)
    lines = run(project)
    assert [f"E       AssertionError: assert {city} == 'no answer'" in lines for city in range(4)] == [True] * 4
    assert sum(line.startswith("  test      test_it.py") for line in lines) == 1
    assert sum(line.startswith("the same miss as in test_city[0]: messages[0],") for line in lines) == 3


def test_junit_has_all_failures_in_full(project: Project) -> None:
    changed(project, ADDED)
    run(project, "-q", "--junitxml=junit.xml")
    failures = ElementTree.parse(project.pytester.path / "junit.xml").iter("failure")
    texts = [failure.text or "" for failure in failures]
    assert [f"test_it.py::test_city[{city}]\n" in text for city, text in enumerate(texts)] == [True] * 4


def test_tests_of_several_files_name_the_first_by_its_file(project: Project) -> None:
    changed(project, ADDED)
    text = (project.pytester.path / "test_it.py").read_text().replace("Answer in one word. ", "")
    (project.pytester.path / "test_other.py").write_text(text)
    assert project.run("test_other.py").ret == 0
    (project.pytester.path / "test_other.py").write_text(text.replace(*ADDED))
    lines = run(project, "-q", "-rN")
    assert sum(line.startswith("the same miss as in test_it.py::test_city[0]: ") for line in lines) == 4


def test_a_miss_of_use_cassette_is_told_with_the_others_and_pytest_cannot_record_it(project: Project) -> None:
    text = """
from pytest_samurai import use_cassette
import os
@pytest.mark.parametrize("number", range(3))
def test_block(number):
    with use_cassette(f"{number}.yaml"):
        with httpx.Client(base_url=os.environ["SAMURAI_BASE_URL"]) as client:
            key = {"Authorization": "Bearer " + os.environ["SAMURAI_API_KEY"]}
            client.post("/chat/completions", json=body("Say A."), headers=key)
"""
    changed(project, ("Say A.", "Say A. Say B."), text=text)
    assert section(run(project, "-q"), "samurai: ") == [
        "samurai: 3 tests missed a recording: messages[0], one sentence added.",
        "    + Say B.",
        "    test_it.py::test_block[0], test_block[1], test_block[2]",
    ]


def test_tests_that_grew_for_one_cause_are_one_group_with_the_total_of_the_run(project: Project) -> None:
    changed(project, (ADDED[0], "Think of all that you know of it, and of what there is to see in it. " * 3))
    text = (project.pytester.path / "test_it.py").read_text()
    project.tests(GUIDE.replace("COUNT", "4"))
    project.run("--samurai-update")
    (project.pytester.path / "test_it.py").write_text(text)
    lines = run(project, "-q", "--samurai-mode=all")
    told = section(lines, "samurai: 4 tests")
    assert told[0].startswith("samurai: 4 tests used more than the lock has: more prompt tokens. The run: ")
    assert " tokens (+" in told[0]
    assert told[0].endswith("%).")
    assert told[1].startswith("    test_it.py::test_city[0]: prompt ")
    assert told[4:] == ["    and 1 test more", "  To accept it: pytest --samurai-update --lf"]
    assert sum(line.startswith("  What moved: ") for line in lines) == 1
    assert [" - as in test_city[0]: prompt " in line for line in lines if line.startswith("FAILED")][1:] == [True] * 3
    project.pytester.runpytest_inprocess("--samurai-update", "--lf").assert_outcomes(passed=4)
    assert run(project, "-q")[-1].startswith("9 passed")


def test_the_same_sentence_opens_the_reports(project: Project) -> None:
    changed(project, ADDED)
    lines = run(project, "-q", *(f"--samurai-report={form}:report.{form}" for form in ("md", "html", "json")))
    sentence = "4 tests missed a recording: messages[0], one sentence added."
    assert f"samurai: {sentence}" in lines
    path = project.pytester.path
    assert (path / "report.md").read_text().splitlines()[3] == f"`{sentence}`"
    assert f'<p class="headline">{sentence}</p>' in (path / "report.html").read_text()
    [group] = json.loads((path / "report.json").read_text())["causes"]
    assert (group["what"], len(group["tests"])) == ("messages[0], one sentence added", 4)
    assert (path / "report.md").read_text().count("has no recording") == 1


def test_a_run_without_a_terminal_reporter_ends_as_any_other(project: Project) -> None:
    changed(project, ADDED)
    assert project.run("-p", "no:terminal").ret == 1


def test_a_failure_that_a_hook_has_made_a_text_of_is_told_shortly_too(project: Project) -> None:
    project.pytester.makeconftest("""
import pytest
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport():
    report = yield
    report.longrepr = str(report.longrepr) if report.failed else report.longrepr
    return report
""")
    changed(project, ADDED)
    lines = run(project)
    assert sum(line.startswith("the same miss as in test_city[0]: messages[0], one sent") for line in lines) == 3


def test_failures_without_a_cause_are_no_repeats(project: Project) -> None:
    text = """
@pytest.mark.samurai(max_requests=0)
@pytest.mark.parametrize("number", range(2))
def test_budget(samurai_client, number): ask(samurai_client)

def test_doc():
    '''
    >>> 1
    2
    '''
"""
    changed(project, text=text.replace("max_requests=0", "max_requests=1"))
    project.tests(text)
    lines = run(project, "--doctest-modules")
    assert sum(line.startswith("max_requests is 0") for line in lines) == 2
    assert not any(line.startswith("samurai: 2 tests") and "missed" in line for line in lines)


def test_without_tracebacks_the_short_summary_is_as_long_as_it_is(project: Project) -> None:
    changed(project, ADDED)
    lines = run(project, "-q", "--tb=no")
    assert sum(" - as in test_city[0]: messages[0], " in line for line in lines) == 3
    assert any(line.startswith("FAILED test_it.py::test_city[0] - ") and "as in" not in line for line in lines)


def test_a_unittest_that_misses_is_told_with_the_others_and_shows_its_own_frames(project: Project) -> None:
    text = """
import unittest
@pytest.mark.samurai
def test_first(samurai_client): ask(samurai_client, "Say one.")

@pytest.mark.samurai
class TestUnit(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def client(self, samurai_client): self.client = samurai_client
    def test_one(self): ask(self.client, "Say one.")
    def test_two(self):
        ask(self.client, "Say two.")
        ask(self.client, "Say one.")
"""
    project.tests(text)
    assert project.run().ret == 0
    project.tests(text.replace("Say one.", "Say one, now."))
    lines = run(project)
    assert "samurai: 3 tests missed a recording: messages[0], one word added." in lines
    assert any(line.startswith("FAILED test_it.py::TestUnit::test_one - as in test_first: ") for line in lines)
    own = run(project, "-v", "test_it.py::TestUnit")
    assert "2 failed" in own[-1]
    assert not any("transports.py" in line or "recorder.py" in line for line in own)


def test_where_only_what_varies_differs_nothing_advises_to_pay_for_it_again(project: Project) -> None:
    project.tests("""
import uuid
@pytest.mark.samurai
@pytest.mark.parametrize("number", range(2))
def test_it(samurai_client, number): ask(samurai_client, f"Ticket {uuid.uuid4()} of {number}")
""")
    project.run().assert_outcomes(passed=2)
    result = project.run("--samurai-mode=none", "--samurai-report=json:run.json")
    result.assert_outcomes(failed=2)
    failures = json.loads((project.pytester.path / "run.json").read_text())["failures"]
    assert [failure["cause"]["mode"] for failure in failures] == ["", ""]
    text = result.stdout.str()
    assert (
        'samurai: 2 tests missed a recording: only values that vary from run to run, add to `normalize`: "uuid".'
        in text
    )
    assert "--samurai-mode=update" not in text

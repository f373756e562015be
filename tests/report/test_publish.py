"""Reports as users ask for them: which files there are, their contents, and the message if one cannot be written."""

from __future__ import annotations

import importlib.metadata
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai.report.forms.markdown import MARK, render
from pytest_samurai.report.publish import Published, publish
from pytest_samurai.report.run import Failure, read_run
from pytest_samurai.settings.forms import Target
from tests.project import Project
from tests.report.test_render import GOLDEN
from tests.report.test_run import RUN, VALIDATOR

FILES = {"json": "report.json", "md": "report.md", "html": "report.html", "benchmark": "report.benchmark.json"}


def published(path: Path, *targets: Target, **environ: str) -> Published:
    return publish(RUN, targets, directory=path, environ=environ)


@pytest.mark.parametrize("form", FILES)
def test_a_report_is_written_whole_to_where_it_is_wanted(form: str, tmp_path: Path) -> None:
    assert published(tmp_path, Target(form, "new/directory/report")) == Published((), ())
    written = tmp_path / "new" / "directory" / "report"
    assert written.read_bytes() == (GOLDEN / FILES[form]).read_bytes()
    assert [path.name for path in written.parent.iterdir()] == ["report"]


def test_a_report_replaces_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("old" * 10_000)
    published(tmp_path, Target("md", "report.md"))
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == render(RUN).content


def test_one_that_cannot_be_written_is_said_and_the_others_are_written(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").touch()
    targets = [Target("md", "taken"), Target("json", "file/report.json"), Target("html", "r.html")]
    assert published(tmp_path, *targets).errors == (
        f"the report {tmp_path / 'taken'} cannot be written: Is a directory",
        f"the report {tmp_path / 'file' / 'report.json'} cannot be written: File exists",
    )
    assert (tmp_path / "r.html").exists()


def test_half_of_a_surrogate_pair_is_written_as_what_it_is(tmp_path: Path) -> None:
    run = replace(RUN, notes=("\udc80",))
    publish(run, [Target("json", "r.json"), Target("md", "r.md")], directory=tmp_path, environ={})
    assert read_run((tmp_path / "r.json").read_bytes(), "r.json") == run
    assert b"- `\\udc80`\n" in (tmp_path / "r.md").read_bytes()


def test_what_the_environment_holds_under_the_name_of_a_secret_is_in_no_report(tmp_path: Path) -> None:
    secret = 'quite/secret"<&%value-1'
    failure = Failure(f"t.py::test[{secret}]", "E", f"sent {secret}", "t.py", 1)
    run = replace(RUN, failures=(failure,), notes=(secret,), unmarked={secret: 1})
    environ = {"ANY_API_KEY": secret, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    targets = [Target(form, form) for form in FILES] + [Target("github", "")]
    lines = publish(run, targets, directory=tmp_path, environ=environ).lines
    for text in [*lines, *(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())]:
        assert "secret" not in text
    assert lines[0] == "::error file=t.py,line=1,title=E::t.py::test[[REDACTED]]%0Asent [REDACTED]"


# --- on GitHub


def test_on_github_the_step_summary_gets_the_comment_below_what_is_there(tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    lines = published(tmp_path, Target("github", ""), GITHUB_STEP_SUMMARY=str(summary)).lines
    assert summary.read_text(encoding="utf-8") == f"before\n{render(RUN).content}"
    assert "".join(f"{line}\n" for line in lines) == (GOLDEN / "report.github.txt").read_bytes().decode()


def test_elsewhere_there_is_no_step_summary_and_nothing_is_written(tmp_path: Path) -> None:
    assert len(published(tmp_path, Target("github", "")).lines) == 3
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("top", "file"), [("repo", "service/tests/t.py"), ("other", "tests/t.py")])
def test_on_github_files_are_named_from_the_top_of_the_repository(top: str, file: str, tmp_path: Path) -> None:
    run = replace(RUN, failures=(Failure("t", "E", "text", "tests/t.py", 3),), tests=())
    [line] = publish(
        run,
        [Target("github", "")],
        directory=tmp_path,
        environ={"GITHUB_WORKSPACE": str(tmp_path / top)},
        rootdir=tmp_path / "repo" / "service",
    ).lines
    assert line.startswith(f"::error file={file},line=3,")


# --- of a run of pytest

TESTS = """
import os
KEY = {"Authorization": f"Bearer {os.environ.get('SAMURAI_API_KEY')}"}

@pytest.mark.samurai
def test_one(samurai_client): ask(samurai_client)

@pytest.mark.samurai(max_total_tokens=20)
@pytest.mark.parametrize("country", ["France"])
def test_two(samurai_client, country):
    ask(samurai_client)
    ask(samurai_client)

@pytest.fixture(scope="module")
def answer():
    with httpx.Client(base_url=os.environ["SAMURAI_BASE_URL"], headers=KEY) as client:
        return ask(client, "Why?")

@pytest.mark.samurai
@pytest.mark.xfail(strict=True)
def test_three(answer, samurai_client):
    assert ask(samurai_client) == answer

@pytest.mark.samurai
def test_skipped(samurai_client): pytest.skip("not today")

def test_unmarked():
    with httpx.Client(base_url=os.environ["SAMURAI_BASE_URL"], headers=KEY) as client:
        ask(client)

KEY = {"Authorization": f"Bearer {os.environ.get('SAMURAI_API_KEY')}"}
"""


def steady(text: str) -> str:
    """A JSON report without what differs in every run. tests/golden/run.json was made this way too."""
    value = json.loads(text)
    VALIDATOR.validate(value)
    assert value["version"] == importlib.metadata.version("pytest-samurai")
    value["version"], value["began"] = "0.1.0", "2026-11-24T13:00:00Z"
    for figures in [value["totals"], *value["tests"], *value["fixtures"]]:
        assert figures["seconds"] >= 0
        figures["seconds"] = 0
        for model in figures.get("models", ()):
            assert model["price"].pop("source").startswith("genai-prices ")
    for conversation in value["conversations"]:
        assert all(re.fullmatch(r"[0-9a-f]{16}", call) for call in conversation["calls"])
        conversation["calls"] = len(conversation["calls"])
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def test_the_json_of_a_run_is_this_text_and_the_same_from_workers_of_xdist(
    project: Project, request: pytest.FixtureRequest
) -> None:
    project.tests(TESTS)
    project.run()
    alone = project.pytester.runpytest_inprocess("-p", "no:cacheprovider", "--samurai-report=json:out/alone.json")
    alone.assert_outcomes(passed=2, failed=1, xfailed=1, skipped=1)
    spread = project.pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-n", "2", "--dist=loadfile", "--samurai-report=json:out/spread.json"
    )
    spread.assert_outcomes(passed=2, failed=1, xfailed=1, skipped=1)
    directory = project.pytester.path / "out"
    assert sorted(path.name for path in directory.iterdir()) == ["alone.json", "spread.json"]
    for name in ("alone", "spread"):
        written = steady((directory / f"{name}.json").read_text(encoding="utf-8"))
        assert written == (GOLDEN / "run.json").read_text(encoding="utf-8"), name


def test_reports_are_repeatable_and_the_annotations_stand_in_the_output(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.pytester.path / "summary.md"))
    project.tests(TESTS)
    result = project.run(
        "-q", "--samurai-report=github", "--samurai-report=md:a b.md", "--samurai-report", "html:r.html"
    )
    result.stdout.fnmatch_lines(
        [
            "::error file=test_it.py,line=17,title=BudgetExceeded::test_it.py::test_two?France?%0A"
            "max_total_tokens is 20, used 26 (+6)%0A*"
        ]
    )
    comment = (project.pytester.path / "a b.md").read_text(encoding="utf-8")
    assert comment == (project.pytester.path / "summary.md").read_text(encoding="utf-8")
    assert comment.startswith(f"{MARK}\n### samurai: 4 tests, 1 failure\n")
    assert (project.pytester.path / "r.html").exists()


def test_a_miss_is_annotated_whether_it_fails_the_test_or_the_test_fails_of_it(project: Project) -> None:
    project.tests(
        """
@pytest.mark.samurai
def test_plain(samurai_client): ask(samurai_client)

@pytest.mark.samurai
def test_wrapped(samurai_client):
    try: ask(samurai_client)
    except BaseException: raise ValueError("Connection error.") from None

@pytest.mark.samurai
def test_fine(samurai_client): pass
"""
    )
    result = project.run("--samurai-mode=none", "--samurai-report=github")
    result.assert_outcomes(failed=2, passed=1)
    lines = [line for line in result.outlines if line.startswith("::error")]
    assert [line.partition("%0A")[0] for line in lines] == [
        "::error file=test_it.py,line=11,title=RequestNotRecorded::test_it.py::test_plain",
        "::error file=test_it.py,line=14,title=RequestNotRecorded::test_it.py::test_wrapped",
    ]


def test_a_test_that_is_expected_to_fail_is_no_failure(project: Project) -> None:
    project.tests("""
@pytest.mark.xfail
@pytest.mark.samurai(max_total_tokens=1)
def test_it(samurai_client): ask(samurai_client)

@pytest.mark.xfail
@pytest.mark.samurai
def test_passes(samurai_client): pass

@pytest.fixture
def broken(samurai_client): raise ValueError

@pytest.mark.samurai
def test_error(broken): pass
""")
    project.run("--samurai-report=json:r.json").assert_outcomes(xfailed=1, xpassed=1, errors=1)
    run = read_run((project.pytester.path / "r.json").read_bytes(), "r.json")
    assert run.failures == ()
    assert [test.outcome for test in run.tests] == ["xfailed", "xpassed", "error"]


def test_a_report_that_cannot_be_written_is_one_line_and_no_success(project: Project) -> None:
    project.tests("@pytest.mark.samurai\ndef test_it(samurai_client): ask(samurai_client)")
    result = project.run("-q", "--samurai-report=md:test_it.py/r.md", "--samurai-report=json:r.json")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    path = project.pytester.path / "test_it.py" / "r.md"
    result.stdout.fnmatch_lines([f"samurai: the report {path} cannot be written: *"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert (project.pytester.path / "r.json").exists()


def test_a_report_that_cannot_be_written_does_not_make_a_failed_run_another_kind_of_failure(project: Project) -> None:
    project.tests("def test_it(): assert 0")
    assert project.run("--samurai-report=md:test_it.py/r.md").ret == pytest.ExitCode.TESTS_FAILED


def test_paths_are_relative_to_where_pytest_was_started(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.tests("def test_it(): pass")
    project.pytester.makeini("[pytest]")
    below = project.pytester.mkdir("below")
    monkeypatch.chdir(below)
    project.pytester.runpytest_inprocess("--samurai-report=md:r.md", "..")
    assert (below / "r.md").exists()


@pytest.mark.parametrize("asked", ["xml:r.xml", "json", "json:", "github:x", "github:", ""])
def test_a_report_of_no_known_form_is_refused_before_any_test(project: Project, asked: str) -> None:
    project.tests("def test_it(): pass")
    result = project.run(f"--samurai-report={asked}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: the command line: --samurai-report is *"])


def test_a_test_that_is_run_again_is_reported_once(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_it(samurai_client): ask(samurai_client)
""")
    (project.pytester.path / "conftest.py").write_text("""
from _pytest.runner import runtestprotocol
def pytest_runtest_protocol(item, nextitem):
    for report in runtestprotocol(item, nextitem=nextitem, log=False)[:2]:
        item.ihook.pytest_runtest_logreport(report=report)  # a rerun: its teardown is not reported
    runtestprotocol(item, nextitem=nextitem)
    return True
""")
    project.run("--samurai-report=json:r.json")
    [test] = read_run((project.pytester.path / "r.json").read_bytes(), "r.json").tests
    assert (test.figures.requests, test.outcome) == (1, "passed")


def test_regressions_that_a_test_carries_are_in_the_summary_and_in_the_report(project: Project) -> None:
    project.tests("""
import json
REGRESSION = {"test": "t", "metric": "total_tokens", "old": "9", "new": "13", "growth": "+4", "why": "w"}

@pytest.mark.samurai
def test_it(samurai_client, record_property):
    ask(samurai_client)
    record_property("samurai_regression", json.dumps(REGRESSION))
""")
    result = project.run("--samurai-report=json:r.json")
    result.stdout.fnmatch_lines(["samurai: 1 test used more than the lock has: w.", "    t: w"])
    run = read_run((project.pytester.path / "r.json").read_bytes(), "r.json")
    assert [regression["why"] for regression in run.regressions] == ["w"]

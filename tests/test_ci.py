"""The ready-made jobs of docs/ci: valid by their services' schemas, and their commands do what they say.

The services themselves and `pip install` are left out. `gh` and `curl` are stand-ins that log their calls, and answer
from a file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_samurai.report.forms.markdown import MARK
from tests.project import Project
from tests.report.test_run import VALIDATOR

JOBS = Path(__file__).parents[1] / "docs" / "ci"
GITHUB: dict[str, Any] = yaml.safe_load((JOBS / "github.yml").read_text(encoding="utf-8"))
GITLAB: dict[str, Any] = yaml.safe_load((JOBS / "gitlab.yml").read_text(encoding="utf-8"))

STAND_IN = """\
#!/bin/sh
for argument in "$@"; do printf '%s\\n' "$argument"; done >> "$0.calls"
cat "$0.answer" 2> /dev/null || true
"""

TESTS = """
@pytest.mark.samurai(max_total_tokens=20)
def test_it(samurai_client): ask(samurai_client)
"""


@pytest.mark.parametrize(
    ("schema", "name"), [("vendor.github-workflows", "github.yml"), ("vendor.gitlab-ci", "gitlab.yml")]
)
def test_a_job_is_valid_by_the_schema_of_its_service(schema: str, name: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(JOBS / name)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


class Service:
    """Runs the commands of a job in a project, as the service would, with one shell for each."""

    def __init__(self, project: Project) -> None:
        self._directory = project.pytester.path
        self._tools = project.pytester.mkdir("tools")
        for name in ("gh", "curl"):
            tool = self._tools / name
            tool.write_text(STAND_IN)
            tool.chmod(0o755)
        path = os.pathsep.join([str(Path(sys.executable).parent), str(self._tools), os.environ["PATH"]])
        self.environ = {**os.environ, "PATH": path, "CI": "true"}
        for name in ("SAMURAI_API_KEY", "SAMURAI_BASE_URL", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
            self.environ.pop(name, None)

    def run(self, command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        shell = ["bash", "-e", "-c", command]
        everything = {**self.environ, **environ}
        return subprocess.run(shell, cwd=self._directory, env=everything, capture_output=True, text=True, check=False)

    def answers(self, tool: str, text: str) -> None:
        (self._tools / f"{tool}.answer").write_text(text)

    def calls(self, tool: str) -> list[str]:
        """The arguments of all calls so far, which it then forgets."""
        written = self._tools / f"{tool}.calls"
        lines = written.read_text().splitlines()
        written.unlink()
        return lines


@pytest.fixture
def service(project: Project) -> Service:
    project.tests(TESTS)
    project.run().assert_outcomes(passed=1)
    project.offline()
    return Service(project)


def steps() -> dict[str, str]:
    return {step["name"]: step["run"] for step in GITHUB["jobs"]["tests"]["steps"] if "run" in step}


def test_on_github_the_steps_check_replay_and_report(service: Service, project: Project) -> None:
    install, check, test, comment = steps().values()
    assert install.startswith("python -m pip install pytest pytest-samurai")
    assert service.run(check).stdout.endswith("1 cassette, 1 interaction: 0 findings\n")
    summary = project.pytester.path / "summary.md"
    tested = service.run(test, GITHUB_STEP_SUMMARY=str(summary))
    assert (tested.returncode, "1 replayed" in tested.stdout) == (0, True)
    report = project.pytester.path / "samurai" / "report.md"
    assert report.read_text(encoding="utf-8") == summary.read_text(encoding="utf-8")
    VALIDATOR.validate(json.loads((project.pytester.path / "samurai" / "report.json").read_text(encoding="utf-8")))

    request = {"GITHUB_REPOSITORY": "me/it", "NUMBER": "7"}
    assert service.run(comment, **request).returncode == 0
    calls = service.calls("gh")
    assert calls[-5:] == ["--method", "POST", "repos/me/it/issues/7/comments", "--field", "body=@samurai/report.md"]
    assert any(MARK in argument for argument in calls)
    service.answers("gh", "101\n102\n")
    assert service.run(comment, **request).returncode == 0
    assert service.calls("gh")[-4:] == [
        "PATCH",
        "repos/me/it/issues/comments/101",
        "--field",
        "body=@samurai/report.md",
    ]


def test_on_github_a_changed_prompt_fails_and_is_annotated(service: Service, project: Project) -> None:
    project.tests(TESTS.replace("(samurai_client):", "(samurai_client):\n    ask(samurai_client, 'Why?')\n   "))
    tested = service.run(steps()["Tests"])
    assert tested.returncode == 1
    assert "\n::error file=test_it.py,line=11,title=RequestNotRecorded::test_it.py::test_it%0A" in tested.stdout


def test_on_gitlab_the_script_checks_replays_and_reports(service: Service, project: Project) -> None:
    install, *commands = GITLAB["tests"]["script"]
    assert install.startswith("python -m pip install pytest pytest-samurai")
    for command in commands:
        done = service.run(command)
        assert done.returncode == 0, done.stdout + done.stderr
    written = [path.name for path in (project.pytester.path / "samurai").iterdir()]
    assert sorted(written) == ["junit.xml", "report.json", "report.md"]

    [comment] = GITLAB["tests"]["after_script"]
    request = {"CI_API_V4_URL": "http://gitlab/api", "CI_PROJECT_ID": "3", "CI_MERGE_REQUEST_IID": "7"}
    notes = "http://gitlab/api/projects/3/merge_requests/7/notes"
    token = {"SAMURAI_COMMENT_TOKEN": "token-of-a-project"}
    service.answers("curl", json.dumps([{"id": 1, "body": "a word"}]))
    assert service.run(comment, **request, **token).returncode == 0
    calls = service.calls("curl")
    assert f"{notes}?per_page=100" in calls
    assert calls[-3:] == ["--data-urlencode", "body@samurai/report.md", notes]
    assert "POST" in calls
    service.answers("curl", json.dumps([{"id": 1, "body": "a word"}, {"id": 22, "body": f"{MARK}\nold"}]))
    assert service.run(comment, **request, **token).returncode == 0
    calls = service.calls("curl")
    assert calls[-3:] == ["--data-urlencode", "body@samurai/report.md", f"{notes}/22"]
    assert "PUT" in calls
    # Without a token there is no comment, and that is not a failure.
    assert service.run(comment, **request).returncode == 0
    with pytest.raises(FileNotFoundError):
        service.calls("curl")

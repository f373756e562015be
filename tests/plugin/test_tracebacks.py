"""What the report of a failed test shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project import Project

OWN = "dG9wc2VjcmV0LWtleS1vZi1taW5l"
"""A key without a known shape that is not in the environment."""
ENV = "s3cr3t-Of-The-Env1ronment"

HELPER = f"""
import os
KEY = "{OWN[:10]}" + "{OWN[10:]}"

def call(api_key, text, headers=None):
    password = os.environ["DB_PASSWORD"]
    headers = {{"Authorization": "Bearer " + api_key, **(headers or {{}})}}
    print("with", api_key)
    return httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body(text), headers=headers)
"""

MISSES = (
    HELPER
    + """
@pytest.mark.samurai
def test_it():
    call(KEY, "Hello")
"""
)


def run(project: Project, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """Everything a run shows in the terminal and in JUnit's file."""
    monkeypatch.setenv("DB_PASSWORD", ENV)
    path = project.pytester.path / "junit.xml"
    result = project.run("--samurai-mode=none", f"--junit-xml={path}", *arguments)
    shown = result.stdout.str() + result.stderr.str() + path.read_text(encoding="utf-8")
    assert "[REDACTED]" in shown
    return shown


def leaked(shown: str) -> list[str]:
    shown = shown.replace(f'"{OWN[:10]}" + "{OWN[10:]}"', "")
    return [secret for secret in (OWN, OWN[:8], OWN[-8:], ENV, ENV[:8], ENV[-8:]) if secret in shown]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--showlocals",),
        ("--showlocals", "-vv"),
        ("--tb=short", "--showlocals"),
        ("--tb=line", "-rA", "-o", "junit_logging=all"),
        ("--tb=native",),
        ("-o", "junit_logging=all"),
    ],
    ids=" ".join,
)
def test_a_miss_shows_no_key(project: Project, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    project.tests(MISSES)

    shown = run(project, monkeypatch, *arguments)

    assert "has no recording" in shown
    assert leaked(shown) == []


def test_the_arguments_of_a_helper_are_still_shown(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.tests(MISSES)

    lines = [line.rstrip() for line in run(project, monkeypatch).splitlines()]

    assert "api_key = '[REDACTED]', text = 'Hello'" in lines
    assert "headers = {'Authorization': 'Bearer [REDACTED]'}" in lines
    assert "with [REDACTED]" in lines


def test_a_value_that_pytest_cuts_short_shows_no_half_of_a_key(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for length in range(60, 130, 6):
        project.tests(MISSES.replace('"Hello")', f'"Hello", {{"x": "{"x" * length}", "y": KEY, "z": "{"z" * 300}"}})'))
        assert leaked(run(project, monkeypatch, "--showlocals")) == []


@pytest.mark.parametrize("where", ["setup", "call", "teardown"])
def test_a_failure_of_another_kind_shows_no_key(project: Project, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    project.tests(
        HELPER
        + f"""
WHERE = "{where}"

def fail(secret):
    raise LookupError("not with " + secret)

@pytest.fixture
def failing():
    if WHERE == "setup":
        fail(os.environ["DB_PASSWORD"])
    yield
    if WHERE == "teardown":
        fail(os.environ["DB_PASSWORD"])

@pytest.mark.samurai
def test_it(failing):
    if WHERE == "call":
        fail(os.environ["DB_PASSWORD"])
"""
    )

    shown = run(project, monkeypatch, "--showlocals")

    assert "not with [REDACTED]" in shown
    assert leaked(shown) == []


def test_an_expected_failure_and_a_skip_show_none_either(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.tests(
        HELPER
        + """
@pytest.mark.samurai
@pytest.mark.xfail
def test_x():
    raise LookupError(os.environ["DB_PASSWORD"])

@pytest.mark.samurai
def test_s():
    pytest.skip("for " + os.environ["DB_PASSWORD"])
"""
    )

    # Before pytest 8.3, the traceback is always shown.
    tracebacks = ("--xfail-tb",) if pytest.version_tuple >= (8, 3) else ()
    shown = run(project, monkeypatch, "-rA", *tracebacks)

    assert "for [REDACTED]" in shown
    assert leaked(shown) == []


def test_what_the_user_redacts_is_not_shown(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.pytester.makeini("[pytest]\nsamurai_redact = email\n")
    project.tests(MISSES.replace('"Hello"', '"me@example.com"[:]'))

    shown = run(project, monkeypatch)

    assert "text = '[REDACTED]'" in shown
    assert not re.search(r"text = .*example\.com", shown)


def test_a_test_without_the_marker_is_shown_as_ever(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", ENV)
    project.tests("import os\ndef test_it(): assert os.environ['DB_PASSWORD'] == ''\n")

    assert ENV in project.run().stdout.str()


def test_a_call_that_is_blocked_outside_of_a_marked_test_shows_none(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.tests(MISSES.replace("@pytest.mark.samurai\n", "").replace("KEY,", 'os.environ["DB_PASSWORD"],'))

    shown = run(project, monkeypatch, "--samurai-unmarked=block", "--showlocals")

    assert "api_key = '[REDACTED]'" in shown
    assert leaked(shown) == []


def test_workers_show_none_either(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.tests(MISSES)

    shown = run(project, monkeypatch, "--showlocals", "-n1")

    assert leaked(shown) == []
    assert Path(project.pytester.path / "junit.xml").exists()


REPLAYED = f"""
KEY = "{OWN[:10]}" + "{OWN[10:]}"
FAILS_IN = ""

@pytest.fixture
def failing():
    key = KEY
    yield
    assert FAILS_IN != "teardown"

def ask(key):
    headers = {{"Authorization": "Bearer " + key}}
    httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body("Hello"), headers=headers)
    print("asked with", key)
    assert FAILS_IN != "call"

@pytest.mark.samurai
def test_it(failing):
    ask(KEY)
"""


@pytest.mark.parametrize("phase", ["call", "teardown"])
def test_a_replay_that_fails_of_something_else_shows_no_key(
    project: Project, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    project.tests("import os\n" + REPLAYED)
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.tests("import os\n" + REPLAYED.replace('FAILS_IN = ""', f'FAILS_IN = "{phase}"'))

    shown = run(project, monkeypatch, "--showlocals")

    assert "asked with [REDACTED]" in shown
    assert "key        = '[REDACTED]'" in shown
    assert leaked(shown) == []


def test_the_key_of_a_replay_in_a_wider_fixture_is_not_shown(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    fixture = REPLAYED.replace(
        "@pytest.fixture\ndef failing():", "@pytest.fixture(scope='module')\ndef wide():\n    ask(KEY)"
    )
    fixture = (
        fixture.partition("@pytest.mark")[0]
        + """
@pytest.mark.samurai
def test_first(wide):
    pass

@pytest.mark.samurai
def test_second(wide):
    key = KEY
    print("asked with", key)
    assert FAILS_IN == ""
"""
    )
    project.tests("import os\n" + fixture)
    project.run().assert_outcomes(passed=2)
    project.offline()
    project.tests("import os\n" + fixture.replace('FAILS_IN = ""', 'FAILS_IN = "test"'))

    shown = run(project, monkeypatch, "--showlocals")

    assert "key        = '[REDACTED]'" in shown
    assert leaked(shown) == []

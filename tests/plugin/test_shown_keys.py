"""What is shown about a test with a key, apart from its traceback."""

from __future__ import annotations

import pytest

from tests.project import Project

OWN = "dG9wc2VjcmV0LWtleS1vZi1taW5l"
ASKS = f"""
import os, warnings
KEY = "{OWN[:10]}" + "{OWN[10:]}"
pytestmark = pytest.mark.samurai

def call(**more):
    headers = {{"Authorization": "Bearer " + os.environ["SAMURAI_API_KEY"], "X-Api-Key": KEY}}
    return httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body(**more), headers=headers)
"""

TESTS = {
    "a warning": "def test_it(): call(); warnings.warn('the key ' + KEY)",
    "a deprecation": "def test_it(): call(); warnings.warn('the key ' + KEY, DeprecationWarning)",
    "an xfail": "def test_it(): call(); pytest.xfail('the key ' + KEY)",
    "a skip": "def test_it(): call(); pytest.skip('the key ' + KEY)",
    "a property": "def test_it(record_property): call(); record_property('k', 'the key ' + KEY)",
}
SUBTEST = """
def test_it(subtests):
    call()
    with subtests.test(msg="the key " + KEY, key=KEY):
        print("the key", KEY)
        assert 0
"""


def shown(project: Project, *arguments: str) -> str:
    """Everything a run shows in the terminal and in JUnit's file."""
    path = project.pytester.path / "junit.xml"
    result = project.run(f"--junit-xml={path}", "-rA", "-W", "default", "--show-capture=all", *arguments)
    return result.stdout.str() + result.stderr.str() + path.read_text(encoding="utf-8")


@pytest.mark.parametrize("test", TESTS)
def test_a_key_is_not_shown_while_recording_nor_after_it(project: Project, test: str) -> None:
    project.tests(f"{ASKS}\n{TESTS[test]}\n")

    for _ in range(2):
        text = shown(project)
        assert "the key [REDACTED]" in text
        assert OWN not in text


def test_a_subtest_shows_no_key_in_its_title_nor_in_its_output(project: Project) -> None:
    pytest.importorskip("_pytest.subtests", reason="pytest 9 has subtests")
    project.tests(ASKS + SUBTEST)

    text = shown(project)
    assert "[the key [REDACTED]]" in text
    assert "key='[REDACTED]'" in text
    assert OWN not in text


@pytest.mark.parametrize("test", ["def test_it(): warnings.warn('w ' + KEY)", "def test_it(): pass"])
def test_a_test_that_is_not_ours_is_shown_as_it_is(project: Project, test: str) -> None:
    project.tests(f"{ASKS.replace('pytestmark = ', '')}\n{test}\n@pytest.mark.samurai\ndef test_own(): call()\n")

    assert ("w " + OWN in shown(project)) == ("warn" in test)


def test_a_warning_without_a_key_keeps_what_it_is(project: Project) -> None:
    project.tests(f"{ASKS}\ndef test_it(): call(); warnings.warn('take care', FutureWarning)\n")

    assert "FutureWarning: take care" in shown(project)


def test_other_properties_stay_as_they_are(project: Project) -> None:
    project.tests(
        f"{ASKS}\ndef test_it(record_property): call(); record_property('n', 17); record_property('a', 'b')\n"
    )

    text = shown(project)
    assert '<property name="n" value="17" />' in text
    assert '<property name="a" value="b" />' in text


def test_a_miss_shows_no_key_in_any_report(project: Project) -> None:
    project.tests(f"{ASKS}\ndef test_it(): call(**({{'metadata': {{KEY: 1}}}} if os.environ.get('MISS') else {{}}))\n")
    shown(project)
    kinds = {"json": "r.json", "markdown": "r.md", "html": "r.html", "junit": "r.xml"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MISS", "1")
        text = shown(project, "--samurai-mode=none", "--samurai-report=json:r.json", "--samurai-report=md:r.md")
        text += shown(project, "--samurai-mode=none", "--samurai-report=html:r.html", "--samurai-report=github")
    text += "".join((project.pytester.path / name).read_text("utf-8") for name in kinds.values() if name != "r.xml")

    assert "has no recording" in text
    assert OWN not in text

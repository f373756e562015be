"""The cassettes that no longer have a test."""

from __future__ import annotations

import pytest

from pytest_samurai.report import orphan_lines
from tests.project import Project

OWN = """
@pytest.mark.samurai
def test_NAME(samurai_client): ask(samurai_client, "NAME")
"""
PLAIN = "import pytest\ndef test_plain(): pass\n"


def run(project: Project, *arguments: str) -> list[str]:
    """What a run with pytest's cache says about cassettes without a test."""
    lines = project.pytester.runpytest_inprocess(*arguments).outlines
    begin = next((index for index, line in enumerate(lines) if "any more:" in line), len(lines))
    return [line for line in lines[begin:] if line.startswith(("samurai: no test has", "  "))]


def own(*names: str) -> str:
    return "".join(OWN.replace("NAME", name) for name in names)


ADVICE = [
    "  To delete what is unused: pytest-samurai prune --write",
    "  To give it to a test that was renamed: pytest-samurai mv OLD NEW",
]


@pytest.mark.parametrize("arguments", [(), ("-n", "2"), ("-q",), ("--samurai-mode=none",)], ids=" ".join)
def test_a_full_run_that_passed_names_them(project: Project, arguments: tuple[str, ...]) -> None:
    project.tests(own("kept", "gone"))
    assert run(project) == []
    project.tests(own("kept"))
    assert run(project, *arguments) == [
        "samurai: no test has this cassette any more:",
        "  cassettes/test_it/test_gone.yaml",
        *ADVICE,
    ]


@pytest.mark.parametrize(
    "arguments", [("-k", "kept"), ("test_it.py",), ("--samurai-mode=live",), ("--samurai-mode=all",)], ids=" ".join
)
def test_a_run_that_is_not_full_or_plays_nothing_names_none(project: Project, arguments: tuple[str, ...]) -> None:
    project.tests(own("kept", "gone"))
    run(project)
    project.tests(own("kept") + PLAIN)
    assert run(project, *arguments) == []


def test_a_run_that_failed_names_none(project: Project) -> None:
    project.tests(own("kept", "gone"))
    run(project)
    project.tests(own("kept") + "def test_bad(): assert False\n")
    assert run(project) == []


def test_what_a_skipped_test_may_have_and_what_is_not_ours_is_not_named(project: Project) -> None:
    project.tests(own("kept", "skipped"))
    run(project)
    cassettes = project.pytester.path / "cassettes"
    (cassettes / "other.yaml").write_text("interactions: []\nversion: 1\n")
    project.tests(own("kept") + "@pytest.mark.skip\n" + own("skipped").lstrip())
    assert run(project) == []


def test_a_suite_whose_tests_make_no_calls_any_more_is_told_too(project: Project) -> None:
    project.tests(own("gone"))
    run(project)
    project.tests("@pytest.mark.samurai\ndef test_calm(samurai): pass\n")
    assert run(project)[1:-2] == ["  cassettes/test_it/test_gone.yaml"]


def test_of_many_the_first_are_named() -> None:
    names = [f"cassettes/{number:02}\x1b.yaml" for number in range(12)]
    assert orphan_lines(names) == [
        "samurai: no test has these 12 cassettes any more:",
        *(f"  cassettes/{number:02}\\x1b.yaml" for number in range(10)),
        "  and 2 more",
        *ADVICE,
    ]
    assert orphan_lines([]) == []

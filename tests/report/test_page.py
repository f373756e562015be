"""The page needs nothing else to be shown, and it has the conversation behind each test."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from pytest_samurai import Usage, cassette
from pytest_samurai.bill import PriceList
from pytest_samurai.commands import cli
from pytest_samurai.report.forms.page import MOST_ROWS, render
from pytest_samurai.report.library import Library
from pytest_samurai.report.run import Failure, Run, TestRun
from pytest_samurai.report.spoken import Spoken
from pytest_samurai.text import Cause, Diagnosis
from tests.project import Project
from tests.report.calls import assistant, interaction, user
from tests.report.markup import Element
from tests.report.test_render import NO_LIBRARY
from tests.report.test_run import RUN, figures


def page_of(path: Path) -> Element:
    return Element.of(path.read_text(encoding="utf-8"))


def behind(page: Element) -> dict[str, Element]:
    """The details behind each test that has any."""
    shown, test = {}, ""
    for row in page.all("tr"):
        if "test" in row.classes:
            test = row.all("th")[0].text
        elif "behind" in row.classes:
            shown[test] = row
    return shown


def said(row: Element) -> list[str]:
    return [heading.words for heading in row.all("h3")] + [message.words for message in row.all("li")]


def test_the_page_needs_nothing_else_and_each_of_its_tags_is_closed() -> None:
    content = render(replace(RUN, library=NO_LIBRARY)).content
    page = Element.of(content)
    links = [name for element in page.elements() for name in element.attributes if name in ("src", "href", "style")]
    tags = {element.tag for element in page.elements()}
    assert (links, tags & {"script", "link", "img", "iframe", "form"}) == ([], set())
    [policy] = [meta for meta in page.all("meta") if "http-equiv" in meta.attributes]
    assert policy.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert not re.search(r"url\(|@import", content)


def test_every_table_has_heads_and_every_drawing_is_said_in_words_too() -> None:
    page = Element.of(render(replace(RUN, library=NO_LIBRARY)).content)
    for table in page.all("table"):
        [head] = table.all("thead")
        assert all(name.attributes["scope"] == "col" for name in head.all("th"))
        for row in table.all("tbody")[0].all("tr"):
            assert [cell.attributes["scope"] for cell in row.all("th")] == (
                ["row"] if "behind" not in row.classes else []
            )
    assert {drawing.attributes["aria-hidden"] for drawing in page.all("svg")} == {"true"}
    named = {element.attributes["id"] for element in page.elements() if "id" in element.attributes}
    labels = {
        element.attributes["aria-labelledby"] for element in page.elements() if "aria-labelledby" in element.attributes
    }
    assert labels <= named
    levels = [int(element.tag[1]) for element in page.elements() if re.fullmatch(r"h\d", element.tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_failures_are_folded_with_their_reason_and_what_changed_is_marked() -> None:
    text = "no recording\n    messages[0].content:\n      - Be [brief].\n      + Be [kind]."
    page = Element.of(
        render(replace(RUN, failures=(Failure("t.py::test_a", "RequestNotRecorded", text, "t.py", 1),))).content
    )
    [failure] = page.all("details", "failure")
    assert failure.all("summary")[0].words == "RequestNotRecorded t.py::test_a no recording"
    assert failure.all("pre")[0].text == f"{text}\n"
    assert [element.text for element in [*failure.all("del"), *failure.all("ins")]] == ["brief", "kind"]
    assert "open" not in failure.attributes


def test_the_sentence_of_causes_comes_first_and_each_cause_is_folded_with_its_tests() -> None:
    cause = Cause("miss-0", "messages[0], one sentence added", ("messages[0].content:", "  - Be [brief].", "  + Be."))
    failures = [Failure(f"t.py::test_{number}", "E", "text", "t.py", 1, Diagnosis(cause)) for number in range(102)]
    page = Element.of(render(replace(RUN, tests=(), failures=tuple(failures))).content)
    [header] = page.all("header")
    assert header.all("p")[0].text == ("102 tests missed a recording: messages[0], one sentence added.")
    [shown] = page.all("details", "cause")
    assert shown.all("summary")[0].text == "102 tests: messages[0], one sentence added"
    assert [line.words for line in [*shown.all("span", "old"), *shown.all("span", "new")]] == ["- Be [brief].", "+ Be."]
    assert shown.all("del")[0].text == " [brief]"
    tests = [test.text for test in shown.all("li")]
    assert (tests[:2], len(tests), tests[-1]) == (["t.py::test_0", "t.py::test_1"], 101, "and 2 tests more")
    [failure] = page.all("details", "failure")
    assert failure.all("summary")[0].words == "E t.py::test_0 messages[0], one sentence added"


def test_a_run_in_which_nothing_failed_has_no_sentence_and_no_causes() -> None:
    page = Element.of(render(replace(RUN, tests=(), failures=(), growth=None)).content)
    assert (page.all("p", "headline"), page.all("details")) == ([], [])


# --- as a user meets it

TESTS = """
import os
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
SYSTEM = {"role": "system", "content": "Be brief."}

def post(client, *messages, **more):
    asked = {"model": "gpt-4o-mini", "messages": messages, **more}
    return client.post("/chat/completions", json=asked).raise_for_status()

@pytest.fixture(scope="module")
def answer():
    headers = {"Authorization": "Bearer " + os.environ.get("SAMURAI_API_KEY", "none")}
    with httpx.Client(base_url=os.environ["SAMURAI_BASE_URL"], headers=headers) as client:
        return ask(client, "Why?")

@pytest.mark.samurai
def test_agent(samurai_client, answer):
    question = {"role": "user", "content": "Rain?"}
    said = post(samurai_client, SYSTEM, question, tools=[TOOL], tool_choice="required").json()["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "<b>wet</b>"}
    post(samurai_client, SYSTEM, question, said, result, tools=[TOOL])

@pytest.mark.samurai
def test_stream(samurai_client):
    post(samurai_client, {"role": "user", "content": "Say hello"}, stream=True)

@pytest.mark.samurai(mode="live")
def test_live(samurai_client):
    if LIVE:
        ask(samurai_client)

@pytest.mark.samurai("shared")
@pytest.mark.parametrize("city", ["France", "Japan"])
def test_shared(samurai_client, city):
    ask(samurai_client, f"What is the capital of {city}?")

@pytest.mark.samurai
def test_retried(samurai_client):
    samurai_client.post("/chat/completions", json={"messages": 7})
    ask(samurai_client)
    assert not FAIL
"""


def reported(project: Project, name: str, *arguments: str) -> Element:
    project.run(f"--samurai-report=html:{name}.html", *arguments)
    return page_of(project.pytester.path / f"{name}.html")


def test_behind_each_test_is_its_conversation_recorded_replayed_on_workers_and_from_json(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.tests(f"LIVE, FAIL = True, False\n{TESTS}")
    recorded = behind(reported(project, "recorded"))
    live = recorded.pop("test_it.py::test_live")
    assert live.words == "1 call went live without a cassette, so what was said was not kept."
    project.tests(f"LIVE, FAIL = False, False\n{TESTS}")
    project.offline()
    replayed = behind(reported(project, "replayed", "--samurai-report=json:run.json"))
    spread = behind(reported(project, "spread", "-n1"))
    monkeypatch.chdir(project.pytester.path)
    assert cli.main(["report", "run.json", "--to=html:again.html"]) == 0
    again = behind(page_of(project.pytester.path / "again.html"))
    assert {name: said(row) for name, row in replayed.items()} == {name: said(row) for name, row in recorded.items()}
    assert {name: row.text for name, row in replayed.items()} == {name: row.text for name, row in again.items()}
    assert {name: said(row) for name, row in replayed.items()} == {name: said(row) for name, row in spread.items()}
    assert said(replayed["test_it.py::test_agent"]) == [
        "Call 1: gpt-4o-mini",
        "Call 2: gpt-4o-mini",
        'tools about 78%, 10 tokens [{"type": "function", "function": {"name": "weather",'
        ' "parameters": {"type": "object", "properties": {}}}}]',
        "system about 13%, 2 tokens Be brief.",
        "user about 10%, 1 token Rain?",
        "assistant tool call weather {}",
        'tools sent before, in call 1 about 61%, 18 tokens [{"type": "function", "function": {"name": "weather",'
        ' "parameters": {"type": "object", "pr [... 17 characters more]',
        "system sent before, in call 1 about 10%, 3 tokens Be brief.",
        "user sent before, in call 1 about 8%, 2 tokens Rain?",
        "assistant answered before, in call 1 about 12%, 3 tokens tool call weather {}",
        "tool about 10%, 3 tokens <b>wet</b>",
        "assistant The tool says: <b>wet</b>",
    ]
    assert said(replayed["module fixture answer"])[0] == "Call 1: gpt-4o-mini"
    assert replayed["test_it.py::test_shared[Japan]"].all("summary")[0].words == (
        "1 call in cassettes/shared.yaml of test_it.py::test_shared[Japan]"
    )
    facts = replayed["test_it.py::test_stream"].all("p", "facts")[0].text
    assert re.search(r" · streamed, first chunk after [\d.]+ m?s · [\d.]+ m?s in all$", facts)


def test_what_a_failed_recording_did_not_keep_is_said(project: Project) -> None:
    project.tests(f"LIVE, FAIL = False, True\n{TESTS}")
    row = behind(reported(project, "failed", "-k", "retried"))["test_it.py::test_retried"]
    assert row.words == (
        "2 calls in cassettes/test_it/test_retried.yaml: no such cassette: nothing was kept, or it has been deleted"
        " since."
    )


def test_a_run_whose_reports_tell_no_calls_carries_none(project: Project) -> None:
    project.tests("@pytest.mark.samurai\ndef test_one(samurai_client): ask(samurai_client)")
    project.pytester.makeconftest(
        "def pytest_runtest_logreport(report): assert not hasattr(report, 'samurai_spoken')\n"
    )
    project.run("--samurai-report=md:r.md").assert_outcomes(passed=1)


def test_a_key_in_the_name_of_a_test_is_in_neither_report_and_its_conversation_is_told(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER_API_KEY", "wK3vq8Zt0nBx7RfL2mQp")
    project.tests(
        "@pytest.mark.samurai\n@pytest.mark.parametrize('key', ['wK3vq8Zt0nBx7RfL2mQp'])\n"
        "def test_one(samurai_client, key): ask(samurai_client)"
    )
    [row] = behind(reported(project, "r", "--samurai-report=json:r.json")).values()
    assert said(row)[1:] == ["user about 100%, 11 tokens What is the capital of France?", "assistant Paris."]
    for name in ("r.html", "r.json"):
        assert "wK3vq8Zt0nBx7RfL2mQp" not in (project.pytester.path / name).read_text(encoding="utf-8")


# --- large runs


def large(root: Path, tests: int, calls: int, words: int) -> Run:
    """A run of tests, with the number of calls for each, and the number of words in their prompts."""
    spoken, ran = [], []
    for index in range(tests):
        text = f"Question {index} of many: " + "what do you think of it, and why? " * (words // 8)
        talk = [interaction(user(f"{number}. {text}"), answer=assistant(text)) for number in range(calls)]
        name = f"tests/test_large_suite.py::test_number_{index}"
        path = Path("cassettes", "test_large_suite", f"test_number_{index}.yaml")
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        cassette.save(root / path, talk)
        spoken.append(Spoken.of(name, path.as_posix(), talk))
        used = Usage(calls, 100 * calls, 20 * calls, 120 * calls)
        outcome = "failed" if index % 10 == 9 else "passed"
        ran.append(
            TestRun(figures(name, used, "0.01", replayed=calls), outcome, "tests/test_large_suite.py", index + 1)
        )
    failures = tuple(
        Failure(test.figures.test, "RequestNotRecorded", "no recording\n" + "x" * 2_000, test.file, test.line)
        for test in ran
        if test.outcome == "failed"
    )
    library = Library(root, spoken, frozenset(), PriceList())
    return replace(
        RUN, tests=tuple(ran), fixtures=(), failures=failures, unmarked={}, spoken=tuple(spoken), library=library
    )


def test_a_page_of_500_tests_has_at_most_a_megabyte_and_a_half_and_says_what_it_left_out(tmp_path: Path) -> None:
    content = render(large(tmp_path, tests=500, calls=3, words=400)).content
    assert 700_000 < len(content.encode()) <= 1_500_000
    page = Element.of(content)
    rows = [row for row in page.all("tr") if "test" in row.classes]
    shown = behind(page)
    assert (len(rows), len(shown)) == (500, 500)
    failed = {row.all("th")[0].text for row in rows if row.all("td", "bad")}
    whole = {name for name, row in shown.items() if len(row.all("h3")) == 3}
    cut = [row for row in shown.values() if row.words.endswith("left out, to keep this page small.")]
    assert len(failed) == 50
    assert failed <= whole
    assert len(whole) + len(cut) == 500


def test_a_page_of_10000_calls_is_as_small(tmp_path: Path) -> None:
    content = render(large(tmp_path, tests=10, calls=1_000, words=40)).content
    assert len(content.encode()) <= 1_500_000
    shown = behind(Element.of(content))
    told = {name: len(row.all("h3")) for name, row in shown.items()}
    assert min(told.values()) > 10
    for name, row in shown.items():
        assert row.words.endswith(f"{1_000 - told[name]} more calls left out, to keep this page small.")


def test_of_more_tests_than_a_page_has_rows_the_cheapest_are_counted() -> None:
    tests = [TestRun(figures(f"t{number}"), "passed", "t.py", 1) for number in range(MOST_ROWS + 3)]
    page = Element.of(render(replace(RUN, tests=tuple(tests), fixtures=(), spoken=())).content)
    assert len(page.all("tr", "test")) == MOST_ROWS
    assert page.all("section")[-1].all("p")[-1].text == (
        "3 more tests left out, which cost less, to keep this page small."
    )

"""`show --html` makes a page of conversations. It needs no run, no lock, and no other file."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai.commands import cli
from pytest_samurai.files import whole
from pytest_samurai.report import own_version
from tests.chats import chat, saved, streamed
from tests.commands.test_show import CASSETTE, TEST, conflict, project, refused, shown
from tests.report.markup import Element

__all__ = ["project"]  # a fixture

KEY = "sk-samurai-0123456789abcdefghij"


def page(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> Element:
    return Element.of("\n".join(shown(capsys, *arguments, status=status)))


def said(of: Element) -> list[str]:
    return [each.words for each in of.elements() if each.tag in ("h1", "h2", "h3", "li") or "bad" in each.classes]


def test_the_page_has_the_whole_conversation_and_needs_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    long = "word " * 2_000
    many = [{"role": "user", "content": f"line {number}"} for number in range(50)]
    saved(CASSETTE, chat(many, long), streamed("<b>Where?</b>", ["Pa", "ris"]))
    made = page(capsys, TEST, "--html")
    assert [heading.words for heading in made.all("h1") + made.all("h3")] == [
        f"{TEST}: {CASSETTE}",
        "Call 1: m-1",
        "Call 2: m-1",
    ]
    [header], [footer] = made.all("header"), made.all("footer")
    assert header.all("p")[0].words == "2 calls, tokens unknown, cost unknown"
    assert footer.words == f"pytest-samurai {own_version()}"
    messages = [message.words for message in made.all("li")]
    # Nothing is left out, and nothing is shortened.
    assert [sum(f"line {number}" in message for message in messages) for number in (0, 25, 49)] == [1, 1, 1]
    assert f"assistant {long.strip()}" in messages
    assert any(message.startswith("user about 100%") and "<b>Where?</b>" in message for message in messages)
    tags = {element.tag for element in made.elements()}
    assert not tags & {"script", "link", "img", "iframe", "form", "b>"}
    links = [name for element in made.elements() for name in element.attributes if name in ("src", "href", "style")]
    assert links == []


def test_several_tests_are_on_one_page_which_can_be_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    saved(CASSETTE, chat("Where?"))
    other = saved(Path("cassettes/other.yaml"), chat("When?"), chat("Why?"))
    capsys.readouterr()
    assert cli.main(["show", TEST, str(other), "--html", "pages.html"]) == 0
    assert capsys.readouterr().out == ""
    content = Path("pages.html").read_text(encoding="utf-8")
    made = Element.of(content)
    assert [heading.words for heading in made.all("h1") + made.all("h2")] == [
        "samurai: 2 conversations",
        f"{TEST}: {CASSETTE}",
        str(other),
    ]
    assert made.all("header")[0].all("p")[0].words == "3 calls, 45 tokens, $0.0000600"
    assert content.endswith("</html>\n")
    assert re.findall("Call [0-9]+", content) == ["Call 1", "Call 1", "Call 2"]


def test_one_call_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    saved(CASSETTE, chat("one"), chat("two"))
    made = page(capsys, TEST, "--call=2", "--html")
    assert [heading.words for heading in made.all("h3")] == ["Call 2: m-1"]
    assert refused(capsys, TEST, "--call=3", "--html") == "--call=3: the cassette has 2 calls\n"


def test_of_a_file_in_conflict_both_sides_are_shown_and_of_a_damaged_one_what_can_be_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours, theirs = (saved(Path(f"{word}.yaml"), chat(word)).read_text() for word in ("ours", "theirs"))
    head, _, body = ours.partition("- request:")
    CASSETTE.parent.mkdir(parents=True)
    CASSETTE.write_text(head + conflict(f"- request:{body}", "- request:" + theirs.partition("- request:")[2]))
    lines = said(page(capsys, TEST, "--html", status=1))
    assert lines[1].startswith(f"This file cannot be read completely: {CASSETTE}:3: these are the marks of a merge")
    assert [line for line in lines if line.startswith("The side") or "ours" in line or "theirs" in line] == [
        "The side that git calls ours:",
        "user about 100%, 10 tokens ours",
        "The side that git calls theirs:",
        "user about 100%, 10 tokens theirs",
    ]
    text = saved(CASSETTE, chat("one"), chat("two"), chat("three")).read_text()
    begin = text.index("- request:", text.index("- request:") + 1)
    CASSETTE.write_text(text[:begin] + text[begin:].replace("    method: POST\n", "    method: [\n", 1))
    lines = said(page(capsys, TEST, "--html", "-", status=1))
    assert [line for line in lines if line.startswith("Call")] == ["Call 1: m-1", "Call 2", "Call 3: m-1"]
    assert any(line.startswith("It cannot be read: not readable as YAML: ") for line in lines)
    saved(CASSETTE)
    assert "No calls." in page(capsys, TEST, "--html").all("main")[0].words


def test_no_secret_is_on_the_page(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_API_KEY", "hunter2-hunter2-hunter2")
    saved(CASSETTE, chat(f"{KEY} and hunter2-hunter2-hunter2"))
    text = "\n".join(shown(capsys, TEST, "--html"))
    assert "[REDACTED] and [REDACTED]" in text
    assert not re.search("0123456789abc|hunter2", text)


def test_several_tests_without_a_page_and_a_page_over_a_cassette_are_usage_errors(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(CASSETTE, chat("x"))
    before = CASSETTE.read_bytes()
    assert refused(capsys, TEST, TEST) == "2 tests are shown on a page only: add --html PATH\n"
    assert refused(capsys, TEST, "--html", str(CASSETTE)) == (
        f"--html={CASSETTE}: this is the name of a cassette; put a TEST before --html\n"
    )
    assert CASSETTE.read_bytes() == before
    assert refused(capsys, TEST, "--html", "cassettes").startswith("cassettes: cannot be written: ")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole, "write_all", refuse)
    assert refused(capsys, TEST, "--html", "x.html") == "x.html: cannot be written: No space left on device\n"


def test_a_recording_that_was_imported_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    saved(CASSETTE, replace(chat("x"), imported=True, edited=True))
    assert shown(capsys, TEST)[1] == "call 1: chat, m-1, edited by hand, imported"

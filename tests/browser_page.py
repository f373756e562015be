"""The page in a browser, read by axe-core: `make test-page`. The suite leaves it out, because it has no browser.

It takes Debian's `chromium` or another browser in `manual.browser`, and fails without one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from manual.browser import launch
from pytest_samurai import cassette
from pytest_samurai.bill import PriceList
from pytest_samurai.report.forms.page import render
from pytest_samurai.report.library import Library
from pytest_samurai.report.run import Failure
from pytest_samurai.report.spoken import Spoken
from tests.report.calls import assistant, interaction, user
from tests.report.test_run import RUN

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
MISS = """POST /chat/completions has no recording
    messages[0].content:
      - ...Be [brief].
      + ...Be [kind].
  To record this test again: pytest 'tests/test_geo.py::test_capital'"""
WEATHER = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Kyoto"}'}}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {}}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield launch(playwright)


@pytest.fixture
def written(tmp_path: Path) -> str:
    """The address of a page with one of everything."""
    question = user("Shall I take an umbrella? " * 20)
    said = assistant(None, tool_calls=[WEATHER])
    talk = [
        interaction(question, answer=said, tools=[TOOL]),
        interaction(question, said, {"role": "tool", "content": "rain\nuntil six"}, tools=[TOOL]),
    ]
    name = "a/cassette/with/quite/a/long/path/so/that/a/phone/has/to/break/it.yaml"
    (tmp_path / name).parent.mkdir(parents=True)
    cassette.save(tmp_path / name, talk)
    spoken = (Spoken.of("tests/test_geo.py::test_capital", name, talk),)
    failures = (*RUN.failures, Failure("tests/test_geo.py::test_capital", "RequestNotRecorded", MISS, "t.py", 1))
    run = replace(RUN, failures=failures, spoken=spoken, library=Library(tmp_path, spoken, frozenset(), PriceList()))
    (tmp_path / "page.html").write_text(render(run).content, encoding="utf-8")
    return (tmp_path / "page.html").as_uri()


def opened(browser: Browser, address: str, **options: Any) -> Page:
    # The page's own policy would block axe-core.
    page = browser.new_context(bypass_csp=True, **options).new_page()
    page.goto(address)
    return page


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    browser: Browser, written: str, scheme: Any, width: int
) -> None:
    page = opened(browser, written, color_scheme=scheme, viewport={"width": width, "height": 844})
    for is_open in (False, True):
        if is_open:
            unfold(page)
        page.evaluate(AXE)
        found = page.evaluate("axe.run()")
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == []
        assert "color-contrast" in [rule["id"] for rule in found["passes"]]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_is_loaded_and_nothing_is_complained_of(browser: Browser, written: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    loaded: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(written)
    assert (loaded, said) == ([written], [])


def test_a_keyboard_opens_what_is_folded(browser: Browser, written: str) -> None:
    page = opened(browser, written)
    text = page.get_by_text("+ Answer in one word.")
    assert not text.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert text.is_visible()


def test_paper_has_all_that_is_folded(browser: Browser, written: str) -> None:
    page = opened(browser, written)
    heading = page.get_by_role("heading", name="Call 2: gpt-4o-mini")
    assert not heading.is_visible()
    page.emulate_media(media="print")
    assert page.get_by_text("Call 2: gpt-4o-mini").is_visible()


def test_a_screen_reader_finds_tests_by_their_rows(browser: Browser, written: str) -> None:
    for width in (390, 1280):
        page = opened(browser, written, viewport={"width": width, "height": 844})
        table = page.get_by_role("table", name="What each test used")
        assert table.get_by_role("rowheader").count() == 6
        assert table.get_by_role("columnheader").all_text_contents() == [
            *("test", "outcome", "calls", "tokens", "cost", "growth"),
        ]

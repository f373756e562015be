"""The page: nothing else is needed to show it."""

from __future__ import annotations

from html.parser import HTMLParser

from pytest_samurai.report.forms.page import render
from tests.report.test_run import RUN


def test_the_page_needs_nothing_else_and_each_of_its_tags_is_closed() -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.links: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.links += [value or "" for name, value in attrs if name in ("src", "href")]
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    tags = Tags()
    tags.feed(render(RUN).content)
    assert (tags.open, tags.links) == ([], [])

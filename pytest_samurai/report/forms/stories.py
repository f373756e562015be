"""The complete conversations of cassettes, as an HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_samurai.bill import Call, TestFigures
from pytest_samurai.report.forms.talk import Talk
from pytest_samurai.report.forms.template import Templates
from pytest_samurai.report.lines import shown_amount
from pytest_samurai.report.stories import Side, Story
from pytest_samurai.report.version import own_version
from pytest_samurai.text import plural, visible


def story_page(stories: Sequence[Story]) -> str:
    """A page that needs no other file, no network and no script."""
    templates = Templates()
    return templates.fill(
        "stories.html",
        title=visible(stories[0].title) if len(stories) == 1 else f"samurai: {plural(len(stories), 'conversation')}",
        used=_used([call for story in stories for side in story.sides for call in side.calls.values()]),
        style=templates.fill("page.css"),
        stories=[(visible(story.title), visible(story.damage), list(_sides(story, templates))) for story in stories],
        footer=f"pytest-samurai {visible(own_version())}",
    )


def _sides(story: Story, templates: Templates) -> Iterator[tuple[str, str]]:
    """The name and the markup of each side."""
    for side in story.sides:
        if side.calls:
            yield side.name, templates.join(_calls(side, templates))


def _calls(side: Side, templates: Templates) -> Iterator[str]:
    talk = Talk(is_whole=True)
    for number, call in side.calls.items():
        if isinstance(call, str):
            yield templates.fill("unread.html", number=number, reason=visible(call))
        else:
            yield templates.fill("call.html", call=talk.told(call))
            talk.heard(call)


def _used(calls: Sequence[Call | str]) -> str:
    """The calls, tokens and money on the page."""
    figures = TestFigures.of("", [call for call in calls if not isinstance(call, str)], recorded=0)
    tokens = "tokens unknown" if figures.usage is None else plural(figures.usage.total_tokens, "token")
    cost = "cost unknown" if figures.cost is None else shown_amount(figures.cost)
    return f"{plural(len(calls), 'call')}, {tokens}, {cost}"

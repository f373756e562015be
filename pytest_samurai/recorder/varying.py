"""The parts of a test's new recordings that will hardly be repeated word for word."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_samurai.files import json
from pytest_samurai.matching import parse_body
from pytest_samurai.recorder.recorder import Recorder
from pytest_samurai.text import parse_moment, timestamp
from pytest_samurai.wire import Interaction, Request, answer_of

if TYPE_CHECKING:
    from pytest_samurai.matching import Variation


def varying(recorder: Recorder, is_in_source: Callable[[str], bool]) -> list[Variation]:
    """What varies in the requests that a closed recorder has written, without what is sure to be repeated.

    That is: what an earlier run asked, what an answer in the test has said before, and what `is_in_source`.
    """
    matcher = recorder.settings.matcher
    if not recorder.recorded or not matcher.compares_bodies:
        return []
    from pytest_samurai.matching import variations

    said, said_today = _earlier(recorder)
    told: dict[Variation, None] = {}

    def is_known(text: str, changes_with_time: bool) -> bool:
        spelled = (text, json.dumps(text, ensure_ascii=False)[1:-1])
        # Today's date is the same all day.
        before = said if changes_with_time else [*said, *said_today]
        return any(spelling in known for known in before for spelling in spelled) or is_in_source(text)

    for interaction in recorder.kept:
        moment = parse_moment(interaction.recorded_at)
        told |= dict.fromkeys(variations(matcher.value(interaction.request), moment, is_known))
        said += _answered(interaction)
    return list(told)


def _earlier(recorder: Recorder) -> tuple[list[str], list[str]]:
    """The requests recorded before this run: those of other days, and those of today."""
    stored, owner = recorder.playback.stored, recorder.owner
    said: tuple[list[str], list[str]] = ([], [])
    today = timestamp(owner.run_began)[:10]
    for index in range(len(stored)):
        recorded_at = stored.recorded_at(index)
        if not owner.recorded_in_this_run(recorded_at):
            said[(recorded_at or "").startswith(today)].append(_text(stored.request(index)))
    return said


def _text(request: Request) -> str:
    value = parse_body(request.body)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False)


def _answered(interaction: Interaction) -> list[str]:
    """A reply as it arrived, and with the pieces of a stream joined."""
    whole = json.dumps(answer_of(interaction).known, ensure_ascii=False)
    return [whole, interaction.reply.body.decode("utf-8", "replace")]


def orders_in(recorder: Recorder) -> list[list[str]]:
    """The lists in new recordings that may be in a set's order: see `orders`."""
    from pytest_samurai.matching import orders

    matcher = recorder.settings.matcher
    return [items for interaction in recorder.kept for items in orders(matcher.value(interaction.request))]

"""As many of a page's conversations as fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pytest_samurai.bill import Call
from pytest_samurai.report.forms.talk import LONGEST, SHORTER, Talk
from pytest_samurai.report.forms.template import Templates
from pytest_samurai.report.library import Library
from pytest_samurai.report.run import Run
from pytest_samurai.text import plural, visible

MOST = 800_000
"""The maximum size of all conversations on a page, in bytes."""

_OF_URGENT = 120_000
_OF_ANY = 40_000
_AT_LEAST = 4_000
"""Bytes for one test's conversation: if it failed or grew, if not, and the minimum when many share the space."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A conversation: its title, its calls as markup, and a note about missing ones."""

    what: str
    markup: str
    missing: str


class Conversations:
    """Shows the conversations of a run, each by its index in `Run.spoken`."""

    def __init__(self, run: Run, library: Library, templates: Templates) -> None:
        self._run = run
        self._library = library
        self._templates = templates
        self._left = MOST

    def shown(self, urgent: Iterable[int], others: Iterable[int]) -> Mapping[int, Shown]:
        """The conversations; the urgent ones get space first."""
        shown = {index: self._shown(index, _OF_URGENT) for index in urgent}
        rest = [index for index in others if index not in shown]
        for done, index in enumerate(rest):
            fair = self._left // (len(rest) - done)
            shown[index] = self._shown(index, min(max(fair, _AT_LEAST), _OF_ANY))
        return shown

    def _shown(self, index: int, most: int) -> Shown:
        spoken = self._run.spoken[index]
        what = f"{plural(len(spoken.calls), 'call')} in {spoken.cassette}"
        room = min(most, self._left)
        if room < _AT_LEAST:
            return Shown(what, "", f"{what}: left out, to keep this page small.")
        told = self._library.told(index)
        calls = self._calls(told.calls, room)
        left_out = len(told.calls) - len(calls)
        self._left -= sum(map(_size, calls))
        more = f"{plural(left_out, 'more call')} left out, to keep this page small" if left_out else ""
        missing = "; ".join(filter(None, [visible(told.lost), more]))
        if missing:
            missing = f"{missing}." if calls else f"{what}: {missing}."
        return Shown(what, self._templates.join(calls), missing)

    def _calls(self, calls: Sequence[Call], room: int) -> list[str]:
        """As many of the first calls as fit, as markup."""
        talk, shown = Talk(), list[str]()
        for call in calls:
            for longest in (LONGEST, SHORTER):
                markup = self._templates.fill("call.html", call=talk.told(call, longest))
                if _size(markup) <= room:
                    break
            else:
                return shown
            shown.append(markup)
            room -= _size(markup)
            talk.heard(call)
        return shown


def _size(markup: str) -> int:
    return len(markup.encode())

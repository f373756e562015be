"""A test without a cassette that sends the requests of a test that is gone: it may be that test, renamed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_samurai.cassette import Shelf
from pytest_samurai.matching import renamed_cause, renamed_lines
from pytest_samurai.recorder.editor import Editor
from pytest_samurai.recorder.mode import RECORD_MODES
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.playback import Playback, would_answer
from pytest_samurai.settings import Settings
from pytest_samurai.text import Diagnosis, visible
from pytest_samurai.wire import Request, summary


class Renamed:
    """What a recorder knows about the test's possible former name. Requests are in their compared form."""

    def __init__(self, path: Path, settings: Settings, owner: Owner, shelf: Shelf, editor: Editor) -> None:
        self._path = path
        self._settings = settings
        self._owner = owner
        self._shelf = shelf
        self._editor = editor
        self._commands: Sequence[str] | None = None

    def is_wanted(self, playback: Playback) -> bool:
        """Whether to look for a request first, before it goes live."""
        may_look = self._commands is None and self._owner.renamed is not None and playback.is_new
        return bool(self._commands) or (may_look and RECORD_MODES[self._settings.mode].looks_for_renamed)

    def commands(self, asked: Request, playback: Playback) -> Sequence[str]:
        """The commands that give this test the cassette of a test that is gone; none if no cassette answers.

        Only the first request is looked for: a test that begins differently is another test.
        """
        if self._commands is None:
            look = self._owner.renamed if playback.is_new else None
            self._commands = () if look is None else look(self._path, lambda path: self._would_answer(path, asked))
        return self._commands

    def _would_answer(self, path: Path, asked: Request) -> bool:
        return would_answer(path, asked, self._settings, self._shelf, self._editor)

    def refusal(self, asked: Request, cassette: str, number: int, commands: Sequence[str]) -> tuple[str, Diagnosis]:
        """Why a request is not recorded, with the commands for a renamed test and for a new one.

        `number` is the call's number.
        """
        lines = [
            f"{asked.method} {asked.url} was not sent: it seems to be recorded already.",
            f"  test      {self._owner.test}",
            f"  cassette  {cassette} (does not exist yet)",
            f"  mode      {self._settings.mode}",
            f"  request   {summary(asked)}",
            *renamed_lines(commands),
            f"  If it is a different test, record it: {self._owner.command('all')}",
        ]
        return "\n".join(map(visible, lines)), Diagnosis(renamed_cause(commands), number)

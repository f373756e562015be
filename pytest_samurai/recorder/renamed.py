"""A test without a cassette that asks what a test that is gone has asked: it may be that test, renamed."""

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
    """What a recorder knows of the test that its own may have been. Requests are given as they are compared."""

    def __init__(self, path: Path, settings: Settings, owner: Owner, shelf: Shelf, editor: Editor) -> None:
        self._path = path
        self._settings = settings
        self._owner = owner
        self._shelf = shelf
        self._editor = editor
        self._commands: Sequence[str] | None = None

    def is_wanted(self, playback: Playback) -> bool:
        """Whether a request that may go live is to be looked for first."""
        may_look = self._commands is None and self._owner.renamed is not None and playback.is_new
        return bool(self._commands) or (may_look and RECORD_MODES[self._settings.mode].looks_for_renamed)

    def commands(self, asked: Request, playback: Playback) -> Sequence[str]:
        """The commands that make the cassette of a test that is gone that of this test; none if none answers.

        Only the first request is looked for: a test that begins in another way is another test.
        """
        if self._commands is None:
            look = self._owner.renamed if playback.is_new else None
            self._commands = () if look is None else look(self._path, lambda path: self._would_answer(path, asked))
        return self._commands

    def _would_answer(self, path: Path, asked: Request) -> bool:
        return would_answer(path, asked, self._settings, self._shelf, self._editor)

    def refusal(self, asked: Request, cassette: str, number: int, commands: Sequence[str]) -> tuple[str, Diagnosis]:
        """Why a request is not recorded, with the commands for a renamed test, and for one that is not.

        `number` is that of the call.
        """
        lines = [
            f"{asked.method} {asked.url} was not sent, because it seems to be recorded already.",
            f"  test      {self._owner.test}",
            f"  cassette  {cassette} (not recorded yet)",
            f"  mode      {self._settings.mode}",
            f"  request   {summary(asked)}",
            *renamed_lines(commands),
            f"  If this is a different test, record it: {self._owner.command('all')}",
        ]
        return "\n".join(map(visible, lines)), Diagnosis(renamed_cause(commands), number)

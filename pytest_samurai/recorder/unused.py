"""Recordings that a test did not play, said to people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_samurai.recorder.mode import RECORD_MODES, UPDATE
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.playback import Playback
from pytest_samurai.settings import Settings
from pytest_samurai.text import plural, visible
from pytest_samurai.wire import summary

_NAMED = 5
"""How many recordings are named; the others are counted."""


def unused(playback: Playback, settings: Settings, owner: Owner) -> list[int]:
    """The indices of the recordings that a test had to play, and did not.

    None of a shared cassette: no test alone can say what is unused of it.
    """
    expected = not playback.may_record or RECORD_MODES[settings.mode].expects_all_played
    return playback.unplayed() if expected and settings.unused != "ignore" and not owner.shared else []


def unused_text(playback: Playback, settings: Settings, owner: Owner, cassette: Callable[[], str]) -> str | None:
    """What is said of recordings that a test had to play, and did not; None if it played all. See `unused`."""
    unplayed = unused(playback, settings, owner)
    if not unplayed:
        return None
    advice = _advice(owner.command(UPDATE), len(unplayed), fails=unused_fails(playback, settings))
    return _text(unplayed, playback, cassette(), advice)


def unused_fails(playback: Playback, settings: Settings) -> bool:
    """Whether recordings that were not played fail a test. Other tools keep them without a word, so theirs do not."""
    return settings.unused == "fail" and not playback.is_foreign


def _advice(command: str | None, count: int, *, fails: bool) -> list[str]:
    """What can be done about recordings that were not played, that which changes least first.

    `command` drops them, but may record as well; it is None where pytest does not run the test.
    """
    if command is None:
        return []
    them = "it" if count == 1 else "them"
    return [
        '  To get a warning instead of a failure: unused="warn"'
        if fails
        else '  To silence this warning: unused="ignore"',
        f"  To delete {them} after a full run that passed: pytest-samurai prune --write",
        f"  To drop what is no longer played: {command}",
    ]


def _text(unplayed: Sequence[int], playback: Playback, cassette: str, advice: Sequence[str]) -> str:
    """What is said of recordings that were not played."""
    count = f"{len(unplayed)} of {plural(len(playback.recordings), 'recorded interaction')}"
    lines = [f"{count} {'was' if len(unplayed) == 1 else 'were'} not played: {cassette}"]
    for index in unplayed[:_NAMED]:
        lines.append(f"  interaction {index + 1}: {summary(playback.recordings[index].request)}")
    if len(unplayed) > _NAMED:
        lines.append(f"  ... and {len(unplayed) - _NAMED} more")
    return "\n".join(map(visible, [*lines, *advice]))

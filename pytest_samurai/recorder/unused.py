"""Recordings that a test did not play, explained to people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_samurai.recorder.mode import RECORD_MODES, UPDATE
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.playback import Playback
from pytest_samurai.settings import Settings
from pytest_samurai.text import plural, visible
from pytest_samurai.wire import summary

_NAMED = 5
"""How many recordings are named; the rest are counted."""


def unused(playback: Playback, settings: Settings, owner: Owner) -> list[int]:
    """The indices of the recordings that a test should have played and did not.

    None for a shared cassette: a single test cannot tell what is unused in it.
    """
    expected = not playback.may_record or RECORD_MODES[settings.mode].expects_all_played
    return playback.unplayed() if expected and settings.unused != "ignore" and not owner.shared else []


def unused_text(playback: Playback, settings: Settings, owner: Owner, cassette: Callable[[], str]) -> str | None:
    """The text about recordings that a test should have played and did not; None if it played all. See `unused`."""
    unplayed = unused(playback, settings, owner)
    if not unplayed:
        return None
    advice = _advice(owner.command(UPDATE), len(unplayed), fails=unused_fails(playback, settings))
    return _text(unplayed, playback, cassette(), advice)


def unused_fails(playback: Playback, settings: Settings) -> bool:
    """Whether unplayed recordings fail a test. Other tools accept them silently, so their cassettes do not."""
    return settings.unused == "fail" and not playback.is_foreign


def _advice(command: str | None, count: int, *, fails: bool) -> list[str]:
    """What can be done about unplayed recordings, starting with the smallest change.

    `command` drops them, but may record as well; it is None if pytest does not run the test.
    """
    if command is None:
        return []
    them = "it" if count == 1 else "them"
    return [
        '  To get a warning instead of a failure: unused="warn"' if fails else '  To silence this: unused="ignore"',
        f"  To delete {them}, after a full run has passed: pytest-samurai prune --write",
        f"  To drop what is no longer played: {command}",
    ]


def _text(unplayed: Sequence[int], playback: Playback, cassette: str, advice: Sequence[str]) -> str:
    """The text about recordings that were not played."""
    count = f"{len(unplayed)} of {plural(len(playback.recordings), 'recorded interaction')}"
    lines = [f"{count} {'was' if len(unplayed) == 1 else 'were'} not played: {cassette}"]
    for index in unplayed[:_NAMED]:
        lines.append(f"  interaction {index + 1}: {summary(playback.recordings[index].request)}")
    if len(unplayed) > _NAMED:
        lines.append(f"  ... and {len(unplayed) - _NAMED} more")
    return "\n".join(map(visible, [*lines, *advice]))

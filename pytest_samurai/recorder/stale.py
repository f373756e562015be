"""An earlier run's recording that nothing has replaced."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_samurai.recorder.calls import Unrecorded, unrecorded_text
from pytest_samurai.recorder.exchange import Take
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.paths import shown
from pytest_samurai.settings import Settings
from pytest_samurai.text import plural


def stale_text(
    path: Path,
    settings: Settings,
    owner: Owner,
    takes: Sequence[Take],
    unrecorded: Sequence[Unrecorded],
    notes: list[str],
) -> str | None:
    """The complaint that nothing was recorded, and that the old cassette would still answer.

    For a test that made no call at all, `notes` gets a note instead.
    """
    unrecorded = [call for call in unrecorded if not call.is_let_pass]
    keeps = f"{shown(path)} still has what an earlier run recorded, and a replay would use it"
    if not takes and not unrecorded:
        if not owner.shared:
            no_call = f"no call was seen in mode {settings.mode}, so nothing was recorded"
            notes.append(f"{owner.test}: {no_call}; {keeps}; if the test makes no calls, delete the cassette")
        return None
    unanswered = sum(take.interaction is None for take in takes)
    reason = f"{plural(unanswered, 'request')} got no reply" if unanswered else "its calls were left out"
    missed = [] if takes else [unrecorded_text(unrecorded, settings)]
    command = owner.command(settings.mode)
    lines = [f"nothing was recorded in mode {settings.mode}{f': {reason}' if takes else ''}. {keeps}.", *missed]
    lines += [f"  To record it: {command}"] if command else []
    return "\n".join([*lines, "  If the test no longer makes any calls: delete the cassette."])

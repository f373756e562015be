"""What no test of a run plays any more in shared cassettes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from pytest_samurai.errors import CassetteError
from pytest_samurai.report.fullrun import Absent
from pytest_samurai.report.play import Play, merged_plays
from pytest_samurai.text import timestamp
from pytest_samurai.wire import Interaction


def drop_outdated(
    plays: Sequence[Play], absent: Sequence[Absent], root: Path, began: datetime
) -> tuple[list[Play], list[str]]:
    """Drop what no test played from each shared cassette that all its tests brought up to date.

    The run must be a full one that `began` at that time. Its new recordings stay. So does everything in a cassette if a
    test cannot tell what it plays, or if a skipped test may own it.

    Returns the resulting plays, and the errors.
    """
    # A test without the marker also gets its report from this package, and loads no YAML for it.
    from pytest_samurai import cassette

    errors = []
    for play in merged_plays(plays):
        outdated = play.updates and play.shared and play.unplayed and not play.unknown
        if not outdated or any(test.may_own(PurePosixPath(play.cassette)) for test in absent):
            continue
        dropping = _Dropping(frozenset(play.unplayed), timestamp(began))
        try:
            cassette.update(root / play.cassette, dropping.kept, settles=True)
        except CassetteError as error:
            errors.append(str(error))
        if dropping.count:
            others = [known for known in plays if known.cassette != play.cassette]
            plays = [*others, replace(play, unplayed=[], dropped=dropping.count)]
    return list(plays), errors


class _Dropping:
    """What stays of a cassette without the interactions with these `indexes`, all recorded before a time."""

    def __init__(self, indexes: frozenset[int], began: str) -> None:
        self.count = 0
        self._indexes = indexes
        self._began = began

    def kept(self, interactions: list[Interaction]) -> list[Interaction]:
        """What stays: everything, if the cassette is no longer the one that the tests opened."""
        outdated = [interactions[index] for index in self._indexes if index < len(interactions)]
        if len(outdated) < len(self._indexes) or any(map(self._is_new, outdated)):
            return interactions
        self.count = len(outdated)
        # Only a run that drops something needs it, and every run with a test imports this package.
        from pytest_samurai.redaction import as_ours, environment_secrets

        stays = [interaction for index, interaction in enumerate(interactions) if index not in self._indexes]
        return as_ours(stays, environment_secrets(os.environ))

    def _is_new(self, interaction: Interaction) -> bool:
        return interaction.recorded_at is not None and interaction.recorded_at >= self._began

"""What no test of a full run plays any more in a shared cassette that has changed since it was opened."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import save
from pytest_samurai.report.outdated import drop_outdated
from pytest_samurai.report.play import Play
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction

BEGAN = datetime(2026, 1, 2, tzinfo=UTC)
OLD, NEW = (
    Interaction(Request("POST", "http://h/v1/chat/completions", (), b"{}"), Reply(200, "OK", (), b"{}"), time)
    for time in ("2026-01-01T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z")
)


@pytest.mark.parametrize(
    ("held", "left"),
    [([OLD, OLD, NEW], [OLD, NEW]), ([OLD], [OLD]), ([OLD, NEW], [OLD, NEW])],
    ids=["as", "fewer", "new"],
)
def test_what_was_not_there_when_the_tests_opened_the_cassette_is_not_dropped(
    tmp_path: Path, held: list[Interaction], left: list[Interaction]
) -> None:
    path = tmp_path / "shared.yaml"
    save(path, held)
    play = Play("shared.yaml", 2, [1], shared=True, updates=True)
    plays, errors = drop_outdated([play], [], tmp_path, BEGAN)
    assert (load(path), errors) == (left, [])
    assert [(play.unplayed, play.dropped) for play in plays] == ([([], 1)] if left != held else [([1], 0)])

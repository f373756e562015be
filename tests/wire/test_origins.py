"""Which recordings are no longer as the call left them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.reader import recordings
from pytest_samurai.wire import Origins, Recordings
from tests.chats import chat, saved

PLAIN = chat("x")


def test_what_has_no_seal_does_not_count_as_edited_and_all_else_counts_each() -> None:
    counted = Origins.of(
        [
            PLAIN,
            replace(PLAIN, edited=True),
            replace(PLAIN, edited=True, imported=True),
            replace(PLAIN, edited=True, unsealed=True),
        ]
    )
    assert counted == Origins(edited=2, imported=1, unsealed=1)
    assert counted.told == "2 edited by hand, 1 imported, 1 without a seal"
    assert Origins.sum([counted, counted, Origins(imported=1_000)]) == Origins(4, 1_002, 2)
    assert (Origins.sum([]), Origins().told) == (Origins(), "")
    assert Origins(imported=1_000).told == "1,000 imported"


@pytest.mark.parametrize(
    ("marks", "counted"),
    [
        ([(False, False), (False, False)], Origins()),
        ([(True, False), (False, False)], Origins(edited=1)),
        ([(True, True), (False, True)], Origins(edited=1, imported=2)),
    ],
)
def test_those_of_a_file_that_is_cut_at_its_lines_are_those_of_its_interactions(
    tmp_path: Path, marks: list[tuple[bool, bool]], counted: Origins
) -> None:
    # The text of a prompt is indented as far as a note.
    asked = replace(PLAIN.request, body=b"edited: true\nimported: true\n")
    interactions = [replace(PLAIN, request=asked, edited=edited, imported=imported) for edited, imported in marks]
    path = saved(tmp_path / "a.yaml", *interactions)
    sliced = recordings(path.read_bytes(), path, Memory())
    assert type(sliced) is not Recordings
    assert sliced.origins == Recordings(list(sliced)).origins == counted

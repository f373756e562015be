"""Some interactions of a cassette are replaced, and every other byte of the file stays the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai.cassette import load, mend
from pytest_samurai.wire import Interaction
from tests.cassette.test_damage import CONTENT, FIVE


def shorter(indexes: Sequence[int]) -> dict[int, Interaction]:
    return {index: replace(FIVE[index], request=replace(FIVE[index].request, body=b"{}")) for index in indexes}


def split(content: bytes) -> list[bytes]:
    return re.split(rb"(?m)^(?=- request:$)", content)


@pytest.mark.parametrize("indexes", [[0], [4], [1, 3], [0, 1, 2, 3, 4]], ids=str)
def test_what_is_not_replaced_keeps_its_bytes(tmp_path: Path, indexes: list[int]) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(CONTENT)
    changed = shorter(indexes)

    def change(interactions: Sequence[Interaction]) -> Mapping[int, Interaction]:
        assert list(interactions) == FIVE
        return changed

    mend(path, change)
    assert load(path) == [changed.get(index, each) for index, each in enumerate(FIVE)]
    pairs = list(zip(split(CONTENT), split(path.read_bytes()), strict=True))
    assert [index for index, (old, new) in enumerate(pairs[1:]) if not new.startswith(old.rstrip(b"version: 1\n"))] == (
        indexes
    )
    assert pairs[0][0] == pairs[0][1]


def test_where_nothing_is_to_change_the_file_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(CONTENT)
    before = path.stat()
    mend(path, lambda _: {})
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

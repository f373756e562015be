"""Cassettes that a run has already read are only read again if the file has changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_samurai.cassette import journal, shelf
from pytest_samurai.cassette.frame import HEAD
from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.shelf import Shelf
from pytest_samurai.cassette.writer import dump, save
from pytest_samurai.errors import CassetteError
from tests.cassette.test_conflict import OURS, THEIRS, A, merged
from tests.cassette.test_damage import FIVE, PLAIN, STREAM

LONG_AGO = 1_600_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    save(path, FIVE)
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def test_a_cassette_is_read_once(path: Path) -> None:
    kept = Shelf()

    assert kept.load(path) is kept.load(path)
    assert list(kept.load(path).recordings) == FIVE


def test_a_file_that_changed_is_read_again(path: Path) -> None:
    kept = Shelf()
    assert list(kept.load(path).recordings) == FIVE
    save(path, [PLAIN])
    assert list(kept.load(path).recordings) == [PLAIN]
    os.utime(path, (LONG_AGO, LONG_AGO))
    first = kept.load(path)
    save(path, [STREAM])
    os.utime(path, (LONG_AGO, LONG_AGO))
    assert list(first.recordings) == [PLAIN]
    assert list(kept.load(path).recordings) == [STREAM]


def test_a_file_that_is_too_young_to_have_a_date_of_its_own_is_read_each_time(path: Path) -> None:
    os.utime(path)
    kept = Shelf()

    assert kept.load(path) is not kept.load(path)


@pytest.mark.parametrize(("age", "reads"), [(1_999_999_999, 2), (2_000_000_000, 1)])
def test_a_file_has_a_date_of_its_own_two_seconds_after_it_changed(
    path: Path, age: int, reads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # FAT dates files to two seconds, so a younger file may change again and keep its date.
    changed = path.stat().st_mtime_ns
    monkeypatch.setattr(shelf, "now_ns", lambda: changed + age)
    kept = Shelf()

    # Both are kept alive: the second could get the first one's address if that is gone.
    first, second = (kept.load(path).recordings for _ in range(2))
    assert (first is second) is (reads == 1)


def test_a_file_that_is_gone_is_not_there(path: Path) -> None:
    kept = Shelf()
    kept.load(path)
    path.unlink()

    with pytest.raises(FileNotFoundError):
        kept.load(path)


def test_a_damaged_file_is_refused_each_time(path: Path) -> None:
    path.write_bytes(b"")
    kept = Shelf()

    for _ in range(2):
        with pytest.raises(CassetteError, match="the file is empty"):
            kept.load(path)


def test_of_too_many_those_go_that_were_not_used_for_longest(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = path.read_bytes()
    monkeypatch.setattr(shelf, "_MOST_BYTES", 2 * len(content))
    paths = [path.with_name(f"{name}.yaml") for name in "bcd"]
    for one in paths:
        one.write_bytes(content)
        os.utime(one, (LONG_AGO, LONG_AGO))
    kept = Shelf()
    first, second = map(kept.load, paths[:2])
    assert kept.load(paths[0]) is first
    kept.load(paths[2])

    assert kept.load(paths[0]) is first
    assert kept.load(paths[1]) is not second


@pytest.mark.parametrize("spare", [0, -1])
def test_as_many_are_kept_as_fit(path: Path, spare: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = path.read_bytes()
    monkeypatch.setattr(shelf, "_MOST_BYTES", 2 * len(content) + spare)
    other = path.with_name("b.yaml")
    other.write_bytes(content)
    os.utime(other, (LONG_AGO, LONG_AGO))
    kept = Shelf()
    first, second = kept.load(path), kept.load(other)

    assert kept.load(other) is second
    assert (kept.load(path) is first) is (spare == 0)


def test_shelves_that_share_a_memory_look_for_journals_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(path.parent, (LONG_AGO, LONG_AGO))
    memory = Memory()
    assert list(Shelf(memory).left_behind(path)) == []
    listed: list[str] = []
    monkeypatch.setattr(journal, "names_in", listed.append)

    assert list(Shelf(memory).left_behind(path)) == []
    assert listed == []


@pytest.mark.parametrize("settles", [True, False])
def test_both_sides_of_a_conflict_are_read_once_by_a_run_that_settles_it(path: Path, settles: bool) -> None:
    path.write_bytes(merged(dump([A]), dump([A, OURS]), dump([A, THEIRS]), path.parent))
    os.utime(path, (LONG_AGO, LONG_AGO))
    kept = Shelf()
    first = kept.load(path, settles=True)
    assert first.in_conflict

    if settles:
        assert kept.load(path, settles=True) is first
    else:
        with pytest.raises(CassetteError, match="merge conflict"):
            kept.load(path)


def test_a_cassette_says_whose_it_is(path: Path) -> None:
    assert Shelf().load(path).is_ours
    assert not Shelf().load(path).in_conflict
    path.write_text("interactions: []\nversion: 1\n", encoding="utf-8")
    assert not Shelf().load(path).is_ours


def test_a_directory_without_journals_is_read_once_in_a_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(path.parent, (LONG_AGO, LONG_AGO))
    kept = Shelf()
    assert list(kept.left_behind(path)) == []
    listed: list[str] = []
    monkeypatch.setattr(journal, "names_in", listed.append)

    assert list(kept.left_behind(path)) == []
    assert listed == []
    assert list(Shelf().left_behind(path)) == []
    assert listed == [str(path.parent)]


def test_a_journal_that_a_process_leaves_during_the_run_is_seen(path: Path) -> None:
    os.utime(path.parent, (LONG_AGO, LONG_AGO))
    kept = Shelf()
    assert list(kept.left_behind(path)) == []
    of_another_process = path.with_name("a.yaml.0123abcd.new.journal")
    of_another_process.write_text(HEAD)

    [found] = kept.left_behind(path)

    assert found.path == of_another_process
    found.discard()


def test_a_directory_that_has_just_changed_is_read_each_time(path: Path) -> None:
    os.utime(path.parent)
    kept = Shelf()
    assert list(kept.left_behind(path)) == []
    now = path.parent.stat()
    path.with_name("a.yaml.0123abcd.new.journal").write_text(HEAD)
    # Within the same tick of the file system's clock.
    os.utime(path.parent, ns=(now.st_atime_ns, now.st_mtime_ns))

    [found] = kept.left_behind(path)

    found.discard()


def test_a_directory_that_is_not_there_has_no_journals(path: Path) -> None:
    assert list(Shelf().left_behind(path.parent / "none" / "a.yaml")) == []
    assert list(Shelf().left_behind(path / "a.yaml")) == []

"""A cassette is written completely or not at all, and read back first."""

from __future__ import annotations

import base64
import os
import stat
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import dump, save
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import REAL
from pytest_samurai.wire.http import Chunk
from pytest_samurai.wire.interaction import Interaction
from tests.cassette.test_cassette import (
    STREAM_TYPE,
    interaction,
)


def test_loading_reads_what_saving_wrote(tmp_path: Path) -> None:
    recorded = [interaction(b"1"), interaction(b"2")]
    save(tmp_path / "a.yaml", recorded)
    assert load(tmp_path / "a.yaml") == recorded


def full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def failing_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(REAL, "fsync", full_disk)


def failing_rename(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(REAL, "replace", full_disk)


@pytest.mark.parametrize("fails", [failing_fsync, failing_rename])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    fails: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.yaml"
    save(path, [interaction(b"old")])
    before = path.read_bytes()
    fails(monkeypatch)
    with pytest.raises(CassetteError) as caught:
        save(path, [interaction(b"new")])
    assert str(caught.value) == f"{path}: cannot be written: No space left on device; the old file is unchanged"
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_while_writing_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.yaml"
    save(path, [interaction(b"old")])

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(REAL, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(path, [interaction(b"new")])
    assert load(path) == [interaction(b"old")]
    assert list(tmp_path.iterdir()) == [path]


def test_the_bytes_are_on_the_disk_before_they_take_the_place_of_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.yaml"
    save(path, [interaction(b"old")])
    seen = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        seen.append((os.fstat(descriptor).st_size, load(path)))
        fsync(descriptor)

    monkeypatch.setattr(REAL, "fsync", watched)
    save(path, [interaction(b"new")])
    # The file while the old one is in its place, and the directory when the new one is.
    assert [there for _, there in seen] == [[interaction(b"old")], [interaction(b"new")]]
    assert seen[0][0] == len(dump([interaction(b"new")]))


def test_a_cassette_cannot_take_the_place_of_a_directory(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.mkdir()
    with pytest.raises(CassetteError, match=r"a\.yaml: cannot be written: Is a directory"):
        save(path, [interaction()])
    assert list(tmp_path.iterdir()) == [path]


def test_a_cassette_cannot_lie_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CassetteError, match=r"a\.yaml: cannot be written: "):
        save(tmp_path / "file" / "a.yaml", [interaction()])
    assert (tmp_path / "file").read_text() == "mine"


def test_an_error_without_a_number_is_told_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: object) -> None:
        raise OSError("the share has gone away")

    monkeypatch.setattr(REAL, "fsync", gone)
    with pytest.raises(CassetteError, match="cannot be written: the share has gone away; the old file is unchanged"):
        save(tmp_path / "a.yaml", [interaction()])


@pytest.mark.parametrize(
    "unfaithful",
    [
        # No YAML can hold half of a surrogate pair, not even as an escape.
        interaction(hidden_usage={"a": "\ud800"}),
        # A cassette has no other way to say how long a stream is.
        interaction(reply=b"data: 1\n\n", headers=STREAM_TYPE, chunks=(Chunk(3, 0.0),)),
    ],
)
def test_what_would_not_read_back_equal_does_not_replace_the_old_file(unfaithful: Interaction, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    save(path, [interaction(b"old")])
    with pytest.raises(CassetteError, match=r"a\.yaml: the file would not read back .* nothing was written"):
        save(path, [unfaithful])
    assert load(path) == [interaction(b"old")]
    assert list(tmp_path.iterdir()) == [path]


def test_headers_that_came_out_of_order_do_not_stop_a_recording(tmp_path: Path) -> None:
    mixed = (("x-a", "1"), ("x-b", "2"), ("x-a", "3"), ("content-length", "99"))
    item = interaction(headers=mixed)
    save(tmp_path / "a.yaml", [replace(item, request=replace(item.request, headers=mixed[:3]))])
    [found] = load(tmp_path / "a.yaml")
    assert found.reply.headers == found.request.headers == (("x-a", "1"), ("x-a", "3"), ("x-b", "2"))


def test_directories_are_made_where_there_are_none(tmp_path: Path) -> None:
    save(tmp_path / "tests" / "test_a" / "b.yaml", [interaction()])
    assert load(tmp_path / "tests" / "test_a" / "b.yaml") == [interaction()]


def test_a_name_as_long_as_names_may_be_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("é" * 125 + ".yaml")
    save(path, [interaction()])
    assert list(tmp_path.iterdir()) == [path]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
class TestPermissions:
    def test_a_rewritten_cassette_keeps_its_own(self, tmp_path: Path) -> None:
        path = tmp_path / "a.yaml"
        save(path, [interaction()])
        path.chmod(0o604)
        save(path, [interaction(b"new")])
        assert mode(path) == 0o604

    @pytest.mark.parametrize(("umask", "expected"), [(0o027, 0o640), (0o022, 0o644), (0o077, 0o600)])
    def test_a_new_cassette_gets_what_the_umask_leaves(self, umask: int, expected: int, tmp_path: Path) -> None:
        before = os.umask(umask)
        try:
            save(tmp_path / "a.yaml", [interaction()])
        finally:
            os.umask(before)
        assert mode(tmp_path / "a.yaml") == expected

    def test_writing_never_touches_the_umask_of_the_process(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # It applies to all threads: a file that another thread makes meanwhile would be open to everybody.
        monkeypatch.setattr(os, "umask", lambda _: pytest.fail("the umask was touched"))
        save(tmp_path / "a.yaml", [interaction()])
        assert load(tmp_path / "a.yaml") == [interaction()]

    def test_a_link_stays_a_link_to_what_was_written(self, tmp_path: Path) -> None:
        (tmp_path / "store").mkdir()
        target, link = tmp_path / "store" / "real.yaml", tmp_path / "a.yaml"
        save(target, [interaction(b"old")])
        link.symlink_to(target)
        save(link, [interaction(b"new")])
        assert link.is_symlink()
        assert load(target) == [interaction(b"new")]


def test_writers_at_the_same_time_leave_one_whole_cassette(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    versions = [[interaction(base64.b64encode(bytes([number] * 3000)))] * (number + 1) for number in range(8)]
    threads = [threading.Thread(target=save, args=(path, version)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert load(path) in versions
    assert list(tmp_path.iterdir()) == [path]

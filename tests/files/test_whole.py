"""Whether a file can be written is known before a call is paid for."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai import CassetteError, RequestNotRecorded, use_cassette
from pytest_samurai.cassette.reader import load
from pytest_samurai.files import REAL, exists, make_directory, read_whole, try_to_write, unique
from pytest_samurai.server.chat_server import ChatServer
from tests.project import Project
from tests.recorder.conftest import ask


@pytest.fixture
def url(chat_server: ChatServer) -> str:
    return f"{chat_server.base_url}/chat/completions"


def read_only(path: object, flags: int, *mode: int) -> int:
    """Open a file where none can be created."""
    if flags & os.O_CREAT and "pytest-samurai-" not in str(path):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))
    return os.open(str(path), flags, *mode)


TOLD = r"a\.yaml: cannot be written: Read-only file system, so nothing is sent$"


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_a_cassette_that_cannot_be_written_is_told_before_anything_is_sent(
    cassettes: Path, url: str, mode: str, monkeypatch: pytest.MonkeyPatch, chat_server: ChatServer
) -> None:
    monkeypatch.setattr(REAL, "open", read_only)
    with pytest.raises(CassetteError, match=TOLD), use_cassette(cassettes / "a.yaml", mode=mode):
        ask(url)
    assert chat_server.requests == 0
    assert not cassettes.exists()


def test_what_is_recorded_replays_from_where_nothing_can_be_written_and_the_rest_is_refused(
    cassettes: Path, url: str, monkeypatch: pytest.MonkeyPatch, chat_server: ChatServer
) -> None:
    path = cassettes / "a.yaml"
    with use_cassette(path):
        ask(url)
    monkeypatch.setattr(REAL, "open", read_only)
    with use_cassette(path, mode="new_episodes"):
        ask(url)
    with pytest.raises(RequestNotRecorded, match=TOLD), use_cassette(path, mode="new_episodes"):
        ask(url, "another")
    with pytest.raises(CassetteError, match=TOLD), use_cassette(path, mode="all"):
        ask(url)
    assert chat_server.requests == 1
    assert len(load(path)) == 1


def test_a_test_whose_cassette_cannot_be_written_fails_at_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.tests("def test_it(samurai_client): assert ask(samurai_client)\n")
    monkeypatch.setattr(REAL, "open", read_only)
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*test_it.yaml: cannot be written: Read-only file system, so nothing is sent"])
    assert project.server.requests == 0


def test_trying_leaves_nothing_and_makes_no_directory(tmp_path: Path) -> None:
    try_to_write(tmp_path / "a" / "b" / "c")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        try_to_write(tmp_path / "file" / "a")


def test_a_directory_is_made_with_those_around_it(tmp_path: Path) -> None:
    for _ in range(2):
        make_directory(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert exists(tmp_path / "a")
    assert not exists(tmp_path / "c")


def test_a_file_is_read_whole_even_if_it_grows_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1234")

    def small(descriptor: int) -> Any:
        return os.stat_result((stat.S_IFREG, 0, 0, 1, 0, 0, 1, 0, 0, 0))

    monkeypatch.setattr(REAL, "fstat", small)
    assert read_whole(path) == b"1234"


def test_no_two_names_are_the_same() -> None:
    assert len({unique() for _ in range(100)}) == 100

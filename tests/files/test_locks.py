"""If no lock can be had, nothing that was recorded is lost."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai import CassetteError, use_cassette
from pytest_samurai.cassette.reader import load
from pytest_samurai.files import REAL, claimed, locked, locks
from pytest_samurai.server.chat_server import ChatServer
from tests.recorder.conftest import ask


@pytest.fixture
def url(chat_server: ChatServer) -> str:
    return f"{chat_server.base_url}/chat/completions"


@pytest.fixture
def path(cassettes: Path) -> Path:
    return cassettes / "a.yaml"


def no_lock(*_: object) -> None:
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


USELESS = (
    "cannot be used for locks: No locks available; it must be a directory that you own: remove the present one, or"
)


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_where_no_lock_is_to_be_had_nothing_is_sent(
    path: Path, url: str, mode: str, monkeypatch: pytest.MonkeyPatch, chat_server: ChatServer
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", no_lock)
        with pytest.raises(CassetteError, match=USELESS), use_cassette(path, mode=mode):
            ask(url)
    assert chat_server.requests == 0
    assert not path.parent.exists()


def test_a_replay_needs_no_lock(path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with use_cassette(path):
        ask(url)
    monkeypatch.setattr(fcntl, "flock", no_lock)
    for mode in ("none", "once", "new_episodes"):
        with use_cassette(path, mode=mode) as recorder:
            ask(url)
        assert recorder.notes == []


def test_a_call_that_a_cassette_lacks_is_not_sent_where_no_lock_is_to_be_had(
    path: Path, url: str, monkeypatch: pytest.MonkeyPatch, chat_server: ChatServer
) -> None:
    with use_cassette(path):
        ask(url)
    monkeypatch.setattr(fcntl, "flock", no_lock)
    with pytest.raises(BaseException, match=USELESS) as refused, use_cassette(path, mode="new_episodes"):
        ask(url)
        ask(url, "another")
    assert type(refused.value).__name__ == "RequestNotRecorded"
    assert chat_server.requests == 1


@pytest.mark.parametrize("fails", ["from the first call on", "at the end"])
def test_what_was_recorded_before_locks_failed_is_in_a_journal_that_the_next_run_takes_up(
    path: Path, url: str, fails: str, monkeypatch: pytest.MonkeyPatch, chat_server: ChatServer
) -> None:
    with monkeypatch.context() as patch:
        with pytest.raises(CassetteError, match=USELESS) as caught, use_cassette(path):
            if fails == "at the end":
                ask(url)
            patch.setattr(fcntl, "flock", no_lock)
            if fails != "at the end":
                ask(url)
            ask(url, "another")
        [journal] = path.parent.iterdir()
        assert str(caught.value).endswith(f"; what was recorded is kept in {journal}")
        # As long as locks fail, nothing is paid for again.
        with pytest.raises(CassetteError, match=USELESS), use_cassette(path):
            ask(url)
    taken_up = r"a\.yaml: recovered 2 calls of an interrupted recording$"
    with pytest.warns(UserWarning, match=taken_up), use_cassette(path):
        assert [ask(url).status_code, ask(url, "another").status_code] == [200, 200]
    assert chat_server.requests == 2
    assert len(load(path)) == 2
    assert all(recording.price is not None for recording in load(path))
    assert list(path.parent.iterdir()) == [path]


def test_who_waits_for_a_lock_gets_it_when_the_other_is_done(tmp_path: Path) -> None:
    path, began, got = tmp_path / "a", threading.Event(), threading.Event()

    def wait() -> None:
        began.set()
        with locked(path):
            got.set()

    with locked(path):
        thread = threading.Thread(target=wait)
        thread.start()
        began.wait(60)
        assert not got.wait(0.05)
    thread.join(60)
    assert got.is_set()


def test_a_lock_is_given_back_and_leaves_no_descriptor_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []

    def open_and_note(*arguments: Any) -> int:
        opened.append(os.open(*arguments))
        return opened[-1]

    def close_and_note(descriptor: int) -> None:
        opened.remove(descriptor)
        os.close(descriptor)

    monkeypatch.setattr(REAL, "open", open_and_note)
    monkeypatch.setattr(REAL, "close", close_and_note)
    path = tmp_path / "a"
    with claimed(path), pytest.raises(CassetteError, match="another process still holds it"), claimed(path):
        pytest.fail("it is claimed twice")
    assert not (locks._lock_directory() / f"{locks.digest(path)}.lock").exists()
    monkeypatch.setattr(fcntl, "flock", no_lock)
    with pytest.raises(CassetteError, match=USELESS), locked(path):
        pytest.fail("it is locked without a lock")
    assert opened == []


@pytest.mark.parametrize("makes_it_again", [False, True])
def test_a_lock_that_its_last_holder_deletes_as_it_is_taken_is_taken_anew(
    tmp_path: Path, makes_it_again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise two processes would hold it: this one the deleted file, the other one the new file with that name."""
    opened, open_file = [], REAL.open

    def open_then_delete(name: Any, *arguments: Any) -> int:
        descriptor = open_file(name, *arguments)
        opened.append(name)
        if len(opened) == 1:
            Path(name).unlink()
            if makes_it_again:
                Path(name).touch()
        return descriptor

    monkeypatch.setattr(REAL, "open", open_then_delete)
    with claimed(tmp_path / "a"):
        assert len(opened) == 2
        with pytest.raises(CassetteError, match="another process still holds it"), claimed(tmp_path / "a"):
            pass

"""What was paid for survives: a process that is killed, a disk that is full, a directory that is gone."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import CassetteError, cassette, files, use_cassette
from pytest_samurai import journal as journal_module
from pytest_samurai.cassette import HEAD, interaction_text, load, save
from pytest_samurai.chat import Interaction, Reply, Request
from pytest_samurai.journal import Journal, left_behind
from pytest_samurai.server import ChatServer
from tests.conftest import KEY

ONE = Interaction(Request("POST", "http://h/v1/chat/completions", (), b"one"), Reply(200, "OK", (), b"1"))
TWO = Interaction(Request("POST", "http://h/v1/chat/completions", (), b"two"), Reply(200, "OK", (), b"2"))

RUN = """
import os, signal, sys
import httpx
from pytest_samurai import CassetteError, use_cassette

def ask(number):
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"question {number}"}]}
    reply = httpx.post(URL, json=body, headers=HEADERS, verify=False)
    os.write(1, f"{number} {reply.headers['x-request-id']}\\n".encode())

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

URL, KEY, CASSETTE, MODE = sys.argv[1:5]
HEADERS = {"Authorization": f"Bearer {KEY}"}
"""


@pytest.fixture
def url(chat_server: ChatServer) -> str:
    return f"{chat_server.base_url}/chat/completions"


@pytest.fixture
def path(cassettes: Path) -> Path:
    return cassettes / "a.yaml"


def ask(url: str, number: int, **changes: Any) -> str:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"question {number}"}], **changes}
    # Without `verify`, each call would read all the certificates that there are.
    reply = httpx.post(url, json=body, headers={"Authorization": f"Bearer {KEY}"}, verify=False)
    return reply.headers["x-request-id"]


def command(url: str, path: Path, text: str, mode: str = "once") -> list[str]:
    return [sys.executable, "-c", RUN + text, url, KEY, str(path), mode]


def process(url: str, path: Path, text: str, mode: str = "once") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(url, path, text, mode), capture_output=True, text=True, timeout=60)


def killed_after(count: int, url: str, path: Path, mode: str = "once") -> dict[int, str]:
    """The ids of the replies to the questions of a process that was killed within its block."""
    ended = process(
        url, path, f"with use_cassette(CASSETTE, mode=MODE):\n    [ask(n) for n in range({count})]\n    die()", mode
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    return answers(ended.stdout)


def answers(output: str) -> dict[int, str]:
    return {int(number): answer for number, answer in map(str.split, output.splitlines())}


def run(url: str, path: Path, count: int, **options: Any) -> tuple[dict[int, str], list[str]]:
    """The ids of the replies to the questions of a run of this process, and the notes of its recorder."""
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        with use_cassette(path, **options) as recorder:
            got = {number: ask(url, number) for number in range(count)}
    return got, recorder.notes


def beside(path: Path) -> list[str]:
    """All files of the directory of a cassette but the cassette."""
    return sorted(file.name for file in path.parent.iterdir() if file != path)


# --- a process that dies


def test_the_next_run_takes_up_what_a_killed_one_has_paid_for(path: Path, url: str, chat_server: ChatServer) -> None:
    paid = killed_after(3, url, path)
    assert not path.exists()
    [left] = beside(path)
    assert left.startswith("a.yaml.")
    assert left.endswith(".new.journal")
    got, notes = run(url, path, 5)
    assert {number: got[number] for number in paid} == paid
    assert notes == [f"{path}: took up 3 calls of a recording that was interrupted"]
    assert chat_server.requests == 5
    assert len(load(path)) == 5
    assert beside(path) == []
    assert run(url, path, 5, mode="none") == (got, [])
    assert chat_server.requests == 5


def test_new_episodes_takes_them_up_beside_what_the_cassette_has(path: Path, url: str, chat_server: ChatServer) -> None:
    run(url, path, 1)
    killed_after(2, url, path, "new_episodes")
    got, notes = run(url, path, 3, mode="new_episodes")
    assert notes == [f"{path}: took up 1 call of a recording that was interrupted"]
    assert chat_server.requests == 3
    assert run(url, path, 3, mode="none") == (got, [])


def test_a_call_that_was_half_written_is_made_again(path: Path, url: str, chat_server: ChatServer) -> None:
    killed_after(2, url, path)
    [left] = path.parent.iterdir()
    left.write_bytes(left.read_bytes()[:-9])
    _, notes = run(url, path, 2)
    assert notes == [f"{path}: took up 1 call of a recording that was interrupted"]
    assert chat_server.requests == 3
    assert len(load(path)) == 2


@pytest.mark.parametrize("content", ["", HEAD, HEAD[:20], f"{HEAD}- request:\n    method: PO"])
def test_a_journal_of_no_whole_call_goes_without_a_word(path: Path, url: str, content: str) -> None:
    path.parent.mkdir()
    (path.parent / "a.yaml.01234567.new.journal").write_text(content, encoding="utf-8")
    assert run(url, path, 1)[1] == []
    assert beside(path) == []


def test_what_replaces_is_not_taken_up_by_what_adds_but_named(path: Path, url: str, chat_server: ChatServer) -> None:
    before, _ = run(url, path, 2)
    paid = killed_after(1, url, path, "all")
    [left] = beside(path)
    assert left.endswith(".all.journal")
    got, notes = run(url, path, 2)
    assert got == before
    named = f"{path.parent / left} holds 1 call of a recording that was interrupted; --samurai-mode=all takes them up"
    assert notes == [named]
    assert beside(path) == [left]
    got, notes = run(url, path, 2, mode="all")
    assert got[0] == paid[0]
    assert got[1] != before[1]
    assert notes == [f"{path}: took up 1 call of a recording that was interrupted"]
    assert chat_server.requests == 4
    assert len(load(path)) == 2
    assert beside(path) == []


def test_mode_none_names_it_and_mode_live_does_not_look(path: Path, url: str) -> None:
    killed_after(1, url, path)
    [left] = beside(path)
    with pytest.warns(UserWarning, match=r"holds 1 call of .*; --samurai-mode=once takes them up"):
        with use_cassette(path, mode="none"):
            pass
    with use_cassette(path, mode="live"):
        pass
    assert beside(path) == [left]


def test_what_is_in_the_cassette_by_then_is_not_taken_up_twice(path: Path) -> None:
    # The process was killed when the cassette was written, and its journal not yet gone.
    path.parent.mkdir()
    save(path, [ONE, TWO])
    left = path.with_name("a.yaml.01234567.new.journal")
    left.write_text(HEAD + interaction_text(ONE) + interaction_text(TWO), encoding="utf-8")
    before = path.read_bytes()
    for mode, stays in (("none", True), ("once", False)):
        with use_cassette(path, mode=mode, unused="ignore") as recorder:
            assert recorder.replaying
        assert recorder.notes == []
        assert left.exists() is stays
    assert path.read_bytes() == before


def test_a_journal_whose_process_lives_is_left_alone(path: Path, url: str, chat_server: ChatServer) -> None:
    text = "with use_cassette(CASSETTE):\n    ask(0)\n    sys.stdin.read()\n    ask(1)"
    with subprocess.Popen(command(url, path, text), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as living:
        assert living.stdout is not None
        living.stdout.readline()
        [left] = beside(path)
        with use_cassette(path, mode="none") as recorder:
            pass
        assert recorder.notes == []
        assert beside(path) == [left]
        living.communicate(timeout=60)
    assert living.returncode == 0
    assert len(load(path)) == 2
    assert beside(path) == []


def test_only_the_journals_of_this_cassette_are_its_own(path: Path) -> None:
    path.parent.mkdir()
    for name in ("a.yaml.bak", "b.yaml.01234567.new.journal", "a.yaml.journals"):
        (path.parent / name).write_text(HEAD + interaction_text(ONE), encoding="utf-8")
    assert list(left_behind(path)) == []


# The moment is a line of the plugin's own code, counted from the first call, from the end of the block or from the
# replacing of the file on: so a number says where, and the replacing, which is short, has its share.
KILLED_AT = """
phase, last = sys.argv[5], int(sys.argv[6])
lines = {"calls": 0, "end": 0, "replacing": 0}
now = "calls"

def trace(frame, event, _):
    global now
    if "pytest_samurai" not in frame.f_code.co_filename:
        return None
    if frame.f_code.co_name == "replace_whole":
        now = "replacing"
    lines[now] += event == "line"
    if now == phase and lines[now] == last:
        die()
    return trace

with use_cassette(CASSETTE) as recorder:
    sys.settrace(trace)
    for n in range(20):
        ask(n)
    now = "end"
    recorder.close()
    sys.settrace(None)
print(*lines.values(), file=sys.stderr)
"""


def test_whenever_it_is_killed_each_completed_call_is_there_after_the_next_run(tmp_path: Path) -> None:
    chance = random.Random(20)
    with ChatServer(api_key=KEY) as server:
        url = f"{server.base_url}/chat/completions"

        def killed_at(phase: str, line: int) -> tuple[Path, subprocess.CompletedProcess[str]]:
            path = tmp_path / phase / str(line) / "a.yaml"
            arguments = [*command(url, path, KILLED_AT), phase, str(line)]
            return path, subprocess.run(arguments, capture_output=True, text=True, timeout=60)

        _, whole = killed_at("calls", -1)
        assert whole.returncode == 0, whole.stderr
        of_calls, of_end, of_replacing = map(int, whole.stderr.split()[-3:])
        # The lines differ a little from run to run, with the digits of what is measured; not those of replacing.
        moments = [("calls", line) for line in chance.sample(range(1, of_calls * 9 // 10), 6)]
        moments += [("end", line) for line in chance.sample(range(1, of_end * 9 // 10), 2)]
        # From the temporary file to the journal's end.
        moments += [("replacing", line) for line in chance.sample(range(1, of_replacing), 4)]
        for moment in moments:
            path, ended = killed_at(*moment)
            assert ended.returncode == -signal.SIGKILL, (moment, ended.stderr)
            paid = answers(ended.stdout)
            got, _ = run(url, path, 20)
            assert {number: got[number] for number in paid} == paid, moment
            assert len(load(path)) == 20, moment
            assert beside(path) == [], moment
            assert run(url, path, 20, mode="none") == (got, []), moment


def test_what_a_process_left_that_was_killed_as_it_wrote_is_removed(path: Path, url: str) -> None:
    text = "os.replace = die\nwith use_cassette(CASSETTE):\n    ask(0)"
    assert process(url, path, text).returncode == -signal.SIGKILL
    assert [name.rpartition(".")[2] for name in beside(path)] == ["tmp", "journal"]
    # That of a cassette whose name begins alike may be written right now.
    others = path.with_name(f".a.yaml.01234567.{'0' * 32}.tmp")
    others.touch()
    run(url, path, 1)
    assert beside(path) == [others.name]


def test_what_cannot_be_removed_does_not_fail_the_write(tmp_path: Path) -> None:
    # A directory of that name stands for whatever the system does not let go of.
    path = tmp_path / "a.yaml"
    left = path.with_name(f"{files._temporary_prefix(path)}{'0' * 32}.tmp")
    left.mkdir()
    cassette.update(path, lambda _: [ONE])
    assert load(path) == [ONE]
    assert left.exists()


# --- a disk that refuses


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FullDisk:
    """The module `os` as the journal sees it, where some functions find the disk full."""

    def __init__(self, **refusing: Any) -> None:
        self.__dict__.update(refusing)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def test_a_disk_that_takes_no_cassette_leaves_the_old_one_and_a_journal(
    path: Path, url: str, monkeypatch: pytest.MonkeyPatch, chat_server: ChatServer
) -> None:
    run(url, path, 1)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(CassetteError) as caught, use_cassette(path, mode="new_episodes"):
            ask(url, 0)
            ask(url, 1)
    [left] = beside(path)
    assert str(caught.value) == (
        f"{path}: cannot be written: No space left on device; what was there is as it was;"
        f" what was recorded is kept in {path.parent / left}"
    )
    assert path.read_bytes() == before
    # And if it is still full when the next run has taken it up, it is still there, and named again.
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(CassetteError, match=left), use_cassette(path, mode="new_episodes"):
            ask(url, 0)
            ask(url, 1)
    assert beside(path) == [left]
    run(url, path, 2, mode="new_episodes")
    assert chat_server.requests == 2
    assert len(load(path)) == 2
    assert beside(path) == []


@pytest.mark.parametrize("function", ["open", "write", "fstat"])
def test_a_disk_that_takes_no_journal_costs_a_note(
    path: Path, url: str, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "os", FullDisk(**{function: full}))
    got, notes = run(url, path, 3)
    [note] = notes
    assert note.endswith(".new.journal: cannot be written: No space left on device")
    assert run(url, path, 3, mode="none") == (got, [])
    assert beside(path) == []


def test_a_disk_that_takes_neither_says_that_it_is_lost(path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "os", FullDisk(open=full))
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(CassetteError, match="No space left on device; .*; what was recorded is lost"):
        run(url, path, 1)
    assert beside(path) == []


def test_a_call_that_did_not_fit_does_not_spoil_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []

    def half(descriptor: int, data: bytes) -> int:
        # The second call: a part of it fits, the rest does not.
        written.append(len(data))
        if len(written) == 4:
            full()
        return os.write(descriptor, data[: len(data) // 2] if len(written) == 3 else data)

    monkeypatch.setattr(journal_module, "os", FullDisk(write=half))
    journal = Journal(tmp_path / "a.yaml", replacing=False)
    journal.add(ONE)
    with pytest.raises(OSError, match="No space left"):
        journal.add(ONE)
    journal.add(TWO)
    assert journal.lost == 1
    journal.close()
    [found] = left_behind(tmp_path / "a.yaml")
    assert found.interactions == [ONE, TWO]
    found.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
@pytest.mark.parametrize("limit", [0, 500, 2_000, 5_000])
def test_a_limit_to_the_size_of_files_leaves_the_old_file_and_says_what_is_kept(
    path: Path, url: str, limit: int, chat_server: ChatServer
) -> None:
    run(url, path, 4)
    before = path.read_bytes()
    assert len(before) > 2_000
    text = f"""
import resource
before = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, before[1]))
try:
    with use_cassette(CASSETTE, mode=MODE):
        for n in range(10):
            ask(n)
finally:
    # Or what coverage writes of this process is cut off too.
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
"""
    ended = process(url, path, text, "new_episodes")
    assert "CassetteError: " in ended.stderr
    assert f"{path}: cannot be written: File too large; what was there is as it was" in ended.stderr
    assert path.read_bytes() == before
    [left] = beside(path)
    assert left in ended.stderr
    assert " lost" in ended.stderr
    paid = answers(ended.stdout)
    asked = chat_server.requests
    got, notes = run(url, path, 10, mode="new_episodes")
    kept = [number for number in range(4, 10) if got[number] == paid[number]]
    assert chat_server.requests == asked + 6 - len(kept)
    assert kept == list(range(4, 4 + len(kept)))
    assert len(kept) in ({0: [0], 500: [0], 2_000: [1, 2]}.get(limit) or range(2, 6))
    calls = f"{len(kept)} call{'s' if len(kept) > 1 else ''}"
    assert notes == ([f"{path}: took up {calls} of a recording that was interrupted"] if kept else [])
    assert beside(path) == []


# --- what is not to be kept


def test_what_a_failed_block_does_not_keep_leaves_no_journal_and_no_directory(tmp_path: Path, url: str) -> None:
    path = tmp_path / "a" / "b" / "c.yaml"
    with pytest.raises(ZeroDivisionError), use_cassette(path):
        ask(url, 0, model="error-500")
        assert beside(path)
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_others_use_by_then_stays(tmp_path: Path, url: str) -> None:
    path = tmp_path / "a" / "b" / "c.yaml"
    with pytest.raises(ZeroDivisionError), use_cassette(path):
        ask(url, 0, model="error-500")
        (tmp_path / "a" / "mine").touch()
        _ = 1 / 0
    assert [file.name for file in tmp_path.rglob("*")] == ["a", "mine"]


def test_a_directory_that_is_removed_during_the_run_is_made_again(path: Path, url: str) -> None:
    with use_cassette(path):
        ask(url, 0)
        shutil.rmtree(path.parent)
    assert len(load(path)) == 1
    with pytest.raises(ZeroDivisionError), use_cassette(path, mode="all"):
        ask(url, 0, model="error-500")
        shutil.rmtree(path.parent)
        _ = 1 / 0
    assert not path.parent.exists()


def test_a_cassette_that_is_deleted_during_the_run_is_made_of_what_was_recorded(path: Path, url: str) -> None:
    run(url, path, 1)
    with use_cassette(path, mode="new_episodes"):
        ask(url, 0)
        ask(url, 1)
        path.unlink()
    assert len(load(path)) == 1
    assert beside(path) == []

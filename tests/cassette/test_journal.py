"""What was paid for survives a killed process, a full disk and a missing directory."""

from __future__ import annotations

import errno
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import CassetteError, use_cassette
from pytest_samurai.cassette import journal as journal_module
from pytest_samurai.cassette.entry import interaction_text
from pytest_samurai.cassette.frame import HEAD
from pytest_samurai.cassette.journal import Journal, left_behind
from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import save, update
from pytest_samurai.files import REAL, whole
from pytest_samurai.server.chat_server import ChatServer
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction
from tests.conftest import KEY, Size, uncovered

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
    # Without `verify`, each call would read all certificates.
    reply = httpx.post(url, json=body, headers={"Authorization": f"Bearer {KEY}"}, verify=False)
    return reply.headers["x-request-id"]


def command(url: str, path: Path, text: str, mode: str = "once") -> list[str]:
    return [sys.executable, "-c", RUN + text, url, KEY, str(path), mode]


def process(url: str, path: Path, text: str, mode: str = "once") -> subprocess.CompletedProcess[str]:
    """A process that kills itself."""
    return subprocess.run(command(url, path, text, mode), capture_output=True, text=True, timeout=60, env=uncovered())


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
    """All files in the directory of a cassette except the cassette."""
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
    assert notes == [f"{path}: recovered 3 calls of an interrupted recording"]
    assert chat_server.requests == 5
    assert len(load(path)) == 5
    assert beside(path) == []
    assert run(url, path, 5, mode="none") == (got, [])
    assert chat_server.requests == 5


def test_new_episodes_takes_them_up_beside_what_the_cassette_has(path: Path, url: str, chat_server: ChatServer) -> None:
    run(url, path, 1)
    killed_after(2, url, path, "new_episodes")
    got, notes = run(url, path, 3, mode="new_episodes")
    assert notes == [f"{path}: recovered 1 call of an interrupted recording"]
    assert chat_server.requests == 3
    assert run(url, path, 3, mode="none") == (got, [])


def test_mode_once_takes_them_up_beside_what_the_cassette_has_and_records_the_others(
    path: Path, url: str, chat_server: ChatServer
) -> None:
    run(url, path, 2)
    old, left = load(path)
    save(path, [replace(old, recorded_at="2020-02-03T00:00:00.000000Z")])
    path.with_name("a.yaml.01234567.new.journal").write_bytes(b"".join([HEAD.encode(), *interaction_text(left)]))
    got, notes = run(url, path, 3)
    assert notes == [f"{path}: recovered 1 call of an interrupted recording"]
    assert chat_server.requests == 3
    assert run(url, path, 3, mode="none") == (got, [])


def test_a_call_that_was_half_written_is_made_again(path: Path, url: str, chat_server: ChatServer) -> None:
    killed_after(2, url, path)
    [left] = path.parent.iterdir()
    left.write_bytes(left.read_bytes()[:-9])
    _, notes = run(url, path, 2)
    assert notes == [f"{path}: recovered 1 call of an interrupted recording"]
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
    named = f"{path.parent / left} holds 1 call of an interrupted recording; --samurai-mode=all recovers it"
    assert notes == [named]
    assert beside(path) == [left]
    got, notes = run(url, path, 2, mode="all")
    assert got[0] == paid[0]
    assert got[1] != before[1]
    assert notes == [f"{path}: recovered 1 call of an interrupted recording"]
    assert chat_server.requests == 4
    assert len(load(path)) == 2
    assert beside(path) == []


@pytest.mark.parametrize(("count", "calls", "them"), [(1, "1 call", "it"), (2, "2 calls", "them")])
def test_mode_none_names_it_and_mode_live_does_not_look(
    path: Path, url: str, count: int, calls: str, them: str
) -> None:
    killed_after(count, url, path)
    [left] = beside(path)
    with pytest.warns(UserWarning, match=rf"holds {calls} of .*; --samurai-mode=update recovers {them}$"):
        with use_cassette(path, mode="none"):
            pass
    with use_cassette(path, mode="live"):
        pass
    assert beside(path) == [left]


def test_what_is_in_the_cassette_by_then_is_not_taken_up_twice(path: Path) -> None:
    # The process was killed after writing the cassette, and before deleting its journal.
    path.parent.mkdir()
    save(path, [ONE, TWO])
    left = path.with_name("a.yaml.01234567.new.journal")
    left.write_bytes(b"".join([HEAD.encode(), *interaction_text(ONE), *interaction_text(TWO)]))
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


def test_a_journal_that_is_being_discarded_is_nobodys_to_take_up(
    path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its calls are in the cassette. A worker that opened the cassette earlier cannot know that."""
    taken_up: list[journal_module.LeftBehind] = []
    unlink = REAL.unlink

    def look_then_unlink(name: Any) -> None:
        if str(name).endswith(".journal"):
            taken_up.extend(left_behind(path))
        unlink(name)
        taken_up.extend(left_behind(path))

    with use_cassette(path):
        ask(url, 1)
        monkeypatch.setattr(REAL, "unlink", look_then_unlink)
    assert taken_up == []
    assert len(load(path)) == 1
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_only_the_journals_of_this_cassette_are_its_own(path: Path) -> None:
    path.parent.mkdir()
    for name in ("a.yaml.bak", "b.yaml.01234567.new.journal", "a.yaml.journals"):
        (path.parent / name).write_bytes(b"".join([HEAD.encode(), *interaction_text(ONE)]))
    assert list(left_behind(path)) == []


# The moment is a line of the plugin's code, counted from the first call or from the end of the block. So a number says
# where, and replacing the file, which is short, gets its share.
KILLED_AT = """
phase, last, count = sys.argv[5], int(sys.argv[6]), int(sys.argv[7])
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

with use_cassette(CASSETTE, mode=MODE, unused="ignore") as recorder:
    sys.settrace(trace)
    for n in range(count):
        ask(n)
    now = "end"
    recorder.close()
    sys.settrace(None)
print(*lines.values(), file=sys.stderr)
"""


OLD = [ONE, TWO]


def moment_of(turn: int, of_calls: int, of_end: int, of_replacing: int, chance: random.Random) -> tuple[str, int]:
    """A line of one phase. The lines differ a little from run to run, with the digits of measurements.

    Those of replacing do not: from the temporary file to the journal's end.
    """
    return [
        ("calls", chance.randrange(1, of_calls * 9 // 10)),
        ("calls", chance.randrange(1, of_calls * 9 // 10)),
        ("end", chance.randrange(1, of_end * 9 // 10)),
        ("replacing", chance.randrange(1, of_replacing)),
    ][turn % 4]


def test_whenever_it_is_killed_each_completed_call_is_there_after_the_next_run(tmp_path: Path, size: Size) -> None:
    chance, calls = random.Random(23), size(10, 20)
    with ChatServer(api_key=KEY) as server:
        url = f"{server.base_url}/chat/completions"

        def killed_at(phase: str, line: int, mode: str) -> tuple[Path, subprocess.CompletedProcess[str]]:
            path = tmp_path / mode / phase / str(line) / "a.yaml"
            path.parent.mkdir(parents=True)
            (path.parent / "b.yaml").write_bytes(b"of another test")
            if mode == "new_episodes":
                save(path, OLD)
            arguments = [*command(url, path, KILLED_AT, mode), phase, str(line), str(calls)]
            return path, subprocess.run(arguments, capture_output=True, text=True, timeout=60, env=uncovered())

        counts: Counter[str] = Counter()
        lines: dict[str, tuple[int, int, int]] = {}
        for mode in ("once", "new_episodes"):
            _, whole = killed_at("calls", -1, mode)
            assert whole.returncode == 0, whole.stderr
            of_calls, of_end, of_replacing = map(int, whole.stderr.split()[-3:])
            lines[mode] = of_calls, of_end, of_replacing
        for turn in range(size(8, 200)):
            mode = ("once", "new_episodes")[turn % 2]
            moment = moment_of(turn // 2, *lines[mode], chance)
            path, ended = killed_at(*moment, mode)
            assert ended.returncode == -signal.SIGKILL, (moment, ended.stderr)
            half_written = any(name.endswith(".tmp") for name in beside(path))
            counts["killed with the new file half written"] += half_written
            paid = answers(ended.stdout)
            asked = server.requests
            got, _ = run(url, path, calls, mode=mode, unused="ignore")
            assert {number: got[number] for number in paid} == paid, moment
            # The call in progress is the only one that was asked and not answered to anybody.
            assert server.requests - asked <= calls - len(paid), moment
            old = OLD if mode == "new_episodes" else []
            assert load(path)[: len(old)] == old, moment
            assert len(load(path)) == len(old) + calls, moment
            assert beside(path) == ["b.yaml"], moment
            assert (path.parent / "b.yaml").read_bytes() == b"of another test"
            assert run(url, path, calls, mode="none", unused="ignore") == (got, []), moment
            counts["killed runs"] += 1
            counts["completed calls, each there after the next run"] += len(paid)
            counts[f"killed with {'all' if len(paid) == calls else 'some' if paid else 'no'} calls completed"] += 1
            shutil.rmtree(path.parent)
    size.tell(", ".join(f"{count:,} {name}" for name, count in counts.items()))


def test_what_a_process_left_that_was_killed_as_it_wrote_is_removed(path: Path, url: str) -> None:
    text = "from pytest_samurai.files import REAL\nREAL.replace = die\nwith use_cassette(CASSETTE):\n    ask(0)"
    assert process(url, path, text).returncode == -signal.SIGKILL
    assert [name.rpartition(".")[2] for name in beside(path)] == ["tmp", "journal"]
    # The journal of a cassette with a similar name may be in use right now.
    others = path.with_name(f".a.yaml.01234567.{'0' * 32}.tmp")
    others.touch()
    run(url, path, 1)
    assert beside(path) == [others.name]


def test_what_cannot_be_removed_does_not_fail_the_write(tmp_path: Path) -> None:
    # A directory with that name acts like a file that the system does not release.
    path = tmp_path / "a.yaml"
    left = path.with_name(f"{whole._temporary_prefix(path)}{'0' * 32}.tmp")
    left.mkdir()
    update(path, lambda _: [ONE])
    assert load(path) == [ONE]
    assert left.exists()


# --- a disk that fails


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FullDisk:
    """The system's functions as the journal sees them, some of which find the disk full."""

    def __init__(self, **refusing: Any) -> None:
        self.__dict__.update(refusing)

    def __getattr__(self, name: str) -> Any:
        return getattr(REAL, name)


def test_a_disk_that_takes_no_cassette_leaves_the_old_one_and_a_journal(
    path: Path, url: str, monkeypatch: pytest.MonkeyPatch, chat_server: ChatServer
) -> None:
    run(url, path, 1)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(REAL, "replace", full)
        with pytest.raises(CassetteError) as caught, use_cassette(path, mode="new_episodes"):
            ask(url, 0)
            ask(url, 1)
    [left] = beside(path)
    assert str(caught.value) == (
        f"{path}: cannot be written: No space left on device; the old file is unchanged;"
        f" what was recorded is kept in {path.parent / left}"
    )
    assert path.read_bytes() == before
    # If the disk is still full when the next run recovers it, the journal stays and is named again.
    with monkeypatch.context() as patch:
        patch.setattr(REAL, "replace", full)
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
    if function == "write":
        monkeypatch.setattr(journal_module, "write_all", full)
    else:
        monkeypatch.setattr(journal_module, "REAL", FullDisk(**{function: full}))
    got, notes = run(url, path, 3)
    [note] = notes
    assert note.endswith(".new.journal: cannot be written: No space left on device")
    assert run(url, path, 3, mode="none") == (got, [])
    assert beside(path) == []


def test_a_disk_that_takes_neither_says_that_it_is_lost(path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "REAL", FullDisk(open=full))
    monkeypatch.setattr(REAL, "replace", full)
    with pytest.raises(CassetteError, match="No space left on device; .*; what was recorded is lost"):
        run(url, path, 1)
    assert beside(path) == []


def test_a_call_that_did_not_fit_does_not_spoil_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []

    def half(descriptor: int, data: bytes) -> int:
        # The second call: part of it fits, the rest does not.
        written.append(len(data))
        if len(written) == 4:
            full()
        return os.write(descriptor, data[: len(data) // 2] if len(written) == 3 else data)

    monkeypatch.setattr(REAL, "write", half)
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


# The limit is set when a write begins, to the middle of its data, so that each write of the run can be hit. It stays,
# as on a full disk, or is lifted after this one write.
LIMITED = """
import resource
from pytest_samurai.cassette import journal, writer

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, BEFORE[1]))

def write(self, text):
    begin(sum(map(len, text)), os.fstat(self._descriptor).st_size)
    try:
        RIGHT[0](self, text)
    finally:
        end()

def replace_whole(path, content):
    begin(len(content), 0)
    RIGHT[1](path, content)

def begin(length, at):
    COUNTED.append(length)
    if len(COUNTED) == int(sys.argv[5]):
        limit(at + length // 2)

def end():
    if sys.argv[6] == "lifted":
        limit(BEFORE[0])

COUNTED = []
BEFORE = resource.getrlimit(resource.RLIMIT_FSIZE)
RIGHT = journal.Journal._write, writer.replace_whole
journal.Journal._write, writer.replace_whole = write, replace_whole
try:
    with use_cassette(CASSETTE, mode=MODE, unused="ignore"):
        for n in range(20):
            ask(n)
finally:
    # Or what coverage writes of this process is cut off too.
    limit(BEFORE[0])
    print(len(COUNTED), file=sys.stderr)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_limit_to_the_size_of_files_at_any_write_costs_no_call_that_is_not_named(tmp_path: Path, size: Size) -> None:
    counts: Counter[str] = Counter()
    with ChatServer(api_key=KEY) as server:
        url = f"{server.base_url}/chat/completions"

        def limited(write: int, how: str) -> tuple[Path, subprocess.CompletedProcess[str]]:
            path = tmp_path / f"{write}-{how}" / "a.yaml"
            path.parent.mkdir()
            save(path, OLD)
            arguments = [*command(url, path, LIMITED, "new_episodes"), str(write), how]
            return path, subprocess.run(arguments, capture_output=True, text=True, timeout=60)

        path, whole = limited(-1, "stays")
        assert whole.stderr == "22\n", "the journal's head, 20 calls, the cassette"
        before = path.with_name("old.yaml")
        save(before, OLD)
        turns = [(write, how) for write in range(1, 23) for how in ("stays", "lifted")]
        for write, how in random.Random(22).sample(turns, size(4, len(turns))):
            path, ended = limited(write, how)
            paid = answers(ended.stdout)
            assert len(paid) == 20
            counts["limited runs"] += 1
            if how == "lifted" and write < 22:
                # The journal lacks a call, or its head; the cassette has them all.
                [note] = re.findall(r"UserWarning: (.*)", ended.stderr)
                assert re.search(r"a\.yaml\.\w+\.new\.journal: cannot be written: File too large$", note)
                assert beside(path) == []
                lost = 0
            else:
                assert path.read_bytes() == before.read_bytes()
                [left] = beside(path)
                assert f"{path}: cannot be written: File too large; the old file is unchanged;" in ended.stderr
                kept = re.search(r"kept in \S+\.new\.journal(?:, except for (\d+) calls? lost)?$", ended.stderr, re.M)
                assert kept is not None
                assert left in kept[0]
                lost = int(kept[1] or 0)
                counts["calls kept in a journal"] += 20 - lost
            asked = server.requests
            got, notes = run(url, path, 20, mode="new_episodes", unused="ignore")
            there = [number for number in paid if got[number] == paid[number]]
            assert len(there) == 20 - lost, (write, how)
            assert server.requests - asked == lost
            taken_up = f"{path}: recovered {20 - lost} call{'' if lost == 19 else 's'} of an interrupted recording"
            assert notes == ([taken_up] if lost < 20 and not (how == "lifted" and write < 22) else []), (write, how)
            assert load(path)[:2] == OLD
            assert len(load(path)) == 22
            assert beside(path) == []
            counts["calls there after the next run"] += len(there)
            counts["calls named as lost"] += lost
    size.tell(", ".join(f"{count:,} {name}" for name, count in counts.items()))


# --- what should not be kept


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


def test_a_directory_that_another_process_takes_away_at_the_wrong_moment_is_made_again(
    path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A worker whose test keeps nothing removes the directory it made, just as this one is about to use it.
    make = REAL.mkdir
    taken: list[Path] = []

    def make_and_take(directory: Path, *mode: int) -> None:
        make(directory, *mode)
        if directory == path.parent and len(taken) < 3:
            taken.append(directory)
            shutil.rmtree(directory)

    monkeypatch.setattr(REAL, "mkdir", make_and_take)
    assert run(url, path, 2)[1] == []
    assert len(taken) == 3
    shutil.rmtree(path.parent)
    taken.clear()
    save(path, [ONE])
    assert (len(taken), load(path)) == (3, [ONE])


def test_a_directory_that_is_taken_away_each_time_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(REAL, "mkdir", lambda *_: None)
    with pytest.raises(CassetteError, match=r"a\.yaml: cannot be written: No such file or directory; the old file"):
        save(path, [ONE])


def test_a_cassette_that_is_deleted_during_the_run_is_made_of_what_was_recorded(path: Path, url: str) -> None:
    run(url, path, 1)
    with use_cassette(path, mode="new_episodes"):
        ask(url, 0)
        ask(url, 1)
        path.unlink()
    assert len(load(path)) == 1
    assert beside(path) == []


@pytest.mark.parametrize("name", ["x" * 250 + ".yaml", "\u00e9" * 125 + ".yaml"])
def test_a_cassette_with_the_longest_name_has_a_journal_too(tmp_path: Path, name: str) -> None:
    other = f"{name[:-6]}y.yaml"
    for cassette, call in ((name, ONE), (other, TWO)):
        journal = Journal(tmp_path / cassette, replacing=True)
        journal.add(call)
        assert len(os.fsencode(journal.path.name)) <= 255
        journal.close()
    for cassette, call in ((name, ONE), (other, TWO)):
        [left] = left_behind(tmp_path / cassette)
        assert (left.replacing, left.interactions) == (True, [call])

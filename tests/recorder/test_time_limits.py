"""A timeout or Ctrl-C at any moment after a reply has arrived: the call is paid for, so it is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai import use_cassette
from pytest_samurai.bill.publiclist import PublicList
from pytest_samurai.cassette.journal import Journal, left_behind
from pytest_samurai.cassette.reader import load
from pytest_samurai.files import REAL
from pytest_samurai.recorder.editor import Editor
from pytest_samurai.recorder.exchange import Take
from pytest_samurai.server.chat_server import ChatServer
from pytest_samurai.wire.http import CLOSED, COMPLETE, Request
from tests.cassette.test_journal import ONE, TWO
from tests.conftest import KEY
from tests.recorder.conftest import answered, ask, asked_and_got, opened


class OutOfTime(BaseException):
    """Raised by a plugin that ends a test after a while. Like pytest's own outcomes, it is not an `Exception`."""


STRUCK = {
    "while it is redacted": (Editor, "written", OutOfTime),
    "while it is redacted, by a handler of signals": (Editor, "written", TimeoutError),
    "while it is written down": (Journal, "add", OutOfTime),
    "by Ctrl-C": (Journal, "_write", KeyboardInterrupt),
    "while it is priced": (PublicList, "price", OutOfTime),
}


@pytest.mark.parametrize(("owner", "name", "limit"), STRUCK.values(), ids=STRUCK.keys())
def test_a_call_whose_reply_has_come_is_kept_whenever_time_is_up(
    path: Path, url: str, owner: Any, name: str, limit: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    struck: list[str] = []
    right = getattr(owner, name)

    def strike(*arguments: Any, **options: Any) -> Any:
        if not struck:
            struck.append(name)
            raise limit
        return right(*arguments, **options)

    monkeypatch.setattr(owner, name, strike)
    with pytest.raises(limit), use_cassette(path) as recorder:
        ask(url)
        assert recorder.cost is None
    assert struck == [name]
    assert asked_and_got(path) == [("hi", 200)]
    assert list(path.parent.iterdir()) == [path]


def test_what_a_hook_raises_is_raised_once(path: Path) -> None:
    calls: list[object] = []

    def hook(response: object) -> None:
        calls.append(response)
        raise ValueError("mine")

    recorder = opened(path, before_record_response=hook)
    with pytest.raises(ValueError, match="mine"):
        answered(recorder, "hi")
    recorder.close()
    assert len(calls) == 1
    assert not path.exists()


def test_a_call_is_in_the_journal_before_anybody_asks_what_it_cost(
    path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    right = PublicList.price

    def price(self: PublicList, *arguments: Any, **options: Any) -> Any:
        journals = list(path.parent.glob("*.journal"))
        seen.append(sum(journal.read_bytes().count(b"- request:") for journal in journals))
        return right(self, *arguments, **options)

    monkeypatch.setattr(PublicList, "price", price)
    with use_cassette(path) as recorder:
        ask(url, "one")
        assert seen == []
        assert recorder.cost > 0
        ask(url, "two")
    assert seen[0] == 1
    assert all(recording.price is not None for recording in load(path))


LOADED = """
import sys
import httpx
from pytest_samurai import use_cassette

def loaded(): return int("genai_prices" in sys.modules)

url, key, path, mode = sys.argv[1:]
body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
with use_cassette(path, mode=mode):
    before = loaded()
    httpx.post(url, json=body, headers={"Authorization": f"Bearer {key}"}, verify=False)
    print(before, loaded())
"""


def test_the_price_list_is_loaded_when_a_recorder_that_may_record_opens_and_never_for_a_replay(
    path: Path, chat_server: ChatServer
) -> None:
    def run(mode: str) -> str:
        # This is about what a process has imported.
        arguments = [sys.executable, "-c", LOADED, f"{chat_server.base_url}/chat/completions", KEY, str(path), mode]
        return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout

    assert run("once") == "1 1\n"
    assert run("once") == run("none") == "0 0\n"


def test_what_is_taken_up_from_a_journal_gets_its_price_when_it_is_written(path: Path, url: str) -> None:
    recorder = opened(path)
    answered(recorder, "hi")
    recorder._keeper._journal.close()  # type: ignore[union-attr]  # as if its process had died
    [journal] = left_behind(path)
    assert [interaction.price for interaction in journal.interactions] == [None]
    journal.close()
    again = opened(path)
    assert answered(again, "hi") == "replayed"
    again.close()
    [interaction] = load(path)
    assert interaction.price is not None


def test_a_call_that_is_half_written_when_time_is_up_does_not_spoil_the_next(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path, replacing=False)
    journal.add(ONE)
    right = REAL.write

    def half(descriptor: int, data: bytes) -> int:
        right(descriptor, data[: len(data) // 2])
        raise OutOfTime

    with monkeypatch.context() as patch:
        patch.setattr(REAL, "write", half)
        with pytest.raises(OutOfTime):
            journal.add(ONE)
    journal.add(TWO)
    journal.close()
    [left] = left_behind(path)
    assert left.interactions == [ONE, TWO]
    left.discard()


def test_a_cassette_whose_writing_is_stopped_leaves_its_journal_for_the_next_run(
    path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise OutOfTime

    with monkeypatch.context() as patch:
        patch.setattr(REAL, "replace", stopped)
        with pytest.raises(OutOfTime), use_cassette(path):
            ask(url)
    [left] = left_behind(path)
    left.close()
    assert [file.name for file in path.parent.iterdir()] == [left.path.name]
    recorder = opened(path)
    assert [len(left.interactions), len(recorder.playback.recordings)] == [1, 1]
    recorder.close()
    assert asked_and_got(path) == [("hi", 200)]


def test_a_call_that_another_thread_ends_while_it_is_kept_is_counted_once(path: Path) -> None:
    recorder = opened(path)
    body = b'{"messages":[{"role":"user","content":"hi"}]}'
    take = recorder.handle(Request("POST", "http://h/v1/chat/completions", (), body))
    assert isinstance(take, Take)
    kept: list[object] = []
    counted: list[object] = []

    def keep(interaction: object) -> None:
        kept.append(interaction)
        if len(kept) == 1:
            # As the recorder does in the thread that closes it.
            take.end(CLOSED)

    take._keep_it, take._count_it = keep, counted.append
    take.reply(200, "OK", (), "HTTP/1.1")
    take.end(COMPLETE)
    assert len(kept) == 2
    assert kept[0] is kept[1]
    assert len(counted) == 1

"""What is kept and what is told: retried errors, what was not played, age, failed blocks, several workers."""

from __future__ import annotations

import difflib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import SamuraiFailure, use_cassette
from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.cassette.entry import interaction_text
from pytest_samurai.cassette.frame import HEAD
from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.shelf import Shelf
from pytest_samurai.cassette.writer import save
from pytest_samurai.recorder.exchange import Played
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.recorder import Recorder
from pytest_samurai.recorder.shared import Shared
from pytest_samurai.server import request as server
from pytest_samurai.server.chat_server import ChatServer
from pytest_samurai.server.errors import ApiError
from pytest_samurai.settings.layers import Layer, resolve
from pytest_samurai.wire.http import COMPLETE, Request
from tests.conftest import KEY, Size
from tests.plugin.test_plugin import Project, project

__all__ = ["project"]


@pytest.fixture
def url(chat_server: ChatServer) -> str:
    return f"{chat_server.base_url}/chat/completions"


@pytest.fixture
def path(cassettes: Path) -> Path:
    return cassettes / "a.yaml"


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have the server answer the next requests with these statuses."""
    statuses: list[int] = []
    right = server.check_model

    def check(model: object) -> None:
        if statuses:
            raise ApiError(statuses.pop(0), "not now")
        right(model)

    monkeypatch.setattr(server, "check_model", check)
    return lambda *more: statuses.extend(more)


def ask(url: str, content: str = "hi", **more: Any) -> httpx.Response:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}], **more}
    # Without `verify`, each call would read all the certificates that there are.
    return httpx.post(url, json=body, headers={"Authorization": f"Bearer {KEY}"}, verify=False)


def opened(path: Path, mode: str = "once", *, shared: bool = False, **options: Any) -> Recorder:
    settings = resolve([Layer("a test", "test", {"mode": mode, **options})])
    owner = Owner("a test", datetime.now(UTC) - timedelta(hours=1), shared=shared)
    recorder = Recorder(path, settings, owner, Shared(PriceList(), Shelf()))
    recorder.open()
    return recorder


def answered(recorder: Recorder, content: str, status: int = 200, ending: str = COMPLETE) -> str:
    """Have a question answered: by the cassette, or as if by a server."""
    body = json.dumps({"messages": [{"role": "user", "content": content}]}).encode()
    exchange = recorder.handle(Request("POST", "http://h/v1/chat/completions", (), body))
    if isinstance(exchange, Played):
        return "replayed"
    assert exchange is not None
    exchange.reply(status, "", (), "HTTP/1.1")
    exchange.end(ending)
    return "live"


def asked_and_got(path: Path) -> list[tuple[str, int]]:
    return [(json.loads(item.request.body)["messages"][0]["content"], item.reply.status) for item in load(path)]


def statuses(path: Path) -> list[int]:
    return [item.reply.status for item in load(path)]


# --- retried errors


def test_an_error_after_which_the_same_request_went_well_is_left_out(
    path: Path, url: str, fail: Callable[..., None]
) -> None:
    fail(429, 503)
    with use_cassette(path) as recorder:
        assert [ask(url).status_code for _ in range(3)] == [429, 503, 200]
    assert recorder.recorded == 1
    assert statuses(path) == [200]
    with use_cassette(path, mode="none"):
        assert ask(url).status_code == 200


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529, 599])
def test_these_are_the_errors_that_a_client_tries_again(path: Path, status: int) -> None:
    recorder = opened(path)
    for answer in (status, 200):
        answered(recorder, "hi", answer)
    recorder.close()
    assert statuses(path) == [200]


def test_an_error_that_nothing_mended_is_kept(path: Path, url: str, fail: Callable[..., None]) -> None:
    with use_cassette(path):
        ask(url)
        fail(429)
        ask(url)
        fail(429)
        ask(url, "another")
    assert statuses(path) == [200, 429, 429]


def test_an_error_that_no_client_tries_again_is_kept(path: Path, url: str, fail: Callable[..., None]) -> None:
    fail(400)
    with use_cassette(path):
        ask(url)
        ask(url)
    assert statuses(path) == [400, 200]


def test_kept_retries_replay_without_the_wait(path: Path, url: str, fail: Callable[..., None]) -> None:
    fail(429)
    with use_cassette(path, keep_retries=True):
        ask(url)
        ask(url)
    assert statuses(path) == [429, 200]
    recorded = load(path)
    save(
        path,
        [replace(recorded[0], reply=replace(recorded[0].reply, headers=(("retry-after", "60"),))), recorded[1]],
    )
    before = path.read_bytes()
    with use_cassette(path, keep_retries=True):
        first, second = ask(url), ask(url)
    assert (first.status_code, second.status_code) == (429, 200)
    assert first.headers["retry-after-ms"] == "1"
    assert "retry-after" not in first.headers
    assert "retry-after-ms" not in second.headers
    # It is what a replay says, not what was recorded.
    assert path.read_bytes() == before


def test_a_run_that_takes_up_an_error_and_mends_it_leaves_it_out(
    path: Path, url: str, fail: Callable[..., None]
) -> None:
    fail(429)
    with use_cassette(path):
        ask(url)
    [error] = load(path)
    path.unlink()
    left = path.with_name("a.yaml.01234567.new.journal")
    left.write_bytes(b"".join([HEAD.encode(), *interaction_text(error)]))
    with pytest.warns(UserWarning, match="took up 1 call"), use_cassette(path):
        assert [ask(url).status_code for _ in range(2)] == [429, 200]
    assert statuses(path) == [200]


# --- what was not played


@pytest.fixture
def seven(path: Path, url: str) -> Path:
    with use_cassette(path):
        for number in range(7):
            ask(url, f"question {number} {'about all ' * 20}")
    return path


def test_recordings_that_were_not_played_fail_the_block(seven: Path, url: str) -> None:
    with pytest.raises(SamuraiFailure) as caught, use_cassette(seven):
        ask(url, f"question 3 {'about all ' * 20}")
    lines = str(caught.value).splitlines()
    assert lines[0] == f"6 of 7 recorded interactions were not played: {seven}"
    assert lines[1] == f"  interaction 1: question 0 {('about all ' * 20)[:69]}..."
    assert [line[:17] for line in lines[2:5]] == [f"  interaction {n}: "[:17] for n in (2, 3, 5)]
    assert lines[6:] == ["  ... and 1 more"]


def test_they_can_be_a_warning_or_nothing(seven: Path, url: str) -> None:
    with pytest.warns(UserWarning, match="^7 of 7 recorded interactions were not played"):
        with use_cassette(seven, unused="warn"):
            pass
    with use_cassette(seven, unused="ignore") as recorder:
        pass
    assert recorder.notes == []
    assert recorder.playback.unplayed() == list(range(7))


def test_a_failed_block_is_not_told_of_them(seven: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught, use_cassette(seven):
        _ = 1 / 0
    assert not hasattr(caught.value, "__notes__")


def test_new_episodes_counts_them_but_not_what_it_records(seven: Path, url: str) -> None:
    with pytest.raises(SamuraiFailure, match="^7 of 7 recorded"), use_cassette(seven, mode="new_episodes"):
        ask(url, "something new")
    assert len(load(seven)) == 8


def test_all_and_the_first_run_have_none(seven: Path, url: str) -> None:
    with use_cassette(seven, mode="all"):
        ask(url)
    assert len(load(seven)) == 1


def test_a_client_that_tries_less_often_leaves_no_error_unplayed(
    path: Path, url: str, fail: Callable[..., None]
) -> None:
    fail(429, 503, 429)
    with use_cassette(path, keep_retries=True):
        for _ in range(3):
            ask(url)
        ask(url, "another")
    assert statuses(path) == [429, 503, 429, 200]
    with use_cassette(path, keep_retries=True):
        ask(url)
        ask(url, "another")
    # The first of them is no tail: a test that does not make the request at all did not play it.
    with pytest.raises(SamuraiFailure, match="^1 of 4 recorded interactions was not played"):
        with use_cassette(path, keep_retries=True):
            ask(url, "another")


# --- age


def aged(path: Path, moment: str | None) -> None:
    save(path, [replace(item, recorded_at=moment) for item in load(path)])


def test_a_cassette_that_is_too_old_is_named_and_not_changed(seven: Path) -> None:
    aged(seven, "2020-02-03T00:00:00.000000Z")
    before = seven.read_bytes()
    with pytest.warns(UserWarning, match="recorded on 2020-02-03, which is longer ago than samurai_max_age"):
        with use_cassette(seven, unused="ignore", max_age="30d"):
            pass
    assert seven.read_bytes() == before


@pytest.mark.parametrize("moment", ["9999-01-01T00:00:00.000000Z", None])
def test_a_young_cassette_or_one_without_a_date_is_not(seven: Path, moment: str | None) -> None:
    aged(seven, moment)
    with use_cassette(seven, unused="ignore", max_age="30d") as recorder:
        pass
    assert recorder.notes == []


def test_what_is_added_to_a_cassette_leaves_the_old_recordings_as_old_as_they_were(path: Path, url: str) -> None:
    with use_cassette(path):
        ask(url, "old")
    aged(path, "2020-02-03T00:00:00.000000Z")

    def add() -> None:
        with use_cassette(path, mode="new_episodes", unused="ignore", max_age="30d"):
            ask(url, "old")
            ask(url, "new")

    for _ in range(2):
        with pytest.warns(UserWarning, match="recorded on 2020-02-03"):
            add()
    old, new = load(path)
    assert old.recorded_at == "2020-02-03T00:00:00.000000Z"
    assert new.recorded_at is not None
    assert new.recorded_at > "2021"
    with use_cassette(path, mode="all", max_age="30d") as recorder:
        ask(url, "old")
    assert recorder.notes == []
    assert load(path)[0].recorded_at != "2020-02-03T00:00:00.000000Z"


AGED = """
@pytest.mark.samurai("shared", MARKER)
@pytest.mark.parametrize("number", [1, 2])
def test_it(samurai_client, number): ask(samurai_client)
"""


@pytest.mark.parametrize("place", ["marker", "fixture", "ini", "command line"])
def test_an_old_cassette_is_named_once_in_the_summary_and_not_changed(project: Project, place: str) -> None:
    fixture = "@pytest.fixture\ndef samurai_config(): return {'max_age': '30d'}\n"
    text = AGED.replace("MARKER", "max_age='30d'" if place == "marker" else "")
    project.tests(f"{fixture}{text}" if place == "fixture" else text)
    project.pytester.makeini("[pytest]\n" + ("samurai_max_age = 30d" if place == "ini" else ""))
    arguments = ["--samurai-max-age=30d"] if place == "command line" else []
    project.run(*arguments).assert_outcomes(passed=2)
    shared = project.pytester.path / "cassettes" / "shared.yaml"
    aged(shared, "2020-02-03T00:00:00.000000Z")
    before = shared.read_bytes()
    for _ in range(2):
        result = project.run(*arguments)
        result.assert_outcomes(passed=2)
        line = "samurai: cassettes/shared.yaml: recorded on 2020-02-03, which is longer ago than samurai_max_age"
        assert result.outlines.count(line) == 1
    assert shared.read_bytes() == before


# --- failed blocks


@pytest.mark.parametrize(
    ("answers", "options", "kept", "why"),
    [
        ([200, 200], {}, [200, 200], None),
        ([429, 200], {}, [200], None),
        ([503, 429, 200], {"keep_retries": True}, [503, 429, 200], None),
        ([200, 500], {}, [], "status 500"),
        ([200, 400], {}, [], "status 400"),
        ([400, 200], {}, [], "status 400"),
        ([429, 200, 429], {"keep_retries": True}, [], "status 429"),
        ([200, "RemoteProtocolError"], {}, [], "a stream that broke or held an error"),
    ],
)
def test_of_a_test_that_failed_is_kept_what_went_well_and_the_summary_says_why_if_nothing_is(
    path: Path, answers: list[int | str], options: dict[str, Any], kept: list[int], why: str | None
) -> None:
    recorder = opened(path, **options)
    for answer in answers:
        broken = isinstance(answer, str)
        answered(recorder, "hi", 200 if isinstance(answer, str) else answer, str(answer) if broken else COMPLETE)
    recorder.close(passed=False)
    assert (statuses(path) if path.exists() else []) == kept
    said = f"nothing recorded of a test: it did not pass, and a call ended in {why}"
    assert recorder.notes == ([said] if why else [])
    assert not list(path.parent.glob("*.journal"))


def test_a_failed_block_in_mode_all_keeps_what_it_did_not_ask_again(path: Path, url: str) -> None:
    with use_cassette(path):
        before = {content: ask(url, content).headers["x-request-id"] for content in ("one", "two")}
    with pytest.raises(ZeroDivisionError), use_cassette(path, mode="all"):
        again = ask(url, "one").headers["x-request-id"]
        _ = 1 / 0
    with use_cassette(path, mode="none"):
        assert ask(url, "one").headers["x-request-id"] == again != before["one"]
        assert ask(url, "two").headers["x-request-id"] == before["two"]


def test_mode_all_replaces_a_shared_cassette_by_what_all_of_its_tests_record(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai("shared")
@pytest.mark.parametrize("number", range(3))
def test_it(number, samurai_client): ask(samurai_client, f"question {number}")
""")
    project.run().assert_outcomes(passed=3)
    before = load(project.pytester.path / "cassettes" / "shared.yaml")
    project.run("--samurai-mode=all").assert_outcomes(passed=3)
    after = load(project.pytester.path / "cassettes" / "shared.yaml")
    assert [item.request.body for item in after] == [item.request.body for item in before]
    assert not [item for item in after if item in before]


# --- what a reviewer sees

OF_THE_ANSWER = {
    *("x-ratelimit-remaining-requests", "x-request-id", "recorded_at", "duration", "hidden_usage", "chunks", "seal"),
}
"""The lines of an answer beside its body: which answer it was, when, how long it took, and the checksums of it all."""


def changed_lines(old: str, new: str) -> list[tuple[str, str, str]]:
    """What a diff shows: its sign, the line, and in which part of an interaction it stands."""
    changes = []
    part = ""
    for line in difflib.ndiff(old.split("\n"), new.split("\n")):
        sign, text = line[0], line[2:]
        if text in ("- request:", "  response:", "    body:", "    samurai:"):
            part = text.strip("- :")
        elif sign in "+-":
            changes.append((sign, text, part))
    return changes


@pytest.mark.parametrize("stream", [False, True])
def test_a_changed_word_of_a_prompt_is_one_line_in_a_review_beside_the_answers_own(
    path: Path, url: str, stream: bool
) -> None:
    def recorded_again(word: str) -> str:
        with use_cassette(path, mode="all"):
            ask(url, "the same as before")
            ask(url, f"Is {word} far?", stream=stream, temperature=0.2, tools=[], metadata={"a": ["b", {"c": 1}]})
        return path.read_text(encoding="utf-8")

    changes = changed_lines(recorded_again("France"), recorded_again("Spain"))
    assert [(sign, text) for sign, text, part in changes if part == "request"] == [
        ("-", '          {"role":"user","content":"Is France far?"}'),
        ("+", '          {"role":"user","content":"Is Spain far?"}'),
    ]
    beside = [text.split(":")[0].strip() for _, text, part in changes if part in ("response", "samurai")]
    assert {name for name in beside if not re.fullmatch(r"(\d+@[\d.]+ ?)+", name)} <= OF_THE_ANSWER
    assert changes[-1][1].startswith("      seal: ")


# --- several workers


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_what_two_workers_record_of_the_same_fixture_is_written_once(path: Path, mode: str) -> None:
    one, other = opened(path, mode, shared=True), opened(path, mode, shared=True)
    for recorder in (one, other):
        assert [answered(recorder, content) for content in ("hi", "hi", "bye")] == ["live"] * 3
    assert answered(other, "only here") == "live"
    one.close()
    other.close()
    assert asked_and_got(path) == [("hi", 200), ("hi", 200), ("bye", 200), ("only here", 200)]
    assert (one.recorded, other.recorded) == (3, 1)


def test_what_a_test_asks_more_often_than_another_is_added(path: Path) -> None:
    one = opened(path, shared=True)
    answered(one, "hi")
    one.close()
    other = opened(path, shared=True)
    assert [answered(other, "hi") for _ in range(3)] == ["replayed", "live", "live"]
    other.close()
    assert asked_and_got(path) == [("hi", 200)] * 3


def test_an_answer_is_written_beside_the_error_that_another_worker_got(path: Path) -> None:
    one, other = opened(path, shared=True), opened(path, shared=True)
    answered(one, "hi", 400)
    answered(other, "hi")
    one.close()
    other.close()
    assert asked_and_got(path) == [("hi", 400), ("hi", 200)]


FORTY = """
import os

def say(text):
    base_url, key = os.environ["SAMURAI_BASE_URL"], os.environ["SAMURAI_API_KEY"]
    with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}, verify=False) as client:
        return ask(client, text)

@pytest.fixture(scope="session")
def of_session(): return say("Say hello")

@pytest.fixture(scope="module")
def of_module(of_session): return say(f"Say {of_session} again")

@pytest.mark.samurai("shared")
class TestIt:
    @pytest.fixture(scope="class")
    def of_class(self, of_module): return say(f"Say {of_module} once more")

    @pytest.mark.parametrize("number", range(40))
    def test_it(self, number, of_class, samurai_client):
        assert of_class
        assert ask(samurai_client, f"question {number}")
"""

FIXTURES = [f"test_it/fixtures/{name}.yaml" for name in ("TestIt.of_class", "of_module", "of_session")]

SHUFFLED = """
import random

def pytest_addoption(parser):
    parser.addoption("--order", type=int)

def pytest_collection_modifyitems(config, items):
    random.Random(config.getoption("--order")).shuffle(items)
"""


def test_workers_share_a_cassette_and_fixtures_in_any_order(project: Project, size: Size) -> None:
    orders = iter(range(1_000))

    def run(*arguments: str) -> None:
        # All workers have to collect in one order, so it is an option, which they are given; a failure shows it.
        order = f"--order={next(orders)}"
        result = project.pytester.runpytest_inprocess("-p", "no:cacheprovider", order, *arguments)
        result.assert_outcomes(passed=40)
        result.stdout.no_fnmatch_line("*no test played*")

    (project.pytester.path / "conftest.py").write_text(SHUFFLED, encoding="utf-8")
    project.tests(FORTY)
    root = project.pytester.path / "cassettes"
    rounds, workers = size(1, 4), size(3, 8)
    for _ in range(rounds):
        run("-n", str(workers))
        # Nothing of a lock or of a journal is left beside them.
        assert project.cassettes() == ["shared.yaml", *FIXTURES]
        asked = sorted(item.request.body for item in load(root / "shared.yaml"))
        assert len(asked) == len(set(asked)) == 40
        # Each worker that set a fixture up before the first of them had written it down has made its call.
        assert [len(load(root / fixture)) for fixture in FIXTURES] == [1, 1, 1]
        project.server.stop()
        before = {name: project.text(name) for name in project.cassettes()}
        for arguments in ([], ["-n", "2"], ["-n", "8"])[: size(2, 3)]:
            run("--samurai-mode=none", *arguments)
        assert {name: project.text(name) for name in project.cassettes()} == before
        shutil.rmtree(root)
        project.server.start()
    size.tell(
        f"{rounds} times 40 tests recorded by {workers} workers, 40 of 40 and one of each fixture in the files each"
        f" time; replayed by none, by 2{' and by 8' if workers == 8 else ''}, each run in an order of its own"
    )

"""`use_cassette`: the recorder without pytest, and the promises of the recorder itself."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
import re
from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import (
    BudgetExceeded,
    CassetteError,
    RequestNotRecorded,
    SettingsError,
    UnknownUsage,
    use_cassette,
)
from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.shelf import Shelf
from pytest_samurai.context import Session
from pytest_samurai.intercept import memory, recorders_around
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.recorder import Recorder
from pytest_samurai.recorder.shared import Shared
from pytest_samurai.server.chat_server import ChatServer
from pytest_samurai.settings.layers import resolve
from tests.conftest import KEY

HEADERS = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
def url(chat_server: ChatServer) -> str:
    return f"{chat_server.base_url}/chat/completions"


def ask(url: str, content: str = "What is the capital of France?", **changes: Any) -> httpx.Response:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}], **changes}
    return httpx.post(url, json=body, headers=HEADERS)


def test_it_records_once_and_then_replays(cassettes: Path, url: str, chat_server: ChatServer) -> None:
    for replayed in (False, True):
        with use_cassette(cassettes / "a.yaml") as recorder:
            ask(url)
        assert recorder.calls[0].replayed is replayed
        assert recorder.replaying is replayed
        assert recorder.usage.total_tokens == 13
    assert chat_server.requests == 1


def test_a_path_is_relative_to_the_working_directory(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with use_cassette("tapes/a.yaml") as recorder:
        ask(url)
    assert recorder.cassette_path == tmp_path / "tapes/a.yaml"
    assert recorder.cassette_path.exists()


def test_an_option_that_does_not_exist_is_named(cassettes: Path) -> None:
    with pytest.raises(SettingsError, match=r"use_cassette\('a.yaml'\).*recording_mode"):
        use_cassette("a.yaml", recording_mode="once")


def test_a_function_is_recorded_and_replayed_at_each_of_its_calls(
    cassettes: Path, url: str, chat_server: ChatServer
) -> None:
    @use_cassette(cassettes / "a.yaml")
    def asked(content: str) -> Any:
        """Ask."""
        return ask(url, content).json()["choices"][0]["message"]["content"]

    @use_cassette(cassettes / "a.yaml")
    async def awaited(content: str) -> Any:
        return ask(url, content).json()["choices"][0]["message"]["content"]

    @use_cassette(cassettes / "a.yaml")
    def yielded(content: str) -> Any:
        yield ask(url, content).json()["choices"][0]["message"]["content"]
        return "end"

    question = "What is the capital of France?"
    assert [asked(question), asked(content=question), asyncio.run(awaited(question))] == ["Paris."] * 3
    generator = yielded(question)
    assert next(generator) == "Paris."
    with pytest.raises(StopIteration, match="end"):
        next(generator)
    assert (asked.__name__, asked.__doc__, inspect.iscoroutinefunction(awaited)) == ("asked", "Ask.", True)
    assert chat_server.requests == 1


def test_an_async_generator_is_recorded_from_its_first_step_to_its_last(
    cassettes: Path, url: str, chat_server: ChatServer
) -> None:
    heard: list[object] = []

    @use_cassette(cassettes / "a.yaml")
    async def yielded(content: str) -> AsyncGenerator[object, object]:
        try:
            heard.append((yield ask(url, content).json()["choices"][0]["message"]["content"]))
            yield ask(url, "What is the capital of Japan?").json()["choices"][0]["message"]["content"]
        except KeyError as error:
            heard.append(error.args)
            yield "after the error"
        finally:
            heard.append("closed")

    assert inspect.isasyncgenfunction(yielded)
    question = "What is the capital of France?"

    async def record() -> None:
        generator = yielded(question)
        assert [await anext(generator), await generator.asend("sent")] == ["Paris.", "Tokyo (東京)."]
        assert await generator.athrow(KeyError("thrown")) == "after the error"
        assert [step async for step in generator] == []
        assert heard == ["sent", ("thrown",), "closed"]

    async def replay() -> None:
        assert [step async for step in yielded(question)] == ["Paris.", "Tokyo (東京)."]
        assert heard == [None, "closed"]

    async def abandon() -> None:
        generator = yielded(question)
        assert await anext(generator) == "Paris."
        [recorder] = recorders_around()
        await generator.aclose()
        assert (heard, recorder.is_open) == (["closed"], False)

    for use in (record, replay, abandon):
        heard.clear()
        asyncio.run(use())
    assert chat_server.requests == 2


def test_a_class_is_not_decorated(cassettes: Path) -> None:
    with pytest.raises(TypeError, match="^use_cassette decorates functions, and Path is a class: decorate its methods"):
        use_cassette(cassettes / "a.yaml")(Path)


def test_a_function_that_asks_for_what_its_cassette_has_not_is_refused(cassettes: Path, url: str) -> None:
    @use_cassette(cassettes / "a.yaml", mode="none")
    def asked() -> None:
        ask(url)

    with pytest.raises(RequestNotRecorded):
        asked()


def test_a_library_and_a_transformer_say_where_the_path_is(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path, expected in (("a", "library/a.yaml"), ("library/a.yaml", "library/a.yaml"), ("b.yml", "library/b.yml")):
        options: dict[str, Any] = {"cassette_library_dir": Path("library"), "path_transformer": lambda given: given}
        with use_cassette(path, **options) as recorder:
            ask(url)
        assert recorder.cassette_path == tmp_path / expected
    with pytest.raises(
        SettingsError, match="path_transformer returned a value of type int; it must return the path of the cassette"
    ):
        use_cassette("a", path_transformer=lambda given: len(given))


def test_samurai_mode_in_the_environment_decides(cassettes: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMURAI_MODE", "none")
    with pytest.raises(RequestNotRecorded), use_cassette(cassettes / "a.yaml", mode="once"):
        ask(url)


def test_a_swallowed_miss_is_raised_at_the_end_of_the_block(cassettes: Path, url: str) -> None:
    reached = False
    with pytest.raises(RequestNotRecorded, match="use_cassette"), use_cassette(cassettes / "a.yaml", mode="none"):
        with pytest.raises(RequestNotRecorded):
            ask(url)
        reached = True
    assert reached


def test_an_error_of_the_block_itself_is_not_covered_up(cassettes: Path, url: str) -> None:
    with pytest.raises(ZeroDivisionError), use_cassette(cassettes / "a.yaml", max_requests=0):
        ask(url)
        _ = 1 / 0


def test_a_swallowed_miss_is_a_note_on_the_error_that_the_block_ends_with(cassettes: Path, url: str) -> None:
    with pytest.raises(ZeroDivisionError) as error, use_cassette(cassettes / "a.yaml", mode="none") as recorder:
        for content in ("one", "two"):
            with pytest.raises(RequestNotRecorded):
                ask(url, content)
        _ = 1 / 0
    assert error.value.__notes__ == [str(recorder.misses[0])]


def test_a_miss_that_ends_its_block_is_said_once(cassettes: Path, url: str) -> None:
    with pytest.raises(RequestNotRecorded) as error, use_cassette(cassettes / "a.yaml", mode="none"):
        ask(url)
    assert not hasattr(error.value, "__notes__")


def test_why_nothing_was_recorded_is_a_note_on_the_error_of_the_block(cassettes: Path, url: str) -> None:
    with pytest.raises(httpx.HTTPStatusError) as error, use_cassette(cassettes / "a.yaml"):
        ask(url, model="error-500").raise_for_status()
    assert error.value.__notes__ == [
        "nothing was recorded for use_cassette('a.yaml'): the test did not pass, and a call ended in status 500"
    ]
    assert not cassettes.exists()


def test_a_broken_budget_is_raised_at_the_end_and_the_recording_kept(cassettes: Path, url: str) -> None:
    with pytest.raises(BudgetExceeded, match=r"max_total_tokens is 12, used 13 \(\+1\)"):
        with use_cassette(cassettes / "a.yaml", max_total_tokens=12):
            ask(url)
    with use_cassette(cassettes / "a.yaml", mode="none", max_total_tokens=13):
        ask(url)


def test_the_nth_equal_request_gets_the_nth_answer_and_one_more_is_a_miss(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "a.yaml"):
        ids = [ask(url).headers["x-request-id"] for _ in range(3)]
    with pytest.raises(RequestNotRecorded, match=r"The same request is recorded 3 times"):
        with use_cassette(cassettes / "a.yaml"):
            assert [ask(url).headers["x-request-id"] for _ in range(3)] == ids
            ask(url)


def test_different_requests_may_come_in_any_order(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "a.yaml"):
        one, two = ask(url, "one"), ask(url, "two")
    with use_cassette(cassettes / "a.yaml"):
        assert ask(url, "two").content == two.content
        assert ask(url, "one").content == one.content


def test_a_recording_made_through_one_base_url_replays_through_another(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "a.yaml"):
        ask(url)
    with use_cassette(cassettes / "a.yaml", mode="none"):
        ask("https://gateway.test/openai/v2/chat/completions?api-version=3")
    with pytest.raises(RequestNotRecorded, match="uri: http://127.0.0.1"):
        with use_cassette(cassettes / "a.yaml", mode="none", match_on=["method", "uri", "chat"]):
            ask("https://gateway.test/openai/v2/chat/completions")


def test_what_is_ignored_and_what_varies_need_not_be_equal(cassettes: Path, url: str) -> None:
    options: dict[str, Any] = {"ignore": ["user", "metadata.*"], "normalize": ["uuid", (r"run-\d+", "run-N")]}
    with use_cassette(cassettes / "a.yaml", **options):
        ask(url, "run-1 of 123e4567-e89b-12d3-a456-426614174000", user="ann", metadata={"x": 1})
    with use_cassette(cassettes / "a.yaml", mode="none", **options):
        ask(url, "run-22 of 00000000-e89b-12d3-a456-426614174000", user="bob", metadata={"y": 2})


def test_new_episodes_never_replays_what_this_run_recorded(cassettes: Path, url: str, chat_server: ChatServer) -> None:
    with use_cassette(cassettes / "a.yaml", mode="new_episodes"):
        ask(url)
        ask(url)
    assert chat_server.requests == 2
    with use_cassette(cassettes / "a.yaml", mode="new_episodes") as recorder:
        for _ in range(3):
            ask(url)
    assert [call.replayed for call in recorder.calls] == [True, True, False]


def test_mode_all_replaces_the_file(cassettes: Path, url: str) -> None:
    for city in ("France", "Japan"):
        with use_cassette(cassettes / "a.yaml", mode="all"):
            ask(url, f"What is the capital of {city}?")
    text = (cassettes / "a.yaml").read_text(encoding="utf-8")
    assert "Japan" in text
    assert "France" not in text


def test_mode_live_reads_and_writes_nothing_and_meters(cassettes: Path, url: str) -> None:
    cassettes.mkdir()
    (cassettes / "a.yaml").write_text("no cassette", encoding="utf-8")
    with pytest.raises(BudgetExceeded), use_cassette(cassettes / "a.yaml", mode="live", max_requests=0) as recorder:
        ask(url)
    assert recorder.usage.total_tokens == 13
    assert (cassettes / "a.yaml").read_text(encoding="utf-8") == "no cassette"


def test_a_file_that_is_no_cassette_is_an_error_and_stays_as_it_is(cassettes: Path) -> None:
    cassettes.mkdir()
    (cassettes / "a.yaml").write_text("no cassette", encoding="utf-8")
    with pytest.raises(CassetteError, match="a.yaml"), use_cassette(cassettes / "a.yaml"):
        raise AssertionError("the block is not entered")
    assert (cassettes / "a.yaml").read_text(encoding="utf-8") == "no cassette"


def test_nothing_recorded_is_nothing_written(cassettes: Path) -> None:
    for mode in ("once", "new_episodes", "all"):
        with use_cassette(cassettes / "a.yaml", mode=mode):
            pass
    assert not cassettes.exists()


def test_a_call_is_known_while_it_is_under_way(cassettes: Path, url: str) -> None:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hello"}], "stream": True}
    with (
        use_cassette(cassettes / "a.yaml") as recorder,
        httpx.Client(headers=HEADERS) as client,
        client.stream("POST", url, json=body) as response,
    ):
        reading = response.iter_raw()
        next(reading)
        [call] = recorder.calls
        assert call.status_code == 200
        assert call.usage is None
        with pytest.raises(UnknownUsage, match="call 1"):
            _ = recorder.usage
        list(reading)
        assert recorder.usage.requests == 1


def test_calls_are_in_the_order_in_which_they_were_sent(cassettes: Path, url: str) -> None:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hello"}], "stream": True}
    with (
        use_cassette(cassettes / "a.yaml") as recorder,
        httpx.Client(headers=HEADERS) as client,
        client.stream("POST", url, json=body) as first,
    ):
        ask(url)
        first.read()
        assert [call.streamed for call in recorder.calls] == [True, False]
    with use_cassette(cassettes / "a.yaml") as recorder:
        ask(url)
        httpx.post(url, json=body, headers=HEADERS)
    assert [call.streamed for call in recorder.calls] == [False, True]


def test_what_is_read_after_the_end_of_the_block_still_reaches_the_application(cassettes: Path, url: str) -> None:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hello"}], "stream": True}
    with httpx.Client(headers=HEADERS) as client:
        with use_cassette(cassettes / "a.yaml"):
            response = client.send(client.build_request("POST", url, json=body), stream=True)
            reading = response.iter_raw()
            first = next(reading)
        rest = b"".join(reading)
    assert rest.endswith(b"data: [DONE]\n\n")
    written = (cassettes / "a.yaml").read_text(encoding="utf-8")
    assert first.decode().strip() in written
    assert "[DONE]" not in written


def test_the_placeholder_key_goes_when_the_replay_ends_unless_it_was_changed(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "a.yaml"):
        assert "OPENAI_API_KEY" not in os.environ
        ask(url)
    with use_cassette(cassettes / "a.yaml", unused="ignore"):
        assert "placeholder" in os.environ["OPENAI_API_KEY"]
        assert "placeholder" in os.environ["SAMURAI_API_KEY"]
        os.environ["SAMURAI_API_KEY"] = "mine"
    assert "OPENAI_API_KEY" not in os.environ
    assert os.environ.pop("SAMURAI_API_KEY") == "mine"


def test_a_key_of_the_environment_is_replaced_wherever_it_turns_up(
    cassettes: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "a-token-of-the-environment")
    with use_cassette(cassettes / "a.yaml"):
        ask(f"{url}?token=a-token-of-the-environment", "repeat a-token-of-the-environment", stream=True)
        ask(url, "repeat a-token-of-the-environment")
    text = (cassettes / "a.yaml").read_text(encoding="utf-8")
    assert "a-token-of-the-environment" not in text
    assert KEY not in text
    monkeypatch.setenv("GITHUB_TOKEN", "quite-another-token-today")
    with use_cassette(cassettes / "a.yaml", mode="none", unused="ignore"):
        ask(url, "repeat quite-another-token-today", stream=True)


def test_what_becomes_secret_within_the_block_is_redacted_and_stays_so(
    cassettes: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEFORE_TOKEN", "secret-of-before-the-block")

    def block(mode: str) -> None:
        with use_cassette(cassettes / "a.yaml", mode=mode):
            ask(url, "nothing")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("WITHIN_PASSWORD", "secret-of-within-the-block")
                patch.delenv("BEFORE_TOKEN")
                ask(url, "repeat secret-of-within-the-block", stream=True)
            ask(url, "repeat secret-of-before-the-block and secret-of-within-the-block")

    block("once")
    assert "secret-of-" not in (cassettes / "a.yaml").read_text(encoding="utf-8")
    block("none")


def test_what_was_secret_when_the_block_began_is_so_without_the_environment(
    cassettes: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEFORE_TOKEN", "secret-of-before-the-block")
    with use_cassette(cassettes / "a.yaml"):
        monkeypatch.delenv("BEFORE_TOKEN")
        ask(url, "repeat secret-of-before-the-block")
    assert "secret-of-" not in (cassettes / "a.yaml").read_text(encoding="utf-8")


def test_a_miss_shows_no_secret(cassettes: Path, url: str) -> None:
    with pytest.raises(RequestNotRecorded) as miss:
        with use_cassette(cassettes / "a.yaml"):
            ask(url, "one thing")
        with use_cassette(cassettes / "a.yaml"):
            ask(url, f"another thing with {KEY}")
    assert KEY not in str(miss.value)
    assert "[another] thing[ with [REDACTED]]" in str(miss.value)


def test_a_recording_of_another_tool_that_holds_a_key_answers_the_request_that_holds_it(
    cassettes: Path, url: str
) -> None:
    with use_cassette(cassettes / "a.yaml"):
        ask(url, "repeat sk-live-0123456789abcdef0123")
    path = cassettes / "a.yaml"
    text = re.sub(r"\A#.*\n|    samurai:\n(      .*\n)+", "", path.read_text(encoding="utf-8"))
    path.write_text(text.replace("[REDACTED]", "sk-live-0123456789abcdef0123"), encoding="utf-8")
    with use_cassette(path, mode="none"):
        ask(url, "repeat sk-live-0123456789abcdef0123")


def test_one_that_is_entered_again_plays_from_the_start(cassettes: Path, url: str, chat_server: ChatServer) -> None:
    with use_cassette(cassettes / "a.yaml"):
        first = ask(url).content
    again = use_cassette(cassettes / "a.yaml", mode="none")
    for _ in range(2):
        with again as recorder:
            assert ask(url).content == first
        assert [call.replayed for call in recorder.calls] == [True]


def test_a_warning_names_the_line_of_the_application(cassettes: Path, url: str) -> None:
    with use_cassette(cassettes / "a.yaml"):
        ask(url)
    cassette = use_cassette(cassettes / "a.yaml", unused="warn")

    def enter() -> None:
        with cassette:
            pass

    async def enter_async() -> None:
        async with cassette:
            pass

    @cassette
    def decorated() -> None:
        pass

    @cassette
    async def awaited() -> None:
        pass

    async def call() -> None:
        await awaited()

    for use in (enter, lambda: asyncio.run(enter_async()), lambda: decorated(), lambda: asyncio.run(call())):
        with pytest.warns(UserWarning, match="1 of 1 recorded interaction was not played") as warned:
            use()
        assert [warning.filename for warning in warned] == [__file__]


def test_blocks_of_one_object_may_be_nested(cassettes: Path, url: str) -> None:
    cassette = use_cassette(cassettes / "a.yaml")
    with cassette as outer:
        ask(url, "one")
        with cassette as inner:
            ask(url, "two")
        ask(url, "three")
    assert [len(recorder.calls) for recorder in (outer, inner)] == [2, 1]
    assert [recorder.is_open for recorder in (outer, inner)] == [False, False]
    assert [path.name for path in cassettes.iterdir()] == ["a.yaml"]
    with use_cassette(cassettes / "a.yaml", mode="none"):
        for content in ("three", "two", "one"):
            ask(url, content)


def test_tasks_may_enter_one_object_at_the_same_time(cassettes: Path, url: str) -> None:
    cassette = use_cassette(cassettes / "a.yaml", unused="ignore")

    async def ask_within(content: str, barrier: asyncio.Barrier) -> list[bool]:
        async with cassette as recorder:
            await barrier.wait()
            ask(url, content)
            await barrier.wait()
        return [call.replayed for call in recorder.calls]

    async def ask_all() -> list[list[bool]]:
        barrier = asyncio.Barrier(3)
        return await asyncio.gather(*(ask_within(content, barrier) for content in ("one", "two", "three")))

    for replayed in (False, True):
        assert asyncio.run(ask_all()) == [[replayed]] * 3
    assert [path.name for path in cassettes.iterdir()] == ["a.yaml"]


def test_the_block_that_ends_is_the_one_that_this_context_has_entered(cassettes: Path) -> None:
    cassette = use_cassette(cassettes / "a.yaml")
    contexts = [contextvars.copy_context(), contextvars.copy_context()]
    recorders = [context.run(cassette.__enter__) for context in contexts]
    contexts[0].run(cassette.__exit__, None, None, None)
    assert [recorder.is_open for recorder in recorders] == [False, True]
    contexts[1].run(cassette.__exit__, None, None, None)
    assert [recorder.is_open for recorder in recorders] == [False, False]


def test_a_block_may_end_in_another_context(cassettes: Path, url: str) -> None:
    cassette = use_cassette(cassettes / "a.yaml")
    recorder = contextvars.Context().run(cassette.__enter__)
    ask(url)
    contextvars.Context().run(cassette.__exit__, None, None, None)
    assert (recorder.recorded, recorder.is_open) == (1, False)


def test_an_outer_block_may_end_first(cassettes: Path, url: str) -> None:
    first, second = use_cassette(cassettes / "a.yaml"), use_cassette(cassettes / "b.yaml")
    recorders = [first.__enter__(), second.__enter__()]
    first.__exit__(None, None, None)
    ask(url)
    second.__exit__(None, None, None)
    assert [(recorder.recorded, recorder.is_open) for recorder in recorders] == [(0, False), (1, False)]


# --- one way to open and to close


def test_what_two_cassettes_share_is_read_once(cassettes: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("a.yaml", "b.yaml")
    for name in names:
        with use_cassette(cassettes / name):
            ask(url, content=name)
    monkeypatch.setattr("pytest_samurai.intercept.state.STATE.memory", Memory())

    for name in names:
        with use_cassette(cassettes / name) as recorder:
            ask(url, content=name)
        assert recorder.replaying

    assert len(memory().heads) == 1


def test_a_session_opens_the_recorder_at_once_and_closes_it_with_the_block(cassettes: Path, url: str) -> None:
    recorder = recorder_of(cassettes / "a.yaml")
    is_open = [recorder.is_open]
    session = Session(recorder)
    is_open.append(recorder.is_open)
    with session:
        ask(url)
    is_open.append(recorder.is_open)
    assert is_open == [False, True, False]
    assert recorder.recorded == 1


def test_a_session_that_nobody_says_has_passed_has_failed(cassettes: Path, url: str) -> None:
    def record(*, passed: bool) -> None:
        with Session(recorder_of(cassettes / "a.yaml")) as session:
            assert ask(url, model="error-500").status_code == 500
            session.passed = passed

    record(passed=False)
    assert not cassettes.exists()
    record(passed=True)
    assert (cassettes / "a.yaml").exists()


def test_a_recorder_that_cannot_see_requests_is_closed_again(
    cassettes: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with use_cassette(cassettes / "a.yaml"):
        ask(url)
    recorder = recorder_of(cassettes / "a.yaml")
    session = Session(recorder)
    assert "placeholder" in os.environ["OPENAI_API_KEY"]
    monkeypatch.setattr(session, "_recording", Unseeing())
    with pytest.raises(AttributeError), session:
        raise AssertionError("the block is not entered")
    assert not recorder.is_open
    assert "OPENAI_API_KEY" not in os.environ


class Unseeing(AbstractContextManager[None]):
    """Like `recording` with a release of httpx that has other names."""

    def __enter__(self) -> None:
        raise AttributeError("_transport_for_url")

    def __exit__(self, *error: object) -> None:
        raise AssertionError("it was not entered")


def recorder_of(path: Path) -> Recorder:
    owner = Owner("a test", datetime.now(UTC))
    return Recorder(path, resolve([]), owner, Shared(PriceList(), Shelf()))

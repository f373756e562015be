"""What an application gets of a stream is the same live, while recording and in replay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai import use_cassette
from tests.intercept.clients import CLIENTS, Clients, Question, Seen
from tests.intercept.wires import CASES, USAGE, Dialect, Wires


def question(url: str, api: Dialect) -> Question:
    def ask(client: Any) -> Any:
        chat = api.path == "chat/completions"
        return (client.chat.completions if chat else client.completions).create(**api.asked)

    return Question(url, f"/{api.path}", api.asked, ask)


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    with Wires() as server:
        yield server


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    with Clients.opened() as made:
        yield made


@pytest.mark.parametrize("path", ["chat/completions", "completions"])
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", CASES)
def test_an_application_sees_the_same_live_and_while_recording_and_in_replay(
    cassettes: Path, wires: Wires, clients: Clients, name: str, client: str, path: str
) -> None:
    ask: Callable[[Question], Seen] = getattr(clients, client)
    case, asked_for = CASES[name], question(wires.url(name), Dialect(path))
    options = {"endpoints": ("*/chat/completions", "*/completions"), "unused": "ignore"}
    live = ask(asked_for)
    wires.asked.clear()

    with use_cassette(cassettes / "a.yaml", **options) as recorder:
        recording = ask(asked_for)
    asked = [*wires.asked]
    used = [call.usage and call.usage.total_tokens for call in recorder.calls]
    with use_cassette(cassettes / "a.yaml", mode="none", **options) as replayer:
        replay = ask(asked_for)

    assert recording == live
    assert replay == live
    assert wires.asked == asked
    assert asked[0]
    assert [call.usage and call.usage.total_tokens for call in replayer.calls] == used
    if case.is_refusal:
        assert asked == [True, False]
    if case.usage is not None and recorder.calls[0].status_code < 300:
        assert used == [USAGE["total_tokens"] if case.usage else None]

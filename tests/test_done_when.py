"""Recorded from a real model server, then replayed without it: the same values, whatever the client."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import httpx2
import openai
import pytest
import trio
import vcr

from pytest_samurai import use_cassette
from tests.real_server import RealServer

CITIES = [f"city number {number}" for number in range(16)]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}

IMPORTED_CLIENT = httpx.Client(trust_env=False, timeout=30)


class Where:
    """The server's address and key, as an application under test gets them."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self.url = f"{base_url}/chat/completions"
        self.headers = {"Authorization": f"Bearer {api_key}"}
        self.openai: dict[str, Any] = {"base_url": base_url, "api_key": api_key, "max_retries": 0}


def body(content: str = "What is the weather like?", **changes: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}], "temperature": 1.5, **changes}


def httpx_sync(where: Where) -> object:
    with httpx.Client(headers=where.headers) as client:
        response = client.post(where.url, json=body())
        return response.status_code, response.reason_phrase, response.content


def httpx2_sync(where: Where) -> object:
    with httpx2.Client(headers=where.headers) as client:
        response = client.post(where.url, json=body())
        return response.status_code, response.reason_phrase, response.content


def httpx_stream(where: Where) -> object:
    with httpx.Client(headers=where.headers) as client, client.stream("POST", where.url, json=body(stream=True)) as got:
        return list(got.iter_raw())


def httpx2_stream(where: Where) -> object:
    with (
        httpx2.Client(headers=where.headers) as client,
        client.stream("POST", where.url, json=body(stream=True)) as got,
    ):
        return list(got.iter_raw())


async def _httpx_async(module: Any, where: Where) -> object:
    async with module.AsyncClient(headers=where.headers) as client:
        response = await client.post(where.url, json=body())
        async with client.stream("POST", where.url, json=body(stream=True)) as streamed:
            return response.content, [chunk async for chunk in streamed.aiter_raw()]


def httpx_asyncio(where: Where) -> object:
    return asyncio.run(_httpx_async(httpx, where))


def httpx2_asyncio(where: Where) -> object:
    return asyncio.run(_httpx_async(httpx2, where))


def httpx_trio(where: Where) -> object:
    return trio.run(_httpx_async, httpx, where)


def openai_sync(where: Where) -> object:
    return openai.OpenAI(**where.openai).chat.completions.create(**body()).model_dump()


def openai_async(where: Where) -> object:
    async def ask() -> object:
        async with openai.AsyncOpenAI(**where.openai) as client:
            plain = await client.chat.completions.create(**body())
            streamed = await client.chat.completions.create(**body(stream=True))
            return plain.model_dump(), [chunk.model_dump() async for chunk in streamed]

    return asyncio.run(ask())


def openai_stream(where: Where) -> object:
    return [chunk.model_dump() for chunk in openai.OpenAI(**where.openai).chat.completions.create(**body(stream=True))]


def openai_stream_helper(where: Where) -> object:
    with openai.OpenAI(**where.openai).chat.completions.stream(**body()) as stream:
        events = [event.type for event in stream]
        return events, stream.get_final_completion().model_dump()


def openai_raw_response(where: Where) -> object:
    raw = openai.OpenAI(**where.openai).chat.completions.with_raw_response.create(**body())
    return raw.status_code, raw.headers["content-type"], raw.text, raw.parse().model_dump()


def openai_two_step_tool_call(where: Where) -> object:
    client = openai.OpenAI(**where.openai)
    question = {"role": "user", "content": "What is the weather like?"}
    tools: dict[str, Any] = {"tools": [WEATHER], "tool_choice": "required"}
    first = client.chat.completions.create(**body(**tools)).choices[0].message
    assert first.tool_calls
    result = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "sunny"}
    messages = [question, first.model_dump(exclude_none=True), result]
    second = client.chat.completions.create(**body(messages=messages, tools=[WEATHER]))
    return first.model_dump(), second.model_dump()


def openai_three_choices(where: Where) -> object:
    choices = openai.OpenAI(**where.openai).chat.completions.create(**body(n=3)).choices
    assert len(choices) == 3
    return [choice.model_dump() for choice in choices]


def same_request_three_times(where: Where) -> object:
    client = openai.OpenAI(**where.openai)
    # The ids differ even if the model says the same thing twice.
    return [client.chat.completions.create(**body()).model_dump() for _ in range(3)]


def eight_at_once(where: Where) -> object:
    async def ask() -> object:
        async with httpx.AsyncClient(headers=where.headers, timeout=30) as client:
            replies = await asyncio.gather(*[client.post(where.url, json=body(city)) for city in CITIES[:8]])
            return [reply.content for reply in replies]

    return asyncio.run(ask())


def sixteen_threads(where: Where) -> object:
    with httpx.Client(headers=where.headers, timeout=30) as client, ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda city: client.post(where.url, json=body(city)).content, CITIES))


def client_made_at_import(where: Where) -> object:
    return IMPORTED_CLIENT.post(where.url, headers=where.headers, json=body()).content


class CustomTransport(httpx.BaseTransport):
    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def client_with_a_custom_transport(where: Where) -> object:
    with httpx.Client(transport=CustomTransport(), headers=where.headers) as client:
        return client.post(where.url, json=body()).content


def bad_request(where: Where) -> object:
    with httpx.Client(headers=where.headers) as client:
        response = client.post(where.url, json={"model": "gpt-4o-mini", "messages": "not a list"})
    assert response.status_code == 400
    return response.content


def not_found(where: Where) -> object:
    with httpx.Client(headers=where.headers) as client:
        response = client.post(where.url.replace("/v1/", "/nowhere/"), json=body())
    assert response.status_code == 404
    return response.content


SCENARIOS: list[Callable[[Where], object]] = [
    httpx_sync,
    httpx2_sync,
    httpx_stream,
    httpx2_stream,
    httpx_asyncio,
    httpx2_asyncio,
    httpx_trio,
    openai_sync,
    openai_async,
    openai_stream,
    openai_stream_helper,
    openai_raw_response,
    openai_two_step_tool_call,
    openai_three_choices,
    same_request_three_times,
    eight_at_once,
    sixteen_threads,
    client_made_at_import,
    client_with_a_custom_transport,
    bad_request,
    not_found,
]


class Recorded:
    """All scenarios, recorded; the server that answered is gone."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.values: dict[str, object] = {}
        self.usages: dict[str, object] = {}
        with RealServer() as server:
            self.key = server.api_key
            self.base_url = server.base_url
            for scenario in SCENARIOS:
                with use_cassette(directory / f"{scenario.__name__}.yaml", mode="once") as recorder:
                    self.values[scenario.__name__] = scenario(Where(server.base_url, server.api_key))
                self.usages[scenario.__name__] = recorder.usage


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return Recorded(tmp_path_factory.mktemp("recorded"))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_replay_gives_what_was_recorded(
    scenario: Callable[[Where], object], recorded: Recorded, no_network: None
) -> None:
    with use_cassette(recorded.directory / f"{scenario.__name__}.yaml", mode="none") as recorder:
        value = scenario(Where("http://127.0.0.1:9/v1", "no key"))
        assert all(call.replayed for call in recorder.calls)
        assert recorder.usage == recorded.usages[scenario.__name__]
    assert value == recorded.values[scenario.__name__]


def test_the_same_request_gets_three_answers_in_their_order(recorded: Recorded) -> None:
    answers: Any = recorded.values["same_request_three_times"]
    assert len({answer["id"] for answer in answers}) == 3


def test_a_stream_has_many_chunks_and_its_hidden_usage_is_known(recorded: Recorded) -> None:
    chunks: Any = recorded.values["httpx_stream"]
    assert len(chunks) > 3
    assert b'"choices":[]' not in b"".join(chunks)
    assert chunks[-1].endswith(b"data: [DONE]\n\n")
    usage: Any = recorded.usages["httpx_stream"]
    assert usage.prompt_tokens > 0
    assert usage.completion_tokens > 0


def test_no_cassette_holds_the_key_that_was_sent(recorded: Recorded) -> None:
    written = list(recorded.directory.glob("*.yaml"))
    assert len(written) == len(SCENARIOS)
    assert not [path for path in written if recorded.key in path.read_text(encoding="utf-8")]


# --- vcrpy, both ways


def ask_twice(base_url: str, key: str) -> list[object]:
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(headers=headers) as client:
        replies = [client.post(f"{base_url}/chat/completions", json=body(city)) for city in CITIES[:2]]
        return [(reply.status_code, reply.json()) for reply in replies]


def test_vcrpy_loads_and_replays_a_cassette_of_ours(tmp_path: Path, no_proxy: None) -> None:
    path = tmp_path / "ours.yaml"
    with RealServer() as server:
        with use_cassette(path):
            recorded = ask_twice(server.base_url, server.api_key)
        base_url = server.base_url
    tape = vcr.VCR(record_mode="none", match_on=["method", "uri", "body"])
    with tape.use_cassette(str(path)) as cassette:
        assert ask_twice(base_url, "no key") == recorded
        assert cassette.all_played


def test_ours_loads_and_replays_a_cassette_of_vcrpys(tmp_path: Path, no_proxy: None) -> None:
    path = tmp_path / "theirs.yaml"
    with RealServer() as server:
        with vcr.VCR().use_cassette(str(path)):
            recorded = ask_twice(server.base_url, server.api_key)
        base_url = server.base_url
    with use_cassette(path, mode="none") as recorder:
        assert ask_twice(base_url, "no key") == recorded
        assert recorder.usage.requests == 2
        assert recorder.usage.total_tokens > 0


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)

"""The chat server from its start to its stop, and as the OpenAI SDK sees it."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel

from pytest_samurai.server.chat_server import ChatServer
from tests.server.clients import FRANCE, WEATHER, answer, chat, client_of, post, server_threads


class TestLife:
    def test_is_on_loopback(self, server: ChatServer) -> None:
        url = httpx.URL(server.base_url)
        assert (url.scheme, url.host, url.path) == ("http", "127.0.0.1", "/v1")

    def test_starts_without_asking_for_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def look_up(name: str = "") -> str:
            raise AssertionError(f"looked up {name!r}")

        monkeypatch.setattr(socket, "getfqdn", look_up)
        with ChatServer() as server, client_of(server) as client:
            assert answer(client, chat()) == "Paris."

    def test_has_no_url_before_it_has_a_port(self) -> None:
        with pytest.raises(RuntimeError, match="start the ChatServer"):
            _ = ChatServer().base_url
        assert ChatServer(port=4321).base_url == "http://127.0.0.1:4321/v1"

    def test_refuses_a_port_that_is_taken(self, server: ChatServer) -> None:
        with pytest.raises(OSError, match="in use"):
            ChatServer(port=httpx.URL(server.base_url).port or 0).start()

    def test_starts_once_at_a_time(self, server: ChatServer) -> None:
        with pytest.raises(RuntimeError, match="running already"):
            server.start()

    def test_stops_as_often_as_you_like(self) -> None:
        server = ChatServer()
        server.stop()
        server.start()
        server.stop()
        server.stop()

    def test_comes_back_on_its_port(self) -> None:
        server = ChatServer()
        with server, client_of(server) as client:
            url = server.base_url
            post(client, chat())
        with server, client_of(server) as client:
            assert server.base_url == url
            post(client, chat(stream=True))
        assert server.requests == 2

    def test_stop_ends_connections_and_threads(self, server: ChatServer, client: httpx.Client) -> None:
        post(client, chat())
        post(client, chat())
        with client_of(server) as other:
            post(other, chat())
            assert len(server_threads()) == 3
            server.stop()
            assert server_threads() == []
            with pytest.raises(httpx.TransportError):
                post(other, chat())
        with client_of(server) as late, pytest.raises(httpx.ConnectError):
            post(late, chat())

    def test_stop_ends_a_stream(self) -> None:
        with (
            ChatServer(chunk_interval=3600) as server,
            client_of(server) as client,
            client.stream("POST", "/chat/completions", json=chat(stream=True)) as response,
        ):
            lines = response.iter_lines()
            next(lines)
            server.stop()
            with pytest.raises(httpx.RemoteProtocolError):
                list(lines)


class TestSdk:
    def test_create(self, sdk: openai.OpenAI) -> None:
        completion = sdk.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": FRANCE}])
        assert completion.choices[0].message.content == "Paris."
        assert completion.usage
        assert completion.usage.total_tokens == 13

    def test_three_choices(self, sdk: openai.OpenAI) -> None:
        completion = sdk.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": FRANCE}], n=3)
        assert [choice.message.content for choice in completion.choices] == ["Paris.", "Paris. (2)", "Paris. (3)"]

    def test_stream(self, sdk: openai.OpenAI) -> None:
        chunks = list(
            sdk.chat.completions.create(
                model="gpt-4o",
                messages=[{"role": "user", "content": "Capital of Japan?"}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "Tokyo (東京)."
        assert chunks[-1].usage
        assert chunks[-1].usage.completion_tokens == 5

    def test_stream_of_a_tool_call(self, sdk: openai.OpenAI) -> None:
        with sdk.chat.completions.stream(
            model="gpt-4o",
            messages=[{"role": "user", "content": "Weather?"}],
            tools=[{"type": "function", "function": WEATHER["function"]}],
            tool_choice="required",
        ) as events:
            [call] = events.get_final_completion().choices[0].message.tool_calls or []
        assert json.loads(call.function.arguments) == {"city": "Paris", "days": 0}

    def test_tools_in_two_turns(self, sdk: openai.OpenAI) -> None:
        question: Any = {"role": "user", "content": "Weather in Paris?"}
        tools: Any = [WEATHER]
        first = sdk.chat.completions.create(model="m", messages=[question], tools=tools, tool_choice="required")
        call: Any = first.choices[0].message
        result: Any = {"role": "tool", "tool_call_id": call.tool_calls[0].id, "content": "sunny, 21 degrees"}
        messages = [question, call.model_dump(exclude_none=True), result]
        second = sdk.chat.completions.create(model="m", messages=messages, tools=tools, tool_choice="required")
        assert second.choices[0].finish_reason == "stop"
        assert "sunny, 21 degrees" in (second.choices[0].message.content or "")

    def test_parse(self, sdk: openai.OpenAI) -> None:
        completion = sdk.chat.completions.parse(
            model="gpt-4o", messages=[{"role": "user", "content": "Plan a trip"}], response_format=Trip
        )
        assert completion.choices[0].message.parsed == Trip(stops=[], start=City(name="text"), end=None)

    def test_errors(self, sdk: openai.OpenAI) -> None:
        with pytest.raises(openai.RateLimitError, match="used up"):
            sdk.chat.completions.create(model="error-429", messages=[{"role": "user", "content": FRANCE}])
        with pytest.raises(openai.NotFoundError):
            sdk.chat.completions.create(model="no-such-model", messages=[{"role": "user", "content": FRANCE}])

    def test_models(self, sdk: openai.OpenAI) -> None:
        assert "gpt-4o" in [model.id for model in sdk.models.list()]


class City(BaseModel):
    name: str


class Trip(BaseModel):
    start: City
    stops: list[City]
    end: City | None

"""The reply as a stream."""

from __future__ import annotations

import json
import socket
import struct

import httpx
import pytest

from pytest_samurai.server.chat_server import ChatServer
from tests.server.clients import (
    WEATHER,
    answer,
    ask,
    chat,
    client_of,
    error,
    exchange,
    post,
    raw_post,
    server_threads,
    stream,
)


class TestStream:
    def test_has_role_then_tokens_then_finish_reason(self, client: httpx.Client) -> None:
        chunks = stream(client, chat("Capital of Japan?"))
        assert [chunk["choices"] for chunk in chunks] == [
            [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}],
            [{"index": 0, "delta": {"content": "Tokyo"}, "finish_reason": None}],
            [{"index": 0, "delta": {"content": " ("}, "finish_reason": None}],
            [{"index": 0, "delta": {"content": "東京"}, "finish_reason": None}],
            [{"index": 0, "delta": {"content": ")"}, "finish_reason": None}],
            [{"index": 0, "delta": {"content": "."}, "finish_reason": None}],
            [{"index": 0, "delta": {}, "finish_reason": "stop"}],
        ]

    def test_has_one_head_in_all_chunks(self, client: httpx.Client) -> None:
        chunks = stream(client, chat())
        heads = {(chunk["id"], chunk["object"], chunk["created"], chunk["model"]) for chunk in chunks}
        [(identity, kind, created, model)] = heads
        assert identity.startswith("chatcmpl-")
        assert (kind, type(created), model) == ("chat.completion.chunk", int, "gpt-4o-mini")

    def test_has_no_usage_unasked(self, client: httpx.Client) -> None:
        assert not any("usage" in chunk for chunk in stream(client, chat()))
        assert not any("usage" in chunk for chunk in stream(client, chat(stream_options={"include_usage": False})))

    def test_has_usage_in_one_last_chunk_when_asked(self, client: httpx.Client) -> None:
        *others, last = stream(client, chat(stream_options={"include_usage": True}))
        assert all(chunk["usage"] is None and chunk["choices"] for chunk in others)
        assert last["choices"] == []
        assert last["usage"] == {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13}
        assert last.keys() == others[0].keys()

    def test_says_what_the_plain_reply_says(self, client: httpx.Client) -> None:
        body = chat("A haiku, please", n=3, max_tokens=9)
        plain = ask(client, body)
        *chunks, last = stream(client, body | {"stream_options": {"include_usage": True}})
        texts = ["", "", ""]
        reasons: list[str | None] = [None, None, None]
        for chunk in chunks:
            [choice] = chunk["choices"]
            assert reasons[choice["index"]] is None
            texts[choice["index"]] += choice["delta"].get("content", "")
            reasons[choice["index"]] = choice["finish_reason"]
        assert texts == [choice["message"]["content"] for choice in plain["choices"]]
        assert reasons == ["length"] * 3
        assert last["usage"] == plain["usage"]

    def test_lets_the_choices_take_turns(self, client: httpx.Client) -> None:
        indexes = [chunk["choices"][0]["index"] for chunk in stream(client, chat(n=2))]
        assert indexes == [0, 1] * 4 + [1, 1, 1]

    def test_hands_out_a_tool_call_in_pieces(self, client: httpx.Client) -> None:
        first, *middle, last = stream(client, chat(tools=[WEATHER], tool_choice="required"))
        delta = first["choices"][0]["delta"]
        assert (delta["role"], delta["content"]) == ("assistant", None)
        [call] = delta["tool_calls"]
        assert (call["index"], call["type"]) == (0, "function")
        assert call["id"].startswith("call_")
        assert call["function"] == {"name": "get_weather", "arguments": ""}
        pieces = [chunk["choices"][0]["delta"]["tool_calls"][0] for chunk in middle]
        assert {piece["index"] for piece in pieces} == {0}
        arguments = "".join(piece["function"]["arguments"] for piece in pieces)
        assert json.loads(arguments) == {"city": "Paris", "days": 0}
        assert last["choices"] == [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]

    def test_sends_each_event_in_an_http_chunk_of_its_own(self, server: ChatServer) -> None:
        reply = exchange(server, raw_post(chat(stream=True), b"Connection: close"))
        head, _, rest = reply.partition(b"\r\n\r\n")
        assert b"Transfer-Encoding: chunked" in head
        frames = []
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            frames.append(rest[: int(size, 16)])
            assert rest[int(size, 16) :][:2] == b"\r\n"
            rest = rest[int(size, 16) + 2 :]
        *events, done, end = frames
        assert len(events) == 4
        assert all(event.startswith(b"data: {") and event.endswith(b"}\n\n") for event in events)
        assert (done, end) == (b"data: [DONE]\n\n", b"")

    def test_sends_an_event_without_waiting_for_the_next(self) -> None:
        with (
            ChatServer(chunk_interval=3600) as slow,
            client_of(slow) as client,
            client.stream("POST", "/chat/completions", json=chat(stream=True)) as response,
        ):
            assert '"role": "assistant"' in next(response.iter_lines())

    def test_waits_between_events(self) -> None:
        with ChatServer(chunk_interval=0.001) as slow, client_of(slow) as client:
            assert len(stream(client, chat())) == 4

    def test_that_cannot_be_answered_is_a_plain_error(self, client: httpx.Client) -> None:
        assert error(post(client, chat(stream=True, temperature=3))) == (422, "validation_error")

    def test_does_not_mind_a_client_that_goes_away(self, capfd: pytest.CaptureFixture[str]) -> None:
        endless = {"role": "tool", "tool_call_id": "call_1", "content": "on and " * 20_000}
        with ChatServer() as server:
            url = httpx.URL(server.base_url)
            with socket.socket() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                # Closing means a reset: the server's next write fails.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.connect((url.host, url.port))
                connection.sendall(raw_post({"model": "m", "messages": [endless], "stream": True}))
                assert connection.recv(1024).startswith(b"HTTP/1.1 200 OK")
            for thread in server_threads():
                if thread.name != "ChatServer":
                    thread.join(30)
                    assert not thread.is_alive()
            with client_of(server) as client:
                assert answer(client, chat()) == "Paris."
        assert capfd.readouterr() == ("", "")

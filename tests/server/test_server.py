"""The embedded chat server, as plain HTTP and the OpenAI SDK see it."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel

from pytest_samurai.server.chat_server import ChatServer

Json = dict[str, Any]

FRANCE = "What is the capital of France?"
WEATHER: Json = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "examples": ["Paris"]}, "days": {"type": "integer"}},
            "required": ["city", "days"],
        },
    },
}
CLOCK: Json = {"type": "function", "function": {"name": "get_time"}}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def client(server: ChatServer) -> Iterator[httpx.Client]:
    with client_of(server) as client:
        yield client


@pytest.fixture
def sdk(server: ChatServer) -> Iterator[openai.OpenAI]:
    direct = openai.DefaultHttpxClient(trust_env=False)
    with openai.OpenAI(base_url=server.base_url, api_key="unused", max_retries=0, http_client=direct) as sdk:
        yield sdk


def client_of(server: ChatServer) -> httpx.Client:
    # Without `verify=False` each client would load the CA certificates, which takes longer than the test.
    return httpx.Client(base_url=server.base_url, trust_env=False, verify=False, timeout=30)


def chat(content: Any = FRANCE, **parameters: Any) -> Json:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}]} | parameters


def post(client: httpx.Client, body: Any) -> httpx.Response:
    return client.post("/chat/completions", json=body)


def ask(client: httpx.Client, body: Json) -> Json:
    response = post(client, body)
    assert response.status_code == 200, response.text
    reply: Json = response.json()
    return reply


def answer(client: httpx.Client, body: Json) -> str:
    text = ask(client, body)["choices"][0]["message"]["content"]
    assert isinstance(text, str)
    return text


def error(response: httpx.Response) -> tuple[int, str]:
    """The status and the type of an error reply, whose shape is checked."""
    body = response.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"type", "message", "code"}
    assert body["error"]["code"] == response.status_code
    assert body["error"]["message"]
    return response.status_code, body["error"]["type"]


def stream(client: httpx.Client, body: Json) -> list[Json]:
    """The chunks of a streamed reply, whose framing is checked."""
    response = post(client, body | {"stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    *events, done, rest = response.content.decode().split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    assert all(event.startswith("data: ") for event in events)
    return [json.loads(event.removeprefix("data: ")) for event in events]


def exchange(server: ChatServer, request: bytes) -> bytes:
    """Sends bytes as they are and reads until the server closes the connection."""
    url = httpx.URL(server.base_url)
    with socket.create_connection((url.host, url.port or 0), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def raw_post(body: Json, *headers: bytes) -> bytes:
    data = json.dumps(body).encode()
    head = [b"POST /v1/chat/completions HTTP/1.1", b"Host: x", b"Content-Length: %d" % len(data), *headers]
    return b"\r\n".join([*head, b"", data])


def server_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("ChatServer")]


class TestReply:
    def test_is_a_chat_completion(self, client: httpx.Client) -> None:
        reply = ask(client, chat())
        assert list(reply) == ["id", "object", "created", "model", "choices", "usage"]
        assert reply["id"].startswith("chatcmpl-")
        assert reply["object"] == "chat.completion"
        assert isinstance(reply["created"], int)
        assert reply["model"] == "gpt-4o-mini"
        assert reply["choices"] == [
            {"index": 0, "message": {"role": "assistant", "content": "Paris."}, "finish_reason": "stop"}
        ]
        assert reply["usage"] == {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13}

    def test_is_the_same_bytes_for_the_same_body_on_any_server(self, client: httpx.Client) -> None:
        first = post(client, chat("Tell me something"))
        with ChatServer() as other, client_of(other) as other_client:
            assert post(other_client, chat("Tell me something")).content == first.content
        assert post(client, chat("Tell me something")).content == first.content

    def test_does_not_depend_on_key_order_and_white_space(self, client: httpx.Client) -> None:
        body = chat()
        spelled_otherwise = json.dumps(dict(reversed(body.items())), indent=4)
        assert client.post("/chat/completions", content=spelled_otherwise).json() == ask(client, body)

    def test_of_another_body_has_another_id(self, client: httpx.Client) -> None:
        assert ask(client, chat(temperature=0))["id"] != ask(client, chat(temperature=1))["id"]

    def test_says_the_same_at_any_temperature(self, client: httpx.Client) -> None:
        assert answer(client, chat("Be creative", temperature=2)) == answer(client, chat("Be creative", temperature=0))

    @pytest.mark.parametrize("model", ["anthropic/claude-3.7-sonnet", "provider10-claude-sonnet-4(x)", "error-418"])
    def test_comes_from_any_model(self, client: httpx.Client, model: str) -> None:
        assert ask(client, chat(model=model))["model"] == model


class TestWords:
    @pytest.mark.parametrize(
        ("prompt", "expected"),
        [
            (FRANCE, "Paris."),
            ("what is the CAPITAL OF JAPAN", "Tokyo (東京)."),
            ("Please say hello!", "Hello! How can I help you today?"),
            ("Why is the sky, the blue sky, so blue?", "You said: Why is the sky blue so."),
            ("one two three four five six seven eight nine", "You said: one two three four five six seven eight."),
            ("नमस्ते दुनिया", "You said: नमस्ते दुनिया."),
            ("?!", "You said nothing in words."),
            (None, "You said nothing in words."),
            ([], "You said nothing in words."),
        ],
    )
    def test_answer_the_prompt(self, client: httpx.Client, prompt: str | None, expected: str) -> None:
        assert answer(client, chat(prompt)) == expected

    def test_answer_the_last_message(self, client: httpx.Client) -> None:
        messages = [{"role": role, "content": FRANCE} for role in ("system", "user", "assistant")]
        assert answer(client, chat() | {"messages": [*messages, {"role": "user", "content": "Say hello"}]}) == (
            "Hello! How can I help you today?"
        )

    def test_answer_the_text_beside_a_picture(self, client: httpx.Client) -> None:
        picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
        reply = ask(client, chat([{"type": "text", "text": "What is"}, picture, {"type": "text", "text": "this"}]))
        assert reply["choices"][0]["message"]["content"] == "You said: What is this."
        assert reply["usage"]["prompt_tokens"] == 7

    def test_survive_half_of_a_surrogate_pair(self, client: httpx.Client) -> None:
        response = client.post("/chat/completions", content=json.dumps(chat("\ud83d alone")))
        assert response.json()["choices"][0]["message"]["content"] == "You said: \ud83d alone."


class TestTokens:
    def test_are_counted_by_word_and_punctuation_mark(self, client: httpx.Client) -> None:
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "  Well,\n東京 🗼?\n"}]
        usage = ask(client, {"model": "m", "messages": messages})["usage"]
        assert usage["prompt_tokens"] == (4 + 3) + (4 + 6)

    def test_of_all_choices_count(self, client: httpx.Client) -> None:
        reply = ask(client, chat(n=3))
        assert [choice["index"] for choice in reply["choices"]] == [0, 1, 2]
        assert [choice["message"]["content"] for choice in reply["choices"]] == ["Paris.", "Paris. (2)", "Paris. (3)"]
        assert reply["usage"] == {"prompt_tokens": 11, "completion_tokens": 2 + 5 + 5, "total_tokens": 23}

    @pytest.mark.parametrize(
        ("limit", "text", "reason"), [(1, "1", "length"), (19, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10", "length")]
    )
    def test_are_no_more_than_max_tokens(self, client: httpx.Client, limit: int, text: str, reason: str) -> None:
        reply = ask(client, chat("Count to ten", max_tokens=limit))
        assert reply["choices"][0]["message"]["content"] == text
        assert reply["choices"][0]["finish_reason"] == reason
        assert reply["usage"]["completion_tokens"] == limit

    def test_that_fit_max_tokens_stop_by_themselves(self, client: httpx.Client) -> None:
        assert ask(client, chat("Count to ten", max_tokens=20))["choices"][0]["finish_reason"] == "stop"

    @pytest.mark.parametrize(
        ("stop", "text"),
        [
            (", 3", "1, 2"),
            (["7", ", 3", "5"], "1, 2"),
            ("1", ""),
            ("eleven", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10."),
            (["", "4"], "1, 2, 3, "),
            ([], "1, 2, 3, 4, 5, 6, 7, 8, 9, 10."),
            (None, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10."),
        ],
    )
    def test_end_before_a_stop_sequence(self, client: httpx.Client, stop: Any, text: str) -> None:
        reply = ask(client, chat("Count to ten", stop=stop))
        assert reply["choices"][0]["message"]["content"] == text
        assert reply["choices"][0]["finish_reason"] == "stop"


class TestTools:
    def test_are_called_when_one_is_required(self, client: httpx.Client) -> None:
        reply = ask(client, chat("Weather?", tools=[WEATHER, CLOCK], tool_choice="required"))
        [choice] = reply["choices"]
        assert choice["finish_reason"] == "tool_calls"
        assert choice["message"]["content"] is None
        [call] = choice["message"]["tool_calls"]
        assert call["id"].startswith("call_")
        assert call["type"] == "function"
        assert call["function"] == {"name": "get_weather", "arguments": '{"city": "Paris", "days": 0}'}
        assert reply["usage"]["completion_tokens"] == len(["{", '"', "city", '"', ":", '"', "Paris", '"', ","]) + 6

    def test_are_called_by_name(self, client: httpx.Client) -> None:
        named = {"type": "function", "function": {"name": "get_time"}}
        reply = ask(client, chat("Time?", tools=[WEATHER, CLOCK], tool_choice=named, n=2))
        calls = [choice["message"]["tool_calls"][0] for choice in reply["choices"]]
        assert [call["function"] for call in calls] == [{"name": "get_time", "arguments": "{}"}] * 2
        assert calls[0]["id"] != calls[1]["id"]

    @pytest.mark.parametrize("choice", [None, "auto", "none"])
    def test_may_be_left_alone(self, client: httpx.Client, choice: str | None) -> None:
        assert answer(client, chat(tools=[WEATHER], tool_choice=choice)) == "Paris."

    def test_have_their_result_quoted(self, client: httpx.Client) -> None:
        call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
        messages = [
            {"role": "user", "content": "Weather?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": '{"sky": "clear",  "celsius": 21}'},
        ]
        body = {"model": "m", "messages": messages, "tools": [WEATHER], "tool_choice": "required"}
        assert answer(client, body) == 'The tool says: {"sky": "clear",  "celsius": 21}'

    def test_keep_to_max_tokens(self, client: httpx.Client) -> None:
        [choice] = ask(client, chat(tools=[WEATHER], tool_choice="required", max_tokens=3))["choices"]
        assert choice["finish_reason"] == "length"
        assert choice["message"]["tool_calls"][0]["function"]["arguments"] == '{"city'

    @pytest.mark.parametrize(
        "parameters",
        [
            {"tool_choice": "required"},
            {"tool_choice": "required", "tools": []},
            {"tool_choice": "required", "tools": 7},
            {"tool_choice": "required", "tools": [{"function": "get_weather"}]},
            {"tool_choice": "sometimes", "tools": [WEATHER]},
            {"tool_choice": {"type": "function", "function": {"name": "get_time"}}, "tools": [WEATHER]},
        ],
    )
    def test_that_make_no_sense_are_an_error(self, client: httpx.Client, parameters: Json) -> None:
        assert error(post(client, chat(**parameters))) == (400, "bad_request")


class TestResponseFormat:
    def test_text(self, client: httpx.Client) -> None:
        assert answer(client, chat(response_format={"type": "text"})) == "Paris."

    def test_json_object(self, client: httpx.Client) -> None:
        text = answer(client, chat("Capital of Japan?", response_format={"type": "json_object"}))
        assert text == '{"answer": "Tokyo (東京)."}'

    @pytest.mark.parametrize(
        ("schema", "value"),
        [
            (
                {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}},
                '{"a":"text","b":true}',
            ),
            ({"properties": {"a": {"type": "number"}, "b": {}}, "required": ["a"]}, '{"a":0}'),
            ({"type": "object"}, "{}"),
            ({"type": "integer", "minimum": 3}, "3"),
            ({"type": ["number", "null"]}, "0"),
            ({"type": "null"}, "null"),
            ({"type": "array", "items": {"type": "string"}}, "[]"),
            ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, "[0,0]"),
            ({"type": "array", "minItems": 1}, "[null]"),
            ({"enum": ["東", "b"]}, '"東"'),
            ({"const": 1.5, "default": 2}, "1.5"),
            ({"type": "string", "default": None}, "null"),
            ({"type": "string", "examples": ["Tokyo"]}, '"Tokyo"'),
            ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "null"),
            ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, '"text"'),
            ({"allOf": [{"$ref": "#/$defs/Day"}], "$defs": {"Day": {"enum": ["Mon"]}}}, '"Mon"'),
        ],
    )
    def test_json_schema(self, client: httpx.Client, schema: Json, value: str) -> None:
        wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
        assert json.loads(answer(client, chat(response_format=wanted))) == json.loads(value)

    def test_json_schema_that_contains_itself(self, client: httpx.Client) -> None:
        node = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}}}
        schema = {"$ref": "#/$defs/Node", "$defs": {"Node": node}}
        wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
        assert answer(client, chat(response_format=wanted)) == '{"next": null}'

    @pytest.mark.parametrize(
        "wanted",
        [
            "json",
            {},
            {"type": "yaml"},
            {"type": "json_schema"},
            {"type": "json_schema", "json_schema": {"schema": {"$ref": "#/$defs/Nothing"}}},
            {"type": "json_schema", "json_schema": {"schema": {"$ref": "#/a", "a": {"$ref": "#/a"}}}},
            {"type": "json_schema", "json_schema": {"schema": {"enum": []}}},
            {"type": "json_schema", "json_schema": {"schema": {"anyOf": [True]}}},
        ],
    )
    def test_that_makes_no_sense_is_an_error(self, client: httpx.Client, wanted: Any) -> None:
        assert error(post(client, chat(response_format=wanted))) == (400, "bad_request")


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
                # To close is to reset: the server's next write fails.
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


class TestErrors:
    @pytest.mark.parametrize("content", [b"", b"{", b'{"model": "m"} x', b"\xff\xfe\xfa", b"[" * 100_000])
    def test_malformed_json(self, client: httpx.Client, content: bytes) -> None:
        assert error(client.post("/chat/completions", content=content)) == (400, "bad_request")

    @pytest.mark.parametrize("body", [[], "hello", 7, None, [chat()]])
    def test_not_an_object(self, client: httpx.Client, body: Any) -> None:
        assert error(post(client, body)) == (400, "bad_request")

    @pytest.mark.parametrize(
        "messages",
        [
            None,
            [],
            {},
            "hello",
            ["hello"],
            [{}],
            [{"role": "user", "content": "x"}, {"role": "samurai", "content": "x"}],
            [{"role": ["user"], "content": "x"}],
            [{"role": "user", "content": 7}],
            [{"role": "user", "content": {"text": "x"}}],
            [{"role": "user", "content": ["x"]}],
            [{"role": "user", "content": [{"type": "text", "text": 7}]}],
        ],
    )
    def test_messages(self, client: httpx.Client, messages: Any) -> None:
        assert error(post(client, chat() | {"messages": messages})) == (400, "bad_request")

    def test_messages_missing(self, client: httpx.Client) -> None:
        assert error(post(client, {"model": "m"})) == (400, "bad_request")

    @pytest.mark.parametrize("model", [None, "", 7])
    def test_model_missing(self, client: httpx.Client, model: Any) -> None:
        assert error(post(client, chat(model=model))) == (400, "bad_request")

    def test_model_unknown(self, client: httpx.Client) -> None:
        assert error(post(client, chat(model="no-such-model"))) == (404, "not_found")

    def test_stream_options(self, client: httpx.Client) -> None:
        assert error(post(client, chat(stream=True, stream_options=["include_usage"]))) == (400, "bad_request")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("temperature", -0.1),
            ("temperature", 2.1),
            ("temperature", "1"),
            ("temperature", True),
            ("top_p", -0.1),
            ("top_p", 1.1),
            ("frequency_penalty", -2.1),
            ("frequency_penalty", 2.1),
            ("presence_penalty", -2.1),
            ("presence_penalty", 2.1),
            ("n", 0),
            ("n", 9),
            ("n", 1.5),
            ("max_tokens", 0),
            ("max_tokens", 1.5),
            ("stop", 7),
            ("stop", ["a", 7]),
            ("stop", ["a", "b", "c", "d", "e"]),
        ],
    )
    def test_parameter_out_of_range(self, client: httpx.Client, name: str, value: Any) -> None:
        response = post(client, chat(**{name: value}))
        assert error(response) == (422, "validation_error")
        assert name in response.json()["error"]["message"]

    def test_parameters_at_the_ends_of_their_ranges(self, client: httpx.Client) -> None:
        low = {"temperature": 0, "top_p": 0.0, "frequency_penalty": -2, "presence_penalty": -2.0, "n": 1}
        high = {"temperature": 2.0, "top_p": 1, "frequency_penalty": 2.0, "presence_penalty": 2, "n": 8}
        assert len(ask(client, chat(**low, max_tokens=1))["choices"]) == 1
        assert len(ask(client, chat(**high, stop=["a", "b", "c", "d"]))["choices"]) == 8
        assert answer(client, chat(**dict.fromkeys(low))) == "Paris."

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (402, "insufficient_credits"),
            (403, "permission_denied"),
            (429, "rate_limit_exceeded"),
            (500, "server_error"),
            (503, "model_unavailable"),
        ],
    )
    def test_on_demand(self, client: httpx.Client, status: int, kind: str) -> None:
        assert error(post(client, chat(model=f"error-{status}"))) == (status, kind)

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/completions"),
            ("POST", "/chat/completions/"),
            ("GET", "/chat/completions"),
            ("POST", "/models"),
            ("PUT", "/chat/completions"),
            ("PATCH", "/chat/completions"),
            ("DELETE", "/models"),
            ("GET", "/"),
        ],
    )
    def test_unknown_path(self, client: httpx.Client, method: str, path: str) -> None:
        assert error(client.request(method, path)) == (404, "not_found")

    def test_unknown_method(self, client: httpx.Client) -> None:
        assert client.head("/models").status_code == 501
        assert error(client.options("/models")) == (501, "bad_request")

    @pytest.mark.parametrize(
        ("request_bytes", "code"),
        [
            (b"GET /v1/models HTTP/9.9\r\n\r\n", 505),
            (b"nonsense\r\n\r\n", 400),
            (b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
            (b"POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n", 400),
        ],
    )
    def test_not_http(self, server: ChatServer, request_bytes: bytes, code: int) -> None:
        body = exchange(server, request_bytes).split(b"\r\n\r\n")[-1]
        assert json.loads(body)["error"]["code"] == code


class TestKey:
    @pytest.fixture
    def client(self) -> Iterator[httpx.Client]:
        with ChatServer(api_key="sk-samurai-right") as server, client_of(server) as client:
            yield client

    def test_right(self, client: httpx.Client) -> None:
        client.headers["Authorization"] = "Bearer sk-samurai-right"
        assert answer(client, chat()) == "Paris."
        assert client.get("/models").status_code == 200

    @pytest.mark.parametrize("header", [None, "Bearer sk-samurai-wrong", "sk-samurai-right", "Bearer"])
    def test_wrong_or_missing(self, client: httpx.Client, header: str | None) -> None:
        headers = {} if header is None else {"Authorization": header}
        assert error(client.post("/chat/completions", json=chat(), headers=headers)) == (401, "auth_error")
        assert error(client.get("/models", headers=headers)) == (401, "auth_error")

    def test_is_not_asked_for_by_default(self) -> None:
        with ChatServer() as server, client_of(server) as client:
            assert answer(client, chat()) == "Paris."


class TestHttp:
    def test_lists_models(self, client: httpx.Client) -> None:
        reply = client.get("/models").json()
        assert reply["object"] == "list"
        assert "gpt-4o-mini" in [model["id"] for model in reply["data"]]
        assert all(model.keys() == {"id", "object", "created", "owned_by"} for model in reply["data"])

    def test_takes_a_query_for_nothing(self, client: httpx.Client) -> None:
        assert client.post("/chat/completions?version=1", json=chat()).status_code == 200

    def test_takes_a_body_in_chunks(self, client: httpx.Client) -> None:
        data = json.dumps(chat()).encode()
        response = client.post("/chat/completions", content=iter([data[:10], data[10:]]))
        assert response.json() == ask(client, chat())

    def test_every_reply_has_rate_limit_and_request_id(self, client: httpx.Client) -> None:
        replies = [
            post(client, chat()),
            post(client, chat(stream=True)),
            post(client, chat(model="error-429")),
            client.get("/models"),
            client.get("/nowhere"),
            client.head("/models"),
        ]
        assert {reply.headers["X-RateLimit-Limit-Requests"] for reply in replies} == {"1000"}
        remaining = [int(reply.headers["X-RateLimit-Remaining-Requests"]) for reply in replies]
        assert remaining == [999, 998, 997, 997, 997, 997]
        assert all(date.fromisoformat(reply.headers["X-RateLimit-Reset-Requests"]) for reply in replies)
        assert len({reply.headers["x-request-id"] for reply in replies}) == len(replies)

    def test_keeps_a_connection_through_replies_of_all_kinds(self, server: ChatServer) -> None:
        url = httpx.URL(server.base_url)
        connection = http.client.HTTPConnection(url.host, url.port, timeout=30)
        connection.connect()
        first_socket = connection.sock
        for path, body in [
            ("/v1/nowhere", chat()),
            ("/v1/chat/completions", []),
            ("/v1/chat/completions", chat(stream=True)),
            ("/v1/chat/completions", chat()),
        ]:
            connection.request("POST", path, json.dumps(body))
            connection.getresponse().read()
            assert connection.sock is first_socket
        connection.close()

    def test_counts_chat_requests_and_nothing_else(self, server: ChatServer, client: httpx.Client) -> None:
        assert server.requests == 0
        post(client, chat())
        post(client, chat(stream=True))
        post(client, chat(model="error-500"))
        client.get("/models")
        client.get("/nowhere")
        assert server.requests == 3

    def test_serves_many_at_once(self, server: ChatServer, client: httpx.Client) -> None:
        prompts = [f"Number {number}" for number in range(50)]
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda prompt: answer(client, chat(prompt)), prompts))
        assert answers == [f"You said: {prompt}." for prompt in prompts]
        assert server.requests == 50


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

"""The chat server as plain HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import httpx
import pytest

from pytest_samurai.server.chat_server import ChatServer
from tests.server.clients import answer, ask, chat, client_of, error, exchange, post


class TestPaths:
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

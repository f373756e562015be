"""Clients of the chat server, and what they send."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

import httpx

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


def client_of(server: ChatServer) -> httpx.Client:
    # Without `verify=False`, each client would load the CA certificates, which takes longer than the test.
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
    """The status and the type of an error reply, after checking its form."""
    body = response.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"type", "message", "code"}
    assert body["error"]["code"] == response.status_code
    assert body["error"]["message"]
    return response.status_code, body["error"]["type"]


def stream(client: httpx.Client, body: Json) -> list[Json]:
    """The chunks of a streamed reply, after checking its framing."""
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

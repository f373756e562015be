"""Calls in every dialect, recorded and replayed without any setting."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest

from pytest_samurai import BudgetExceeded, RequestNotRecorded, use_cassette
from pytest_samurai.wire.usage import Usage
from tests.intercept.scripted import Pieces, Scripted
from tests.wire import test_gemini, test_messages, test_responses
from tests.wire.calls import stream

Json = Any

EMBEDDED: Json = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -1.0]}],
    "model": "text-embedding-3-small",
    "usage": {"prompt_tokens": 8, "total_tokens": 8},
}
REPLIES: dict[str, tuple[str, bytes]] = {
    "/v1/embeddings": ("application/json", json.dumps(EMBEDDED).encode()),
    "/v1/responses": ("text/event-stream", stream(*test_responses.events(), done=False)),
    "/v1/messages": ("text/event-stream", b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in test_messages.EVENTS
    )),
    "/v1beta/models/gemini-2.5-flash:streamGenerateContent": (
        "application/json", json.dumps(test_gemini.EVENTS).encode()
    ),
    "/v1beta/models/gemini-2.5-flash:generateContent": (
        "application/json",
        json.dumps(test_gemini.event({"text": "Paris."}, usageMetadata=test_gemini.METADATA)).encode(),
    ),
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        kind, body = REPLIES.get(self.path, ("application/json", b"{}"))
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def root(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def call_all(url: str) -> list[object]:
    """One call in each dialect, and what the application sees of it."""
    asked = {"model": "gpt-5-mini", "input": "Where?"}
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k") as client:
        embedding = client.embeddings.create(model="text-embedding-3-small", input="a", encoding_format="float")
        events = [event.type for event in client.responses.create(**asked, stream=True)]  # type: ignore[call-overload]  # by name
    with anthropic.Anthropic(base_url=url, api_key="k") as claude:
        with claude.messages.stream(
            model="claude-any", max_tokens=9, messages=[{"role": "user", "content": "Where?"}]
        ) as said:
            message = said.get_final_message().to_json()
    with httpx.Client() as plain:
        turns = {"contents": [{"parts": [{"text": "Where?"}]}]}
        models = f"{url}/v1beta/models/gemini-2.5-flash"
        google = [
            plain.post(f"{models}:{method}", json=turns).json()
            for method in ("generateContent", "streamGenerateContent")
        ]
    return [embedding.data[0].embedding, events, message, google]


def test_each_is_recorded_replayed_and_counted_without_a_setting(tmp_path: Path, server: ThreadingHTTPServer) -> None:
    without_us = call_all(root(server))
    with use_cassette(tmp_path / "a.yaml") as recorded:
        live = call_all(root(server))
    assert recorded.notes == []
    assert live == without_us
    url = root(server)
    with use_cassette(tmp_path / "a.yaml", mode="none") as replayed:
        assert call_all(url) == live
    names = ["embeddings", "responses", "messages", "gemini", "gemini"]
    counted = [
        Usage(1, 8, 0, 8),
        Usage(1, 36, 87, 123, cached_tokens=16, reasoning_tokens=64),
        test_messages.COUNTED,
        test_gemini.COUNTED,
        test_gemini.COUNTED,
    ]
    for recorder in (recorded, replayed):
        assert [call.endpoint for call in recorder.calls] == names
        assert [call.usage for call in recorder.calls] == counted
        assert [call.messages[-1].text for call in recorder.calls[1:]] == ["Where?"] * 4
    assert replayed.calls[2].cost is not None
    assert [call.cost for call in recorded.calls] == [call.cost for call in replayed.calls]


def test_a_miss_and_a_budget_are_as_those_of_chat(tmp_path: Path, server: ThreadingHTTPServer) -> None:
    def ask(text: str) -> None:
        with openai.OpenAI(base_url=f"{root(server)}/v1", api_key="k", max_retries=0) as client:
            client.embeddings.create(model="text-embedding-3-small", input=text, encoding_format="float")

    with pytest.raises(BudgetExceeded, match="max_total_tokens is 7, used 8"):
        with use_cassette(tmp_path / "a.yaml", max_total_tokens=7):
            ask("a")
    with pytest.raises(RequestNotRecorded, match='input: "a" -> "b"'):
        with use_cassette(tmp_path / "a.yaml", mode="none"):
            ask("b")


def test_the_model_in_the_url_is_part_of_what_is_asked(tmp_path: Path, server: ThreadingHTTPServer) -> None:
    url = f"{root(server)}/v1beta/models/gemini-2.5-flash:generateContent"
    with use_cassette(tmp_path / "a.yaml"):
        httpx.post(url, json={"contents": []})
    with pytest.raises(
        RequestNotRecorded, match="endpoint: /models/gemini-2.5-flash:generateContent -> /models/gemini-2.5-pro"
    ):
        with use_cassette(tmp_path / "a.yaml", mode="none"):
            httpx.post(url.replace("flash", "pro"), json={"contents": []})


@pytest.mark.parametrize("mode", ["none", "all"])
def test_an_applications_own_path_of_that_name_is_none_of_these(
    tmp_path: Path, server: ThreadingHTTPServer, mode: Any
) -> None:
    with use_cassette(tmp_path / "a.yaml", mode=mode) as recorder:
        assert httpx.post(f"{root(server)}/messages", json={"text": "hello"}).json() == {}
    assert (recorder.calls, recorder.notes) == ((), [])
    assert not (tmp_path / "a.yaml").exists()


@pytest.mark.parametrize("status", [200, 429])
def test_an_array_of_gemini_comes_back_in_the_pieces_in_which_it_came(tmp_path: Path, status: int) -> None:
    first, *others = (json.dumps(event).encode() for event in test_gemini.EVENTS)
    pieces = [b"[" + first, *(b",\n" + other for other in others), b"]"]
    headers = {"content-type": "application/json"}
    url = "https://gemini.test/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=json"

    def asked(client: httpx.Client) -> list[bytes]:
        with client.stream("POST", url, json={"contents": []}) as response:
            return list(response.iter_raw())

    live = httpx.Response(status, headers=headers, stream=Pieces(*pieces))
    with use_cassette(tmp_path / "a.yaml") as recorder, httpx.Client(transport=Scripted(live)) as client:
        assert asked(client) == pieces
        usage = recorder.calls[0].usage
    with use_cassette(tmp_path / "a.yaml", mode="none") as recorder, httpx.Client() as client:
        assert asked(client) == (pieces if status == 200 else [b"".join(pieces)])
        [call] = recorder.calls
    assert call.streamed is (status == 200)
    assert call.usage == usage
    assert call.response["candidates"]

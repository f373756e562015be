"""The reply that is one object."""

from __future__ import annotations

import json

import httpx
import pytest

from pytest_samurai.server.chat_server import ChatServer
from tests.server.clients import answer, ask, chat, client_of, post


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

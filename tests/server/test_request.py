"""Requests that get an error."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.server.clients import answer, ask, chat, error, post


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

"""What the server answers: words, and tool calls."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.server.clients import CLOCK, FRANCE, WEATHER, Json, answer, ask, chat, error, post


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

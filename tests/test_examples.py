"""What a user's tests look like; they replay the recordings in `cassettes/`, which are part of this repository."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from pytest_samurai.recorder.recorder import Recorder

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city, now.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "examples": ["Tokyo"]}},
            "required": ["city"],
        },
    },
}


def ask(client: httpx.Client, *messages: str, **options: Any) -> str:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text} for text in messages], **options}
    text: str = client.post("/chat/completions", json=body).json()["choices"][0]["message"]["content"]
    return text


@pytest.fixture
def openai_client(samurai_client: httpx.Client) -> openai.OpenAI:
    key = samurai_client.headers["authorization"].removeprefix("Bearer ")
    return openai.OpenAI(base_url=str(samurai_client.base_url), api_key=key)


@pytest.mark.samurai(max_total_tokens=20)
def test_capital(samurai_client: httpx.Client, samurai: Recorder) -> None:
    assert ask(samurai_client, "What is the capital of France?") == "Paris."
    assert samurai.usage.total_tokens == 13


@pytest.mark.samurai("shared/japan")
def test_another_language(samurai_client: httpx.Client) -> None:
    assert ask(samurai_client, "What is the capital of Japan?") == "Tokyo (東京)."


@pytest.mark.samurai(max_requests=1)
def test_stream(samurai_client: httpx.Client, samurai: Recorder) -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hello"}], "stream": True}
    with samurai_client.stream("POST", "/chat/completions", json=body) as reply:
        events = [line.removeprefix("data: ") for line in reply.iter_lines() if line]
    words = [json.loads(event)["choices"][0]["delta"].get("content") or "" for event in events[:-1]]
    assert "".join(words) == samurai.calls[0].text


@pytest.mark.samurai
def test_tool_call(openai_client: openai.OpenAI, samurai: Recorder) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Tokyo?"}]
    asked = openai_client.chat.completions.create(
        model="gpt-4o", messages=messages, tools=[WEATHER], tool_choice="required"
    )
    [call] = asked.choices[0].message.tool_calls or []
    messages += [asked.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "21 degrees, sunny"}]
    answer = openai_client.chat.completions.create(model="gpt-4o", messages=messages, tools=[WEATHER])
    assert "21 degrees" in (answer.choices[0].message.content or "")
    assert samurai.usage.requests == 2


def test_no_recording_of_this_repository_holds_a_key() -> None:
    written = [path.read_text(encoding="utf-8") for path in (Path(__file__).parents[1] / "cassettes").rglob("*.yaml")]
    assert len(written) >= 4
    assert not [text for text in written if re.search(r"sk-\w|Bearer|authorization", text, re.IGNORECASE)]

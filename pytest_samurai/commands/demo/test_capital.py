"""Tests that talk to a chat model; the last one has a budget that is too small."""

import json

import httpx
import pytest


def ask(client: httpx.Client, *messages: str) -> str:
    """The application under test: one call to the model."""
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text} for text in messages]}
    reply = client.post("/chat/completions", json=body)
    text: str = reply.raise_for_status().json()["choices"][0]["message"]["content"]
    return text


@pytest.mark.samurai
def test_capital(samurai_client: httpx.Client) -> None:
    assert ask(samurai_client, "What is the capital of France?") == "Paris."


@pytest.mark.samurai
def test_stream(samurai_client: httpx.Client) -> None:
    body = {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "What is the capital of Japan?"}],
        "stream": True,
    }
    words = []
    with samurai_client.stream("POST", "/chat/completions", json=body) as reply:
        for line in reply.iter_lines():
            if line.startswith("data: {"):
                words.append(json.loads(line[6:])["choices"][0]["delta"].get("content") or "")
    assert "Tokyo" in "".join(words)


@pytest.mark.samurai(max_total_tokens=40)
def test_conversation(samurai_client: httpx.Client) -> None:
    first = ask(samurai_client, "What is the capital of France?")
    second = ask(samurai_client, "What is the capital of France?", first, "And of Japan? Answer at length, please.")
    assert second

"""An impossible usage is recognized, and no usage that servers send is impossible."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pytest_samurai.wire import Interaction, Reply, impossible
from tests.chats import chat

CHAT = "https://api.test/v1/chat/completions"
OPENAI = "https://api.openai.com/v1/chat/completions"
AZURE = "https://mine.openai.azure.com/openai/deployments/x/chat/completions"
XAI = "https://api.x.ai/v1/chat/completions"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"
MESSAGES = "https://api.anthropic.com/v1/messages"
IMAGES = "https://api.openai.com/v1/images/generations"
RESPONSES = "https://api.openai.com/v1/responses"


def answered(usage: Any, *, url: str = CHAT, model: str = "m") -> Interaction:
    key = "usageMetadata" if "generateContent" in url else "usage"
    body = json.dumps({"model": model, "choices": [], key: usage}).encode()
    call = chat("x")
    return replace(call, request=replace(call.request, url=url), reply=Reply(200, "OK", (), body))


def told(usage: Any, *, url: str = CHAT, model: str = "m") -> list[str]:
    return [wrong.text for wrong in impossible(answered(usage, url=url, model=model))]


def of_chat(prompt: int, completion: int, total: int | None, **more: Any) -> dict[str, Any]:
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, **more}
    return counts if total is None else {**counts, "total_tokens": total}


@pytest.mark.parametrize(
    ("usage", "text"),
    [
        (
            of_chat(10, 5, 15, prompt_tokens_details={"cached_tokens": 1_200}),
            "1,200 cached tokens, but the prompt has 10 tokens",
        ),
        (
            of_chat(10, 5, 15, prompt_tokens_details={"cache_write_tokens": 11}),
            "11 tokens written to the cache, but the prompt has 10 tokens",
        ),
        (
            of_chat(10, 5, 15, completion_tokens_details={"reasoning_tokens": 6}),
            "6 reasoning tokens, but the completion has 5 tokens",
        ),
        (
            of_chat(10, 5, 15, completion_tokens_details={"audio_tokens": 7}),
            "7 audio tokens, but the completion has 5 tokens",
        ),
        (
            of_chat(10, 5, 15, prompt_tokens_details={"audio_tokens": 11}),
            "11 audio tokens, but the prompt has 10 tokens",
        ),
        (of_chat(10, 5, 14), "10 + 5 tokens, but the total is 14"),
        (of_chat(10, 5, 1), "10 + 5 tokens, but the total is 1"),
    ],
)
def test_a_part_beyond_its_whole_and_a_total_that_is_less_than_its_parts_cannot_be(
    usage: dict[str, Any], text: str
) -> None:
    assert told(usage) == [text]


def test_a_wrong_part_is_told_from_a_wrong_total() -> None:
    usage = of_chat(10, 5, 14, prompt_tokens_details={"cached_tokens": 11})
    assert [wrong.is_total for wrong in impossible(answered(usage))] == [False, True]


def test_the_tokens_of_pictures_are_parts_too() -> None:
    counts = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    of_prompt = {**counts, "input_tokens_details": {"image_tokens": 11}}
    assert told(of_prompt, url=IMAGES) == ["11 image tokens, but the prompt has 10 tokens"]
    of_answer = {**counts, "output_tokens_details": {"image_tokens": 6}}
    assert told(of_answer, url=IMAGES) == ["6 image tokens, but the completion has 5 tokens"]
    whole = {"input_tokens_details": {"image_tokens": 10}, "output_tokens_details": {"image_tokens": 5}}
    assert told({**counts, **whole}, url=IMAGES) == []


def test_a_part_may_be_all_of_its_whole() -> None:
    for part in ("cached_tokens", "cache_write_tokens", "audio_tokens"):
        assert told(of_chat(10, 5, 15, prompt_tokens_details={part: 10})) == []
    for part in ("reasoning_tokens", "audio_tokens"):
        assert told(of_chat(10, 5, 15, completion_tokens_details={part: 5})) == []


@pytest.mark.parametrize("url", [OPENAI, OPENAI.replace("api.", "eu.api."), AZURE])
def test_the_total_of_a_server_that_adds_prompt_and_completion_is_no_other(url: str) -> None:
    assert told(of_chat(10, 5, 16), url=url) == ["10 + 5 tokens, but the total is 16"]
    assert told(of_chat(10, 5, 15), url=url) == []
    counts = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 16, "input_tokens_details": {}}
    assert told(counts, url=RESPONSES) == ["10 + 5 tokens, but the total is 16"]


def test_with_xai_the_reasoning_is_in_the_total_and_nothing_else() -> None:
    reasoning = {"reasoning_tokens": 386}
    assert told(of_chat(12, 1, 399, completion_tokens_details=reasoning), url=XAI) == []
    assert told(of_chat(12, 1, 400, completion_tokens_details=reasoning), url=XAI) == [
        "12 + 1 tokens, but the total is 400"
    ]


@pytest.mark.parametrize(
    ("usage", "url", "model"),
    [
        pytest.param(of_chat(10, 5, 15), CHAT, "m", id="a sum"),
        pytest.param(of_chat(10, 5, None), CHAT, "m", id="no total"),
        pytest.param(of_chat(10, 5, 0), CHAT, "m", id="a total of 0"),
        pytest.param(of_chat(10, 5, 315), CHAT, "gemini-2.5-pro", id="thoughts in the total alone"),
        pytest.param(
            of_chat(10, 5, 315, completion_tokens_details={"reasoning_tokens": 290}), CHAT, "m", id="thoughts, nearly"
        ),
        pytest.param(
            of_chat(4, 100, 104, cache_read_input_tokens=1_200, prompt_tokens_details={"cached_tokens": 1_200}),
            CHAT,
            "claude-3-5-sonnet",
            id="LiteLLM with Anthropic's rule",
        ),
        pytest.param(
            of_chat(4, 100, 1_304, prompt_tokens_details={"cached_tokens": 1_200}), CHAT, "m", id="a cache outside"
        ),
        pytest.param(
            of_chat(10_339, 60, 10_399, prompt_tokens_details={"cached_tokens": 10_318, "cache_write_tokens": 21}),
            CHAT,
            "anthropic/claude-sonnet-4",
            id="OpenRouter",
        ),
        pytest.param(
            of_chat(19, 498, 517, reasoning_tokens=193_164, citation_tokens=10_175),
            CHAT,
            "sonar-deep-research",
            id="Perplexity",
        ),
        pytest.param(
            {"promptTokenCount": 5, "candidatesTokenCount": 2, "thoughtsTokenCount": 90, "totalTokenCount": 97},
            GEMINI,
            "gemini-2.5-pro",
            id="Gemini's thoughts",
        ),
        pytest.param(
            {"input_tokens": 3, "output_tokens": 5, "cache_read_input_tokens": 2_000},
            MESSAGES,
            "claude",
            id="Anthropic",
        ),
        pytest.param(None, CHAT, "m", id="none"),
        pytest.param({"prompt_tokens": "many"}, CHAT, "m", id="no counts"),
    ],
)
def test_what_servers_send_can_be(usage: Any, url: str, model: str) -> None:
    assert told(usage, url=url, model=model) == []

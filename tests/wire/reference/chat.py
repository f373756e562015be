"""Streams of chat completions and of older completions, with everything that OpenAI's reference names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = Any

USAGE: Json = {
    "prompt_tokens": 1500,
    "completion_tokens": 900,
    "total_tokens": 2400,
    "prompt_tokens_details": {
        "cached_tokens": 1000,
        "cache_write_tokens": 100,
        "audio_tokens": 0,
        "text_tokens": 1500,
        "image_tokens": 0,
    },
    "completion_tokens_details": {
        "reasoning_tokens": 640,
        "audio_tokens": 0,
        "text_tokens": 900,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
MODERATION: Json = {
    "input": {"type": "moderation_results", "model": "omni-moderation", "results": []},
    "output": {"type": "error", "code": "timeout", "message": "No time."},
}
BESIDE: Json = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "gpt-5-mini-2025-08-07",
    "service_tier": "default",
    "system_fingerprint": "fp_1",
}


def pieces(text: str, size: int = 4) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def odds(token: str) -> Json:
    return {"token": token, "logprob": -0.5, "bytes": list(token.encode()), "top_logprobs": []}


def chunk(index: int, finish: str | None = None, logprobs: Json = None, **delta: Json) -> Json:
    choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
    return {**BESIDE, "choices": [choice], "usage": None, "obfuscation": "aaaa"}


MESSAGES: list[Json] = [
    {
        "role": "assistant",
        "content": "It is Köln. 🏰",
        "refusal": None,
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city": "Köln"}'},
            },
            {"id": "call_2", "type": "function", "function": {"name": "clock", "arguments": "{}"}},
        ],
    },
    {"role": "assistant", "content": None, "refusal": "I can't say."},
    {"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": '{"a": 1}'}},
    {
        "role": "assistant",
        "content": None,
        "audio": {"id": "audio_1", "data": "UklGRg==", "transcript": "It is Köln.", "expires_at": 9},
        # Many servers send it, but the reference does not have it.
        "reasoning_content": "I look.",
    },
]


def spoken() -> Iterator[Json]:
    yield chunk(0, role="assistant", content="", refusal=None)
    for piece in pieces("It is Köln. 🏰"):
        yield chunk(0, logprobs={"content": [odds(piece)], "refusal": None}, content=piece)
    yield chunk(1, role="assistant", content=None, refusal="")
    for piece in pieces("I can't say."):
        yield chunk(1, logprobs={"content": None, "refusal": [odds(piece)]}, refusal=piece)
    yield chunk(1, "stop")
    for call in (0, 1):
        whole = MESSAGES[0]["tool_calls"][call]
        begun = {**whole, "index": call, "function": {**whole["function"], "arguments": ""}}
        yield chunk(0, tool_calls=[begun])
        for piece in pieces(whole["function"]["arguments"]):
            yield chunk(0, tool_calls=[{"index": call, "function": {"arguments": piece}}])
    yield chunk(0, "tool_calls")
    yield chunk(2, role="assistant", content=None, function_call={"name": "weather", "arguments": ""})
    for piece in pieces('{"a": 1}'):
        yield chunk(2, function_call={"arguments": piece})
    yield chunk(2, "function_call")
    yield chunk(3, role="assistant", content=None, reasoning_content="")
    for piece in pieces("I look."):
        yield chunk(3, reasoning_content=piece)
    yield chunk(3, audio={"id": "audio_1", "transcript": ""})
    for piece in pieces("It is Köln."):
        yield chunk(3, audio={"transcript": piece})
    for piece in pieces("UklGRg=="):
        yield chunk(3, audio={"data": piece})
    yield chunk(3, audio={"expires_at": 9})
    yield chunk(3, "stop")
    yield {**BESIDE, "choices": [], "usage": USAGE, "moderation": MODERATION}


EVENTS = list(spoken())

COMPLETION: Json = {
    "id": "cmpl-1",
    "object": "text_completion",
    "created": 1,
    "model": "gpt-3.5-turbo-instruct:20230824-v2",
    "system_fingerprint": "fp_1",
}
TEXTS = ("It is Köln. 🏰", "It rains.")


def text_part(text: str, index: int, finish: str | None = None) -> Json:
    logprobs = {
        "tokens": [text],
        "token_logprobs": [-0.5],
        "top_logprobs": [{text: -0.5}],
        "text_offset": [7],
    }
    choice = {"text": text, "index": index, "logprobs": logprobs if text else None, "finish_reason": finish}
    return {**COMPLETION, "choices": [choice], "usage": None}


COMPLETION_USAGE: Json = {"prompt_tokens": 40, "completion_tokens": 60, "total_tokens": 100}
COMPLETION_EVENTS: list[Json] = [
    *(text_part(piece, index) for index, text in enumerate(TEXTS) for piece in pieces(text)),
    *(text_part("", index, "stop") for index in range(len(TEXTS))),
    {**COMPLETION, "choices": [], "usage": COMPLETION_USAGE},
]

"""The usage of any API, recognized by its shape."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.wire.counted import usage_by_shape
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call, chunk, streamed

Json = Any


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}, Usage(1, 1, 2, 3)),
        # The Responses API gives a total, and how much of the input came from the cache.
        ({"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}, Usage(1, 5, 2, 7)),
        (
            {"input_tokens": 5, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 2},
            Usage(1, 5, 2, 7, cached_tokens=4),
        ),
        # Anthropic gives neither.
        ({"input_tokens": 5, "output_tokens": 2}, Usage(1, 5, 2, 7)),
        ({"input_tokens": 5, "cache_read_input_tokens": 4, "output_tokens": 2}, Usage(1, 9, 2, 11, cached_tokens=4)),
        # If a gateway adds a total, that shows what the input includes.
        (
            {"input_tokens": 5, "cache_read_input_tokens": 4, "output_tokens": 2, "total_tokens": 11},
            Usage(1, 9, 2, 11, cached_tokens=4),
        ),
        ({"input_tokens": 5, "cache_read_input_tokens": 4, "output_tokens": 2, "total_tokens": 7}, Usage(1, 5, 2, 7)),
        (
            {"input_tokens": 5, "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 7}},
            Usage(1, 5, 9, 14, reasoning_tokens=7),
        ),
        ({"promptTokenCount": 3, "candidatesTokenCount": 2}, Usage(1, 3, 2, 5)),
        ({"prompt_tokens": 8, "total_tokens": 8}, None),
        ({"input_tokens": 8}, None),
        ({"input_tokens": True, "output_tokens": 1}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_usage_is_read_by_its_shape_and_what_has_none_is_unknown(usage: Json, counted: Usage | None) -> None:
    assert usage_by_shape(usage) == counted


def test_a_gateway_may_answer_chat_with_the_usage_of_another_api() -> None:
    answered = call({"choices": [], "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}})
    assert answered.usage == Usage(1, 5, 2, 7)


OF_CHAT = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
OF_RESPONSES = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
OF_MESSAGES = {"input_tokens": 5, "output_tokens": 2}
OF_GEMINI = {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}
OF_CONVERSE = {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7}
OF_COHERE = {"billed_units": {"input_tokens": 5, "output_tokens": 2}}
SHAPES = [OF_CHAT, OF_RESPONSES, OF_MESSAGES, OF_GEMINI, OF_CONVERSE, OF_COHERE]

REPLIES: dict[str, tuple[Json, str]] = {
    "/chat/completions": ({"choices": []}, "usage"),
    "/completions": ({"choices": []}, "usage"),
    "/responses": ({"output": []}, "usage"),
    "/messages": ({"content": []}, "usage"),
    "/embeddings": ({"data": []}, "usage"),
    "/models/g:generateContent": ({"candidates": []}, "usageMetadata"),
    "/api/chat": ({"message": {}, "done": True}, "usage"),
    "/v2/chat": ({"message": {}}, "usage"),
    "/v1/chat": ({"text": ""}, "meta"),
    "/model/m/converse": ({"output": {}}, "usage"),
    "/moderations": ({"results": []}, "usage"),
    "/audio/transcriptions": ({"text": ""}, "usage"),
    "/rerank": ({"results": []}, "usage"),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("path", REPLIES)
def test_each_api_may_be_answered_with_the_usage_of_another(path: str, shape: Json) -> None:
    reply, key = REPLIES[path]
    assert call({**reply, key: shape}, url=f"https://h{path}").usage == Usage(1, 5, 2, 7)


@pytest.mark.parametrize("shape", SHAPES)
def test_so_it_may_in_a_stream(shape: Json) -> None:
    chat = streamed(chunk({"content": "a"}), {"choices": [], "usage": shape})
    responses = streamed(
        {"type": "response.completed", "response": {"output": [], "usage": shape}},
        done=False,
        url="https://h/v1/responses",
    )
    messages = streamed(
        {"type": "message_start", "message": {"content": []}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": shape},
        {"type": "message_stop"},
        done=False,
        url="https://h/v1/messages",
    )
    gemini = streamed({"candidates": [], "usageMetadata": shape}, done=False, url="https://h/models/g:generateContent")
    for answered in (chat, responses, messages, gemini):
        assert answered.usage == Usage(1, 5, 2, 7)

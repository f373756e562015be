"""Which dialect an endpoint speaks, recognized by its URL."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.wire.dialects import DIALECTS, UNKNOWN, dialect_of
from tests.wire.calls import stream


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.samuraiapi.in/v1/chat/completions", "chat"),
        ("https://api.openai.com/v1/completions", "completions"),
        ("http://127.0.0.1:8080/chat/completions", "chat"),
        ("https://me.openai.azure.com/openai/deployments/x/chat/completions?api-version=2024-10-21", "chat"),
        ("https://me.openai.azure.com/openai/deployments/x/completions?api-version=2024-10-21", "completions"),
        ("https://gateway.example/acme/openai/v1/chat/completions#top", "chat"),
        ("https://api.openai.com/v1/responses", "responses"),
        ("https://h/v1/messages?next=/chat/completions", "messages"),
        ("https://h/v1/embeddings/", "embeddings"),
        ("https://h/v1beta/models/gemini-2.5-flash:generateContent", "gemini"),
        ("https://h/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", "gemini"),
        ("https://h/v1/projects/p/locations/l/publishers/google/models/m%3AembedContent", "gemini"),
        ("https://h/v1/rerank", None),
        ("https://h/serving-endpoints/mine/invocations", None),
        ("https://h/v1/chat/completions/chatcmpl-1", None),
        ("no URL", None),
    ],
)
def test_a_dialect_is_told_by_the_end_of_the_path(url: str, name: str | None) -> None:
    assert dialect_of(url).name == name


def test_what_no_dialect_knows_is_unknown() -> None:
    assert dialect_of("https://h/v1/rerank") is UNKNOWN


def test_each_dialect_answers_for_its_own_paths() -> None:
    for dialect in DIALECTS:
        assert all(dialect_of(f"https://h{dialect.within}{path}") is dialect for path in dialect.paths)


ENDS = {
    "chat/completions": ("[DONE]",),
    "completions": ("[DONE]",),
    "responses": tuple({"type": f"response.{kind}"} for kind in ("completed", "incomplete", "failed")),
    "messages": ({"type": "message_stop"},),
    "v2/chat": ({"type": "message-end"},),
    "v1/chat": ({"event_type": "stream-end"},),
    "models/g:streamGenerateContent": ({"candidates": [{"finishReason": "STOP"}]},),
    "images/generations": tuple({"type": f"image_{kind}.completed"} for kind in ("generation", "edit")),
    "audio/speech": ({"type": "speech.audio.done"}, {"type": "transcript.text.done"}),
    "unknown": ("[DONE]",),
}
NO_ENDS: tuple[str | dict[str, Any], ...] = (
    '{"choices": [{"delta": {"content": "data: [DONE]"}, "finish_reason": "stop"}]}',
    *(
        {"type": kind}
        for kind in (
            *("response.in_progress", "response.output_text.done", "response.output_item.done", "response.created"),
            *("message_start", "message_delta", "content_block_stop", "ping", "content-end", "tool-call-end"),
            *("image_generation.partial_image", "speech.audio.delta", "transcript.text.segment", "error", "done"),
        )
    ),
    {"event_type": "text-generation"},
    {"candidates": [{"content": {"parts": [{"text": "finishReason"}]}}]},
)


@pytest.mark.parametrize("path", ENDS)
def test_a_stream_is_over_with_these_events_of_its_own_api_and_no_others(path: str) -> None:
    dialect = dialect_of(f"https://h/{path}")
    everything = [*(end for ends in ENDS.values() for end in ends), *NO_ENDS]
    over = [end for end in everything if dialect.is_over(stream(end, done=False))]
    own = [*ENDS["v1/chat"], *ENDS["v2/chat"]] if dialect.name == "cohere" else [*ENDS[path]]

    assert all(end in own for end in over)
    assert all(end in over for end in own)
    # A line of data needs no space.
    assert all(dialect.is_over(stream(end, done=False).replace(b"data: ", b"data:")) for end in own)


def test_of_an_unknown_endpoint_only_the_usage_of_a_chat_is_taken_out() -> None:
    assert UNKNOWN.asking is not None
    usage = {"output_tokens": 7}
    assert UNKNOWN.asking.is_answer({"choices": [], "usage": usage}, {})
    # Anthropic's, which also says why the model stopped.
    of_anthropic = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}
    assert not UNKNOWN.asking.is_answer(of_anthropic, {})

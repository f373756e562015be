"""Replies of APIs that the real server does not serve with this model, in the form of their references.

- Embeddings: https://platform.openai.com/docs/api-reference/embeddings/object
- Gemini: https://ai.google.dev/api/generate-content, https://ai.google.dev/api/embeddings
- Cohere: https://docs.cohere.com/reference/chat, https://docs.cohere.com/reference/chat-stream
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Json = Any
Reply = tuple[int, dict[str, str], Sequence[bytes]]

_JSON = {"content-type": "application/json"}
_EVENTS = {"content-type": "text/event-stream"}
_WORDS = ("Paris is ", "the capital ", "of France.")


def reply_to(path: str, body: bytes) -> Reply:
    """Status, headers and the pieces of the body; a 404 for an unknown path."""
    asked = len(body)
    if path.endswith(":generateContent"):
        return 200, _JSON, [_json(_gemini("".join(_WORDS), asked, finished=True))]
    if path.endswith(":streamGenerateContent"):
        last = len(_WORDS) - 1
        events = [_gemini(word, asked, finished=index == last) for index, word in enumerate(_WORDS)]
        return 200, _EVENTS, [b"data: " + _json(event) + b"\r\n\r\n" for event in events]
    if path.endswith((":embedContent", ":batchEmbedContents")):
        values = {"values": [0.25, -0.5, 1.0]}
        return (
            200,
            _JSON,
            [_json({"embedding": values} if path.endswith(":embedContent") else {"embeddings": [values]})],
        )
    if path.endswith("/embeddings"):
        embedding = {"object": "embedding", "index": 0, "embedding": [0.25, -0.5, 1.0]}
        usage = {"prompt_tokens": asked, "total_tokens": asked}
        model = "text-embedding-3-small"
        return 200, _JSON, [_json({"object": "list", "data": [embedding], "model": model, "usage": usage})]
    if path.endswith("/v2/chat"):
        return _cohere(asked, streamed=json.loads(body).get("stream", False))
    return 404, _JSON, [_json({"error": {"message": f"nothing is at {path}"}})]


def _json(document: Json) -> bytes:
    return json.dumps(document).encode()


def _gemini(text: str, asked: int, *, finished: bool) -> Json:
    candidate: Json = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    if finished:
        candidate["finishReason"] = "STOP"
    usage = {"promptTokenCount": asked, "candidatesTokenCount": 7, "totalTokenCount": asked + 7}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash", "responseId": "r1"}


def _cohere(asked: int, *, streamed: bool) -> Reply:
    billed = {"input_tokens": asked, "output_tokens": 7}
    usage = {"billed_units": billed, "tokens": billed}
    if not streamed:
        message = {"role": "assistant", "content": [{"type": "text", "text": "".join(_WORDS)}]}
        return 200, _JSON, [_json({"id": "c1", "finish_reason": "COMPLETE", "message": message, "usage": usage})]
    started = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    events: list[Json] = [
        {"type": "message-start", "id": "c1", "delta": {"message": started}},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
        *({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": word}}}} for word in _WORDS),
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}},
    ]
    return (
        200,
        _EVENTS,
        [b"event: " + event["type"].encode() + b"\ndata: " + _json(event) + b"\n\n" for event in events],
    )

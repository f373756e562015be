"""A stream of Anthropic's Messages API with every event, block and delta in its reference, including beta ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Json = Any

FIRST_USAGE: Json = {
    "input_tokens": 1000,
    "cache_creation_input_tokens": 700,
    "cache_read_input_tokens": 4000,
    "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 200},
    "output_tokens": 1,
    "service_tier": "standard",
    "inference_geo": "global",
}
LAST_USAGE: Json = {
    "input_tokens": 1200,
    "cache_creation_input_tokens": 700,
    "cache_read_input_tokens": 4000,
    "output_tokens": 503,
    "output_tokens_details": {"thinking_tokens": 400},
}
BEGUN: Json = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5-20250929",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": FIRST_USAGE,
}
CITED: Json = {
    "type": "char_location",
    "cited_text": "Köln",
    "document_index": 0,
    "document_title": None,
    "start_char_index": 0,
    "end_char_index": 4,
    "file_id": None,
}
NO_PAGE: Json = {"type": "web_search_tool_result_error", "error_code": "unavailable"}


def tool(kind: str, name: str, asked: Json, number: int = 1, **more: Json) -> Json:
    return {"type": kind, "id": f"toolu_{number}", "name": name, "input": asked, **more}


def result(kind: str, content: Json) -> Json:
    return {"type": kind, "tool_use_id": "toolu_1", "content": content}


CALLER: Json = {"caller": {"type": "direct"}}
BLOCKS: list[Json] = [
    {"type": "thinking", "thinking": "I look for „Köln“.", "signature": "c2lnbmVk"},
    {"type": "redacted_thinking", "data": "aGlkZGVu"},
    {"type": "text", "text": "It is Köln. 🏰", "citations": [CITED, {**CITED, "document_index": 1}]},
    {"type": "text", "text": "No more.", "citations": None},
    tool("tool_use", "weather", {"city": "Köln", "days": [1, 2]}, **CALLER),
    tool("server_tool_use", "web_fetch", {"url": "https://example.org"}, 2, **CALLER),
    # Everything asked for may come at once.
    tool("tool_use", "clock", {"zone": "CET"}, 3, **CALLER),
    result("web_search_tool_result", NO_PAGE) | CALLER,
    result("web_fetch_tool_result", {"type": "web_fetch_tool_result_error", "error_code": "unavailable"}) | CALLER,
    result("code_execution_tool_result", {"type": "code_execution_tool_result_error", "error_code": "unavailable"}),
    result(
        "bash_code_execution_tool_result",
        {"type": "bash_code_execution_tool_result_error", "error_code": "unavailable"},
    ),
    result(
        "text_editor_code_execution_tool_result",
        {
            "type": "text_editor_code_execution_tool_result_error",
            "error_code": "unavailable",
            "error_message": None,
        },
    ),
    result(
        "tool_search_tool_result",
        {"type": "tool_search_tool_result_error", "error_code": "unavailable", "error_message": None},
    ),
    {"type": "container_upload", "file_id": "file_1"},
]
TRIGGER: Json = {"type": "refusal", "category": None, "explanation": None}
BETA_BLOCKS: list[Json] = [
    tool("mcp_tool_use", "search", {"q": "rain"}, 4, server_name="docs"),
    {"type": "mcp_tool_result", "tool_use_id": "toolu_4", "is_error": False, "content": "Rain."},
    {"type": "compaction", "content": "All so far.", "encrypted_content": "ZW5j"},
    result("advisor_tool_result", {"type": "advisor_tool_result_error", "error_code": "unavailable"}),
    {"type": "fallback", "from": {"model": "claude-a"}, "to": {"model": "claude-b"}, "trigger": TRIGGER},
    {
        "type": "mcp_tool_listing",
        "mcp_server_name": "docs",
        "tools": [{"name": "search", "input_schema": {"type": "object"}, "description": None}],
    },
]


def pieces(text: str, size: int = 4) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def coming(block: Json) -> tuple[Json, list[Json]]:
    """The start of a block, and its deltas."""
    kind = block["type"]
    if kind == "text":
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
        deltas += [{"type": "citations_delta", "citation": cited} for cited in block["citations"] or []]
        return {**block, "text": "", "citations": None}, deltas
    if kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
        return {**block, "thinking": "", "signature": ""}, deltas
    if kind == "compaction":
        delta = {"type": "compaction_delta", "content": block["content"], "encrypted_content": "ZW5j"}
        return {**block, "content": None, "encrypted_content": None}, [delta]
    if kind.endswith("tool_use") and block["name"] != "clock":
        asked = ["", *pieces(json.dumps(block["input"], ensure_ascii=False))]
        return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in asked]
    return block, [{"type": "input_json_delta", "partial_json": ""}] if kind == "tool_use" else []


def stream(blocks: list[Json], usage: Json = LAST_USAGE, **more: Json) -> Iterator[Json]:
    yield {"type": "message_start", "message": BEGUN}
    yield {"type": "ping"}
    for number, block in enumerate(blocks):
        begun, deltas = coming(block)
        yield {"type": "content_block_start", "index": number, "content_block": begun}
        yield from ({"type": "content_block_delta", "index": number, "delta": delta} for delta in deltas)
        yield {"type": "content_block_stop", "index": number}
    delta = {"stop_reason": "tool_use", "stop_sequence": None, "stop_details": None, "container": None}
    yield {"type": "message_delta", "delta": delta, "usage": usage, **more}
    yield {"type": "message_stop"}


EVENTS = list(stream(BLOCKS))
BETA_EVENTS = list(
    stream(
        [*BLOCKS, *BETA_BLOCKS],
        {**LAST_USAGE, "iterations": None},
        context_management={"applied_edits": []},
        input_transformations=[],
    )
)
ERROR: Json = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}

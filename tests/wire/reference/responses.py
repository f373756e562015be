"""A stream of the Responses API with every event, every item and every part that OpenAI's reference names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = Any

USAGE = {
    "input_tokens": 3000,
    "input_tokens_details": {"cached_tokens": 1000, "cache_write_tokens": 500},
    "output_tokens": 800,
    "output_tokens_details": {"reasoning_tokens": 600},
    "total_tokens": 3800,
}
ODDS = [{"token": "It", "logprob": -0.5, "bytes": [73, 116], "top_logprobs": []}]
NOTE = {
    "type": "url_citation",
    "start_index": 0,
    "end_index": 5,
    "title": "Köln",
    "url": "https://example.org/köln",
}
CALLER = {"type": "direct"}


def message(*content: Json, number: int = 1) -> Json:
    return {"id": f"msg_{number}", "type": "message", "status": "completed", "role": "assistant", "content": [*content]}


SAID = {"type": "output_text", "text": "It is „Köln“. 🏰", "annotations": [NOTE], "logprobs": ODDS}
REFUSED = {"type": "refusal", "refusal": "I can't say more."}
TALK = message(SAID, REFUSED)
THOUGHT = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "I look."}, {"type": "summary_text", "text": "I answer."}],
    "content": [{"type": "reasoning_text", "text": "Cathedral, Rhine ..."}],
    "encrypted_content": "ZW5j",
}
CALL = {
    "id": "fc_1",
    "type": "function_call",
    "status": "completed",
    "call_id": "call_1",
    "name": "weather",
    "arguments": '{"city": "Köln"}',
}
CUSTOM = {"id": "ctc_1", "type": "custom_tool_call", "call_id": "call_2", "name": "sql", "input": "SELECT 1"}
MCP = {
    "id": "mcp_1",
    "type": "mcp_call",
    "status": "completed",
    "server_label": "docs",
    "name": "search",
    "arguments": '{"q": "rain"}',
    "output": "Nothing.",
}
FAILED_MCP = {
    **MCP,
    "id": "mcp_2",
    "status": "failed",
    "output": None,
    "error": {"type": "http_error", "code": 502, "message": "no"},
}
SHELL = {
    "id": "sh_1",
    "type": "shell_call",
    "status": "completed",
    "call_id": "call_3",
    "action": {"commands": ["ls -l", "date"], "timeout_ms": None, "max_output_length": None},
    "environment": {"type": "local"},
}
PRINTED = {
    "id": "sho_1",
    "type": "shell_call_output",
    "status": "completed",
    "call_id": "call_3",
    "max_output_length": None,
    "output": [{"stdout": "a.txt\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
}
IMAGE = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": "aGVsbG8="}
SEARCH = {
    "id": "ws_1",
    "type": "web_search_call",
    "status": "completed",
    "action": {"type": "search", "query": "Köln weather"},
}
FILES = {"id": "fs_1", "type": "file_search_call", "status": "completed", "queries": ["Köln"], "results": None}
CODE = {
    "id": "ci_1",
    "type": "code_interpreter_call",
    "status": "completed",
    "container_id": "cntr_1",
    "code": "print(6 * 7)",
    "outputs": None,
}
TOOLS = {
    "id": "mcpl_1",
    "type": "mcp_list_tools",
    "server_label": "docs",
    "tools": [{"name": "search", "input_schema": {"type": "object"}}],
}

AT_ONCE: list[Json] = [
    {"id": "fco_1", "type": "function_call_output", "status": "completed", "call_id": "call_1", "output": "Rain"},
    {
        "id": "cu_1",
        "type": "computer_call",
        "status": "completed",
        "call_id": "call_4",
        "pending_safety_checks": [],
        "action": {"type": "click", "button": "left", "x": 1, "y": 2},
    },
    {
        "id": "cuo_1",
        "type": "computer_call_output",
        "status": "completed",
        "call_id": "call_4",
        "output": {"type": "computer_screenshot", "image_url": "https://example.org/a.png"},
    },
    {"id": "pr_1", "type": "program", "call_id": "call_5", "code": "await weather()", "fingerprint": "f"},
    {"id": "pro_1", "type": "program_output", "status": "completed", "call_id": "call_5", "result": "Rain"},
    {
        "id": "ts_1",
        "type": "tool_search_call",
        "status": "completed",
        "call_id": "call_6",
        "execution": "server",
        "arguments": {"query": "weather"},
    },
    {
        "id": "tso_1",
        "type": "tool_search_output",
        "status": "completed",
        "call_id": "call_6",
        "execution": "server",
        "tools": [],
    },
    {"id": "at_1", "type": "additional_tools", "role": "developer", "tools": []},
    {"id": "cmp_1", "type": "compaction", "encrypted_content": "ZW5j"},
    {
        "id": "ls_1",
        "type": "local_shell_call",
        "status": "completed",
        "call_id": "call_7",
        "action": {"type": "exec", "command": ["ls"], "env": {}},
    },
    {"id": "lso_1", "type": "local_shell_call_output", "status": "completed", "output": "a.txt"},
    {
        "id": "ap_1",
        "type": "apply_patch_call",
        "status": "completed",
        "call_id": "call_8",
        "operation": {"type": "delete_file", "path": "a.txt"},
    },
    {"id": "apo_1", "type": "apply_patch_call_output", "status": "completed", "call_id": "call_8", "output": "Done"},
    {"id": "mcpr_1", "type": "mcp_approval_request", "server_label": "docs", "name": "search", "arguments": "{}"},
    {"id": "mcpa_1", "type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
    {"id": "cto_1", "type": "custom_tool_call_output", "status": "completed", "call_id": "call_2", "output": "1"},
]
"""Items that arrive complete."""

IN_PIECES: list[Json] = [
    THOUGHT, SEARCH, FILES, CODE, IMAGE, TOOLS, MCP, FAILED_MCP, CALL, CUSTOM, SHELL, PRINTED, TALK
]  # fmt: skip
OUTPUT: list[Json] = [*IN_PIECES, *AT_ONCE]
FREE: list[Json] = [THOUGHT, CALL, CUSTOM, MCP, TALK]
"""Items that are not billed per call."""


def response(*output: Json, status: str = "completed", usage: Json = USAGE, **more: Json) -> Json:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": status,
        "model": "gpt-5-mini-2025-08-07",
        "output": list(output),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "previous_response_id": "resp_0",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "usage": usage,
        **more,
    }


def pieces(text: str, size: int = 4) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


# --- how each kind of item comes


def spoken(kind: str, key: str, text: str, size: int = 4, **at: Json) -> Iterator[Json]:
    """The pieces of a text, and the final event with the whole text."""
    more: Json = {"logprobs": []} if kind == "response.output_text" else {}
    for piece in pieces(text, size):
        yield {"type": f"{kind}.delta", **at, **more, "delta": piece}
    yield {"type": f"{kind}.done", **at, **more, key: text}


def thinking(item: Json, at: Json) -> Iterator[Json]:
    yield {"type": "response.output_item.added", **_place(at), "item": {**item, "summary": [], "content": None}}
    for number, part in enumerate(item["content"]):
        here = {**at, "content_index": number}
        yield {"type": "response.content_part.added", **here, "part": {**part, "text": ""}}
        yield from spoken("response.reasoning_text", "text", part["text"], **here)
        yield {"type": "response.content_part.done", **here, "part": part}
    for number, part in enumerate(item["summary"]):
        here = {**at, "summary_index": number}
        yield {"type": "response.reasoning_summary_part.added", **here, "part": {**part, "text": ""}}
        yield from spoken("response.reasoning_summary_text", "text", part["text"], **here)
        yield {"type": "response.reasoning_summary_part.done", **here, "part": part}


def talking(item: Json, at: Json) -> Iterator[Json]:
    begun = {**item, "status": "in_progress", "content": []}
    yield {"type": "response.output_item.added", **_place(at), "item": begun}
    for number, part in enumerate(item["content"]):
        here, kind = {**at, "content_index": number}, part["type"]
        key = "refusal" if kind == "refusal" else "text"
        empty = {**part, key: "", **({} if kind == "refusal" else {"annotations": [], "logprobs": []})}
        yield {"type": "response.content_part.added", **here, "part": empty}
        yield from spoken(f"response.{kind}", key, part[key], **here)
        for place, note in enumerate(part.get("annotations", [])):
            added = {"annotation_index": place, "annotation": note}
            yield {"type": "response.output_text.annotation.added", **here, **added}
        yield {"type": "response.content_part.done", **here, "part": part}


def calling(item: Json, at: Json, kind: str, key: str, *steps: str) -> Iterator[Json]:
    """A call whose text arrives in pieces, with what the API says about its progress."""
    name, at_first = kind.rpartition("_")[0], item["type"] == "code_interpreter_call"
    begun = {**item, key: None if at_first else ""}
    begun |= {"status": "in_progress"} if "status" in item else {}
    begun |= {"output": None, "error": None} if item["type"] == "mcp_call" else {}
    yield {"type": "response.output_item.added", **_place(at), "item": begun}
    first, *more = steps or [None]
    if first:
        yield {"type": f"response.{name}.{first}", **at}
    yield from spoken(f"response.{kind}", key, item[key], **at)
    for step in more:
        yield {"type": f"response.{name}.{step}", **at}


def working(item: Json, at: Json, *steps: str) -> Iterator[Json]:
    yield {"type": "response.output_item.added", **_place(at), "item": {**item, "status": "in_progress"}}
    yield from ({"type": f"response.{item['type']}.{step}", **at} for step in steps)


def painting(item: Json, at: Json) -> Iterator[Json]:
    yield from working({**item, "result": None}, at, "in_progress", "generating")
    partial = {"partial_image_index": 0, "partial_image_b64": "aGVs"}
    yield {"type": "response.image_generation_call.partial_image", **at, **partial}
    yield {"type": "response.image_generation_call.completed", **at}


def commanding(item: Json, at: Json) -> Iterator[Json]:
    begun = {**item, "status": "in_progress", "action": {**item["action"], "commands": []}}
    yield {"type": "response.output_item.added", **_place(at), "item": begun}
    for number, command in enumerate(item["action"]["commands"]):
        here = {**_place(at), "command_index": number}
        yield {"type": "response.shell_call_command.added", **here, "command": ""}
        for piece in pieces(command):
            yield {"type": "response.shell_call_command.delta", **here, "delta": piece}
        yield {"type": "response.shell_call_command.done", **here, "command": command}


def printing(item: Json, at: Json) -> Iterator[Json]:
    yield {"type": "response.output_item.added", **_place(at), "item": {**item, "status": "in_progress", "output": []}}
    for number, output in enumerate(item["output"]):
        here = {**at, "command_index": number}
        for piece in pieces(output["stdout"]):
            yield {"type": "response.shell_call_output_content.delta", **here, "delta": {"stdout": piece}}
        yield {"type": "response.shell_call_output_content.delta", **here, "delta": {"stderr": ""}}
        yield {"type": "response.shell_call_output_content.done", **here, "output": [output]}


def listing(item: Json, at: Json) -> Iterator[Json]:
    yield {"type": "response.output_item.added", **_place(at), "item": {**item, "tools": []}}
    for step in ("in_progress", "failed", "completed"):
        yield {"type": f"response.mcp_list_tools.{step}", **at}


def compacting(item: Json, at: Json) -> Iterator[Json]:
    yield {"type": "response.output_item.added", **_place(at), "item": {**item, "encrypted_content": ""}}
    yield {"type": "response.compaction.compacting", **at}


def _place(at: Json) -> Json:
    return {"output_index": at["output_index"]}


def coming(item: Json, at: Json) -> Iterator[Json]:
    """The events of an item, without the last."""
    kinds = {
        "reasoning": lambda: thinking(item, at),
        "message": lambda: talking(item, at),
        "function_call": lambda: calling(item, at, "function_call_arguments", "arguments"),
        "custom_tool_call": lambda: calling(item, at, "custom_tool_call_input", "input"),
        "mcp_call": lambda: calling(
            item, at, "mcp_call_arguments", "arguments", "in_progress", str(item["status"])
        ),
        "code_interpreter_call": lambda: calling(
            item, at, "code_interpreter_call_code", "code", "in_progress", "interpreting", "completed"
        ),
        "web_search_call": lambda: working(item, at, "in_progress", "searching", "completed"),
        "file_search_call": lambda: working(item, at, "in_progress", "searching", "completed"),
        "image_generation_call": lambda: painting(item, at),
        "mcp_list_tools": lambda: listing(item, at),
        "compaction": lambda: compacting(item, at),
        "shell_call": lambda: commanding(item, at),
        "shell_call_output": lambda: printing(item, at),
    }  # fmt: skip
    whole = [{"type": "response.output_item.added", **_place(at), "item": item}]
    return kinds[item["type"]]() if item["type"] in kinds else iter(whole)


def stream(end: str = "completed", output: list[Json] = OUTPUT, **more: Json) -> list[Json]:
    """A stream that ends with this: `completed`, `incomplete`, `failed`, or `error`."""
    begun = response(status="queued", usage=None)
    said: list[Json] = [
        {"type": "response.created", "response": begun},
        {"type": "response.queued", "response": begun},
        {"type": "response.in_progress", "response": {**begun, "status": "in_progress"}},
    ]
    for number, item in enumerate(output):
        at = {"item_id": item["id"], "output_index": number}
        said += coming(item, at)
        said.append({"type": "response.output_item.done", "output_index": number, "item": item})
    said += [
        {"type": "response.audio.delta", "delta": "UklG"},
        {"type": "response.audio.transcript.delta", "delta": "It is"},
        {"type": "response.audio.transcript.done"},
        {"type": "response.audio.done"},
    ]
    if end == "error":
        said.append({"type": "error", "code": "server_error", "message": "It broke.", "param": None})
    else:
        said.append({"type": f"response.{end}", "response": response(*output, status=end, **more)})
    return [{**event, "sequence_number": number} for number, event in enumerate(said)]


STREAMS: dict[str, list[Json]] = {
    "completed": stream(),
    "incomplete": stream("incomplete", incomplete_details={"reason": "max_output_tokens"}),
    "failed": stream("failed", error={"code": "server_error", "message": "It broke."}, usage=None),
    "error": stream("error"),
}

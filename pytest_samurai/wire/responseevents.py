"""Merges the events of a stream of the Responses API.

Source: the streaming events in the OpenAI API reference. A plain `Response` has no place for the partial pictures or
for the sound of `response.audio`, so these events add nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pytest_samurai.wire.dialect import Object
from pytest_samurai.wire.objects import as_object, as_objects, as_text, parse_object

ENDS: Final = ("response.completed", "response.incomplete", "response.failed")
"""The event types that end a stream."""

_PIECES: Final = {
    "response.function_call_arguments": "arguments",
    "response.mcp_call_arguments": "arguments",
    "response.custom_tool_call_input": "input",
    "response.code_interpreter_call_code": "code",
}
"""The texts of an item that come in pieces: the events that bring them, and their keys."""

_PIECES_OF_PARTS: Final = {
    "response.output_text": ("content", "output_text", "text"),
    "response.refusal": ("content", "refusal", "refusal"),
    "response.reasoning_text": ("content", "reasoning_text", "text"),
    "response.reasoning_summary_text": ("summary", "summary_text", "text"),
}
"""The same for the parts of an item: the list that holds them, their type, and their key."""

_PARTS: Final = {"response.content_part": "content", "response.reasoning_summary_part": "summary"}
_NUMBERS: Final = {"content": "content_index", "summary": "summary_index"}


def merge(data: Iterable[str]) -> dict[str, Any]:
    """The equivalent plain `Response`, from the last event; if that never came, from what the others brought."""
    merged: dict[str, Any] = {}
    # By number, because some servers leave numbers out.
    output: dict[int, dict[str, Any]] = {}
    for text in data:
        event = parse_object(text) or {}
        kind, whole = as_text(event.get("type")) or "", as_object(event.get("response"))
        if whole:
            merged = whole
            # Some servers leave the output out of the last event, because they have already sent it.
            output = dict(enumerate(as_objects(whole.get("output")))) or output
        if kind in ENDS:
            break
        _add(output, kind, event)
    if merged or output:
        merged["output"] = [output[number] for number in sorted(output)]
    return merged


def _add(output: dict[int, dict[str, Any]], kind: str, event: Object) -> None:
    """Add the content of an event to the output."""
    number, came = event.get("output_index"), as_object(event.get("item"))
    if not isinstance(number, int):
        return
    if came and kind in ("response.output_item.added", "response.output_item.done"):
        output[number] = came
    if number not in output:
        return
    entry = output[number]
    name, _, step = kind.rpartition(".")
    if name in _PARTS:
        group = _PARTS[name]
        _put(_list(entry, group), event.get(_NUMBERS[group]), as_object(event.get("part")))
    elif name in _PIECES:
        _say(entry, _PIECES[name], step, event)
    elif name in _PIECES_OF_PARTS:
        group, part_kind, key = _PIECES_OF_PARTS[name]
        _say(_part(entry, group, part_kind, event), key, step, event)
    elif kind == "response.output_text.annotation.added":
        notes = _list(_part(entry, "content", "output_text", event), "annotations")
        _put(notes, event.get("annotation_index"), as_object(event.get("annotation")))
    elif name == "response.shell_call_command":
        _command(entry, step, event)
    elif name == "response.shell_call_output_content":
        _printed(entry, step, event)


def _list(holder: dict[str, Any], key: str) -> list[Any]:
    """The list under a key; a new one if there is none yet, or it is null."""
    if not isinstance(holder.get(key), list):
        holder[key] = []
    entries: list[Any] = holder[key]
    return entries


def _put(entries: list[Any], number: Any, entry: Any) -> None:
    """Put an entry where it belongs in a list: it replaces the one with its number, or goes to the end."""
    at = number if isinstance(number, int) and 0 <= number < len(entries) else len(entries)
    entries[at : at + 1] = [entry]


def _begun(entries: list[Any], number: Any, first: Object) -> dict[str, Any]:
    """The object with a number. Some servers don't announce a new one: then it is `first`."""
    if number == len(entries):
        entries.append(dict(first))
    return as_object(entries[number]) if isinstance(number, int) and 0 <= number < len(entries) else {}


def _part(entry: dict[str, Any], group: str, kind: str, event: Object) -> dict[str, Any]:
    """The part of an item that an event continues."""
    return _begun(_list(entry, group), event.get(_NUMBERS[group]), {"type": kind})


def _say(holder: dict[str, Any], key: str, step: str, event: Object) -> None:
    """Add a piece to a text. The event that ends the text has all of it."""
    if step == "delta":
        holder[key] = (as_text(holder.get(key)) or "") + (as_text(event.get("delta")) or "")
    elif isinstance(event.get(key), str):
        holder[key] = event[key]


def _command(entry: dict[str, Any], step: str, event: Object) -> None:
    commands, number = _list(as_object(entry.get("action")), "commands"), event.get("command_index")
    if step != "delta":
        _put(commands, number, as_text(event.get("command")) or "")
    elif isinstance(number, int) and 0 <= number < len(commands):
        commands[number] += as_text(event.get("delta")) or ""


def _printed(entry: dict[str, Any], step: str, event: Object) -> None:
    """Add a piece of a command's output. The event that ends the output has all of it."""
    outputs = _list(entry, "output")
    output = _begun(outputs, event.get("command_index"), {})
    for key, piece in as_object(event.get("delta")).items():
        output[key] = (as_text(output.get(key)) or "") + (as_text(piece) or "")
    whole = as_objects(event.get("output"))
    if step == "done" and len(whole) == 1:
        output |= whole[0]

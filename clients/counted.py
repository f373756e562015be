"""What a server counted, read from the bytes it sent. A different reader than the product's, for comparison."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

Json = Any


class Counted(NamedTuple):
    """Tokens of a prompt and of an answer."""

    prompt: int
    completion: int


def counted(sent: bytes) -> Counted | None:
    """The usage in a reply's body; None if it has none. For events, later numbers replace earlier ones."""
    numbers: dict[str, int] = {}
    for document in _documents(sent):
        for usage in _usages(document):
            numbers.update({name: count for name, count in usage.items() if isinstance(count, int)})
    if not numbers:
        return None
    prompt = ("prompt_tokens", "input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    gemini = ("promptTokenCount", "toolUsePromptTokenCount")
    answer = ("completion_tokens", "output_tokens", "candidatesTokenCount", "thoughtsTokenCount")
    return Counted(
        sum(numbers.get(name, 0) for name in (*prompt, *gemini)), sum(numbers.get(name, 0) for name in answer)
    )


def _documents(sent: bytes) -> Iterator[Json]:
    text = sent.decode(errors="replace")
    try:
        yield json.loads(text)
    except ValueError:
        for line in text.splitlines():
            if line.startswith("data:") and line[5:].strip().startswith("{"):
                yield json.loads(line[5:])


def _usages(document: Json) -> Iterator[dict[str, Json]]:
    if not isinstance(document, dict):
        return
    of = [document, *(document.get(key) for key in ("response", "message", "meta", "delta"))]
    for holder in of:
        for key in ("usage", "usageMetadata", "tokens"):
            if isinstance(holder, dict) and isinstance(holder.get(key), dict):
                # Cohere has two counts: this is the one it bills.
                yield holder[key].get("billed_units", holder[key])

"""A completion as server-sent events."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from pytest_samurai.server.completion import Completion
from pytest_samurai.server.encoding import Json, encoded
from pytest_samurai.server.reply import tool_call


def events(completion: Completion, *, include_usage: bool) -> Iterator[bytes]:
    """For each choice the role, one token at a time, and the finish_reason; then the usage, and `[DONE]`.

    The choices take turns, as they do at OpenAI.
    """
    head = completion.head("chat.completion.chunk")
    usage: Json = {"usage": None} if include_usage else {}
    for turn in zip_longest(*(_chunks(completion, index) for index in range(len(completion.choices)))):
        for choice in filter(None, turn):
            yield _event(head | {"choices": [choice]} | usage)
    if include_usage:
        yield _event(head | {"choices": [], "usage": completion.usage})
    yield b"data: [DONE]\n\n"


def _chunks(completion: Completion, index: int) -> Iterator[Json]:
    """What the chunks of choice `index` hold in their `choices`."""
    for delta in _deltas(completion, index):
        yield {"index": index, "delta": delta, "finish_reason": None}
    yield {"index": index, "delta": {}, "finish_reason": completion.choices[index].finish_reason}


def _deltas(completion: Completion, index: int) -> Iterator[Json]:
    choice = completion.choices[index]
    if choice.function is None:
        yield {"role": "assistant", "content": ""}
        for token in choice.tokens:
            yield {"content": token}
    else:
        beginning = {"index": 0} | tool_call(completion, index, "")
        yield {"role": "assistant", "content": None, "tool_calls": [beginning]}
        for token in choice.tokens:
            yield {"tool_calls": [{"index": 0, "function": {"arguments": token}}]}


def _event(chunk: Json) -> bytes:
    return b"data: " + encoded(chunk) + b"\n\n"

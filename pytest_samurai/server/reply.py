"""A completion as one object."""

from __future__ import annotations

from pytest_samurai.server.completion import Completion
from pytest_samurai.server.encoding import Json


def completion_object(completion: Completion) -> Json:
    """The body of a reply that is not streamed."""
    choices = [
        {"index": index, "message": _message(completion, index), "finish_reason": choice.finish_reason}
        for index, choice in enumerate(completion.choices)
    ]
    return completion.head("chat.completion") | {"choices": choices, "usage": completion.usage}


def _message(completion: Completion, index: int) -> Json:
    choice = completion.choices[index]
    text = "".join(choice.tokens)
    if choice.function is None:
        return {"role": "assistant", "content": text}
    return {"role": "assistant", "content": None, "tool_calls": [tool_call(completion, index, text)]}


def tool_call(completion: Completion, index: int, arguments: str) -> Json:
    """The call that choice `index` makes. A stream begins it without arguments."""
    function = {"name": completion.choices[index].function, "arguments": arguments}
    return {"id": f"call_{completion.digest[:23]}{index}", "type": "function", "function": function}

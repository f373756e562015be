"""What an answer says about each of its tokens: its bytes, and the alternatives to it.

Source: the OpenAI API reference, `logprobs` of a chat completion, and of a completion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Cuts = Mapping[tuple[int, Any], tuple[str, str]]
"""The texts that were changed: by the id of the container and the key in it, the text before and after."""


def retell(value: Any, cuts: Cuts) -> None:
    """Make what a value says about its tokens agree with those that were cut, so that it spells nothing more."""
    for told in _objects(value):
        if cut := cuts.get((id(told), "token")):
            _respell(told, *cut)
        tokens, others = told.get("tokens"), told.get("top_logprobs")
        if isinstance(tokens, list) and isinstance(others, list):
            for number, alternatives in enumerate(others):
                if (cut := cuts.get((id(tokens), number))) and isinstance(alternatives, dict):
                    others[number] = {cut[1] if name == cut[0] else name: odds for name, odds in alternatives.items()}


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    # A stack, not recursion: JSON may be nested as deep as Python's own stack.
    todo = [value]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            yield value
            todo += value.values()
        elif isinstance(value, list):
            todo += value


def _respell(told: dict[str, Any], old: str, new: str) -> None:
    if isinstance(told.get("bytes"), list):
        told["bytes"] = [*new.encode("utf-8", "surrogatepass")]
    others = told.get("top_logprobs")
    for other in others if isinstance(others, list) else ():
        if isinstance(other, dict) and other.get("token") == old:
            other["token"] = new
            _respell(other, old, new)

"""What an answer says about each of its tokens: its bytes, and the alternatives to it.

Source: the OpenAI API reference, `logprobs` of a chat completion, and of a completion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

TOKEN_BYTES: Final = b"bytes"
"""The key of a token's bytes, which are a list of numbers."""
TOKEN_ALTERNATIVES: Final = b"top_logprobs"
"""The key of the tokens that could have come instead."""

_LOGPROBS: Final = b"logprobs"
_TOKEN: Final = b"token"
_TOKENS: Final = b"tokens"
_A_TOKEN = re.compile(rb'"tokens?"\s*:')

Path = tuple[bytes, ...]
"""The keys that lead to a text in a body."""


def has_logprobs(body: bytes) -> bool:
    """Whether a body may spell an answer token by token, in addition to its text."""
    return b'"logprobs"' in body and _A_TOKEN.search(body) is not None


def is_token(path: Path) -> bool:
    """Whether a token of the answer is there."""
    return _LOGPROBS in path and path[-1] in (_TOKEN, _TOKENS) and TOKEN_ALTERNATIVES not in path


def spells_token(path: Path) -> bool:
    """Whether a token is there, of the answer or an alternative, as a text or as its bytes."""
    return _LOGPROBS in path and path[-1] in (_TOKEN, TOKEN_BYTES)


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

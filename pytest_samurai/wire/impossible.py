"""Impossible usage: no server counts like this, so somebody must have changed it.

This reports only what no server does. Gateways to thinking models count the thinking only in the total, and gateways to
Anthropic leave the cache out of the prompt. So a total may be larger than its parts, unless the server rules that out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.dialects import answer_of
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.usage import Usage


class Impossible(NamedTuple):
    """What is wrong with a usage, in words with both numbers, and whether that is the total or a part."""

    text: str
    is_total: bool = False


_OF_PROMPT: Final = {
    "cached_tokens": "cached tokens",
    "cache_write_tokens": "tokens written to the cache",
    "prompt_audio_tokens": "audio tokens",
    "prompt_image_tokens": "image tokens",
}
_OF_COMPLETION: Final = {
    "reasoning_tokens": "reasoning tokens",
    "completion_audio_tokens": "audio tokens",
    "completion_image_tokens": "image tokens",
}

_EXACT: Final = re.compile(r"https://(?:(?:\w+\.)?api\.openai\.com|[\w-]+\.openai\.azure\.com|api\.x\.ai)[/:]")
"""Servers that send the sum as the total, according to their references: "prompt + completion" for OpenAI and Azure.
xAI adds the reasoning too, which `Usage` counts in the completion."""

_OUTSIDE_OF_PROMPT: Final = ("cache_read_input_tokens", "cache_creation_input_tokens")
"""Anthropic's names, which bring its rule along: these aren't parts of the prompt. LiteLLM passes both on."""

_OUTSIDE_OF_COMPLETION: Final = "sonar"
"""Perplexity's models. Their deep research counts reasoning outside the completion, and leaves it out of the total.

Source: the `usage` in its reference of chat completions."""


def impossible(interaction: Interaction) -> Iterator[Impossible]:
    """The impossible counts in a reply's usage; nothing if the usage is unknown."""
    answer = answer_of(interaction)
    usage = answer.usage
    if usage is None:
        return
    for part, what, whole, name in _parts(usage, answer):
        if part > whole:
            yield Impossible(f"{part:,} {what}, but the {name} has {whole:,} tokens")
    counted = usage.prompt_tokens + usage.completion_tokens
    # A server that doesn't add up its counts sends a total of 0.
    if 0 < usage.total_tokens < counted or (usage.total_tokens > counted and _EXACT.match(interaction.request.url)):
        text = f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens, but the total is {usage.total_tokens:,}"
        yield Impossible(text, is_total=True)


def _parts(usage: Usage, answer: Answer) -> Iterator[tuple[int, str, int, str]]:
    """Each part: its number and name, then the largest whole that it may belong to, and that whole's name."""
    told = answer.dialect.told(answer.known)
    if not any(told.get(name) for name in _OUTSIDE_OF_PROMPT):
        prompt = max(usage.prompt_tokens, usage.total_tokens - usage.completion_tokens)
        yield from ((getattr(usage, name), what, prompt, "prompt") for name, what in _OF_PROMPT.items())
    if _OUTSIDE_OF_COMPLETION not in (answer.model or ""):
        completion = usage.answered
        yield from ((getattr(usage, name), what, completion, "completion") for name, what in _OF_COMPLETION.items())

"""Token counts, as the server sent them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from operator import add, attrgetter
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage of one call, or the sum of several.

    `cached_tokens`, `cache_write_tokens`, `prompt_audio_tokens` and `prompt_image_tokens` are parts of `prompt_tokens`,
    and `reasoning_tokens`, `completion_audio_tokens` and `completion_image_tokens` are parts of `completion_tokens`.
    Never add a part to its whole.

    `cached_tokens` came from the provider's cache, and `cache_write_tokens` went into it. `cache_write_1h_tokens` is
    the part of those that it keeps for an hour. Image tokens come from the image API; other APIs bill a picture as
    text. `total_tokens` is as the server gave it, which may differ from the sum. `estimated` says that some tokens were
    counted here, not by the server.
    """

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    prompt_audio_tokens: int = 0
    completion_audio_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    prompt_image_tokens: int = 0
    completion_image_tokens: int = 0
    estimated: bool = False

    def __add__(self, other: Usage) -> Usage:
        sums: dict[str, int] = dict(zip(COUNTS, map(add, _counts(self), _counts(other)), strict=True))
        return Usage(**sums, estimated=self.estimated or other.estimated)

    def as_json(self) -> dict[str, int | bool]:
        """The same as JSON."""
        # Not `asdict`, which copies each number: every test's report has a usage.
        return {**dict(zip(COUNTS, _counts(self), strict=True)), "estimated": self.estimated}

    @property
    def answered(self) -> int:
        """The tokens billed as an answer, including those in the total but in neither prompt nor completion.

        Some gateways to thinking models leave the thinking out of the completion. For the usage of one call only.
        """
        return max(self.completion_tokens, self.total_tokens - self.prompt_tokens)

    @property
    def used(self) -> int:
        """All tokens; a total smaller than its parts doesn't count. For the usage of one call only."""
        return max(self.total_tokens, self.prompt_tokens + self.completion_tokens)

    @classmethod
    def from_wire(cls, usage: object) -> Usage | None:
        """Read the `usage` object of a reply; None if it lacks one of the two counts that make a usage.

        Source of the names: the `usage` object of `chat.completion` in the OpenAI API reference. For the cache, it also
        knows the names that other servers use.
        """
        if not isinstance(usage, Mapping):
            return None
        prompt, completion = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
        if prompt is None or completion is None:
            return None
        total = count(usage.get("total_tokens"))
        of_prompt = _details(usage, "prompt_tokens_details")
        of_completion = _details(usage, "completion_tokens_details")
        written, for_an_hour = _cache_writes(usage, of_prompt)
        reasoning = _most(("reasoning_tokens",), usage, of_completion)
        cached = _most(_READS, usage, of_prompt)
        if _is_outside(cached + written, prompt, prompt + completion, total):
            prompt += cached + written
        if _is_outside(reasoning, completion, prompt + completion, total):
            completion += reasoning
        return cls(
            requests=1,
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=prompt + completion if total is None else total,
            cached_tokens=cached,
            reasoning_tokens=reasoning,
            prompt_audio_tokens=_most(("audio_tokens",), of_prompt),
            completion_audio_tokens=_most(("audio_tokens",), of_completion),
            cache_write_tokens=written,
            cache_write_1h_tokens=for_an_hour,
        )


COUNTS: Final = tuple(field.name for field in fields(Usage) if field.name != "estimated")
"""The fields that are counts and can be added."""
_counts = attrgetter(*COUNTS)

PARTS: Final = {
    "cached_tokens": "prompt_tokens",
    "cache_write_tokens": "prompt_tokens",
    "reasoning_tokens": "completion_tokens",
    "prompt_audio_tokens": "prompt_tokens",
    "completion_audio_tokens": "completion_tokens",
    "prompt_image_tokens": "prompt_tokens",
    "completion_image_tokens": "completion_tokens",
}
"""The counts that are parts of another count, and which one."""

CACHE_PARTS: Final = ("cached_tokens", "cache_write_tokens", "cache_write_1h_tokens")
"""Caching depends on who sent the prompt before, so nothing that is compared from day to day may contain these."""

_READS: Final = ("cached_tokens", "cache_read_input_tokens", "prompt_cache_hit_tokens")
"""The tokens that came from the cache, inside the details of the prompt or next to them.

Sources: `prompt_tokens_details.cached_tokens`, OpenAI; `usage.cached_tokens`, Moonshot; `cache_read_input_tokens`,
Anthropic's name, passed on by LiteLLM; `prompt_cache_hit_tokens`, DeepSeek.
"""

_WRITES: Final = ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens")
"""The tokens that went into the cache, in the same places. Sources: OpenRouter; LiteLLM; Anthropic, and Alibaba."""

_LIFETIMES: Final = ("cache_creation", "cache_creation_token_details")
"""The same tokens by how long the cache keeps them. Sources: Anthropic; LiteLLM."""


_HIGHEST: Final = 2**63 - 1
"""No server counts higher, and every reader of a lock or report can read sums of such counts."""


def count(value: object) -> int | None:
    """A count of tokens; None for anything else, and for more than any server counts.

    Some write a whole number as a fraction, as Cohere does: `12.0`.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _HIGHEST:
        return None
    return value


def _details(usage: Mapping[str, Any], group: str) -> Mapping[str, Any]:
    details = usage.get(group)
    return details if isinstance(details, Mapping) else {}


def _most(names: Sequence[str], *groups: Mapping[str, Any]) -> int:
    """The largest count under one of these names. Gateways send it twice, and sometimes one of the two is 0."""
    return max(count(group.get(name)) or 0 for group in groups for name in names)


def _is_outside(part: int, whole: int, counted: int, total: int | None) -> bool:
    """Whether a part was counted outside its whole; `counted` is the sum of everything known to be in the total.

    xAI counts reasoning like this: 12 of prompt, 1 of completion and 386 of reasoning are 399 in total. Gateways to
    Anthropic count the cache like this. Without a total, no part is more than its whole. If the total says neither,
    nothing is certain, and all counts stay as they are.
    """
    return part > whole if total is None else total == counted + part


def _cache_writes(usage: Mapping[str, Any], of_prompt: Mapping[str, Any]) -> tuple[int, int]:
    """The tokens that went into the cache, and how many of them it keeps for an hour."""
    minutes = hour = 0
    for counts in (usage, of_prompt):
        for group in _LIFETIMES:
            if lifetimes := _details(counts, group):
                minutes = max(minutes, _most(("ephemeral_5m_input_tokens",), lifetimes))
                hour = max(hour, _most(("ephemeral_1h_input_tokens",), lifetimes))
    return max(_most(_WRITES, usage, of_prompt), minutes + hour), hour

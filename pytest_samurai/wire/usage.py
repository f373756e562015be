"""Tokens, as the wire counted them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import add, attrgetter
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage of one call, or the sum of several.

    `cached_tokens` and `prompt_audio_tokens` are parts of `prompt_tokens`, `reasoning_tokens` and
    `completion_audio_tokens` of `completion_tokens`: they are never to be added. `total_tokens` is kept as the server
    gave it, which may differ from the sum. `estimated` says that some tokens were counted here, not by the server.
    """

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    prompt_audio_tokens: int = 0
    completion_audio_tokens: int = 0
    estimated: bool = False

    def __add__(self, other: Usage) -> Usage:
        sums: dict[str, int] = dict(zip(COUNTS, map(add, _counts(self), _counts(other)), strict=True))
        return Usage(**sums, estimated=self.estimated or other.estimated)

    def as_json(self) -> dict[str, int | bool]:
        """The same as JSON. Not by `asdict`, which copies each number: every test's report has one of these."""
        return {**dict(zip(COUNTS, _counts(self), strict=True)), "estimated": self.estimated}

    @classmethod
    def from_wire(cls, usage: object) -> Usage | None:
        """Read the `usage` object of a reply; None if it does not hold the two counts that make one.

        Source of the names: the `usage` object of `chat.completion` in the OpenAI API reference.
        """
        if not isinstance(usage, Mapping):
            return None
        prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
        if prompt is None or completion is None:
            return None
        total = _count(usage.get("total_tokens"))
        return cls(
            requests=1,
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=prompt + completion if total is None else total,
            cached_tokens=_detail(usage, "prompt_tokens_details", "cached_tokens"),
            reasoning_tokens=_detail(usage, "completion_tokens_details", "reasoning_tokens"),
            prompt_audio_tokens=_detail(usage, "prompt_tokens_details", "audio_tokens"),
            completion_audio_tokens=_detail(usage, "completion_tokens_details", "audio_tokens"),
        )


COUNTS: Final = tuple(field.name for field in fields(Usage) if field.name != "estimated")
"""The fields that are counts, and are added."""
_counts = attrgetter(*COUNTS)


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value


def _detail(usage: Mapping[str, Any], group: str, name: str) -> int:
    details = usage.get(group)
    return (_count(details.get(name)) or 0) if isinstance(details, Mapping) else 0

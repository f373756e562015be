"""Words for counts."""

from __future__ import annotations


def plural(count: int, noun: str) -> str:
    """A count and its noun: 1 call, 2 calls, 1,000 calls."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
